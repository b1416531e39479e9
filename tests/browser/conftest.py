"""Graphs for the browser."""

from tests.kbqa.conftest import load

__all__ = ["load"]
