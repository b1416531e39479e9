"""Recipes say only what is known of recipes, and those that ship name what there is."""

import doctest
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from training.recipes import RecipeError, read_recipe, recipe_names, runner, schema
from training.recipes.runner import changed, check_stage, command_line
from training.recipes.schema import Reference, Stage, filled, parsed, references_in

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
        ({"data": [{"set": "bird", "optional": "yes"}]}, r"data\[0\]: optional is 'yes', not a bool"),
        ({"data": [{"about": "BIRD."}]}, r"data\[0\]: set is missing"),
        ({"stages": [STAGE | {"options": ["epochs"]}]}, "options is no(t a)? mapping"),
        ({"stages": [STAGE | {"script": "a.sh"}]}, "one of command, script and average"),
        ({"stages": [STAGE, {"name": "b", "average": {"{stage:a}": "1"}}]}, "the share of {stage:a} is '1'"),
        ({"stages": [STAGE | {"options": {"epochs": None}}]}, "option epochs has no value"),
        ({"defaults": {"train_decodr": {"batch": 4}}}, "defaults are for train_decodr, which no stage runs"),
        ({"defaults": [1]}, "defaults is no(t a)? mapping"),
        ({"unknown": "much"}, "unknown is no(t a)? list"),
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
    last = {"name": "d", "script": "x.sh", "options": {"arguments": ["{stage:b}"]}}
    assert [stage.name for stage in recipe(stages=[*stages, last]).needed_for("d")] == ["a", "b", "d"]


@pytest.mark.parametrize("module", [schema, runner])
def test_examples_hold(module):
    assert doctest.testmod(module).failed == 0


def test_options_may_be_lists_of_numbers():
    """As YAML writes them; only texts name places."""
    stage = recipe(stages=[STAGE | {"options": {"data": ["{data}", 3], "epochs": 1}}]).stages[0]
    assert list(stage.texts()) == ["{data}", "3"]
    assert stage.needs == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", []),
        ("plain/text", []),
        ("{here}/a", [("here", "")]),
        ("{data}", [("data", "")]),
        ("{data:bird/train}", [("data", "bird/train")]),
        ("{stage:a}={stage:b}", [("stage", "a"), ("stage", "b")]),
        ("{repository:kbqa/sql/model}", [("repository", "kbqa/sql/model")]),
        ("{elsewhere:a}", []),
    ],
)
def test_places_are_named_in_braces(text, named):
    assert [(reference.kind, reference.name) for reference in references_in(text)] == named


def test_places_are_filled_in():
    folders = {Reference("stage", "a"): "/out/a", Reference("here", ""): "/out/b"}
    assert filled("{here}/{stage:a}.pickle {x}", folders) == "/out/b//out/a.pickle {x}"


def test_a_stage_needs_each_other_once_in_order():
    stage = Stage("c", average={"{stage:b}": 0.5, "{stage:a}": 0.25, "{stage:b}/x": 0.25})
    assert stage.needs == ["b", "a"]
    assert Stage("c", "x", options={"amount": {"made": 3}, "start": "{here}"}).needs == []


def test_a_recipe_outside_of_the_repository_is_read(tmp_path):
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(RECIPE), encoding="utf-8")
    assert read_recipe(str(tmp_path / "own.yaml")).name == "own"


@pytest.mark.parametrize("text", ["a: [", "\x00", "a: b: c"])
def test_what_is_no_yaml_is_said(tmp_path, text):
    (tmp_path / "own.yaml").write_text(text)
    with pytest.raises(RecipeError, match=r"own\.yaml cannot be read"):
        read_recipe(str(tmp_path / "own.yaml"))


@pytest.mark.parametrize("text", ["", "[]", "a", "3"])
def test_what_is_no_mapping_is_said(tmp_path, text):
    (tmp_path / "own.yaml").write_text(text)
    with pytest.raises(RecipeError, match=r"own is no(t a)? mapping"):
        read_recipe(str(tmp_path / "own.yaml"))


# --- command lines


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"data": ["{data}"], "epochs": 1}, ["--data", "/one", "/two", "--epochs", "1"]),
        ({"data": "{data:bird}"}, ["--data", "/one/bird"]),
        (
            {"data": ["a"], "amount": {"made": 3, "bird": 0}},
            ["--data", "a", "--amount", "made=3", "--amount", "bird=0"],
        ),
        ({"data": ["a"], "report-every": 5}, ["--data", "a", "--report-every", "5"]),
        ({"data": ["a"], "report_every": 5}, ["--data", "a", "--report-every", "5"]),
    ],
)
def test_options_become_a_command_line(options, expected):
    folders = {Reference("data", "bird"): "/one/bird"}
    found = command_line(Stage("a", "train_decoder", options=options), folders, ["/one", "/two"], "/out/a")
    assert found == ["train_decoder", *expected, "--out", "/out/a"]


def test_arguments_without_a_dash_come_first():
    stage = Stage("a", "mine_pairs", options={"held-out": ["x", "y"], "packages": ["p", "q"]})
    assert command_line(stage, {}, [], "/out") == [
        "mine_pairs", "p", "q", "--held-out", "x", "--held-out", "y", "--out", "/out"
    ]  # fmt: skip


def test_a_script_takes_its_arguments_as_they_are():
    stage = Stage("a", script="training/get.sh", options={"arguments": ["{here}", 3]})
    command, *arguments = command_line(stage, {Reference("here", ""): "/out/a"}, [], "/out/a")
    assert command.endswith("/training/get.sh")
    assert arguments == ["/out/a", "3"]


def test_a_recipe_with_other_options_is_changed_there_alone():
    two = recipe(stages=[STAGE, STAGE | {"name": "b"}])
    found = changed(two, {"b": {"epochs": ["9"], "batch": 2}})
    assert found.stages[0] == two.stages[0]
    assert found.stages[1].options == {"data": ["{data}"], "epochs": ["9"], "batch": 2}
    with pytest.raises(RecipeError, match="has no stage c; there are a, b"):
        changed(two, {"c": {}})


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 seconds"),
        (54.4, "54 seconds"),
        (60, "1 minute"),
        (90, "1.5 minutes"),
        (3_600, "1.0 hours"),
        (9_000, "2.5 hours"),
    ],
)
def test_times_are_said_as_people_do(seconds, said):
    assert runner._duration(seconds) == said
