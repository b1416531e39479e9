"""A chart for rows, where one helps: chosen by what the columns hold, as a Vega-Lite specification."""

import datetime
import math
import re
from typing import Any

from kbqa.sql.stores.executor import Result

_PERIOD = re.compile(r"[12]\d{3}(-(0[1-9]|1[0-2]))?")
"""A year or a month, as rows are grouped by them."""
_DAY_LENGTH = len("2000-01-01")
_MIN_ROWS, _MAX_BARS, _MAX_POINTS, _MAX_NAME_LENGTH = 2, 40, 1_000, 60


def chart_of(result: Result) -> dict[str, Any] | None:
    """A Vega-Lite specification of bars over names, a line over time or points; None where none helps."""
    if len(result.columns) < 2 or not _MIN_ROWS <= len(result.rows) <= _MAX_POINTS:
        return None
    kinds = [_kind([row[index] for row in result.rows]) for index in range(len(result.columns))]
    numbers = [index for index, kind in enumerate(kinds) if kind == "quantitative"]
    times = [index for index, kind in enumerate(kinds) if kind == "temporal"]
    names = [index for index, kind in enumerate(kinds) if kind == "nominal"]
    if times and numbers:
        return _chart(result, "line", times[0], "temporal", numbers[-1])
    if names and numbers and len({row[names[0]] for row in result.rows}) == len(result.rows) <= _MAX_BARS:
        return _chart(result, "bar", names[0], "nominal", numbers[-1])
    if len(numbers) >= 2 and not names:
        return _chart(result, "point", numbers[0], "quantitative", numbers[1])
    return None


def _kind(values: list[Any]) -> str:
    """Vega-Lite's type of measurement for a column, or what keeps it from a chart."""
    present = [value for value in values if value is not None]
    if not present:
        return "empty"
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in present):
        return "quantitative"
    if all(map(_is_date, present)):
        return "temporal"
    are_names = all(isinstance(value, str) and len(value) <= _MAX_NAME_LENGTH for value in present)
    return "nominal" if are_names else "other"


def _is_date(value: Any) -> bool:
    if not isinstance(value, str):
        return isinstance(value, datetime.date)
    if _PERIOD.fullmatch(value):
        return True
    try:
        datetime.datetime.fromisoformat(value)
    except ValueError:
        return False
    return len(value) >= _DAY_LENGTH


def _coordinate(value: Any) -> Any:
    """A number as a chart has it: what has no place on an axis is left out."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _chart(result: Result, mark: str, x: int, kind: str, y: int) -> dict[str, Any]:
    values = [
        {
            "x": _coordinate(row[x]) if isinstance(row[x], int | float) else str(row[x]),
            "y": _coordinate(row[y]),
        }
        for row in result.rows
    ]
    horizontal: dict[str, Any] = {"field": "x", "type": kind, "title": result.columns[x]}
    lengths = [len(str(row[x])) for row in result.rows if row[x] is not None]
    if kind == "temporal" and all(length <= _DAY_LENGTH for length in lengths):
        # Browsers read what has no time of day as midnight in Greenwich.
        horizontal["scale"] = {"type": "utc"}
    if mark == "bar":
        horizontal |= {"sort": None, "axis": {"labelAngle": -40, "labelLimit": 120}}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": "container",
        "height": 260,
        "data": {"values": values},
        "mark": {"type": mark, "tooltip": True, **({"point": True} if mark == "line" else {})},
        "encoding": {
            "x": horizontal,
            "y": {"field": "y", "type": "quantitative", "title": result.columns[y]},
        },
    }
