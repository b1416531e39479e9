"""The rows of a query as a file, with the names of things beside their IRIs."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from django.conf import settings

from kbqa.sparql.answer.cells import Cell, shown_rows
from kbqa.sparql.answer.registry import served
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.models import Graph
from kbqa.sparql.stores.base import QueryError, RdfTerm, Solutions
from kbqa.sparql.stores.executor import run_limited
from searchapp import spreadsheets
from searchapp.audit import recording as audit
from searchapp.errors import InvalidInput

_PORTION = 500
"""Of how many rows the things are named at once."""
MOST_ROWS = 100_000
"""The most rows of a file, which are held in memory."""
_CUT = "These are the first {:,} rows; there are more."
_NOTE = "export note"
"""The only name in a last object of JSON that is no row but says that there are more."""

Line = list[str]


@dataclass(frozen=True)
class Table:
    """Rows as texts, a portion of which is named at a time."""

    heads: Line
    portions: Iterator[list[Line]]
    note: str
    """What is missing; empty where nothing is."""


@dataclass(frozen=True)
class Format:
    """A kind of file, and what writes it."""

    name: str
    label: str
    media_type: str
    write: Callable[[Table], Iterator[bytes]]


def export_rows(graph: Graph, query: str, form: Format, heads: Sequence[str] = ()) -> Iterator[bytes]:
    """All rows of a SELECT as a file; `heads` are what its columns hold, in place of its variables.

    Raises NotReady, QueryError, StoreError.
    """
    opened = served(graph)
    if audit.requested():
        audit.record(audit.Action.EXPORT, subject=f"graph: {graph.name}", detail=query)
    found = run_limited(opened.version, query, min(MOST_ROWS, settings.GRAPH_EXPORT_ROWS))
    if isinstance(found, bool):
        raise QueryError("Only rows can be exported: write a SELECT.")
    return form.write(_table(found, opened.live, heads))


def format_called(name: str) -> Format:
    """A format by its name. Raises InvalidInput."""
    if name not in FORMATS:
        raise InvalidInput(
            f"There is no format {name[:50]}. Use one of {', '.join(FORMATS)}.", field="format"
        )
    return FORMATS[name]


def _table(found: Solutions, live: LiveGraph, heads: Sequence[str]) -> Table:
    """The rows with a column more for the IRIs of each column that has any."""
    names = list(heads) if len(heads) == len(found.variables) else list(found.variables)
    named = [any(_has_address(row[place]) for row in found.rows) for place in range(len(names))]
    pairs = zip(names, named, strict=True)
    columns = [part for name, is_named in pairs for part in _parts(name, is_named=is_named)]
    note = _CUT.format(len(found.rows)) if found.cut else ""
    return Table(columns, _portions(found, live, named), note)


def _has_address(term: RdfTerm | None) -> bool:
    return str(term).startswith("<")


def _parts(name: str, *, is_named: bool) -> list[str]:
    return [name, f"{name} (IRI)"] if is_named else [name]


def _portions(found: Solutions, live: LiveGraph, named: Sequence[bool]) -> Iterator[list[Line]]:
    for begin in range(0, len(found.rows), _PORTION):
        shown = shown_rows(Solutions(found.variables, found.rows[begin : begin + _PORTION]), live)
        yield [_line(row, named) for row in shown]


def _line(row: Sequence[Cell], named: Sequence[bool]) -> Line:
    texts = zip(row, named, strict=True)
    return [
        text for cell, is_named in texts for text in ((cell.text, cell.iri) if is_named else (cell.text,))
    ]


def _csv(table: Table) -> Iterator[bytes]:
    yield _lines([table.heads])
    for portion in table.portions:
        yield _lines(portion)
    if table.note:
        yield _lines([[table.note]])


def _lines(rows: Sequence[Line]) -> bytes:
    text = StringIO()
    csv.writer(text).writerows([spreadsheets.cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _json(table: Table) -> Iterator[bytes]:
    """An array of objects, a line each."""
    separator = ""
    yield b"[\n"
    for portion in table.portions:
        objects = (dict(zip(table.heads, row, strict=True)) for row in portion)
        written = ",\n".join(json.dumps(each, ensure_ascii=False) for each in objects)
        yield f"{separator}{written}".encode("utf-8", "replace")
        separator = ",\n"
    if table.note:
        yield f"{separator}{json.dumps({_NOTE: table.note})}".encode()
    yield b"\n]\n"


FORMATS: Mapping[str, Format] = {
    each.name: each
    for each in (
        Format("csv", "CSV", "text/csv; charset=utf-8", _csv),
        Format("json", "JSON", "application/json", _json),
    )
}
"""The formats by name."""
