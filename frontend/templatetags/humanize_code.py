"""Filters for numbers and bars."""

from typing import Any

from django import template

from searchapp.jobs.models import Job

register = template.Library()

_SERIES = 6


@register.filter
def thousands(value: int | None) -> str:
    """Return 12345 as 12,345."""
    return f"{value or 0:,}"


@register.filter
def as_percent(probability: float) -> str:
    """Return 0.123 as 12 %; what is nearly sure or nearly excluded as no more than that."""
    percent = round(100 * probability)
    return "over 99 %" if percent == 100 else "under 1 %" if percent == 0 else f"{percent} %"


@register.filter
def bar_parts(languages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the parts of a stacked bar of 100: where each begins, how wide it is, and its colour's number."""
    parts, start = [], 0.0
    for number, language in enumerate(languages):
        width = float(language["percent"])
        parts.append({"start": f"{start:.2f}", "width": f"{width:.2f}", "series": min(number, _SERIES)})
        start += width
    return parts


@register.filter
def duration(job: Job) -> str:
    """Return how long a job took: 0.4 s, 12 s, 3 min."""
    if job.started is None or job.finished is None:
        return "–"
    seconds = (job.finished - job.started).total_seconds()
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
