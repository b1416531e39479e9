"""The floor plan: which way imports point, no circles, and a product that needs no workshop.

The contracts stand in `pyproject.toml`, under `tool.importlinter`.
"""

import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[1]
PACKAGES = ("searchapp", "codesearch", "kbqa", "routing", "frontend", "training", "evaluation", "benchmarks")

# Backends that a person installs by choosing them (requirements/models.txt).
OF_THE_MODELS = {
    "codesearch.gnn_coder.encoding",
    "codesearch.gnn_coder.network",
    "codesearch.gnn_coder.pooling",
    "codesearch.gnn_coder.torch_encoder",
    "codesearch.gnn_coder.weights",
    "kbqa.decoding.sequence_model",
    "kbqa.decoding.token_constraints",
    "searchapp.encoders.huggingface",
}

IMPORT_ALL = """
import importlib, pkgutil, sys

for name in ("torch", "transformers", "training", "evaluation", "benchmarks"):
    sys.modules[name] = None

import django
django.setup()
import codesearch, frontend, kbqa, routing, searchapp

PROGRAMS = ("searchapp.settings.production", "searchapp.wsgi", "kbqa.sparql.stores.query_process")
for package in (searchapp, codesearch, kbqa, routing, frontend):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if module.name not in PROGRAMS:
            try:
                importlib.import_module(module.name)
            except ImportError as error:
                print(module.name, error, sep="\\t")
"""


def test_the_contracts_hold(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    broken = lint_imports(no_cache=True)
    assert not broken, capsys.readouterr().out


def test_no_module_needs_itself():
    graph = grimp.build_graph(*PACKAGES, cache_dir=None, exclude_type_checking_imports=False)
    needs = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


def test_the_product_needs_no_workshop():
    """Every module and command is imported where there is no torch, no training and no evaluation."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    failed = dict(line.split("\t") for line in done.stdout.splitlines())
    assert {name: failed[name] for name in failed.keys() - OF_THE_MODELS} == {}


@pytest.mark.parametrize(
    "command", ["index_code", "load_graph", "connect_database", "ask_graph", "ask_database"]
)
def test_commands_of_the_product_start_without_the_workshop(command):
    program = (
        "import sys; sys.modules.update(dict.fromkeys(('torch', 'transformers', 'training', 'evaluation')));"
        "from django.core.management import execute_from_command_line as run;"
        f"run(['manage.py', {command!r}, '--help'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "usage" in done.stdout) == (0, True), done.stderr
