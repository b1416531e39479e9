"""What is kept of graphs and databases."""

from kbqa.models.databases import ColumnNote, Database, DatabaseQuestion, Scan
from kbqa.models.graphs import Graph, GraphVersion, Question
from kbqa.models.names import Cell, CellWord, Name, NameWord
from kbqa.models.text_vectors import Definition, LabelVector

__all__ = [
    "Cell", "CellWord", "ColumnNote", "Database", "DatabaseQuestion", "Definition", "Graph", "GraphVersion", "LabelVector", "Name", "NameWord",
    "Question", "Scan",
]  # fmt: skip
