"""Every command of `manage.py` runs on what `make up` installs, or says what it needs besides."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from searchapp.commands import SearchappCommand
from tests.kbqa.conftest import FILMS
from tests.kbqa.sql.conftest import SHOP

ROOT = Path(__file__).parents[1]
OURS = ("searchapp", "codesearch", "kbqa", "frontend", "training", "evaluation")
NEED_MODELS = {
    "compare_encoders",
    "mine_pairs",
    "train_decoder",
    "train_focus",
    "train_gnn_coder",
    "train_late_interaction",
    "train_verifier",
}

HELP = """
import contextlib, io, json, sys
from django.core.management import get_commands, execute_from_command_line
import django
django.setup()
told = {}
for name, app in get_commands().items():
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            execute_from_command_line(["manage.py", name, "--help"])
    except SystemExit as end:
        told[name] = app, end.code, out.getvalue()
    except BaseException as error:
        told[name] = app, f"{type(error).__name__}: {error}", ""
print(json.dumps(told))
"""
RUN = """
import json, sys
from django.core.management import CommandError, get_commands, load_command_class
import django
django.setup()
told = {}
for name in sys.argv[1:]:
    command = load_command_class(get_commands()[name], name)
    try:
        command.execute()
    except CommandError as error:
        told[name] = str(error)
    except BaseException as error:
        told[name] = f"{type(error).__name__}: {error}"
print(json.dumps(told))
"""


def distributions() -> list[Distribution]:
    """What requirements/base.txt pins."""
    lines = (ROOT / "requirements" / "base.txt").read_text(encoding="utf-8").splitlines()
    names = [match[1] for line in lines if (match := re.match(r"([\w.-]+)(?:\[[\w,]+\])?==", line))]
    assert len(names) > 50
    return [distribution(name) for name in names]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A function that runs Python with the packages of requirements/base.txt and no others."""
    folder = tmp_path_factory.mktemp("base")
    for each in distributions():
        parts = {Path(file).parts[0] for file in each.files or () if ".." not in Path(file).parts}
        for part in parts - {"__pycache__"}:
            if not (folder / part).exists():
                (folder / part).symlink_to(Path(str(each.locate_file(part))))
    (folder / "data").mkdir()

    def run(program: str, *arguments: str) -> str:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)]),
            "DJANGO_SETTINGS_MODULE": "searchapp.settings.embedded",
        }
        done = subprocess.run(
            [sys.executable, "-S", "-c", program, *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_the_packages_of_models_and_tests_are_not_there(base):
    program = "from importlib.util import find_spec; print([n for n in {} if find_spec(n)])".format(
        ("torch", "transformers", "torch_geometric", "datasketch", "pytest", "bm25s", "sentence_transformers")
    )
    assert base(program).strip() == "[]"


def test_every_command_says_what_it_does(base):
    told = json.loads(base(HELP))
    assert {app.partition(".")[0] for app, _, _ in told.values()} >= {"codesearch", "kbqa", "training"}
    wrong = {name: end for name, (_, end, text) in told.items() if end != 0 or "usage" not in text}
    assert wrong == {}


def test_a_command_that_needs_more_says_what_to_install(base):
    told = json.loads(base(RUN, *NEED_MODELS))
    assert told.keys() == NEED_MODELS
    for message in told.values():
        assert re.fullmatch(r"This needs [\w ]+: run `make models`\.", message), message


def test_commands_that_need_more_are_known():
    """What a command needs is what requirements/models.txt adds, and of the product's none needs any."""
    needs = {
        name: load_command_class(app, name).packages
        for name, app in get_commands().items()
        if app.partition(".")[0] in OURS and hasattr(load_command_class(app, name), "packages")
    }
    assert {name for name, packages in needs.items() if packages} == NEED_MODELS
    pinned = (ROOT / "requirements" / "models.txt").read_text(encoding="utf-8")
    for package in set().union(*needs.values()):
        assert f"\n{package.replace('_', '-')}==" in f"\n{pinned}"


def test_all_commands_of_ours_have_one_base():
    for name, app in get_commands().items():
        if app.partition(".")[0] in OURS:
            assert isinstance(load_command_class(app, name), SearchappCommand), name


MEASURE = """
import sys
import django
django.setup()
from contextlib import nullcontext
from django.core.management import call_command
from evaluation.management.commands import evaluate_code, evaluate_sparql, evaluate_sql
from training.throwaway import throwaway_database
folder = sys.argv[1]
for command in (evaluate_code, evaluate_sparql, evaluate_sql):
    command.throwaway_database = nullcontext
with throwaway_database():
    call_command("evaluate_sparql", f"--graph={folder}/films.ttl", f"--questions={folder}/graph.jsonl")
    call_command("evaluate_sql", f"--questions={folder}/dev.jsonl", f"--databases={folder}")
    call_command("evaluate_code", f"--corpus={folder}/corpus.jsonl", f"--queries={folder}/queries.jsonl")
"""
QUESTIONS = {
    "graph": {"question": "who is the director of Falcon?", "answers": ["Marta Falcon"]},
    "dev": {
        "db_id": "shop",
        "question": "How many customers are there?",
        "sql": "SELECT count(*) FROM customer",
    },
    "corpus": {"id": "1", "language": "python", "code": "def add(a, b):\n    return a + b"},
    "queries": {"id": "q", "text": "add two numbers", "relevant": {"1": 1}},
}


def test_what_is_installed_is_enough_to_measure_the_three_engines(base, services, tmp_path):
    (tmp_path / "films.ttl").write_text(FILMS)
    (tmp_path / "shop").mkdir()
    with closing(sqlite3.connect(tmp_path / "shop" / "shop.sqlite")) as connection:
        connection.executescript(SHOP)
    for name, row in QUESTIONS.items():
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row) + "\n")
    scores = [json.loads(line) for line in base(MEASURE, str(tmp_path)).splitlines() if line.startswith("{")]
    assert [each["questions" if "questions" in each else "queries"] for each in scores] == [1, 1, 1]
