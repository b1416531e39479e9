"""A chart for rows, where one helps: chosen by what the columns hold, as a Vega-Lite specification."""

import datetime
import math
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from kbqa.sql.schema import readable
from kbqa.sql.stores.executor import Result

_PERIOD = re.compile(r"[12]\d{3}(-(0[1-9]|1[0-2]))?")
"""A year or a month, as rows are grouped by them."""
_DAY_LENGTH = len("2000-01-01")
_MIN_ROWS, _MAX_BARS, _MAX_SERIES, _MAX_POINTS, _MAX_NAME_LENGTH = 2, 40, 10, 1_000, 60
_IDENTIFYING = frozenset(("id", "key", "code", "uuid", "guid", "zip", "zipcode", "postcode", "phone", "isbn"))
"""Last words of columns whose numbers name something."""
_COMPUTED = ("number of", "total", "average", "lowest", "highest")
"""How the headings of numbers begin that were computed."""
_FIRST_YEAR, _LAST_YEAR = 1000, 2999


class _Axes(NamedTuple):
    """The columns of a chart, by their places: along it, up, and what tells its series apart, if anything."""

    x: int
    kind: str
    y: int
    series: int | None = None


def chart_of(result: Result) -> dict[str, Any] | None:
    """A Vega-Lite specification of bars over names, a line over time or points; None where none helps.

    Bars are sorted, and of more names than fit the largest are shown. A second column of names makes series.
    """
    if len(result.columns) < 2 or not _MIN_ROWS <= len(result.rows) <= _MAX_POINTS:
        return None
    values = list(zip(*result.rows, strict=True))
    kinds = [_kind(name, column) for name, column in zip(result.columns, values, strict=True)]
    numbers = [index for index, kind in enumerate(kinds) if kind == "quantitative"]
    times = [index for index, kind in enumerate(kinds) if kind == "temporal"]
    names = [index for index, kind in enumerate(kinds) if kind == "nominal"]
    named = names or [index for index, kind in enumerate(kinds) if kind == "identifier"]
    if times and numbers:
        return _over(result, _Axes(times[0], "temporal", numbers[-1]), "line", names)
    if named and numbers:
        return _over(result, _Axes(named[0], "nominal", numbers[-1]), "bar", named[1:])
    if len(numbers) >= 2 and not named:
        return _chart(result.rows, result.columns, "point", _Axes(numbers[0], "quantitative", numbers[1]))
    return None


def _kind(name: str, values: Sequence[Any]) -> str:
    """Vega-Lite's type of measurement for a column, or what keeps it from a chart."""
    present = [value for value in values if value is not None]
    if not present:
        return "empty"
    if all(isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in present):
        return _kind_of_numbers(readable(name), present)
    if all(map(_is_date, present)):
        return "temporal"
    are_names = all(isinstance(value, str) and len(value) <= _MAX_NAME_LENGTH for value in present)
    return "nominal" if are_names else "other"


def _kind_of_numbers(name: str, values: Sequence[int | float | Decimal]) -> str:
    """Whether numbers measure something, are years, or name something as identifiers do."""
    words = name.split()
    if (
        name.startswith(_COMPUTED)
        or not words
        or not all(value == int(value) for value in values if _is_finite(value))
    ):
        return "quantitative"
    if words[-1] == "year" and all(_FIRST_YEAR <= value <= _LAST_YEAR for value in values):
        return "temporal"
    return "identifier" if words[-1] in _IDENTIFYING or name.endswith("id") else "quantitative"


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


def _is_finite(value: Any) -> bool:
    return math.isfinite(value)


