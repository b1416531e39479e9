"""Times that are kept as numbers or digits: as dates in SQL, and the numbers that times of a question are."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import sqlglot
from sqlglot import exp

from kbqa.linking.calendar import Unit, shifted
from kbqa.sql.date_parts import date_part
from kbqa.sql.query import Part
from kbqa.sql.schema import Column, ColumnType, StoredTime

_PLACE = "x"
_FORMS: Mapping[str, Mapping[StoredTime, str]] = {
    "sqlite": {
        StoredTime.SECONDS: "DATETIME(x, 'unixepoch')",
        StoredTime.MILLISECONDS: "DATETIME(x / 1000, 'unixepoch')",
        StoredTime.MICROSECONDS: "DATETIME(x / 1000000, 'unixepoch')",
        StoredTime.DAYS: "SUBSTR(x, 1, 4) || '-' || SUBSTR(x, 5, 2) || '-' || SUBSTR(x, 7, 2)",
        StoredTime.MONTHS: "SUBSTR(x, 1, 4) || '-' || SUBSTR(x, 5, 2) || '-01'",
    },
    "postgres": {
        StoredTime.SECONDS: "TO_TIMESTAMP(x) AT TIME ZONE 'UTC'",
        StoredTime.MILLISECONDS: "TO_TIMESTAMP(x / 1000.0) AT TIME ZONE 'UTC'",
        StoredTime.MICROSECONDS: "TO_TIMESTAMP(x / 1000000.0) AT TIME ZONE 'UTC'",
        StoredTime.DAYS: "TO_DATE(CAST(x AS TEXT), 'YYYYMMDD')",
        StoredTime.MONTHS: "TO_DATE(CAST(x AS TEXT), 'YYYYMM')",
    },
    "mysql": {
        StoredTime.SECONDS: "DATE_ADD(CAST('1970-01-01' AS DATETIME), INTERVAL x SECOND)",
        StoredTime.MILLISECONDS: "DATE_ADD(CAST('1970-01-01' AS DATETIME), INTERVAL (x DIV 1000) SECOND)",
        StoredTime.MICROSECONDS: "DATE_ADD(CAST('1970-01-01' AS DATETIME), INTERVAL (x DIV 1000000) SECOND)",
        StoredTime.DAYS: "STR_TO_DATE(x, '%Y%m%d')",
        StoredTime.MONTHS: "STR_TO_DATE(CONCAT(x, '01'), '%Y%m%d')",
    },
    "duckdb": {
        StoredTime.SECONDS: "EPOCH_MS(x * 1000)",
        StoredTime.MILLISECONDS: "EPOCH_MS(x)",
        StoredTime.MICROSECONDS: "EPOCH_MS(x // 1000)",
        StoredTime.DAYS: "CAST(STRPTIME(CAST(x AS TEXT), '%Y%m%d') AS DATE)",
        StoredTime.MONTHS: "CAST(STRPTIME(CAST(x AS TEXT), '%Y%m') AS DATE)",
    },
}
"""A stored time x as a date or a time of UTC; a dialect that is not named takes what DuckDB understands.

MySQL's FROM_UNIXTIME would depend on the time zone of the session, and knows no time before 1970.
"""
_DIGITS = (StoredTime.DAYS, StoredTime.MONTHS)


def as_date(value: exp.Expr, stored: StoredTime, dialect: str) -> exp.Expr:
    """A stored time as a date, or as a time of UTC where it has hours; of a month, its first day."""
    tree = sqlglot.parse_one(_FORMS.get(dialect, _FORMS["duckdb"])[stored], dialect=dialect)
    for place in [each for each in tree.find_all(exp.Column) if each.name == _PLACE]:
        place.replace(value.copy())
    return tree


def as_shown(value: exp.Expr, stored: StoredTime, dialect: str) -> exp.Expr:
    """A stored time as people read it: a date, a time, or a month with its year."""
    date_of = as_date(value, stored, dialect)
    return date_part(date_of, Part.MONTH, dialect) if stored == StoredTime.MONTHS else date_of


def are_texts(column: Column) -> bool:
    """Whether a column keeps dates as texts of digits, which come in the order of time."""
    return column.type == ColumnType.TEXT and column.stored in _DIGITS


def bound(moment: date, column: Column) -> exp.Expr:
    """The number, or the digits, that a column has for the first moment of a date, or for a moment.

    Where a column has months only, a day within a month counts as the beginning of the next one.
    """
    stored = column.stored
    assert stored is not None
    if stored in _DIGITS:
        within = stored == StoredTime.MONTHS and moment.day > 1
        day = shifted(moment.replace(day=1), Unit.MONTH, 1) if within else moment
        digits = f"{day.year:04}{day.month:02}{'' if stored == StoredTime.MONTHS else f'{day.day:02}'}"
        return exp.Literal.string(digits) if are_texts(column) else _number(int(digits))
    begins = moment if isinstance(moment, datetime) else datetime(moment.year, moment.month, moment.day)
    return _number(int(begins.replace(tzinfo=UTC).timestamp()) * stored.per_second)


def _number(value: int) -> exp.Expr:
    return exp.Literal.number(value)
