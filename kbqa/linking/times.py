"""Times that a question mentions, with and without a year, also from the day of asking on."""

import re
from collections.abc import Iterator

from kbqa.linking.calendar import Calendar
from kbqa.linking.calendar_times import WITH_YEAR, WITHOUT_YEAR
from kbqa.linking.dates import dates_of
from kbqa.linking.relative_times import RELATIVE
from kbqa.linking.time_values import Read
from kbqa.linking.words import Span


def times_of(question: str, calendar: Calendar) -> dict[str, Span]:
    """Times of a question with their spans, as texts of `dates_of` and of `kbqa.linking.time_values`.

    What is said from the day of asking on is told by dates.

    >>> from datetime import datetime
    >>> calendar = Calendar(datetime(2026, 11, 30))
    >>> times_of("orders last month, in Q3 2025 and on Sundays", calendar)
    {'2026-10': (7, 17), '2025-07-01/2025-10-01': (22, 29), '-W-7': (37, 44)}
    """
    times = dict(_most(dates_of(question), question, calendar))
    return dict(sorted(times.items(), key=lambda item: item[1]))


def _most(dates: dict[str, Span], question: str, calendar: Calendar) -> Iterator[tuple[str, Span]]:
    taken = list(dates.values())
    yield from dates.items()
    for pattern, read in (*WITH_YEAR, *RELATIVE, *WITHOUT_YEAR):
        for match in pattern.finditer(question):
            span = match.span("said") if "said" in pattern.groupindex else match.span()
            free = not any(start < span[1] and span[0] < end for start, end in taken)
            if free and (text := _read(read, match, calendar)) is not None:
                taken.append(span)
                yield text, span


def _read(read: Read, match: re.Match[str], calendar: Calendar) -> str | None:
    """The text of a match; None where it is no time, or one beyond all calendars."""
    try:
        return read(match, calendar)
    except (ValueError, OverflowError):
        return None
