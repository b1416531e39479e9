"""Parts of dates as SQL of each dialect."""

from collections.abc import Mapping

import sqlglot
from sqlglot import exp

from kbqa.linking.time_values import Recurrence
from kbqa.sql.query import Part

_PLACE = "x"
_SHARED = {
    Part.MONTH_OF_YEAR: "EXTRACT(MONTH FROM x)",
    Part.HOUR: "EXTRACT(HOUR FROM x)",
    Part.DAY: "CAST(x AS DATE)",
    Recurrence.QUARTER: "EXTRACT(QUARTER FROM x)",
    Recurrence.WEEK: "EXTRACT(WEEK FROM x)",
}
_FORMS: Mapping[str, Mapping[Part | Recurrence, str]] = {
    "sqlite": {
        Part.YEAR: "STRFTIME('%Y', x)",
        Part.MONTH: "STRFTIME('%Y-%m', x)",
        Part.QUARTER: "STRFTIME('%Y', x) || '-Q' || ((STRFTIME('%m', x) + 2) / 3)",
        Part.MONTH_OF_YEAR: "CAST(STRFTIME('%m', x) AS INTEGER)",
        Part.WEEK: "DATE(x, '-6 days', 'weekday 1')",
        Part.DAY: "DATE(x)",
        Part.WEEKDAY: "(CAST(STRFTIME('%w', x) AS INTEGER) + 6) % 7 + 1",
        Part.HOUR: "CAST(STRFTIME('%H', x) AS INTEGER)",
        Recurrence.QUARTER: "(STRFTIME('%m', x) + 2) / 3",
        Recurrence.WEEK: "(STRFTIME('%j', DATE(x, '-3 days', 'weekday 4')) - 1) / 7 + 1",
        Recurrence.DAY: "STRFTIME('%m-%d', x)",
        Recurrence.MINUTE: "STRFTIME('%H:%M', x)",
    },
    "postgres": {
        Part.YEAR: "TO_CHAR(x, 'YYYY')",
        Part.MONTH: "TO_CHAR(x, 'YYYY-MM')",
        Part.QUARTER: "TO_CHAR(x, 'YYYY-\"Q\"Q')",
        Part.MONTH_OF_YEAR: "CAST(EXTRACT(MONTH FROM x) AS INT)",
        Part.WEEK: "CAST(DATE_TRUNC('WEEK', x) AS DATE)",
        Part.WEEKDAY: "CAST(EXTRACT(ISODOW FROM x) AS INT)",
        Part.HOUR: "CAST(EXTRACT(HOUR FROM x) AS INT)",
        Recurrence.DAY: "TO_CHAR(x, 'MM-DD')",
        Recurrence.MINUTE: "TO_CHAR(x, 'HH24:MI')",
    },
    "mysql": {
        Part.YEAR: "DATE_FORMAT(x, '%Y')",
        Part.MONTH: "DATE_FORMAT(x, '%Y-%m')",
        Part.QUARTER: "CONCAT(YEAR(x), '-Q', QUARTER(x))",
        Part.MONTH_OF_YEAR: "MONTH(x)",
        Part.WEEK: "DATE_SUB(DATE(x), INTERVAL WEEKDAY(x) DAY)",
        Part.DAY: "DATE(x)",
        Part.WEEKDAY: "WEEKDAY(x) + 1",
        Part.HOUR: "HOUR(x)",
        Recurrence.QUARTER: "QUARTER(x)",
        Recurrence.WEEK: "WEEK(x, 3)",
        Recurrence.DAY: "DATE_FORMAT(x, '%m-%d')",
        Recurrence.MINUTE: "DATE_FORMAT(x, '%H:%i')",
    },
    "duckdb": {
        Part.YEAR: "STRFTIME(x, '%Y')",
        Part.MONTH: "STRFTIME(x, '%Y-%m')",
        Part.QUARTER: "CONCAT(YEAR(x), '-Q', QUARTER(x))",
        Part.WEEK: "CAST(DATE_TRUNC('WEEK', x) AS DATE)",
        Part.WEEKDAY: "EXTRACT(ISODOW FROM x)",
        Recurrence.DAY: "STRFTIME(x, '%m-%d')",
        Recurrence.MINUTE: "STRFTIME(x, '%H:%M')",
    },
}
"""Each part of a date x; a dialect that is not named takes what DuckDB understands.

Quarters have their year. A week is the Monday that it begins with; weekdays count from Monday, 1 to 7, weeks
of the year as ISO 8601 does.
"""
_AS_PARTS = {
    Recurrence.MONTH: Part.MONTH_OF_YEAR,
    Recurrence.WEEKDAY: Part.WEEKDAY,
    Recurrence.HOUR: Part.HOUR,
}


def date_part(column: exp.Expr, part: Part | Recurrence, dialect: str) -> exp.Expr:
    """A part of a date, or one that comes again, as an expression of a dialect."""
    if part == Recurrence.HALF:
        part = Part.MONTH_OF_YEAR
    kind = _AS_PARTS.get(part, part) if isinstance(part, Recurrence) else part
    forms = _FORMS.get(dialect, _FORMS["duckdb"])
    tree = sqlglot.parse_one(forms.get(kind) or _SHARED[kind], dialect=dialect)
    for place in [each for each in tree.find_all(exp.Column) if each.name == _PLACE]:
        place.replace(column.copy())
    return tree
