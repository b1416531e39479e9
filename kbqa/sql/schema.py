"""A database's schema as data: tables, columns and keys, and how tables connect."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from kbqa.linking.words import CAMEL

_SEPARATORS = re.compile(r"[\W_]+")
_NUMERIC = re.compile(r"INT|REAL|FLOA|DOUB|DEC|(?<!E)NUM|BIT|SERIAL|MONEY|YEAR", re.IGNORECASE)
_DATES = re.compile(r"DATE|TIME", re.IGNORECASE)
_BOOLEAN = re.compile(r"BOOL", re.IGNORECASE)
_ORDINARY = re.compile(
    r"(?!.*RANGE)(?:N?(?:VAR)?CHAR|(?:N|CI|TINY|MEDIUM|LONG)?TEXT|STRING|N?CLOB|NAME\b|BOOL|DATE|TIMESTAMP|(?:U?(?:TINY|SMALL|MEDIUM|BIG|HUGE))?INT(?!ERVAL)"
    r"|UINT|(?:SMALL|BIG)?SERIAL|NUM|DEC|REAL|FLOAT|DOUBLE|SMALLMONEY|YEAR)[^\[\]]*$",
    re.IGNORECASE,
)
"""Declarations of texts, numbers, times and truths, by how they begin; an array or a range of these is none.
"""
LENIENT = ("sqlite", "mysql")
"""Dialects in which anything can be compared with anything."""


class ColumnType(StrEnum):
    """What a column holds, as far as a query's shape depends on it."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"


def column_type(declared: str) -> ColumnType:
    """The type that a declaration means; what is unknown is text."""
    if _BOOLEAN.search(declared):
        return ColumnType.BOOLEAN
    if _DATES.search(declared):
        return ColumnType.DATE
    return ColumnType.NUMBER if _NUMERIC.search(declared) else ColumnType.TEXT


def read_as_text(declared: str, dialect: str) -> bool:
    """Tell whether a dialect compares such a column with nothing but its like, as PostgreSQL does JSON and
    UUIDs; its text can be.

    >>> [read_as_text(declared, "postgres") for declared in ("UUID", "INTEGER[]", "INT4RANGE")]
    [True, True, True]
    >>> read_as_text("VARCHAR(80)", "postgres"), read_as_text("UUID", "sqlite")
    (False, False)
    """
    return dialect not in LENIENT and not _ORDINARY.match(declared)


def readable(identifier: str) -> str:
    """An identifier as words: `airportCode` and `AIRPORT_CODE` are both `airport code`.

    >>> readable("Album_ID"), readable("frpmCount2"), readable("Charter School (Y/N)")
    ('album id', 'frpm count2', 'charter school y n')
    """
    return " ".join(_SEPARATORS.sub(" ", CAMEL.sub(" ", identifier)).lower().split())


@dataclass(frozen=True, order=True)
class ColumnRef:
    """A column's place: the names of its table and of itself, as the database spells them."""

    table: str
    column: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


@dataclass(frozen=True)
class Column:
    """A column, and what people wrote about it. `excluded` columns hold personal data: their values are never
    read.

    Of a column `as_text` its text is compared, sorted and grouped by.
    """

    name: str
    type: ColumnType = ColumnType.TEXT
    declared: str = ""
    primary: bool = False
    description: str = ""
    excluded: bool = False
    as_text: bool = False


def declared_column(
    name: str, declared: str, dialect: str, *, primary: bool = False, description: str = ""
) -> Column:
    """A column as a database of a dialect declares it."""
    as_text = read_as_text(declared, dialect)
    return Column(
        name,
        ColumnType.TEXT if as_text else column_type(declared),
        declared,
        primary,
        description,
        as_text=as_text,
    )


@dataclass(frozen=True)
class ForeignKey:
    """`source` refers to `target`; `declared` keys are the database's own, others were inferred."""

    source: ColumnRef
    target: ColumnRef
    declared: bool = True

    def turned(self) -> "ForeignKey":
        """The same connection seen from its other end."""
        return ForeignKey(self.target, self.source, self.declared)


@dataclass(frozen=True)
class Table:
    """A table or view."""

    name: str
    columns: tuple[Column, ...]
    description: str = ""
    rows: int | None = None
    view: bool = False

    def column(self, name: str) -> Column:
        """A column by its name, whatever its capitals. Raises KeyError."""
        return self._by_name[name.lower()]

    @cached_property
    def _by_name(self) -> Mapping[str, Column]:
        return {column.name.lower(): column for column in self.columns}

    def refs(self) -> list[ColumnRef]:
        """The places of its columns."""
        return [ColumnRef(self.name, column.name) for column in self.columns]


