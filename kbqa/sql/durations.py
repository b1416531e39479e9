"""What lies between two times, and ages, as SQL of each dialect."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import sqlglot
from sqlglot import exp

from kbqa.linking.measures import UNITS, Dimension, parse_measure
from kbqa.linking.numbers import plain
from kbqa.sql.dates import has_hours, is_of_days
from kbqa.sql.query import Aggregate, Expression, Term, columns_of
from kbqa.sql.schema import ColumnType, Schema

DAY, YEAR = "days", "years"
_DAY = UNITS[DAY].factor
_MONTH = Decimal("365.25") / 12 * _DAY
_ELAPSED: Mapping[str, str] = {
    "postgres": "EXTRACT(EPOCH FROM CAST(x AS TIMESTAMP) - CAST(y AS TIMESTAMP))",
    "mysql": "TIMESTAMPDIFF(SECOND, y, x)",
    "duckdb": "DATE_DIFF('SECOND', CAST(y AS TIMESTAMP), CAST(x AS TIMESTAMP))",
}
"""The seconds from y to x; a dialect that is not named takes what DuckDB understands."""
_DAYS: Mapping[str, str] = {"sqlite": "JULIANDAY(x) - JULIANDAY(y)"}
"""The days from y to x with their fractions, where a dialect counts these."""
_WHOLE_YEARS: Mapping[str, str] = {
    "sqlite": "({digits} - CAST(STRFTIME('%Y%m%d', y) AS INTEGER)) / 10000",
    "postgres": "CAST(EXTRACT(YEAR FROM AGE(CAST(x AS TIMESTAMP), CAST(y AS TIMESTAMP))) AS INT)",
    "mysql": "TIMESTAMPDIFF(YEAR, y, x)",
    "duckdb": "({digits} - CAST(STRFTIME(CAST(y AS DATE), '%Y%m%d') AS INT)) // 10000",
}
"""The birthdays from y to the day x, which has these digits."""


def seconds_in(unit: str) -> Decimal | None:
    """The seconds of a unit of time; None for other units. Months and years are as long as on average.

    >>> seconds_in("hours"), seconds_in("kg")
    (Decimal('3600'), None)
    """
    known = UNITS.get(unit)
    if known is None or known.dimension not in (Dimension.TIME, Dimension.MONTHS):
        return None
    return known.factor * (_MONTH if known.dimension == Dimension.MONTHS else 1)


def converted_time(text: str, unit: str) -> str | None:
    """A measure of time as a number of a unit; None for other texts.

    >>> converted_time("36 hours", "days"), converted_time("36", "days")
    ('1.5', None)
    """
    measure, seconds = parse_measure(text), seconds_in(unit)
    own = seconds_in(measure[1].name) if measure else None
    if measure is None or own is None or seconds is None:
        return None
    return plain((measure[0] * own / seconds).quantize(Decimal("0.000001")).normalize())


def is_duration(term: Term, schema: Schema) -> bool:
    """Whether a term is of what lies between two times."""
    computed = term.operand
    return isinstance(computed, Expression) and all(
        schema.column(ref).kind == ColumnType.DATE for ref in (computed.left, computed.right)
    )


def is_exact(term: Term, schema: Schema) -> bool:
    """Whether a duration is counted with its fractions of a day.

    So it is in a unit that is asked for, and where times of day are added up or averaged.
    """
    computed = term.operand
    if not isinstance(computed, Expression) or term.unit not in ("", DAY):
        return True
    return term.aggregate in (Aggregate.SUM, Aggregate.AVG) and have_hours(term, schema)


def have_hours(term: Term, schema: Schema) -> bool:
    """Whether both times that a duration lies between have a time of day."""
    columns = [schema.column(ref) for ref in columns_of(term.operand)]
    return all(has_hours(column) and is_of_days(column) for column in columns)


def elapsed(last: exp.Expr, first: exp.Expr, unit: str, dialect: str) -> exp.Expr:
    """The time from a first to a last one in a unit of time, with its fractions."""
    seconds = seconds_in(unit)
    assert seconds is not None
    if dialect in _DAYS:
        days = _written(_DAYS[dialect], last, first, dialect)
        return days if seconds == _DAY else scaled(exp.paren(days), _DAY / seconds)
    form = _ELAPSED.get(dialect, _ELAPSED["duckdb"])
    return scaled(_written(form, last, first, dialect), 1 / seconds)


def counted(last: exp.Expr, first: exp.Expr, unit: str, per_second: int) -> exp.Expr:
    """The time between two numbers that count it from 1970 on, in a unit of time."""
    seconds = seconds_in(unit)
    assert seconds is not None
    return scaled(exp.paren(exp.Sub(this=last, expression=first)), 1 / (seconds * per_second))


def whole_years(until: date, first: exp.Expr, dialect: str) -> exp.Expr:
    """The whole years from a time to a day."""
    form = _WHOLE_YEARS.get(dialect, _WHOLE_YEARS["duckdb"]).format(digits=f"{until:%Y%m%d}")
    return _written(form, exp.Literal.string(str(until)), first, dialect)


def scaled(value: exp.Expr, factor: Decimal) -> exp.Expr:
    """A number times a factor, or divided by what is written more plainly; with its fractions."""
    if factor == 1:
        return value
    if factor > 1:
        return exp.Mul(this=value, expression=exp.Literal.number(plain(factor)))
    divisor = plain((1 / factor).quantize(Decimal("0.000001")))
    return exp.Div(this=value, expression=exp.Literal.number(divisor if "." in divisor else f"{divisor}.0"))


def _written(form: str, last: exp.Expr, first: exp.Expr, dialect: str) -> exp.Expr:
    tree = sqlglot.parse_one(form, dialect=dialect)
    for place in list(tree.find_all(exp.Column)):
        if place.name in ("x", "y"):
            place.replace((last if place.name == "x" else first).copy())
    return tree
