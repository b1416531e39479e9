"""A database's schema as data: tables, columns and keys, and how tables connect."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

from kbqa.linking.words import CAMEL
from kbqa.sql.abbreviations import spelled_out

_SEPARATORS = re.compile(r"[\W_]+")
_NUMERIC = re.compile(r"INT|REAL|FLOA|DOUB|DEC|(?<!E)NUM|BIT|SERIAL|MONEY|YEAR", re.IGNORECASE)
_DATES = re.compile(r"DATE|TIME", re.IGNORECASE)
_BOOLEAN = re.compile(r"BOOL", re.IGNORECASE)
_ORDINARY = re.compile(
    r"(?!.*RANGE)"
    r"(?:N?(?:VAR)?CHAR|(?:N|CI|TINY|MEDIUM|LONG)?TEXT|STRING|N?CLOB|NAME\b|BOOL|DATE|TIMESTAMP"
    r"|(?:U?(?:TINY|SMALL|MEDIUM|BIG|HUGE))?INT(?!ERVAL)|UINT|(?:SMALL|BIG)?SERIAL"
    r"|NUM|DEC|REAL|FLOAT|DOUBLE|SMALLMONEY|YEAR)[^\[\]]*$",
    re.IGNORECASE,
)
"""Declarations of texts, numbers, times and truths, by how they begin; arrays and ranges are none of them."""
LENIENT = ("sqlite", "mysql")
"""Dialects in which anything can be compared with anything."""


FLAG_WORDS = frozenset(("is", "has", "was", "are", "flag", "ind", "indicator", "yn", "y", "n", "bool"))
"""Words of the names of flags that say nothing of what they tell."""


class ColumnType(StrEnum):
    """The kind of a column's values, as far as a query's shape depends on it."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"


class StoredTime(StrEnum):
    """How numbers, or texts of digits, stand for times: counted from 1970 on, or as the digits of a date."""

    SECONDS = "seconds"
    MILLISECONDS = "milliseconds"
    MICROSECONDS = "microseconds"
    DAYS = "YYYYMMDD"
    MONTHS = "YYYYMM"

    @property
    def per_second(self) -> int:
        """How many of them a second has; 0 for the digits of a date."""
        return _PER_SECOND.get(self, 0)


_PER_SECOND = {StoredTime.SECONDS: 1, StoredTime.MILLISECONDS: 1_000, StoredTime.MICROSECONDS: 1_000_000}


def column_type(declared: str) -> ColumnType:
    """The type that a declaration means; what is unknown is text."""
    if _BOOLEAN.search(declared):
        return ColumnType.BOOLEAN
    if _DATES.search(declared):
        return ColumnType.DATE
    return ColumnType.NUMBER if _NUMERIC.search(declared) else ColumnType.TEXT


def read_as_text(declared: str, dialect: str) -> bool:
    """Whether a dialect compares such a column with nothing but its like, as PostgreSQL does JSON and UUIDs.

    Its text can be compared.

    >>> [read_as_text(declared, "postgres") for declared in ("UUID", "INTEGER[]", "INT4RANGE")]
    [True, True, True]
    >>> read_as_text("VARCHAR(80)", "postgres"), read_as_text("UUID", "sqlite")
    (False, False)
    """
    return dialect not in LENIENT and not _ORDINARY.match(declared)


def readable(identifier: str) -> str:
    """An identifier as words: `airportCode` and `AIRPORT_CODE` are both `airport code`.

    >>> readable("Album_ID"), readable("custAddr2"), readable("Charter School (Y/N)"), readable("DEPT_NO")
    ('album id', 'customer addr2', 'charter school y n', 'department number')
    """
    return " ".join(spelled_out(_SEPARATORS.sub(" ", CAMEL.sub(" ", identifier)).lower().split()))


@dataclass(frozen=True, order=True)
class ColumnRef:
    """A column's place: the names of its table and of itself, as the database spells them."""

    table: str
    column: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


@dataclass(frozen=True)
class Formula:
    """A calculation that stands for a column, in SQL, each of its columns with its table before it.

    `tables` are those of its columns; `aggregate` is the function by which it is shown unless another is
    asked for, empty for none.
    """

    sql: str
    tables: tuple[str, ...]
    aggregate: str = ""


