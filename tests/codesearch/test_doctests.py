"""The examples in docstrings run."""

import doctest
from importlib import import_module

import pytest

MODULES = [
    "codesearch.encoding",
    "codesearch.gnn_coder.late_interaction",
    "codesearch.indexing.vectors",
    *(
        f"codesearch.retrieval.{name}"
        for name in (
            *("boosts", "filters", "fusion", "lexical", "penalties", "query"),
            *("regular_expressions", "results", "snippets"),
        )
    ),
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    results = doctest.testmod(import_module(name))
    assert results.attempted
    assert not results.failed
