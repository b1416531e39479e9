"""The values that stand in a database's cells: read column by column, so that questions can find them."""

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnClause, Engine, Select, TableClause, func, select
from sqlalchemy import column as column_clause
from sqlalchemy import table as table_clause

from kbqa.linking.names import NameRow
from kbqa.sql.ingest.stored_times import is_called_time, stored_as
from kbqa.sql.models import ColumnDigest
from kbqa.sql.names import column_key
from kbqa.sql.schema import Column, ColumnRef, ColumnType, Schema, StoredTime, Table
from kbqa.sql.stores.executor import ExecutionError, Limits, Result, run, run_several

MAX_CELL_LENGTH = 80
MAX_CELLS = 100_000
"""How many different values of a column are read, the commonest first."""
_MAX_BYTES = 100_000_000
"""Of the values of one column, with which fewer than all of them are read."""
_AT_ONCE, _SMALL_BYTES = 40, 8_000_000
"""How many statements share a connection, and the bytes of what all of them give."""
_MAX_CODES, _MAX_CODE_LENGTH, _MAX_BLANKS = 4, 12, 4
_MAX_TIMES = 1_000
"""How many different numbers of a column are looked at that may be times."""
_DIGEST = 32
_LOOSE = ("sqlite",)
"""Engines that let a column hold values of any type."""
_NUMBER = re.compile(r"[-+]?(0|[1-9]\d*|(?=\.))(\.\d+)?([eE][-+]?\d+)?")
"""A number; what begins with a zero that counts nothing is a code."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[-+]\d{2}:?\d{2})?)?")
"""A date whose texts come in the order of time."""
_TIME = re.compile(r"\d{2}:\d{2}(:\d{2}(\.\d+)?)?")
_NO_VALUES = frozenset(("", "null", "none", "nil", "nan", "na", "n/a", "-", "?", "unknown"))
"""What people write, without capitals, where there is no value."""


@dataclass
class CellReport:
    """A report of reading cells: of each column what its values tell, and what could not be read."""

    codes: dict[ColumnRef, tuple[str, ...]] = field(default_factory=dict)
    digests: dict[str, ColumnDigest] = field(default_factory=dict)
    """By the columns' keys in the value index."""
    unique: dict[ColumnRef, bool] = field(default_factory=dict)
    """Whether no value stands twice in a column, of those that have any."""
    kinds: dict[ColumnRef, ColumnType] = field(default_factory=dict)
    """The types of the values of columns that may hold any."""
    blanks: dict[ColumnRef, tuple[str, ...]] = field(default_factory=dict)
    """Texts that stand for no value, of columns of texts that are numbers."""
    shares: set[ColumnRef] = field(default_factory=set)
    """Columns of numbers that all lie between 0 and 1, not all of them whole."""
    stored: dict[ColumnRef, StoredTime] = field(default_factory=dict)
    """How columns of numbers or digits keep times."""
    complaints: list[str] = field(default_factory=list)


def read_cells(
    engine: Engine,
    schema: Schema,
    report: CellReport,
    progress: Callable[[int, int], None] = lambda done, total: None,
    known: Mapping[str, str] = MappingProxyType({}),
    reading: "Reading | None" = None,
) -> Iterator[NameRow]:
    """The different texts of all columns as rows of names, but for the columns that are as they were.

    These are the columns whose hash is `known`. Columns that cannot be read are reported and left out. Raises
    ConnectError.
    """
    reading = reading or Reading(engine)
    columns = [(table, column) for table in schema.tables for column in table.columns if not column.excluded]
    answers = zip(columns, reading.several([_counted(*place) for place in columns]), strict=True)
    for done, ((table, column), found) in enumerate(answers, start=1):
        try:
            yield from _column_cells(reading, table, column, found, report, known)
        except ExecutionError as error:
            report.complaints.append(f"{table.name}.{column.name}: {error.message[:200]}")
        progress(done, len(columns))


def told_by_cells(schema: Schema, report: CellReport) -> Schema:
    """A schema with what its cells tell: types, what is unique, and which inferred keys are none.

    A key leads to what is there once; where values stand twice at both ends, a name was taken for one.
    """

    def told(table: Table, column: Column) -> Column:
        ref = ColumnRef(table.name, column.name)
        return replace(
            column,
            unique=report.unique.get(ref, False),
            holds=ColumnType.DATE if ref in report.stored else report.kinds.get(ref),
            stored=report.stored.get(ref),
            blanks=report.blanks.get(ref, ()),
            shares=ref in report.shares,
        )

    tables = tuple(
        replace(table, columns=tuple(told(table, column) for column in table.columns))
        for table in schema.tables
    )
    keys = tuple(
        key
        for key in schema.keys
        if key.declared or any(report.unique.get(end, True) for end in (key.source, key.target))
    )
    return replace(schema, tables=tables, keys=keys)