@dataclass(frozen=True)
class Column:
    """A column, and what people wrote about it.

    `excluded` columns hold personal data: their values are never read. Of a column `as_text`, the text is
    compared, sorted and grouped by. `sources` are the columns that those of views, and computed ones, are
    drawn from. What the cells tell is `unique`, that no value is there twice, and `holds`, the type of the
    values where the database lets a column hold any; None is unknown. Where the values are numbers, `blanks`
    are texts among them that stand for none, and they are `shares` where all lie between 0 and 1; times that
    are kept as numbers are `stored` so. A `formula` is written in place of a column that people defined.
    """

    name: str
    type: ColumnType = ColumnType.TEXT
    declared: str = ""
    primary: bool = False
    description: str = ""
    excluded: bool = False
    as_text: bool = False
    sources: tuple["ColumnRef", ...] = ()
    nullable: bool = True
    unique: bool = False
    holds: ColumnType | None = None
    blanks: tuple[str, ...] = ()
    shares: bool = False
    stored: StoredTime | None = None
    formula: Formula | None = None

    @property
    def kind(self) -> ColumnType:
        """The type of its values: by its cells, or else by its declaration."""
        return self.holds or self.type


def declared_column(
    name: str,
    declared: str,
    dialect: str,
    *,
    primary: bool = False,
    description: str = "",
    nullable: bool = True,
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
        nullable=nullable,
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
    """A table or view.

    `name` is what it is known by, which no other table is. On a server whose databases have schemas, it lies
    in `schema`, where it is called `own_name`, if that is not its name: where two schemas have a table of one
    name, that of the schema stands before it. Statements of `qualified` tables must name the schema.
    """

    name: str
    columns: tuple[Column, ...]
    description: str = ""
    rows: int | None = None
    view: bool = False
    schema: str = ""
    own_name: str = ""
    qualified: bool = False

    @property
    def local_name(self) -> str:
        """What it is called within its schema."""
        return self.own_name or self.name

    @property
    def full_name(self) -> str:
        """Its name with that of its schema before it, where it lies in one."""
        return f"{self.schema}.{self.local_name}" if self.schema else self.name

    @property
    def lasting_name(self) -> str:
        """The name under which is kept what people write about it, whatever other tables come."""
        return self.full_name if self.qualified else self.name

    @property
    def names(self) -> Sequence[str]:
        """What it may be called, in small letters; the name that says most comes first."""
        return self.full_name.lower(), self.name.lower(), self.local_name.lower()

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
        alone = {name: tables[0] for name, tables in self._by_any_name.items() if len(tables) == 1}
        return {**alone, **{table.name.lower(): table for table in self.tables}}

    @cached_property
    def _neighbours(self) -> Mapping[str, list[ForeignKey]]:
        neighbours: dict[str, list[ForeignKey]] = {table.name: [] for table in self.tables}
        for key in self.keys:
            if key.source.table != key.target.table:
                neighbours[key.source.table].append(key)
                neighbours[key.target.table].append(key.turned())
        return neighbours

    def table(self, name: str) -> Table:
        """A table by its name, or by another that only it has, whatever the capitals. Raises KeyError."""
        return self._by_name[name.lower()]

    def tables_called(self, name: str) -> Sequence[Table]:
        """The tables of a name, with or without that of their schema, whatever its capitals."""
        return self._by_any_name.get(name.lower(), ())

    @cached_property
    def _by_any_name(self) -> Mapping[str, Sequence[Table]]:
        by_name: dict[str, list[Table]] = {}
        for table in self.tables:
            for name in dict.fromkeys(table.names):
                by_name.setdefault(name, []).append(table)
        return by_name

    def column(self, ref: ColumnRef) -> Column:
        """A column by its place. Raises KeyError."""
        return self.table(ref.table).column(ref.column)

    def refs(self) -> Iterator[ColumnRef]:
        """The places of all columns."""
        for table in self.tables:
            yield from table.refs()

    def hidden_at_sources(self) -> "Schema":
        """The schema in which what is drawn from an excluded column, over however many views, is excluded."""
        excluded = {ref for ref in self.refs() if self.column(ref).excluded}
        if not excluded:
            return self
        drawn: dict[ColumnRef, list[ColumnRef]] = defaultdict(list)
        for table in self.tables:
            for column in table.columns:
                for source in column.sources:
                    drawn[source].append(ColumnRef(table.name, column.name))
        pending = list(excluded)
        while pending:
            found = [ref for ref in drawn[pending.pop()] if ref not in excluded]
            excluded.update(found)
            pending += found
        return replace(self, tables=tuple(_excluding(table, excluded) for table in self.tables))

    def is_unique(self, ref: ColumnRef) -> bool:
        """Whether no two rows of its table have the same value in a column, as far as is known."""
        table = self.table(ref.table)
        primary = [column.name for column in table.columns if column.primary]
        column = table.column(ref.column)
        # A table without a key is known by what other tables refer to.
        is_referred = not primary and any(key.target == ref for key in self.keys)
        return column.unique or primary == [column.name] or is_referred

    @cached_property
    def _offered(self) -> frozenset[tuple[str, ColumnType]]:
        """What the columns of tables that are no views are called, with their types."""
        tables = [table for table in self.tables if not table.view]
        return frozenset((readable(column.name), column.type) for table in tables for column in table.columns)

    def repeats_tables(self, ref: ColumnRef) -> bool:
        """Whether a column of a view is one that a table has, too, by its name and type."""
        if not self.table(ref.table).view:
            return False
        return (readable(ref.column), self.column(ref).type) in self._offered

    def means_same(self, ref: ColumnRef, other: ColumnRef) -> bool:
        """Whether two columns hold values of one kind of thing: by their names, or as the ends of keys."""
        if ref == other or readable(ref.column) == readable(other.column):
            return True
        ends = [{key.target for key in self.keys if key.source == each} | {each} for each in (ref, other)]
        return bool(ends[0] & ends[1])

    def is_key(self, ref: ColumnRef) -> bool:
        """Whether a column is its table's whole primary key, or is declared to refer to another's."""
        primary = [column.name for column in self.table(ref.table).columns if column.primary]
        return primary == [ref.column] or any(key.declared and key.source == ref for key in self.keys)

    def leaving(self, table: str) -> list[ForeignKey]:
        """The keys at a table, each seen from it."""
        return self._neighbours[table]

    def between(self, table: str, other: str) -> list[ForeignKey]:
        """The keys that connect two tables, seen from the first."""
        return [key for key in self._neighbours[table] if key.target.table == other]

    @cached_property
    def _islands(self) -> Mapping[str, int]:
        islands: dict[str, int] = {}
        for number, table in enumerate(self.tables):
            pending = [table.name]
            while pending:
                name = pending.pop()
                if name not in islands:
                    islands[name] = number
                    pending += [key.target.table for key in self._neighbours[name]]
        return islands

    def connected(self, table: str, other: str) -> bool:
        """Whether keys lead from one table to another, over however many."""
        return self._islands[table] == self._islands[other]

    def path(self, sources: Iterable[str], target: str) -> list[str]:
        """The tables of a shortest path from any of `sources` to `target`, with both ends; empty for none."""
        before: dict[str, str | None] = dict.fromkeys(sources)
        frontier = list(before)
        while frontier and target not in before:
            reached = []
            for name in frontier:
                for key in self._neighbours[name]:
                    if key.target.table not in before:
                        before[key.target.table] = name
                        reached.append(key.target.table)
            frontier = reached
        if target not in before:
            return []
        steps = list[str]()
        table: str | None = target
        while table is not None:
            steps.append(table)
            table = before[table]
        return steps[::-1]

    def closure(self, tables: Iterable[str]) -> tuple[str, ...]:
        """Tables with those that connect them, in the order in which they can be joined.

        They are joined along shortest paths, one after another. Tables that no key connects come last.
        """
        wanted = list(dict.fromkeys(tables))
        joined, islands = wanted[:1], list[str]()
        pending = wanted[1:]
        while pending:
            paths = [path for name in pending if (path := self.path(joined, name))]
            if not paths:
                islands += pending
                break
            joined += [name for name in min(paths, key=len) if name not in joined]
            pending = [name for name in pending if name not in joined]
        return (*joined, *islands)

    def as_json(self) -> dict[str, Any]:
        """The JSON that `schema_json` reads."""
        return asdict(self)

    def part(self, refs: Iterable[ColumnRef], tables: Iterable[str] = ()) -> "Schema":
        """The schema of some columns and tables only, with the keys that lie within."""
        chosen, names = set(refs), set(tables)
        parts = []
        for table in self.tables:
            columns = tuple(
                column for column in table.columns if ColumnRef(table.name, column.name) in chosen
            )
            if columns or table.name in names:
                parts.append(replace(table, columns=columns))
        within = {part.name for part in parts}
        keys = tuple(
            key
            for key in self.keys
            if {key.source, key.target} <= chosen and {key.source.table, key.target.table} <= within
        )
        return Schema(tuple(parts), keys, self.dialect)


def _excluding(table: Table, excluded: Set[ColumnRef]) -> Table:
    columns = tuple(
        replace(column, excluded=column.excluded or ColumnRef(table.name, column.name) in excluded)
        for column in table.columns
    )
    return replace(table, columns=columns)
