"""Graphs for pages."""

from tests.kbqa.conftest import load

__all__ = ["load"]
