"""Modules of evaluations: their examples hold."""

import doctest
from importlib import import_module

import pytest

WITH_EXAMPLES = (
    "evaluation.codesearch.encoder_comparison",
    "evaluation.codesearch.metrics",
    "evaluation.figures",
    "evaluation.kbqa.calibration",
    "evaluation.kbqa.focus",
    "evaluation.kbqa.graph_questions",
    "evaluation.kbqa.sparql",
    "evaluation.kbqa.sql",
    "evaluation.kbqa.sql_match",
    "evaluation.kbqa.sql_questions",
    "evaluation.prepared_sets",
    "evaluation.results",
    "evaluation.verification",
    "training.json_lines",
    "training.sql.execution_match",
)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_hold(name):
    results = doctest.testmod(import_module(name))
    assert results.attempted > 0
    assert results.failed == 0