def _over(result: Result, axes: _Axes, mark: str, names: Sequence[int]) -> dict[str, Any] | None:
    """A chart over times or names, each of which is there once, or once in each series."""
    rows: list[Sequence[Any]] = list(result.rows)
    note = ""
    if len({row[axes.x] for row in rows}) < len(rows):
        others = [index for index in names if len({(row[axes.x], row[index]) for row in rows}) == len(rows)]
        if not others:
            return None if mark == "bar" else _chart(rows, result.columns, "point", axes)
        axes = _with_series(rows, axes, others[0])
        rows, _ = _largest(rows, lambda row: row[axes.series or 0], axes.y, _MAX_SERIES)
    if mark == "bar":
        rows, dropped = _largest(rows, lambda row: row[axes.x], axes.y, _MAX_BARS)
        note = f"The {_MAX_BARS} largest of {dropped + _MAX_BARS:,}" if dropped else ""
    chart = _chart(rows, result.columns, mark, axes)
    return chart | {"title": note} if note else chart


def _with_series(rows: Sequence[Sequence[Any]], axes: _Axes, other: int) -> _Axes:
    """Axes with a second column of names: over names, that makes the series which has fewer of them."""
    along, beside = (len({row[index] for row in rows}) for index in (axes.x, other))
    if axes.kind == "nominal" and along < beside:
        return axes._replace(x=other, series=axes.x)
    return axes._replace(series=other)


def _largest(
    rows: Sequence[Sequence[Any]], name: Callable[[Sequence[Any]], Any], y: int, most: int
) -> tuple[list[Sequence[Any]], int]:
    """The rows of the names with the largest sums, and how many names were left out."""
    sums: Mapping[Any, float] = defaultdict(float)
    for row in rows:
        sums[name(row)] += _number(row[y]) or 0.0  # type: ignore[index]
    kept = set(sorted(sums, key=lambda each: -sums[each])[:most])
    return [row for row in rows if name(row) in kept], len(sums) - len(kept)


def _number(value: Any) -> Any:
    """A number as a chart has it: what has no place on an axis is left out."""
    if value is None or not _is_finite(value):
        return None
    return float(value) if isinstance(value, Decimal) else value


def _chart(rows: Sequence[Sequence[Any]], columns: Sequence[str], mark: str, axes: _Axes) -> dict[str, Any]:
    x, kind, y, series = axes
    values = [
        {
            "x": _number(row[x]) if kind == "quantitative" else None if row[x] is None else str(row[x]),
            "y": _number(row[y]),
            **({} if series is None else {"series": str(row[series])}),
        }
        for row in rows
    ]
    encoding: dict[str, Any] = {
        "x": _horizontal(rows, columns, mark, axes),
        "y": {"field": "y", "type": "quantitative", "title": columns[y]},
    }
    if series is not None:
        encoding["color"] = {"field": "series", "type": "nominal", "title": columns[series]}
        if mark == "bar":
            encoding["xOffset"] = {"field": "series"}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": "container",
        "height": 260,
        "data": {"values": values},
        "mark": {"type": mark, "tooltip": True, **({"point": True} if mark == "line" else {})},
        "encoding": encoding,
    }


def _horizontal(
    rows: Sequence[Sequence[Any]], columns: Sequence[str], mark: str, axes: _Axes
) -> dict[str, Any]:
    horizontal: dict[str, Any] = {"field": "x", "type": axes.kind, "title": columns[axes.x]}
    lengths = [len(str(row[axes.x])) for row in rows if row[axes.x] is not None]
    if axes.kind == "temporal" and all(length <= _DAY_LENGTH for length in lengths):
        # Browsers read what has no time of day as midnight in Greenwich.
        horizontal["scale"] = {"type": "utc"}
    if mark == "bar":
        sort = None if _is_sorted([row[axes.y] for row in rows]) else "-y"
        horizontal |= {"sort": sort, "axis": {"labelAngle": -40, "labelLimit": 120}}
    return horizontal


def _is_sorted(values: Sequence[Any]) -> bool:
    """Whether rows come by their numbers already, either way."""
    present = [value for value in map(_number, values) if value is not None]
    return present in (sorted(present), sorted(present, reverse=True))
