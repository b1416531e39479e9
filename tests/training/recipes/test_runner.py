"""A tiny recipe, from published sets to a mean of two decoders."""

import json
import shutil
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import yaml
from django.core.management import CommandError, call_command
from safetensors.numpy import load_file

from kbqa.decoding.pointer_network import DecoderModel

QUESTIONS = [
    ("How many customers are there?", "SELECT count(*) FROM customer"),
    ("What are the names of all cities?", "SELECT name FROM city"),
    ("Which customers are older than 30?", "SELECT name FROM customer WHERE age > 30"),
]
AMOUNTS = {"held_out_databases": 0, "synthetic": 0, "made": 1, "of_tables": 2}


@pytest.fixture
def data(tmp_path, shop_file):
    folder = tmp_path / "sets" / "spider" / "database" / "shop"
    folder.mkdir(parents=True)
    shutil.copy(shop_file, folder / "shop.sqlite")
    rows = ({"db_id": "shop", "question": question, "sql": sql} for question, sql in QUESTIONS)
    (tmp_path / "sets/spider/train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path / "sets"


@pytest.fixture
def recipe(tmp_path):
    stages = [
        {
            "name": "a",
            "command": "train_decoder",
            "options": {"epochs": 1, "prepared": "{here}.pickle", "amount": AMOUNTS},
            "cost": "seconds",
        },
        {
            "name": "b",
            "command": "train_decoder",
            "options": {"epochs": 1, "seed": 1, "prepared": "{stage:a}.pickle", "start": "{stage:a}"},
        },
        {"name": "mean", "average": {"{stage:b}": 0.75, "{stage:a}": 0.25}},
    ]
    stored = {
        "trains": "sql_decoder",
        "about": "Tiny.",
        "data": [{"set": "spider"}, {"set": "bird", "optional": True}],
        "defaults": {"train_decoder": {"language": "sql", "data": ["{data}"], "batch": 4}},
        "stages": stages,
        "afterwards": ["ask MODEL"],
    }
    path = tmp_path / "tiny.yaml"
    path.write_text(yaml.safe_dump(stored))
    return str(path)


def run(*arguments: object) -> str:
    out = StringIO()
    call_command("run_recipe", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_a_recipe_runs_from_sets_to_a_mean_and_goes_on_where_it_was(transactional_db, data, recipe, tmp_path):
    out = tmp_path / "out"
    arguments = (recipe, "--data", data, "--out", out)
    assert "[1/1] a: took" in run(*arguments, "--stage", "a")
    said = run(*arguments)
    assert "Without the set bird" in said
    assert "[1/3] a: there already" in said
    assert f"The model is in {out / 'mean'}" in said
    assert f"Then: ask {out / 'mean'}" in said
    assert DecoderModel(out / "mean").vocabulary.steps[0] == "SELECT"
    a, b, mean = (load_file(out / name / "decoder.safetensors") for name in ("a", "b", "mean"))
    assert any((a[name] != b[name]).any() for name in a)
    for name, tensor in mean.items():
        assert np.allclose(tensor, 0.25 * a[name].astype(float) + 0.75 * b[name], atol=2e-3, rtol=2e-3)
    record = json.loads((out / "run.json").read_text())
    assert record["a"]["ran"][0] == "train_decoder"
    assert set(record) == {"a", "b", "mean"}
    with pytest.raises(CommandError, match="was made otherwise"):
        run(*arguments, "--set", "a.epochs=9")


def test_sets_that_are_not_there_are_named(data, recipe, tmp_path):
    with pytest.raises(CommandError, match="The set spider is in no folder of --data"):
        run(recipe, "--data", tmp_path, "--out", tmp_path / "out")


def test_what_would_be_run_is_shown(recipe):
    shown = run(recipe, "--show")
    assert "stage a: train_decoder (seconds)" in shown
    assert "stage mean: 0.25 of {stage:a} + 0.75 of {stage:b}" in shown
    assert "sparql_decoder: " in run()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "a.epochs=1"], "Say with --out"),
        (["--out", "x", "--set", "epochs=1"], "is not STAGE.OPTION=VALUE"),
        (["--out", "x", "--set", "z.epochs=1"], "tiny has no stage z; there are a, b, mean"),
        (["--out", "x", "--set", "a.loaves=1"], "train_decoder has no option loaves"),
        (["--out", "x", "--stage", "z"], "has no stage z"),
    ],
)
def test_what_cannot_be_run_is_said(recipe, arguments, message):
    with pytest.raises(CommandError, match=message):
        run(recipe, *arguments)
    assert not Path("x").exists()