def count_rows(reading: "Reading", schema: Schema) -> tuple[dict[str, int], list[str]]:
    """The number of rows of each table, and what is said against those that cannot be read.

    Raises ConnectError.
    """
    numbers, complaints = dict[str, int](), list[str]()
    asked = [(select(func.count()).select_from(_written(table)), 1) for table in schema.tables]
    for table, found in zip(schema.tables, reading.several(asked), strict=True):
        if isinstance(found, ExecutionError):
            complaints.append(f"{table.name}: it cannot be read. {found.message[:200]}")
        else:
            ((number,),) = found
            numbers[table.name] = int(number)
    return numbers, complaints


Rows = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Reading:
    """How a database is read: each statement in a process of its own, with limits of time and memory."""

    engine: Engine
    seconds: float = 600.0
    """For one statement."""
    check_cancelled: Callable[[], None] = lambda: None
    ends: float = math.inf
    """The moment, by the clock of `time.monotonic`, from which on nothing more is read."""

    def rows(self, statement: Select[Any], limit: int) -> Rows:
        """At most so many rows, or fewer where they take too many bytes.

        Raises ExecutionError, ConnectError, and whatever `check_cancelled` raises.
        """
        limits = self._limits(limit, _MAX_BYTES)
        return run(self.engine, self._written(statement), limits, self.check_cancelled).rows

    def several(self, asked: Sequence[tuple[Select[Any], int]]) -> Iterator[Rows | ExecutionError]:
        """The rows of statements, each with its limit, or why it cannot be run; small ones come together.

        Raises ConnectError, and whatever `check_cancelled` raises.
        """
        for start in range(0, len(asked), _AT_ONCE):
            portion = asked[start : start + _AT_ONCE]
            for (statement, limit), found in zip(portion, self._together(portion), strict=True):
                if isinstance(found, ExecutionError):
                    yield found
                else:
                    yield self._alone(statement, limit) if found is None else found.rows

    def _together(self, asked: Sequence[tuple[Select[Any], int]]) -> Sequence[Result | ExecutionError | None]:
        try:
            limits = self._limits(max(limit for _, limit in asked), _SMALL_BYTES)
        except ExecutionError as error:
            return [error] * len(asked)
        statements = [self._written(statement) for statement, _ in asked]
        return run_several(self.engine, statements, limits, self.check_cancelled)

    def _alone(self, statement: Select[Any], limit: int) -> Rows | ExecutionError:
        try:
            return self.rows(statement, limit)
        except ExecutionError as error:
            return error

    def _limits(self, rows: int, size: int) -> Limits:
        left = self.ends - time.monotonic()
        if left <= 0:
            raise ExecutionError("The scan had taken all its time before; see DATABASE_SCAN_SECONDS.")
        return Limits(min(self.seconds, left), rows, size, sorts_in_files=True)

    def _written(self, statement: Select[Any]) -> str:
        # Another style of parameters than the driver's, so that percent signs stay what they are.
        dialect = type(self.engine.dialect)(paramstyle="named")  # type: ignore[call-arg]
        return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def _column_cells(
    reading: Reading,
    table: Table,
    column: Column,
    found: Rows | ExecutionError,
    report: CellReport,
    known: Mapping[str, str],
) -> Iterator[NameRow]:
    """The different texts of a column, unless they are as they were; what else was seen is reported.

    `found` are its values with their numbers. Raises ExecutionError.
    """
    if isinstance(found, ExecutionError):
        raise found
    ref, rows = ColumnRef(table.name, column.name), [(value, int(number)) for value, number in found]
    values = [str(value) for value, _ in rows if not isinstance(value, bytes)]
    if is_called_time(column) and stored_as(column, [value for value, _ in rows]) is not None:
        _note_stored(reading, table, column, report)
    if ref not in report.stored:
        _note_codes(ref, column, values, sum(number for _, number in rows), report)
    if rows:  # the commonest value comes first
        report.unique[ref] = rows[0][1] == 1
    if rows and reading.engine.dialect.name in _LOOSE:
        report.kinds[ref] = kind_of_cells([value for value, _ in rows], column.type)
        if report.kinds[ref] == ColumnType.NUMBER and column.type == ColumnType.TEXT:
            report.blanks[ref] = tuple(filter(_is_blank, values))[:_MAX_BLANKS]
    if column.type == ColumnType.NUMBER and _are_shares([value for value, _ in rows]):
        _note_shares(reading, table, column, report)
    are_texts = column.type == ColumnType.TEXT
    texts = [row for row in rows if are_texts and _is_short_text(row[0])]
    key = column_key(ref)
    hashed = sha256(repr(texts).encode("utf-8", errors="replace")).hexdigest()[:_DIGEST]
    report.digests[key] = ColumnDigest(hashed, len(texts))
    if known.get(key) != hashed:
        yield from (("value", "", key, text, number) for text, number in texts)


