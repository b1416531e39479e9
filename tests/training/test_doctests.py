"""The examples in docstrings of what reads and judges languages are true."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize("module", ["training.json_lines", "training.sql.execution_match"])
def test_docstrings_are_true(module):
    results = doctest.testmod(importlib.import_module(module))
    assert results.attempted
    assert not results.failed
