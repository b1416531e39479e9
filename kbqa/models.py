"""The models of both engines, where Django looks for them; code imports them from where they are."""

from kbqa.sparql.models import Graph, GraphVersion, LabelVector, Name, NameWord, Question
from kbqa.sql.models import Cell, CellWord, ColumnNote, Database, DatabaseQuestion, Definition, Scan

__all__ = [
    "Cell",
    "CellWord",
    "ColumnNote",
    "Database",
    "DatabaseQuestion",
    "Definition",
    "Graph",
    "GraphVersion",
    "LabelVector",
    "Name",
    "NameWord",
    "Question",
    "Scan",
]
