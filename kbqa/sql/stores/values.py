"""Values of cells as JSON and back: what JSON has no form for is an object with the name of its type.

Needs nothing but the standard library, as the process that runs a statement sends its rows so.
"""

import base64
import datetime
import decimal
import math
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class OtherValue:
    """A value of a type that has no form here, as its text."""

    text: str

    def __str__(self) -> str:
        return self.text


_KINDS: Mapping[str, tuple[type, Callable[[Any], str], Callable[[str], Any]]] = {
    "bytes": (bytes, lambda value: base64.b64encode(value).decode(), base64.b64decode),
    # PostgreSQL, which keeps answers, takes no text with a null character in it.
    "text": (
        str,
        lambda value: base64.b64encode(value.encode("utf-8", "surrogatepass")).decode(),
        lambda text: base64.b64decode(text).decode("utf-8", "surrogatepass"),
    ),
    "float": (float, str, float),
    "decimal": (decimal.Decimal, str, decimal.Decimal),
    "datetime": (datetime.datetime, datetime.datetime.isoformat, datetime.datetime.fromisoformat),
    "date": (datetime.date, datetime.date.isoformat, datetime.date.fromisoformat),
    "time": (datetime.time, datetime.time.isoformat, datetime.time.fromisoformat),
    "seconds": (
        datetime.timedelta,
        lambda value: repr(value.total_seconds()),
        lambda text: datetime.timedelta(seconds=float(text)),
    ),
    "uuid": (uuid.UUID, str, uuid.UUID),
    "other": (OtherValue, str, OtherValue),
}
"""What JSON has no form for: type, writing and reading. A datetime is a date, too, so it comes first."""


def value_json(value: Any) -> Any:
    """The JSON of a value; of a type that is not known, its text.

    >>> value_json(decimal.Decimal("1.50")), value_json([1])
    ({'decimal': '1.50'}, {'other': '[1]'})
    """
    if value is None or isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, str) and _is_plain(value):
        return value
    value = bytes(value) if isinstance(value, memoryview | bytearray) else value
    for name, (kind, write, _) in _KINDS.items():
        if isinstance(value, kind):
            return {name: write(value)}
    return {"other": str(value)}


def _is_plain(text: str) -> bool:
    """Whether a text can be stored as it is: it has no null character and no half of a pair."""
    if text.isascii():
        return "\0" not in text
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def value_from(data: Any) -> Any:
    """The value of its JSON.

    >>> value_from({"bytes": "AP8="})
    b'\\x00\\xff'
    """
    if not isinstance(data, dict):
        return data
    ((kind, text),) = data.items()
    return _KINDS[kind][2](text)
