"""What is kept of graphs and databases."""

from kbqa.models.databases import ColumnNote, Database, DatabaseQuestion, Definition, Scan
from kbqa.models.graphs import Graph, GraphVersion, Question
from kbqa.models.names import Cell, CellWord, Name, NameWord

__all__ = [
    "Cell", "CellWord", "ColumnNote", "Database", "DatabaseQuestion", "Definition", "Graph", "GraphVersion", "Name", "NameWord", "Question", "Scan",
]  # fmt: skip
