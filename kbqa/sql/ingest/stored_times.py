"""Columns that keep times as numbers or digits: told by what they are called and by all their values."""

import math
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from kbqa.sql.schema import Column, ColumnType, StoredTime, readable

_TIMES = frozenset(
    (
        "at", "time", "timestamp", "ts", "tstamp", "datetime", "date", "day", "when", "epoch", "unix", "utc",
        "ymd", "yyyymmdd", "dob", "birth", "born", "birthday", "since", "until", "expiry", "expires",
        "expiration", "login", "start", "end", "begin", "from", "till", "due", "seen", "deadline", "month",
        "period", "ym", "yyyymm", "yearmonth",
    )
)  # fmt: skip
"""Words of the names of times, beside participles."""
_AT_END = ("on", "to")
"""Words that tell of times at the end of a name only: paid on, valid to."""
_PARTICIPLE = "ed"
_OTHER = frozenset(
    (
        "id", "key", "code", "number", "count", "duration", "elapsed", "length", "size", "bytes", "amount",
        "total", "sum", "price", "cost", "cents", "revenue", "score", "rate", "zone", "offset", "phone",
        "version", "hours", "minutes", "days", "weeks", "distance", "points", "budget", "population",
    )
)  # fmt: skip
"""Words of the names of what is no time, whatever else they say."""
_MONTHS = frozenset(("month", "period", "ym", "yyyymm", "yearmonth"))
_FIRST, _LAST = 100_000_000, 4_102_444_800
"""The seconds since 1970 that are taken for times: from 1973 until 2100, where few other numbers lie."""
_YEARS = range(1700, 2201)
_OPEN_END = 9999
"""The year that stands for no end."""


def is_called_time(column: Column) -> bool:
    """Whether a column of numbers or texts is called as times are."""
    words = readable(column.name).split()
    if column.type not in (ColumnType.NUMBER, ColumnType.TEXT) or not words or _OTHER & set(words):
        return False
    return bool(_TIMES & set(words)) or words[-1] in _AT_END or words[-1].endswith(_PARTICIPLE)


def stored_as(column: Column, values: Sequence[Any]) -> StoredTime | None:
    """How all of some values of a column keep times; None where one of them is none, or there are none.

    >>> when = Column("paid_on", ColumnType.NUMBER)
    >>> stored_as(when, [20240105, 99991231]).value, stored_as(when, [1634314500000]).value
    ('YYYYMMDD', 'milliseconds')
    >>> stored_as(when, [20240105, 20241305]), stored_as(when, [2024])
    (None, None)
    """
    numbers = [_number(value) for value in values if value is not None]
    known = [number for number in numbers if number is not None]
    if not known or len(known) < len(numbers):
        return None
    for stored in StoredTime:
        if stored == StoredTime.MONTHS and not _MONTHS & set(readable(column.name).split()):
            continue
        if all(_is_time(number, stored) for number in known):
            return stored
    return None


def _number(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float | Decimal):
        return int(value) if math.isfinite(value) else None
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= len("1634314500000000") else None


def _is_time(number: int, stored: StoredTime) -> bool:
    if stored.per_second:
        return _FIRST <= number // stored.per_second < _LAST
    year, month, day = (
        (number // 100, number % 100, 1)
        if stored == StoredTime.MONTHS
        else (number // 10_000, number // 100 % 100, number % 100)
    )
    try:
        date(year, month, day)
    except ValueError:
        return False
    return year in _YEARS or year == _OPEN_END
