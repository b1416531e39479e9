"""Years, months and days as a question says them, beside columns of dates."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from kbqa.sql.schema import Column, ColumnType

_PERIOD = re.compile(r"([12]\d{3})(?:-(0[1-9]|1[0-2])(?:-([0-3]\d))?)?")
_TIMED = re.compile(r"TIME", re.IGNORECASE)
_DATED = re.compile(r"DATE|STAMP", re.IGNORECASE)
_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2})?)?")


@dataclass(frozen=True)
class Period:
    """A time from `first` until before `end`, and how its dates begin."""

    text: str
    first: date
    end: date


def is_dated(text: str, column: Column) -> bool:
    """Tell whether a constant can be compared with a column of dates in dialects that are strict: a date, or
    a time of several days.
    """
    return bool(_DATED.search(column.declared)) and (
        bool(_WRITTEN.fullmatch(text)) or period_of(text, column) is not None
    )


def period_of(text: str, column: Column) -> Period | None:
    """Return the time that a year, a month, or beside times a day means; None for what is compared with a
    column as it is.
    """
    match = (
        _PERIOD.fullmatch(text) if column.type == ColumnType.DATE and _DATED.search(column.declared) else None
    )
    if match is None or (match[3] and not _TIMED.search(column.declared)):
        return None
    year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
    try:
        first = date(year, month, day)
        if match[3]:
            return Period(text, first, first + timedelta(days=1))
        return Period(
            text, first, date(year + (month == 12), month % 12 + 1, 1) if match[2] else date(year + 1, 1, 1)
        )
    except (ValueError, OverflowError):
        return None
