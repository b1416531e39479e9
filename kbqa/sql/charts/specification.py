"""Charts as Vega-Lite: one specification for each kind, over the same values."""

import datetime
from typing import Any

from kbqa.sql.charts.columns import EMPTY, Role
from kbqa.sql.charts.plan import Kind, Plan
from kbqa.sql.charts.times import FORMATS, periods_between

_HEIGHT, _STEP, _THIN_STEP = 280, 22, 13
_MAX_UPRIGHT, _MAX_UPRIGHT_LENGTH = 8, 12
"""How many names, and of how many letters, stand below upright bars; others stand beside lying ones."""
_MAX_TICKS, _MAX_FILLED = 12, 60
_FLAT = 0.25
"""How much of the highest number those of a line span at least; else the axis begins near the lowest."""
_MARKS = {Kind.BAR: "bar", Kind.STACKED: "bar", Kind.LINE: "line", Kind.POINT: "point"}


def values_of(plan: Plan) -> list[dict[str, Any]]:
    """What is drawn, in the words of `specification_of`: no other numbers than JSON has."""
    return [
        {
            "x": mark.x,
            "label": mark.label,
            "y": mark.y,
            "value": mark.value,
            **({"series": mark.series} if plan.series else {}),
        }
        for mark in plan.marks
    ]


def specification_of(plan: Plan, kind: Kind) -> dict[str, Any]:
    """A chart of a kind, without its values, width and title."""
    lies = kind in (Kind.BAR, Kind.STACKED) and _lies(plan)
    along, up = ("y", "x") if lies else ("x", "y")
    encoding = {along: _along(plan, kind, lies=lies), up: _up(plan, kind), "tooltip": _tooltip(plan)}
    if plan.series:
        encoding["color"] = {
            "field": "series",
            "type": "nominal",
            "title": plan.series_title or None,
            "sort": list(plan.series),
            "legend": {"orient": "bottom", "columns": 3, "labelLimit": 180},
        }
        if kind == Kind.BAR:
            encoding[f"{along}Offset"] = {"field": "series", "sort": list(plan.series)}
    step = _THIN_STEP if plan.series and kind == Kind.BAR else _STEP
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "autosize": {"type": "fit-x", "contains": "padding"},
        "height": {"step": step} if lies else _HEIGHT,
        "mark": {"type": _MARKS[kind], **({"point": True} if kind == Kind.LINE else {})},
        "encoding": encoding,
    }


def _lies(plan: Plan) -> bool:
    if plan.x.role not in (Role.NAME, Role.IDENTIFIER):
        return False
    longest = max(map(len, plan.order), default=0)
    return len(plan.order) > _MAX_UPRIGHT or longest > _MAX_UPRIGHT_LENGTH


def _along(plan: Plan, kind: Kind, *, lies: bool) -> dict[str, Any]:
    """The axis of times, names or, of points over numbers, numbers."""
    title = plan.x.title
    if plan.x.role == Role.NUMBER:
        return {"field": "x", "type": "quantitative", "title": title, **_from_lowest(_numbers_along(plan))}
    if plan.x.role == Role.TIME and kind not in (Kind.BAR, Kind.STACKED):
        return {
            "field": "x",
            "type": "temporal",
            "title": title,
            "scale": {"type": "utc"},
            "axis": _ticks(plan),
        }
    order = _order(plan)
    axis = {"labelLimit": 220} if lies else {"labelAngle": -40, "labelLimit": 120, "labelOverlap": True}
    return {
        "field": "label",
        "type": "nominal",
        "title": title,
        "sort": order,
        "scale": {"domain": order},
        "axis": axis,
    }


def _order(plan: Plan) -> list[str]:
    """The names along the axis, in their order; with times that are missing between others."""
    there = list(dict.fromkeys(mark.label for mark in plan.marks))
    if plan.x.role == Role.TIME and plan.x.grain is not None:
        return periods_between(there[0], there[-1], plan.x.grain, _MAX_FILLED) or there
    if plan.x.role == Role.RECURRING:
        return [*plan.order, *([EMPTY] if EMPTY in there else [])]
    return list(plan.order) or there


def _ticks(plan: Plan) -> dict[str, Any]:
    assert plan.x.grain is not None
    times = sorted({mark.x for mark in plan.marks if not isinstance(mark.x, str)})
    few = {"values": list(map(_moment, times))} if len(times) <= _MAX_TICKS else {}
    return {"format": FORMATS[plan.x.grain], "labelOverlap": True, "labelAngle": -40, **few}


def _moment(milliseconds: float) -> dict[str, Any]:
    """A time as Vega-Lite takes one for a tick."""
    at = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.UTC)
    clock = {"hours": at.hour, "minutes": at.minute, "seconds": at.second}
    return {"utc": True, "year": at.year, "month": at.month, "date": at.day, **clock}


def _up(plan: Plan, kind: Kind) -> dict[str, Any]:
    """The axis of numbers, with the sign of a percentage."""
    axis: dict[str, Any] = {}
    percent = plan.measures[0].percent
    if percent == 1:
        axis["format"] = ".0%"
    if percent == 100:
        axis["labelExpr"] = "datum.label + ' %'"
    numbers = [mark.y for mark in plan.marks if mark.y is not None]
    if not percent and all(float(number).is_integer() for number in numbers):
        axis["tickMinStep"] = 1
    begins = _from_lowest(numbers) if kind in (Kind.LINE, Kind.POINT) else {}
    stack = {"stack": "zero" if kind == Kind.STACKED else None} if _MARKS[kind] == "bar" else {}
    return {"field": "y", "type": "quantitative", "title": plan.y_title, "axis": axis, **begins, **stack}


def _numbers_along(plan: Plan) -> list[int | float]:
    return [mark.x for mark in plan.marks if not isinstance(mark.x, str)]


def _from_lowest(numbers: list[int | float]) -> dict[str, Any]:
    """Whether the axis begins with nothing: differences between large numbers would not be seen."""
    least, most = min(numbers), max(numbers)
    return {"scale": {"zero": False}} if least > 0 and most - least < _FLAT * most else {}


def _tooltip(plan: Plan) -> list[dict[str, str]]:
    shown = [("label", plan.x.title), ("value", plan.y_title)]
    if plan.series:
        shown.insert(1, ("series", plan.series_title or "Of"))
    return [{"field": field, "type": "nominal", "title": title} for field, title in shown]
