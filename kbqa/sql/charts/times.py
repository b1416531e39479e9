"""Times as charts have them: points on a line with a grain, or parts of a date that come again, in order."""

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_FIRST_YEAR, _LAST_YEAR = 1000, 2999
_UTC = datetime.UTC


class Grain(StrEnum):
    """How long a time on an axis lasts."""

    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"
    WEEK = "week"
    DAY = "day"
    MOMENT = "moment"


FORMATS: Mapping[Grain, str] = {
    Grain.YEAR: "%Y",
    Grain.QUARTER: "%Y-Q%q",
    Grain.MONTH: "%Y-%m",
    Grain.WEEK: "%G-W%V",
    Grain.DAY: "%Y-%m-%d",
    Grain.MOMENT: "%Y-%m-%d %H:%M",
}
"""How Vega writes a time of each grain."""
_PERIODS = {
    Grain.YEAR: re.compile(r"(?P<year>[12]\d{3})"),
    Grain.QUARTER: re.compile(r"(?P<year>[12]\d{3})[- ]?Q(?P<quarter>[1-4])"),
    Grain.MONTH: re.compile(r"(?P<year>[12]\d{3})-(?P<month>0[1-9]|1[0-2])"),
}
_WEEK = re.compile(r"([12]\d{3})-?W(0[1-9]|[1-4]\d|5[0-3])")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_NUMBERED = {
    "month": (1, 12),
    "quarter": (1, 4),
    "weekday": (0, 7),
    "dow": (0, 7),
    "day of week": (0, 7),
    "day": (1, 31),
    "day of month": (1, 31),
    "week": (1, 53),
    "hour": (0, 23),
}
"""What numbers of a column that is called so mean, and the least and the most of them."""
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|(0[1-9]|1[0-2])-([0-2]\d|3[01])")
"""A time of day, or a day of any year, both of which come in the order of their letters."""


@dataclass(frozen=True)
class Times:
    """Times as milliseconds since 1970, as if all were in Greenwich, and as texts; None for no time."""

    points: tuple[int | None, ...]
    labels: tuple[str | None, ...]
    grain: Grain


@dataclass(frozen=True)
class Recurring:
    """Parts of a date by their names, and all such names in the order of the calendar."""

    labels: tuple[str | None, ...]
    order: tuple[str, ...]


def times_of(name: str, values: Sequence[Any]) -> Times | None:
    """Values as times if all are; numbers are years if the column is called so.

    `name` is the column's, in words.
    """
    found = [None if value is None else _time_of(name, value) for value in values]
    present = [each for each in found if each is not None]
    if not present or len(present) < sum(value is not None for value in values):
        return None
    grain = max((grain for _, grain in present), key=list(Grain).index)
    if len({kind for _, kind in present} & {Grain.WEEK, Grain.QUARTER}) and len({g for _, g in present}) > 1:
        return None
    return Times(
        tuple(None if each is None else _milliseconds(each[0]) for each in found),
        tuple(None if value is None else str(value) for value in values),
        grain,
    )


def recurring_of(name: str, values: Sequence[Any]) -> Recurring | None:
    """Values as weekdays, months of any year, quarters, hours and their like, if all are."""
    texts = [None if value is None else str(value) for value in values]
    present = {text for text in texts if text is not None}
    if not present or any(isinstance(value, float | bool) for value in values):
        return None
    for names in (_WEEKDAYS, _MONTHS):
        if named := _named(present, names):
            return Recurring(tuple(text and named[text] for text in texts), names)
    if all(map(_CLOCK.fullmatch, present)):
        return Recurring(tuple(texts), tuple(sorted(present)))
    return _numbered(name, texts, present)


def periods_between(first: str, last: str, grain: Grain, most: int) -> list[str]:
    """The names of all times of a grain from one to another; empty where there are more than `most`.

    >>> periods_between("2023-11", "2024-02", Grain.MONTH, 10)
    ['2023-11', '2023-12', '2024-01', '2024-02']
    """
    steps = {Grain.YEAR: 12, Grain.QUARTER: 3, Grain.MONTH: 1}
    if grain not in steps:
        return []
    one, other = (_period(text) for text in (first, last))
    if one is None or other is None:
        return []
    months = range(12 * one.year + one.month - 1, 12 * other.year + other.month, steps[grain])
    return [_written(month // 12, month % 12 + 1, grain) for month in months] if len(months) <= most else []


def _written(year: int, month: int, grain: Grain) -> str:
    if grain == Grain.YEAR:
        return f"{year}"
    return f"{year}-{month:02}" if grain == Grain.MONTH else f"{year}-Q{(month + 2) // 3}"


def _named(present: set[str], names: Sequence[str]) -> dict[str, str] | None:
    """The whole name of each text, where all are names, or their first three letters."""
    known = {form: name for name in names for form in (name.lower(), name[:3].lower())}
    found = {text: known.get(text.strip().lower(), "") for text in present}
    return found if all(found.values()) else None


def _numbered(name: str, texts: Sequence[str | None], present: set[str]) -> Recurring | None:
    called = next((each for each in (name, name.removesuffix(" of year")) if each in _NUMBERED), "")
    if not called or not all(text.isdecimal() and len(text) <= 2 for text in present):
        return None
    least, most = _NUMBERED[called]
    numbers = {text: int(text) for text in present}
    if not all(least <= number <= most for number in numbers.values()):
        return None
    span = range(min(numbers.values()), max(numbers.values()) + 1)
    if called in ("month", "quarter"):
        span = range(least, most + 1)
    order = tuple(
        _MONTHS[number - 1] if called == "month" else f"Q{number}" if called == "quarter" else f"{number}"
        for number in span
    )
    return Recurring(
        tuple(None if text is None else order[numbers[text] - span.start] for text in texts), order
    )


def _time_of(name: str, value: Any) -> tuple[datetime.datetime, Grain] | None:
    if isinstance(value, datetime.date):
        is_moment = isinstance(value, datetime.datetime)
        return _at(value), Grain.MOMENT if is_moment else Grain.DAY
    if isinstance(value, int) and not isinstance(value, bool):
        is_year = name.split()[-1:] == ["year"] and _FIRST_YEAR <= value <= _LAST_YEAR
        return (datetime.datetime(value, 1, 1), Grain.YEAR) if is_year else None
    return _of_text(value) if isinstance(value, str) else None


def _of_text(text: str) -> tuple[datetime.datetime, Grain] | None:
    for grain, pattern in _PERIODS.items():
        if pattern.fullmatch(text):
            period = _period(text)
            return None if period is None else (period, grain)
    try:
        if _WEEK.fullmatch(text):
            return _at(datetime.date.fromisoformat(text)), Grain.WEEK
        if len(text) < len("2000-01-01"):
            return None
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return _at(moment), Grain.DAY if len(text) == len("2000-01-01") else Grain.MOMENT


def _period(text: str) -> datetime.datetime | None:
    """The first day of a year, quarter or month."""
    for pattern in _PERIODS.values():
        if match := pattern.fullmatch(text):
            parts = match.groupdict()
            month = 3 * int(parts["quarter"]) - 2 if "quarter" in parts else int(parts.get("month", 1))
            return datetime.datetime(int(parts["year"]), month, 1)
    return None


def _at(value: datetime.date) -> datetime.datetime:
    """A time as it reads, wherever that was."""
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None)
    return datetime.datetime(value.year, value.month, value.day)


def _milliseconds(moment: datetime.datetime) -> int:
    return int(moment.replace(tzinfo=_UTC).timestamp() * 1000)
