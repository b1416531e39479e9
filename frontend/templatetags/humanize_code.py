"""Filters for numbers and bars."""

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from codesearch.parsing import language_label
from frontend.bars import bar_parts
from frontend.highlighting import escaped
from searchapp.jobs.models import Job

register = template.Library()
register.filter(bar_parts)
register.filter(language_label)


@register.filter
def code_text(text: str) -> SafeString:
    """Code as the content of an element, its quotes as they are."""
    return mark_safe(escaped(text))


@register.filter
def breakable(path: str) -> SafeString:
    """A path or dotted name that may be broken after each part."""
    return mark_safe(escape(path).replace("/", "/<wbr>").replace(".", ".<wbr>"))


@register.filter
def thousands(value: int | None) -> str:
    """12345 as 12,345."""
    return f"{value or 0:,}"


@register.filter
def as_percent(probability: float) -> str:
    """0.123 as 12 %; what is nearly sure or nearly excluded as no more than that."""
    percent = round(100 * probability)
    return "over 99 %" if percent == 100 else "under 1 %" if percent == 0 else f"{percent} %"


@register.filter
def rounded_percent(share: float) -> int:
    """0.123 as 12."""
    return round(100 * share)


@register.filter
def duration(job: Job) -> str:
    """How long a job took: 0.4 s, 12 s, 3 min."""
    if job.started is None or job.finished is None:
        return "–"
    seconds = (job.finished - job.started).total_seconds()
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
