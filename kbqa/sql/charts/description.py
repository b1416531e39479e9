"""Charts in words, for people who do not see them."""

from collections.abc import Sequence

from kbqa.sql.charts.columns import Role
from kbqa.sql.charts.plan import Mark, Plan

_MAX_SERIES, _MAX_NAMED = 6, 3


def description_of(plan: Plan) -> str:
    """What a chart shows: its axes, where its numbers lie, and what is left out."""
    series = plan.series or ("",)
    told = [_of_series(plan, name) for name in series[:_MAX_SERIES]]
    more = len(series) - len(told)
    others = [f"And {more} more."] if more else []
    return " ".join([f"{heading_of(plan)}.", *told, *others, *plan.notes])


def heading_of(plan: Plan) -> str:
    """What is drawn over what."""
    x, y = plan.x.title, plan.y_title
    lowered = x[:1].lower() + x[1:]
    if plan.x.role == Role.TIME:
        text = f"{y} from {plan.marks[0].label} to {plan.marks[-1].label}"
    elif plan.x.role == Role.NUMBER:
        text = f"{y} over {lowered}"
    else:
        text = f"{y} by {lowered}"
    each = f"{plan.series_title[:1].lower()}{plan.series_title[1:]}"
    return f"{text}, for each {each}" if each else text


def _of_series(plan: Plan, name: str) -> str:
    marks = [mark for mark in plan.marks if mark.series == name and mark.y is not None]
    if not marks:
        return f"{name}: nothing."
    text = (
        _of_names(marks)
        if _has_names(plan) and not name
        else _of_range(marks, along_time=plan.x.role == Role.TIME)
    )
    return f"{name}: {text[:1].lower()}{text[1:]}" if name else text


def _has_names(plan: Plan) -> bool:
    return plan.x.role in (Role.NAME, Role.IDENTIFIER)


def _of_names(marks: Sequence[Mark]) -> str:
    ranked = sorted(marks, key=lambda mark: -(mark.y or 0))
    named = ", ".join(f"{mark.label} {mark.value}" for mark in ranked[:_MAX_NAMED])
    least = ranked[-1]
    rest = f"; lowest of {len(ranked)}: {least.label} {least.value}" if len(ranked) > _MAX_NAMED else ""
    return f"Highest: {named}{rest}."


def _of_range(marks: Sequence[Mark], *, along_time: bool) -> str:
    if len(marks) == 1:
        return f"{marks[0].value} ({marks[0].label})."
    least = min(marks, key=lambda mark: mark.y or 0)
    most = max(marks, key=lambda mark: mark.y or 0)
    text = f"Between {least.value} ({least.label}) and {most.value} ({most.label})"
    return (
        f"{text}, from {marks[0].value} at first to {marks[-1].value} at last." if along_time else f"{text}."
    )
