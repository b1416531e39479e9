"""Reading the references of what is served: what a name means, and where else it is meant."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from codesearch import selectors
from codesearch.models import FileReferences, SourceFile, Unit
from codesearch.references.facts import Kind
from codesearch.references.links import OVERRIDE, Defined, FileLinks, Link, target_number

MOST_FILES = 400
"""Of how many files the references of a symbol are read at most."""
MOST_REFERENCES = 1_000
_KINDS = {
    Kind.CLASS: "class",
    Kind.FUNCTION: "function",
    Kind.VARIABLE: "variable",
    Kind.PARAMETER: "parameter",
    Kind.NAMESPACE: "namespace",
    Kind.IMPORT: "import",
}


@dataclass(frozen=True)
class Place:
    """A line of a file (from 1), a column (from 0) and the line's text."""

    path: str
    line: int
    column: int
    text: str = ""


@dataclass(frozen=True)
class Symbol:
    """Something that has a name, with the places at which it is defined. The name of a file is its path."""

    path: str
    name: str
    kind: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Reference:
    """A place that refers to a symbol: for what, and in which function or class it stands.

    It is not `certain` where all that is known is that the names are the same.
    """

    place: Place
    length: int
    role: str
    within: str
    certain: bool


@dataclass(frozen=True)
class References:
    """The references to a symbol, file by file; `complete` unless there are more than are read."""

    symbol: Symbol
    references: tuple[Reference, ...]
    complete: bool


def symbols_at(file: SourceFile, line: int, column: int) -> list[Symbol]:
    """What the name at a place of a served file means; empty where nothing is known of it."""
    links = _links_of(file)
    for link in links.links:
        if link.line == line and link.column <= column < link.column + link.length and link.role != OVERRIDE:
            return _symbols(file.repository.name, [links.targets[number] for number in link.targets])
    for one in links.defined:
        if one.line == line and one.column <= column < one.column + len(_last(one.symbol)):
            return _symbols(file.repository.name, [(file.path, one.symbol)])
    return []


def symbol_of(unit: Unit) -> Symbol | None:
    """The symbol of a unit."""
    links = _links_of(unit.file)
    inside = [
        one
        for one in links.defined
        if _last(one.symbol) == unit.name and unit.start_line <= one.line <= unit.end_line
    ]
    if not inside:
        return None
    first = min(inside, key=lambda one: (one.line, one.column))
    return next(iter(_symbols(unit.repository.name, [(unit.path, first.symbol)])), None)


def symbol_named(repository: str, path: str, name: str) -> Symbol | None:
    """A symbol by the name that it has in its file; the file itself where the name is empty."""
    return next(iter(_symbols(repository, [(path, name)])), None)


def references_to(repository: str, symbol: Symbol) -> References:
    """The places that refer to a symbol, those in its own file first."""
    rows = _rows(repository).filter(targets__contains=[target_number(symbol.path, symbol.name)])
    number = rows.count()
    found: list[Reference] = []
    own = _rows(repository).filter(file__path=symbol.path)
    for row in [*own, *rows.exclude(file__path=symbol.path).order_by("file__path")[:MOST_FILES]]:
        found += _references_in(row, symbol)
        if len(found) > MOST_REFERENCES:
            break
    complete = number <= MOST_FILES and len(found) <= MOST_REFERENCES
    return References(symbol, tuple(found[:MOST_REFERENCES]), complete)


def linked_columns(file: SourceFile) -> dict[int, list[tuple[int, int]]]:
    """By line the names of a file of which something is known, as (column, length)."""
    columns: dict[int, list[tuple[int, int]]] = {}
    for link in _links_of(file).links:
        columns.setdefault(link.line, []).append((link.column, link.length))
    return columns


def repository_links(repository: str) -> Iterable[tuple[str, FileLinks]]:
    """The links of all served files of a repository, by path."""
    rows = _rows(repository).order_by("file__path").values_list("file__path", "links")
    for path, links in rows.iterator(chunk_size=100):
        yield path, FileLinks.decoded(bytes(links))


def _rows(repository: str) -> QuerySet[FileReferences]:
    return selectors.served_references(repository)


def _links_of(file: SourceFile) -> FileLinks:
    row = _rows(file.repository.name).filter(file=file).values_list("links", flat=True).first()
    return FileLinks.decoded(bytes(row or b""))


def _last(symbol: str) -> str:
    return symbol.rpartition(".")[2]


def _symbols(repository: str, targets: Iterable[Any]) -> list[Symbol]:
    wanted = list(dict.fromkeys((path, name) for path, name in targets))
    rows = _rows(repository).filter(file__path__in={path for path, _ in wanted}).select_related("file__blob")
    files = {row.file.path: row for row in rows}
    symbols = []
    for path, name in wanted:
        row = files.get(path)
        if row is None:
            continue
        if not name:
            symbols.append(Symbol(path, path, "module", (Place(path, 1, 0),)))
            continue
        lines = row.file.blob.text.split("\n")
        defined = [one for one in FileLinks.decoded(bytes(row.links)).defined if one.symbol == name]
        if defined:
            symbols.append(
                Symbol(path, name, _kind(defined[0]), tuple(_place(path, one, lines) for one in defined))
            )
    return symbols


def _kind(defined: Defined) -> str:
    kind = _KINDS[Kind(defined.kind)]
    return "method" if kind == "function" and "." in defined.symbol and defined.is_global else kind


def _place(path: str, at: Defined | Link, lines: list[str]) -> Place:
    text = lines[at.line - 1].strip()[:300] if at.line <= len(lines) else ""
    return Place(path, at.line, at.column, text)


def _references_in(row: FileReferences, symbol: Symbol) -> list[Reference]:
    links = FileLinks.decoded(bytes(row.links))
    name = "" if symbol.kind == "module" else symbol.name
    numbers = {number for number, target in enumerate(links.targets) if target == (symbol.path, name)}
    found = [link for link in links.links if numbers.intersection(link.targets)] if numbers else []
    if not found:
        return []
    lines = row.file.blob.text.split("\n")
    return [
        Reference(_place(row.file.path, link, lines), link.length, link.role, link.within, link.certain)
        for link in found
    ]
