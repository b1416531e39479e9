"""Recipes say only what is known of recipes, and those that ship name what there is."""

import doctest
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from training.recipes import RecipeError, read_recipe, recipe_names, runner, schema
from training.recipes.runner import check_stage
from training.recipes.schema import parsed

STAGE = {"name": "a", "command": "train_decoder", "options": {"data": ["{data}"], "epochs": 1}}
RECIPE = {"trains": "sql_decoder", "about": "Tiny.", "stages": [STAGE]}


def recipe(**changes):
    return parsed({**RECIPE, **changes}, "tiny")


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_names_what_there_is(name):
    shipped = read_recipe(name)
    for stage in shipped.stages:
        check_stage(stage)
    assert not shipped.ships or (Path(settings.BASE_DIR) / shipped.ships / "README.md").is_file()


def test_every_score_expected_is_one_of_evaluation():
    files = (Path(settings.BASE_DIR) / "evaluation/expected").glob("*.yaml")
    scores = {entry["name"] for path in files for entry in yaml.safe_load(path.read_text(encoding="utf-8"))}
    expected = {score for name in recipe_names() for score in read_recipe(name).expected}
    assert expected <= scores


def test_every_trainer_is_reached_by_a_recipe():
    commands = {stage.command for name in recipe_names() for stage in read_recipe(name).stages}
    trainers = {
        path.stem for path in (Path(settings.BASE_DIR) / "training/management/commands").glob("train_*.py")
    }
    assert commands >= trainers | {"mine_pairs"}


def test_every_set_of_shipped_weights_has_a_recipe():
    shipped = {read_recipe(name).ships for name in recipe_names()} - {""}
    held = {
        path.parent.relative_to(settings.BASE_DIR).as_posix()
        for room in ("codesearch", "kbqa")
        for path in (Path(settings.BASE_DIR) / room).rglob("model/*.safetensors")
    }
    assert shipped == held


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epoch": 3}, "tiny: unknown epoch; there are about, "),
        ({"trains": "a_parser"}, "trains is one of code_encoder"),
        ({"about": 3}, "about is 3, not a str"),
        ({"stages": []}, "has no stages"),
        ({"stages": "a"}, "tiny: stages is not a list"),
        ({"stages": ["a"]}, r"stages\[0\] is no mapping"),
        ({"stages": [STAGE | {"epochs": 3}]}, r"stages\[0\]: unknown epochs"),
        ({"stages": [{"command": "train_decoder"}]}, r"stages\[0\]: name is missing"),
        ({"stages": [STAGE, STAGE]}, "two stages a"),
        ({"stages": [{"name": "a"}]}, "one of command, script and average"),
        (
            {"stages": [STAGE | {"options": {"start": "{stage:b}"}}]},
            "a needs b, which is not a stage before it",
        ),
        ({"stages": [STAGE, {"name": "b", "average": {"{stage:a}": 0.5}}]}, "shares of b do not sum to 1"),
        ({"data": [{"set": "bird", "needed": True}]}, r"data\[0\]: unknown needed"),
    ],
)
def test_what_is_wrong_is_said(changes, message):
    with pytest.raises(RecipeError, match=message):
        recipe(**changes)


def test_there_is_no_recipe_of_that_name():
    with pytest.raises(RecipeError, match=r"no recipe bread; there are code_encoder, "):
        read_recipe("bread")


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        ({"name": "a", "command": "bake"}, "no command bake"),
        ({"name": "a", "command": "train_decoder", "options": {"loaves": 3}}, "has no option loaves"),
        (
            {"name": "a", "command": "train_decoder", "options": {"data": ["x"], "epochs": "many"}},
            "does not take",
        ),
        ({"name": "a", "script": "training/bake.sh"}, "no script training/bake.sh"),
    ],
)
def test_commands_and_options_are_known(stage, message):
    with pytest.raises(RecipeError, match=message):
        check_stage(recipe(stages=[stage]).stages[0])


def test_defaults_are_for_all_stages_of_a_command():
    found = recipe(defaults={"train_decoder": {"batch": 8, "epochs": 2}})
    assert found.stages[0].options == {"batch": 8, "data": ["{data}"], "epochs": 1}


def test_what_a_stage_needs_is_made_before_it():
    stages = [
        STAGE,
        STAGE | {"name": "b", "options": {"start": "{stage:a}", "data": ["{data}"]}},
        STAGE | {"name": "c"},
        {"name": "mean", "average": {"{stage:a}": 0.5, "{stage:b}": 0.5}},
    ]
    assert [stage.name for stage in recipe(stages=stages).needed_for("mean")] == ["a", "b", "mean"]


@pytest.mark.parametrize("module", [schema, runner])
def test_examples_hold(module):
    assert doctest.testmod(module).failed == 0
