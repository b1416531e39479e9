"""The models of both engines, where Django looks for them; code imports them from where they are."""

from kbqa.sparql.models import Graph, GraphQuestion, GraphVersion, LabelVector, Name, NameWord
from kbqa.sql.models import (
    Cell,
    CellWord,
    ColumnNote,
    Database,
    DatabaseQuestion,
    Definition,
    Scan,
)

__all__ = [
    "Cell",
    "CellWord",
    "ColumnNote",
    "Database",
    "DatabaseQuestion",
    "Definition",
    "Graph",
    "GraphQuestion",
    "GraphVersion",
    "LabelVector",
    "Name",
    "NameWord",
    "Scan",
]
