"""The admin of both engines, where Django looks for it."""

from kbqa.sparql.sources import admin as graphs
from kbqa.sql.sources import admin as databases

__all__ = ["databases", "graphs"]
