"""The values that stand in a database's cells: read column by column, so that questions can find them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnClause, Connection, Engine, column, func, select, table
from sqlalchemy.exc import SQLAlchemyError

from kbqa.linking.names import NameRow
from kbqa.sql.models import ColumnDigest
from kbqa.sql.names import column_key
from kbqa.sql.schema import Column, ColumnRef, ColumnType, Schema

MAX_CELL_LENGTH = 80
MAX_CELLS = 100_000
"""How many different values of a column are read, the commonest first."""
_MAX_CODES, _MAX_CODE_LENGTH = 4, 12
_MAX_SAMPLE_LENGTH = 40
_DIGEST = 32


@dataclass
class CellReport:
    """What was read besides the cells: the values of columns with few, and what could not be read."""

    codes: dict[ColumnRef, tuple[str, ...]] = field(default_factory=dict)
    digests: dict[str, ColumnDigest] = field(default_factory=dict)
    """By the columns' keys in the value index."""
    complaints: list[str] = field(default_factory=list)


def read_cells(
    engine: Engine,
    schema: Schema,
    report: CellReport,
    progress: Callable[[int, int], None] = lambda done, total: None,
    known: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[NameRow]:
    """Yield the different texts of all columns as rows of names, but for those that are as they were: whose
    hash is `known`.

    Columns that cannot be read are reported and left out.
    """
    wanted = [(name.name, each) for name in schema.tables for each in name.columns if not each.excluded]
    with engine.connect() as connection:
        for place, (name, each) in enumerate(wanted):
            try:
                yield from _column_cells(connection, name, each, report, known)
            except SQLAlchemyError as error:
                connection.rollback()
                report.complaints.append(f"{name}.{each.name}: {str(error.__cause__ or error)[:200]}")
            progress(place + 1, len(wanted))


def sample_values(engine: Engine, schema: Schema, most: int) -> dict[ColumnRef, list[str]]:
    """Up to `most` short values of each text and number column."""
    found: dict[ColumnRef, list[str]] = {}
    with engine.connect() as connection:
        for ref in schema.refs():
            if schema.column(ref).type in (ColumnType.TEXT, ColumnType.NUMBER):
                cell: ColumnClause[Any] = column(ref.column)
                rows = connection.execute(
                    select(cell).distinct().select_from(table(ref.table, cell)).limit(most)
                )
                texts = [
                    str(value).strip()
                    for (value,) in rows
                    if value is not None and not isinstance(value, bytes)
                ]
                found[ref] = [text for text in texts if 0 < len(text) <= _MAX_SAMPLE_LENGTH]
    return found


def count_rows(engine: Engine, schema: Schema) -> dict[str, int]:
    """The number of rows of each table that can be read."""
    found = {}
    with engine.connect() as connection:
        for each in schema.tables:
            try:
                found[each.name] = int(
                    connection.execute(select(func.count()).select_from(table(each.name))).scalar_one()
                )
            except SQLAlchemyError:
                connection.rollback()
    return found


def _column_cells(
    connection: Connection, name: str, each: Column, report: CellReport, known: Mapping[str, str]
) -> Iterator[NameRow]:
    ref = ColumnRef(name, each.name)
    cell: ColumnClause[Any] = column(each.name)
    times = func.count().label("times")
    counted = (
        select(cell, times)
        .select_from(table(name, cell))
        .where(cell.is_not(None))
        .group_by(cell)
        .order_by(times.desc(), cell)
    )
    texts = each.type in (ColumnType.TEXT, ColumnType.DATE)
    rows = [
        (value, int(number))
        for value, number in connection.execute(counted.limit(MAX_CELLS if texts else _MAX_CODES + 1))
    ]
    _note_codes(
        ref,
        each,
        [str(value) for value, _ in rows if not isinstance(value, bytes)],
        sum(number for _, number in rows),
        report,
    )
    place = column_key(ref)
    kept = (
        [row for row in rows if isinstance(row[0], str) and 0 < len(row[0]) <= MAX_CELL_LENGTH]
        if each.type == ColumnType.TEXT
        else []
    )
    hashed = sha256(repr(kept).encode("utf-8", errors="replace")).hexdigest()[:_DIGEST]
    report.digests[place] = ColumnDigest(hashed, len(kept))
    if known.get(place) != hashed:
        yield from (("value", "", place, value, number) for value, number in kept)


def _note_codes(ref: ColumnRef, column: Column, values: list[str], rows: int, report: CellReport) -> None:
    """Report the values of a column that has so few that a question may mean one unsaid: F, yes, 1."""
    most = 2 if column.type == ColumnType.NUMBER else _MAX_CODES
    if (
        1 < len(values) <= most
        and rows > 2 * len(values)
        and all(len(value) <= _MAX_CODE_LENGTH for value in values)
    ):
        report.codes[ref] = tuple(sorted(values))