@dataclass(frozen=True)
class Schema:
    """The tables of a database, and their keys."""

    tables: tuple[Table, ...]
    keys: tuple[ForeignKey, ...] = ()
    dialect: str = field(default="sqlite", compare=False)

    @cached_property
    def _by_name(self) -> Mapping[str, Table]:
        return {table.name.lower(): table for table in self.tables}

    @cached_property
    def _neighbours(self) -> Mapping[str, list[ForeignKey]]:
        found: dict[str, list[ForeignKey]] = {table.name: [] for table in self.tables}
        for key in self.keys:
            if key.source.table != key.target.table:
                found[key.source.table].append(key)
                found[key.target.table].append(key.turned())
        return found

    def table(self, name: str) -> Table:
        """A table by its name, whatever its capitals. Raises KeyError."""
        return self._by_name[name.lower()]

    def column(self, ref: ColumnRef) -> Column:
        """A column by its place. Raises KeyError."""
        return self.table(ref.table).column(ref.column)

    def refs(self) -> Iterator[ColumnRef]:
        """Yield the places of all columns."""
        for table in self.tables:
            yield from table.refs()

    def leaving(self, table: str) -> list[ForeignKey]:
        """The keys at a table, each seen from it."""
        return self._neighbours[table]

    def between(self, table: str, other: str) -> list[ForeignKey]:
        """The keys that connect two tables, seen from the first."""
        return [key for key in self._neighbours[table] if key.target.table == other]

    @cached_property
    def _islands(self) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for number, table in enumerate(self.tables):
            pending = [table.name]
            while pending:
                name = pending.pop()
                if name not in found:
                    found[name] = number
                    pending += [key.target.table for key in self._neighbours[name]]
        return found

    def connected(self, table: str, other: str) -> bool:
        """Tell whether keys lead from one table to another, over however many."""
        return self._islands[table] == self._islands[other]

    def path(self, sources: Iterable[str], target: str) -> list[str]:
        """The tables of a shortest path from any of `sources` to `target`, both ends included; empty
        where there is none.
        """
        before: dict[str, str | None] = dict.fromkeys(sources)
        frontier = list(before)
        while frontier and target not in before:
            found = []
            for name in frontier:
                for key in self._neighbours[name]:
                    if key.target.table not in before:
                        before[key.target.table] = name
                        found.append(key.target.table)
            frontier = found
        if target not in before:
            return []
        steps = list[str]()
        place: str | None = target
        while place is not None:
            steps.append(place)
            place = before[place]
        return steps[::-1]

    def closure(self, tables: Iterable[str]) -> tuple[str, ...]:
        """Tables with those that connect them, in the order in which they can be joined (shortest
        paths, one after another).

        Tables that no key connects come last, by themselves.
        """
        wanted = list(dict.fromkeys(tables))
        joined, islands = wanted[:1], list[str]()
        pending = wanted[1:]
        while pending:
            paths = [
                (len(path), place, path)
                for place, name in enumerate(pending)
                if (path := self.path(joined, name))
            ]
            if not paths:
                islands += pending
                break
            _, place, path = min(paths)
            joined += [name for name in path if name not in joined]
            pending = [name for index, name in enumerate(pending) if index != place and name not in joined]
        return (*joined, *islands)

    def as_json(self) -> dict[str, Any]:
        """The JSON that `schema_from_json` reads."""
        return asdict(self)

    def part(self, refs: Iterable[ColumnRef], tables: Iterable[str] = ()) -> "Schema":
        """The schema of some columns and tables only, with the keys that lie within."""
        kept, names = set(refs), set(tables)
        found = []
        for table in self.tables:
            columns = tuple(column for column in table.columns if ColumnRef(table.name, column.name) in kept)
            if columns or table.name in names:
                found.append(Table(table.name, columns, table.description, table.rows, table.view))
        within = {table.name for table in found}
        keys = tuple(
            key
            for key in self.keys
            if {key.source, key.target} <= kept and {key.source.table, key.target.table} <= within
        )
        return Schema(tuple(found), keys, self.dialect)


def schema_from_json(found: Mapping[str, Any]) -> Schema:
    """A schema from its JSON."""
    tables = tuple(
        Table(
            **{
                **table,
                "columns": tuple(
                    Column(**{**each, "type": ColumnType(each["type"])}) for each in table["columns"]
                ),
            }
        )
        for table in found["tables"]
    )
    keys = tuple(
        ForeignKey(ColumnRef(**key["source"]), ColumnRef(**key["target"]), key["declared"])
        for key in found["keys"]
    )
    return Schema(tables, keys, found["dialect"])
