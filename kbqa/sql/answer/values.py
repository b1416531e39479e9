"""Results as JSON: exactly, to be kept, and plainly, for programs that read the API."""

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any

from kbqa.sql.stores.executor import Result
from kbqa.sql.stores.values import value_from, value_json


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


def plain_rows(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Rows as the API gives them: binary as base64; exact numbers, dates and what is no number as text."""
    return [[_plain(value) for value in row] for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, float) and not math.isfinite(value):
        return number_name(value)
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def number_name(value: float) -> str:
    """The name of a number that JSON does not have, as JavaScript and PostgreSQL write it.

    >>> [number_name(float(text)) for text in ("inf", "-inf", "nan")]
    ['Infinity', '-Infinity', 'NaN']
    """
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
