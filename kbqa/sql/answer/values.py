"""Values of cells as JSON and back: what JSON has no form for is an object with the name of its type."""

import base64
import datetime
import decimal
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kbqa.sql.stores.executor import Result

_KINDS: Mapping[str, tuple[type, Callable[[Any], str], Callable[[str], Any]]] = {
    "bytes": (bytes, lambda value: base64.b64encode(value).decode(), base64.b64decode),
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
}
"""What JSON has no form for: type, writing and reading. A datetime is a date, too, so it comes first."""


def result_json(result: Result, rows: int) -> dict[str, Any]:
    """The JSON of a result with at most so many of its rows."""
    return {
        "columns": list(result.columns),
        "rows": [[value_json(value) for value in row] for row in result.rows[:rows]],
        "truncated": result.truncated or len(result.rows) > rows,
        "milliseconds": result.milliseconds,
    }


def result_from(data: Mapping[str, Any]) -> Result:
    """The result of its JSON."""
    rows = tuple(tuple(map(value_from, row)) for row in data["rows"])
    return Result(tuple(data["columns"]), rows, data["truncated"], data["milliseconds"])


def value_json(value: Any) -> Any:
    """The JSON of a value; of a type that is not known, its text.

    >>> value_json(decimal.Decimal("1.50"))
    {'decimal': '1.50'}
    """
    if value is None or isinstance(value, int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    value = bytes(value) if isinstance(value, memoryview) else value
    for name, (kind, write, _) in _KINDS.items():
        if isinstance(value, kind):
            return {name: write(value)}
    return str(value)


def value_from(data: Any) -> Any:
    """The value of its JSON.

    >>> value_from({"bytes": "AP8="})
    b'\\x00\\xff'
    """
    if not isinstance(data, dict):
        return data
    ((kind, text),) = data.items()
    return _KINDS[kind][2](text)


def plain_rows(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Rows as the API gives them: binary as base64, exact numbers and dates as text."""
    return [[_plain(value) for value in row] for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