def kind_of_cells(values: Sequence[Any], declared: ColumnType) -> ColumnType:
    """The type of a column's values, which a declaration may leave open.

    >>> kind_of_cells(["12", "7.5", "N/A"], ColumnType.TEXT).value
    'number'
    >>> kind_of_cells(["2024-01-05", "2023-12-24 10:00"], ColumnType.TEXT).value
    'date'
    >>> kind_of_cells(["007", "008"], ColumnType.TEXT).value, kind_of_cells([2019], ColumnType.DATE).value
    ('text', 'number')
    """
    there = [value for value in values if not _is_blank(value)]
    if not there or declared == ColumnType.BOOLEAN:
        return declared
    if all(isinstance(value, int | float) or _NUMBER.fullmatch(str(value).strip()) for value in there):
        return ColumnType.NUMBER
    if all(_DATE.fullmatch(str(value).strip()) for value in there):
        return ColumnType.DATE
    # Times of day, too, are told apart by what is earlier.
    return declared if declared == ColumnType.DATE and _are_times(there) else ColumnType.TEXT


def _note_shares(reading: Reading, table: Table, column: Column, report: CellReport) -> None:
    """Report a column whose commonest numbers are shares, if all others are."""
    cell: ColumnClause[Any] = column_clause(column.name)
    extremes = select(func.min(cell), func.max(cell)).select_from(_written(table, cell))
    if _are_shares(reading.rows(extremes, 1)[0], whole=True):
        report.shares.add(ColumnRef(table.name, column.name))


def _note_stored(reading: Reading, table: Table, column: Column, report: CellReport) -> None:
    """Report a column whose commonest values are stored times, if the least and the greatest are, too."""
    cell: ColumnClause[Any] = column_clause(column.name)
    extremes = select(func.min(cell), func.max(cell)).select_from(_written(table, cell))
    stored = stored_as(column, reading.rows(extremes, 1)[0])
    if stored is not None:
        report.stored[ColumnRef(table.name, column.name)] = stored


def _are_shares(values: Sequence[Any], *, whole: bool = False) -> bool:
    """Whether values are numbers from 0 to 1, and, unless they may be `whole`, some lie between."""
    numbers = [value for value in values if isinstance(value, int | float | Decimal)]
    if not numbers or len(numbers) < len(values) or not all(0 <= number <= 1 for number in numbers):
        return False
    return whole or any(0 < number < 1 for number in numbers)


def _is_blank(value: Any) -> bool:
    return str(value).strip().lower() in _NO_VALUES


def _are_times(values: Sequence[Any]) -> bool:
    return all(_TIME.fullmatch(str(value).strip()) for value in values)


def _is_short_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_CELL_LENGTH and "\0" not in value


def _counted(table: Table, column: Column) -> tuple[Select[Any], int]:
    """What gives the different values of a column with their numbers, the commonest first, and how many."""
    limit = MAX_CELLS if column.type in (ColumnType.TEXT, ColumnType.DATE) else _MAX_CODES + 1
    if column.type == ColumnType.NUMBER and is_called_time(column):
        limit = _MAX_TIMES
    cell: ColumnClause[Any] = column_clause(column.name)
    times = func.count().label("times")
    counted = select(cell, times).select_from(_written(table, cell)).where(cell.is_not(None)).group_by(cell)
    return counted.order_by(times.desc(), cell).limit(limit), limit


def _written(table: Table, *columns: ColumnClause[Any]) -> TableClause:
    """A table as a statement names it."""
    return table_clause(table.local_name, *columns, schema=table.schema if table.qualified else None)


def _note_codes(ref: ColumnRef, column: Column, values: list[str], rows: int, report: CellReport) -> None:
    """Report the values of a column that has so few that a question may mean one unsaid: F, yes, 1."""
    most = 2 if column.type == ColumnType.NUMBER else _MAX_CODES
    are_short = all(len(value) <= _MAX_CODE_LENGTH for value in values)
    if are_short and 1 < len(values) <= most and rows > 2 * len(values):
        report.codes[ref] = tuple(sorted(values))
