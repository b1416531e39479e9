"""Sources as the router knows them, read from files: training and measuring need no installation."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyoxigraph

from codesearch.parsing import parse_file
from codesearch.parsing.base import CodeUnit
from kbqa.linking.held import Held
from kbqa.linking.words import fold, key_of
from kbqa.sparql.public import local_text
from kbqa.sql.public import Column, Schema, Table
from routing.features import Asked
from routing.profiles import About, of_code, of_database, of_graph
from routing.ranking import question_keys

_MAX_TEXT, _MOST_ROWS, _MOST_FILES = 200, 5_000, 400
_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_GRAPH_PROPERTIES = (
    "calls",
    "inherits from",
    "defines",
    "imports",
    "returns",
    "decorated by",
    "file",
    "line",
)
"""Properties of graphs of code."""
_GRAPH_CLASSES = ("class", "function", "method", "module")


@dataclass
class FileSource:
    """A source: what it says of itself, and the words and keys of its names."""

    about: About
    words: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    units: Sequence[tuple[str, CodeUnit]] = ()
    """Of code, its units with their paths."""

    @property
    def label(self) -> str:
        """The source as a scope."""
        return f"{self.about.kind}:{self.about.name}"

    def held(self, question: Asked) -> Held:
        """What its names have of a question, as `routing.ranking.held` finds it in PostgreSQL."""
        return Held(self.words.intersection(question.words), self.keys.intersection(question_keys(question)))

    def name_texts(self, texts: Iterable[str]) -> None:
        """Add names."""
        for text in texts:
            folded = fold(text[:_MAX_TEXT])
            self.words.update(folded.split())
            self.keys.add(key_of(folded))


def database_source(path: Path, name: str = "") -> FileSource:
    """An SQLite file, or the SQL that makes one, as a source."""
    connection = sqlite3.connect(":memory:" if path.suffix == ".sql" else path)
    connection.text_factory = lambda raw: raw.decode(errors="replace")
    with closing(connection):
        if path.suffix == ".sql":
            connection.executescript(path.read_text(encoding="utf-8"))
        found = connection.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
        )
        tables = [_table(connection, table) for (table,) in found.fetchall()]
        source = FileSource(of_database(name or path.stem, Schema(tuple(tables))))
        for table in tables:
            for column in table.columns:
                source.name_texts(_values(connection, table.name, column.name))
    return source


def graph_source(path: Path, name: str = "") -> FileSource:
    """A file of RDF as a source."""
    classes: Counter[str] = Counter()
    properties: Counter[str] = Counter()
    names: dict[str, None] = {}
    for triple in pyoxigraph.parse(path=str(path)) if path.suffix != ".gz" else _unpacked(path):
        if triple.predicate.value == _TYPE:
            classes[triple.object.value] += 1
        else:
            properties[triple.predicate.value] += 1
        if isinstance(triple.object, pyoxigraph.Literal):
            names[triple.object.value[:_MAX_TEXT]] = None
        elif isinstance(triple.object, pyoxigraph.NamedNode):
            names[local_text(triple.object.value)] = None
    texts = [[local_text(iri) for iri, _ in counts.most_common(200)] for counts in (classes, properties)]
    source = FileSource(of_graph(name or path.name.split(".")[0], *texts, list(names)[:40]))
    source.name_texts(names)
    return source


def code_source(folder: Path, name: str = "") -> FileSource:
    """A folder of Python as a source."""
    units: list[tuple[str, CodeUnit]] = []
    for file in sorted(folder.rglob("*.py"))[:_MOST_FILES]:
        path = str(file.relative_to(folder))
        units += [
            (path, unit)
            for unit in parse_file(path, file.read_text(errors="replace")).units
            if unit.kind != "passage"
        ]
    about = of_code(name or folder.name, [(path, unit.name, unit.qualified_name) for path, unit in units])
    return FileSource(about, units=units)


def code_graph_source(code: FileSource) -> FileSource:
    """The graph that code search makes of a repository, as a source."""
    names = list(dict.fromkeys(unit.name for _, unit in code.units if unit.name))
    source = FileSource(of_graph(f"{code.about.name} code", _GRAPH_CLASSES, _GRAPH_PROPERTIES, names))
    source.name_texts(names)
    return source


def _table(connection: sqlite3.Connection, name: str) -> Table:
    columns = connection.execute("SELECT name, type FROM pragma_table_info(?)", [name]).fetchall()
    return Table(name, tuple(Column(column, declared=declared) for column, declared in columns))


def _values(connection: sqlite3.Connection, table: str, column: str) -> Iterable[str]:
    quoted = [f'"{each.replace(chr(34), chr(34) * 2)}"' for each in (column, table)]
    rows = connection.execute(f"SELECT DISTINCT {quoted[0]} FROM {quoted[1]} LIMIT {_MOST_ROWS}")
    return [value for (value,) in rows if isinstance(value, str)]


def _unpacked(path: Path) -> Any:
    import gzip

    formats = {
        ".nt": pyoxigraph.RdfFormat.N_TRIPLES,
        ".ttl": pyoxigraph.RdfFormat.TURTLE,
        ".rdf": pyoxigraph.RdfFormat.RDF_XML,
    }
    with gzip.open(path) as file:
        yield from pyoxigraph.parse(file.read(), format=formats[Path(path.stem).suffix])
