"""Graphs and databases in the admin."""

from kbqa.admin import databases, graphs

__all__ = ["databases", "graphs"]
