"""Years, months and days of a question as values that columns of dates are compared with."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from kbqa.linking.dates import parse_partial_date
from kbqa.sql.schema import Column, ColumnType

_TIMED = re.compile(r"TIME", re.IGNORECASE)
_DATED = re.compile(r"DATE|STAMP", re.IGNORECASE)
_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2})?)?")


@dataclass(frozen=True)
class Period:
    """The time from `first` until before `end`; `text` is how its dates begin."""

    text: str
    first: date
    end: date


def is_dated(text: str, column: Column) -> bool:
    """Whether strict dialects compare a column with a constant as a date, or as a time of several days."""
    return _is_of_days(column) and (bool(_WRITTEN.fullmatch(text)) or period_of(text, column) is not None)


def period_of(text: str, column: Column) -> Period | None:
    """The time that a year or a month means, or a day beside a column of times of day.

    None for what is compared with the column as it is.
    """
    if not _is_of_days(column):
        return None
    partial = parse_partial_date(text)
    if partial is None or (partial.day is not None and not _TIMED.search(column.declared)):
        return None
    try:
        first, last = date.fromisoformat(partial.first_day), date.fromisoformat(partial.last_day)
    except ValueError:
        return None
    return Period(text, first, last + timedelta(days=1))


def _is_of_days(column: Column) -> bool:
    """Whether a column's values are days, or times of known days, not only times of day."""
    if column.type != ColumnType.DATE:
        return column.kind == ColumnType.DATE
    return bool(_DATED.search(column.declared))
