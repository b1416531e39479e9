"""Modules of evaluations: their examples hold, and commands run on what the product installs."""

import doctest
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WITH_EXAMPLES = (
    "evaluation.codesearch.encoder_comparison",
    "evaluation.codesearch.metrics",
    "evaluation.figures",
    "evaluation.kbqa.calibration",
    "evaluation.kbqa.focus",
    "evaluation.kbqa.graph_questions",
    "evaluation.kbqa.sparql",
    "evaluation.kbqa.sql",
    "evaluation.prepared_sets",
    "evaluation.results",
    "evaluation.verification",
    "training.json_lines",
    "training.sql.execution_match",
)
COMMANDS = (
    "check_expected",
    "evaluate_code",
    "evaluate_focus",
    "evaluate_repositories",
    "evaluate_sparql",
    "evaluate_sql",
    "write_figures",
)
BLOCKING = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "torch_geometric", "transformers", "sentence_transformers"}:
            raise ImportError(f"{name} is not installed")

sys.meta_path.insert(0, Blocked())
import django

django.setup()
from importlib import import_module

for command in sys.argv[1:]:
    import_module(f"evaluation.management.commands.{command}").Command().create_parser("manage.py", command)
import_module("training.management.commands.fit_reranker")
for module in ("evaluation.codesearch.corpus_evaluation", "evaluation.codesearch.repository_evaluation"):
    import_module(module)
"""


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_hold(name):
    results = doctest.testmod(import_module(name))
    assert results.attempted > 0
    assert results.failed == 0


def test_commands_need_no_package_of_training():
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "searchapp.settings.embedded"}
    ended = subprocess.run(
        [sys.executable, "-c", BLOCKING, *COMMANDS],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
