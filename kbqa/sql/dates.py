"""Times of a question as values that columns are compared with."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kbqa.linking.dates import parse_partial_date
from kbqa.linking.time_values import Recurrence, Recurring, Span, is_time, parse_recurring, parse_span
from kbqa.sql.schema import Column, ColumnType, readable

_TIMED = re.compile(r"TIME", re.IGNORECASE)
_DATED = re.compile(r"DATE|STAMP", re.IGNORECASE)
_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2})?)?")
_BIRTH = frozenset(("birth", "born", "birthday", "birthdate", "dob", "birthdt"))
"""Words of the names of columns that say when somebody was born."""
_MADE = frozenset(
    (
        "built", "build", "blt", "construction", "constructed", "made", "manufacture", "manufactured",
        "production", "founded", "established", "installed", "installation", "inst", "commissioned",
        "launched", "purchased", "purchase", "bought", "acquired", "planted",
    )
)  # fmt: skip
_BEGUN = frozenset(
    (
        "since", "from", "start", "started", "begin", "began", "joined", "hired", "opened", "registered",
        "created", "connected", "conn", "enrolled", "admitted", "issued", "submitted", "ordered",
    )
)  # fmt: skip
"""Words of the names of columns that say since when something is there: as a thing, and else."""
_YEARS = frozenset(("year", "yr", "founded", "established", "built"))
"""Words of the names of numbers that are years."""
DATES_ARE_TEXTS = ("sqlite",)
"""Dialects that have no type of dates."""
_OF_HOURS = (Recurrence.HOUR, Recurrence.MINUTE)
_COUNTED: Mapping[Recurrence, str] = {
    Recurrence.MONTH: "month",
    Recurrence.QUARTER: "quarter",
    Recurrence.WEEK: "week",
    Recurrence.HOUR: "hour",
}
"""Words of the names of numbers that count a part of time."""


@dataclass(frozen=True)
class Period:
    """The time from `first` until before `end`, None where it is open; `text` is what was said.

    `begins` says that the dates within are those that begin as the text does.
    """

    text: str
    first: date | None
    end: date | None
    begins: bool = False


Time = Period | Recurring


def is_dated(text: str, column: Column) -> bool:
    """Whether a column of dates or times can be compared with a constant."""
    return (is_of_days(column) and bool(_WRITTEN.fullmatch(text))) or time_of(text, column) is not None


def suits(text: str, column: Column) -> bool:
    """Whether a time, in a form that no cell has, can be compared with a column."""
    if column.kind == ColumnType.DATE:
        return time_of(text, column) is not None
    return column.kind == ColumnType.NUMBER and counted(text, column) is not None


def time_of(text: str, column: Column, *, days: bool = False) -> Time | None:
    """The time that a text means beside a column of dates; None for what is compared with it as it is.

    A day is compared as it is where a column has no times of day, unless `days` are wanted, too, or dates are
    kept as numbers.
    """
    if column.kind != ColumnType.DATE:
        return None
    recurring = parse_recurring(text)
    if recurring is not None:
        fits = has_hours(column) if recurring.part in _OF_HOURS else is_of_days(column)
        return recurring if fits else None
    if not is_of_days(column):
        return None
    if is_time(text):
        return _span_of(text, column)
    if column.stored is not None:
        return _moment(text, column) or _partial(text, column, days=True)
    return _partial(text, column, days=days)


def _moment(text: str, column: Column) -> Period | None:
    """The minute, or second, that a text means as a whole beside a column of stored times."""
    match = _WRITTEN.fullmatch(text)
    if match is None or match[1] is None:
        return None
    try:
        first = datetime.fromisoformat(text)
    except ValueError:
        return None
    span = Span(first, first + timedelta(seconds=1 if match[2] else 60))
    return _between(text, span, column)


def _span_of(text: str, column: Column) -> Period | None:
    span = parse_span(text)
    if span is None or (span.is_birth and not is_birth(column)):
        return None
    return _between(text, span, column)


def _between(text: str, span: Span, column: Column) -> Period:
    """The period of a span; whole days beside a column without times of day."""
    first, end = span.first, span.end
    if not has_hours(column):
        first = first.date() if isinstance(first, datetime) else first
        end = (end + timedelta(days=1)).date() if isinstance(end, datetime) else end
    return Period(text, first, end)


def _partial(text: str, column: Column, *, days: bool) -> Period | None:
    partial = parse_partial_date(text)
    if partial is None or (partial.day is not None and not days and not has_hours(column)):
        return None
    try:
        first, last = date.fromisoformat(partial.first_day), date.fromisoformat(partial.last_day)
        return Period(text, first, last + timedelta(days=1), begins=True)
    except (ValueError, OverflowError):
        return None


def counted(text: str, column: Column) -> tuple[str, str] | None:
    """The least and the greatest number that a time is beside a column that counts it: 10 for October.

    None for a column that does not count such times, as far as its name says.
    """
    words = readable(column.name).split()
    recurring, span = parse_recurring(text), parse_span(text)
    if recurring is not None:
        return (recurring.low, recurring.high) if _COUNTED.get(recurring.part) in words else None
    if span is None or span.first is None or span.end is None or not counts_years(column):
        return None
    whole = all((day.month, day.day) == (1, 1) for day in (span.first, span.end))
    return (str(span.first.year), str(span.end.year - 1)) if whole else None


def counts_years(column: Column) -> bool:
    """Whether a column's numbers are years, by its name."""
    return column.kind == ColumnType.NUMBER and bool(_YEARS & set(readable(column.name).split()))


def is_of_days(column: Column) -> bool:
    """Whether a column's values are days, or times of known days, not only times of day."""
    if column.type != ColumnType.DATE:
        return column.kind == ColumnType.DATE
    return bool(_DATED.search(column.declared))


def has_hours(column: Column) -> bool:
    """Whether a column's dates may have a time of day."""
    if column.stored is not None:
        return bool(column.stored.per_second)
    return column.type != ColumnType.DATE or bool(_TIMED.search(column.declared))


def tells_age(column: Column) -> bool:
    """Whether a column says since when somebody or something is there, by its name."""
    return is_birth(column) or bool((_MADE | _BIRTH) & set(readable(column.name).split()))


def may_tell_age(column: Column) -> bool:
    """Whether a column of days may say how old something is: how long ago it began, too."""
    words = set(readable(column.name).split())
    return is_of_days(column) and (tells_age(column) or bool(_BEGUN & words))


def is_birth(column: Column) -> bool:
    """Whether a column says when somebody was born, by its name."""
    return is_of_days(column) and bool(_BIRTH & set(readable(column.name).split()))
