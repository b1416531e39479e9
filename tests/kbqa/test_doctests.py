"""The examples in docstrings are true."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize(
    "module",
    [
        "kbqa.linking.ages",
        "kbqa.linking.calendar",
        "kbqa.linking.dates",
        "kbqa.linking.measures",
        "kbqa.linking.numbers",
        "kbqa.linking.synonyms",
        "kbqa.linking.time_values",
        "kbqa.linking.times",
        "kbqa.linking.words",
        "kbqa.plurals",
        "kbqa.sql.answer.directions",
        "kbqa.sql.answer.formatting",
        "kbqa.sql.answer.language_model",
        "kbqa.sql.answer.reranking",
        "kbqa.sql.names",
        "kbqa.sql.schema",
    ],
)
def test_docstrings_are_true(module):
    results = doctest.testmod(importlib.import_module(module))
    assert results.attempted
    assert not results.failed
