"""Values of cells as JSON and back: what JSON has no form for is an object with the name of its type."""

import base64
import datetime
import decimal
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kbqa.sql.stores.executor import Result

_READERS: Mapping[str, Callable[[str], Any]] = {
    "bytes": base64.b64decode,
    "float": float,
    "decimal": decimal.Decimal,
    "datetime": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "seconds": lambda text: datetime.timedelta(seconds=float(text)),
}


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
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": str(value)}
    if isinstance(value, bytes | memoryview):
        return {"bytes": base64.b64encode(bytes(value)).decode()}
    if isinstance(value, decimal.Decimal):
        return {"decimal": str(value)}
    if isinstance(value, datetime.timedelta):
        return {"seconds": repr(value.total_seconds())}
    # A moment is a date, too: it comes first.
    for kind in (datetime.datetime, datetime.date, datetime.time):
        if isinstance(value, kind):
            return {kind.__name__: value.isoformat()}
    return str(value)


def value_from(data: Any) -> Any:
    """The value of its JSON.

    >>> value_from({"bytes": "AP8="})
    b'\\x00\\xff'
    """
    if not isinstance(data, dict):
        return data
    ((kind, text),) = data.items()
    return _READERS[kind](text)


def plain_rows(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Rows as the API gives them: binary as base64, exact numbers and dates as text."""
    return [[_plain(value) for value in row] for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
