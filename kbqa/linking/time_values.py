"""Times as texts: spans of days or of moments, and what comes again each year, week or day.

The texts follow ISO 8601: `2026-07-01/2026-10-01` are the days from the first until before the second,
`--10` is October of any year, `--05-17` the 17th of May, `-W12` the twelfth week, `-W-7` any Sunday, `-W-6/7`
any weekend, `-W-1,3` Mondays and Wednesdays, `T15` three o'clock, `T22/T06` the hours from ten to six. `-Q4`
and `-H1`, which the standard lacks, are a quarter and a half of any year. `born 1995-11-30/1996-11-30` are
days of birth, by which an age was said.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from kbqa.linking.calendar import WEEKDAYS, Calendar, Days, Unit, shifted

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
BORN = "born "
_BEGINNING, _END = date(1, 1, 1), date(9999, 12, 31)
_OPEN = ".."
_DAY = r"\d{4}-\d{2}-\d{2}"
_SPAN = re.compile(rf"({BORN})?({_DAY}(?:T\d{{2}}:\d{{2}})?|\.\.)/({_DAY}(?:T\d{{2}}:\d{{2}})?|\.\.)")


class Recurrence(StrEnum):
    """A part of time that comes again."""

    MONTH = "month"
    DAY = "day of the year"
    QUARTER = "quarter"
    HALF = "half"
    WEEK = "week"
    WEEKDAY = "weekday"
    HOUR = "hour"
    MINUTE = "time of day"


_FORMS = {
    Recurrence.MONTH: re.compile(r"--(\d{2})"),
    Recurrence.DAY: re.compile(r"--(\d{2}-\d{2})"),
    Recurrence.QUARTER: re.compile(r"-Q([1-4])"),
    Recurrence.HALF: re.compile(r"-H([12])"),
    Recurrence.WEEK: re.compile(r"-W(\d{2})"),
    Recurrence.WEEKDAY: re.compile(r"-W-([1-7])(?:/([1-7]))?"),
    Recurrence.HOUR: re.compile(r"T(\d{2})"),
    Recurrence.MINUTE: re.compile(r"T(\d{2}:\d{2})"),
}
_SEVERAL_DAYS = re.compile(r"-W-([1-7](?:,[1-7])+)")
_CLOCKS = re.compile(r"T(\d{2}(?::\d{2})?)/T(\d{2}(?::\d{2})?)")
_MINUTES = 24 * 60
Read = Callable[[re.Match[str], Calendar], str | None]
"""What makes the text of a time of what a form matched; None, or a ValueError, where it is no time."""
Form = tuple[re.Pattern[str], Read]
"""How times are said; of a match, the group `said` is the time where there is one."""
_NUMBERED = frozenset(Recurrence) - {Recurrence.DAY, Recurrence.MINUTE}


@dataclass(frozen=True)
class Span:
    """The time from `first` until before `end`, None where it is open; moments have a time of day.

    `is_birth` says that it tells when somebody was born.
    """

    first: date | None
    end: date | None
    is_birth: bool = False


@dataclass(frozen=True)
class Recurring:
    """What comes again: the values from `low` to `high` of a part of time.

    Numbers are without zeros before them; days of the year and times of day are as ISO 8601 writes them.
    Where `low` is more than `high`, they go over the end of the week or day. Of several values that do not
    follow each other, `among` has them all.
    """

    part: Recurrence
    low: str
    high: str
    among: tuple[str, ...] = ()

    @property
    def is_number(self) -> bool:
        """Whether the part is counted."""
        return self.part in _NUMBERED


def form(pattern: str) -> re.Pattern[str]:
    """A way to say a time, which begins with a word, whatever its capitals."""
    return re.compile(rf"(?<!\w){pattern}", re.IGNORECASE)


def span_text(days: Days) -> str:
    """The text of days: a day or a month where they are one.

    A year has the form of a span, which no number looks like.

    >>> [span_text(Days(date(2026, 2, 1), end)) for end in (date(2026, 3, 1), date(2026, 2, 2))]
    ['2026-02', '2026-02-01']
    >>> span_text(Days(date(2026, 11, 23), date(2026, 11, 30)))
    '2026-11-23/2026-11-30'
    """
    first, end = days.first, days.end
    if shifted(first, Unit.DAY, 1) == end:
        return first.isoformat()
    if first.day == 1 and shifted(first, Unit.MONTH, 1) == end:
        return f"{first.year:04}-{first.month:02}"
    return f"{first.isoformat()}/{end.isoformat()}"


def moments_text(first: datetime, end: datetime) -> str:
    """The text of the time between two moments, to the minute."""
    return f"{first.isoformat(timespec='minutes')}/{end.isoformat(timespec='minutes')}"


def birth_text(calendar: Calendar, youngest: int | None, eldest: int | None, *, whole: bool = True) -> str:
    """The text of the days on which those of an age were born.

    They have had their birthday `youngest` and not yet the one after `eldest`; for not `whole` years they are
    older than `youngest`, and younger than `eldest`.

    >>> birth_text(Calendar(datetime(2026, 11, 30)), 30, 30)
    'born 1995-12-01/1996-12-01'
    >>> birth_text(Calendar(datetime(2026, 11, 30)), 30, None, whole=False)
    'born ../1996-11-30'
    """
    first, end = _OPEN, _OPEN
    if eldest is not None:
        day = shifted(calendar.today, Unit.YEAR, -eldest - whole)
        first = (day + timedelta(days=1)).isoformat()
    if youngest is not None:
        day = shifted(calendar.today, Unit.YEAR, -youngest)
        end = (day + timedelta(days=int(whole))).isoformat()
    return f"{BORN}{first}/{end}"


def parse_span(text: str) -> Span | None:
    """The span of time that a text means as a whole; None for any other text."""
    match = _SPAN.fullmatch(text)
    if match is None:
        return None
    try:
        first, end = (_moment(part) for part in match.group(2, 3))
    except ValueError:
        return None
    return Span(first, end, bool(match[1]))


def _moment(text: str) -> date | None:
    if text == _OPEN:
        return None
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def parse_recurring(text: str) -> Recurring | None:
    """What comes again that a text means as a whole; None for any other text."""
    if (several := _SEVERAL_DAYS.fullmatch(text)) is not None:
        days = tuple(several[1].split(","))
        return Recurring(Recurrence.WEEKDAY, days[0], days[-1], days)
    if (clocks := _CLOCKS.fullmatch(text)) is not None:
        return _of_day(clocks[1], clocks[2])
    for part, form in _FORMS.items():
        if (match := form.fullmatch(text)) is not None:
            low, high = match[1], match[match.lastindex or 1]
            is_number = part in _NUMBERED
            return Recurring(part, str(int(low)), str(int(high))) if is_number else Recurring(part, low, high)
    return None


def _of_day(first: str, end: str) -> Recurring:
    """The hours, or minutes, from a time of day until before another."""
    if ":" not in first and ":" not in end:
        return Recurring(Recurrence.HOUR, str(int(first)), str((int(end) - 1) % 24))
    minute = (_minute(end) - 1) % _MINUTES
    low = f"{_minute(first) // 60:02}:{_minute(first) % 60:02}"
    return Recurring(Recurrence.MINUTE, low, f"{minute // 60:02}:{minute % 60:02}")


def _minute(clock: str) -> int:
    hour, _, minute = clock.partition(":")
    return 60 * int(hour) + int(minute or 0)


def clocks_text(first: str, end: str) -> str:
    """The text of the time from one time of day until before another, of the texts of both.

    >>> clocks_text("T22", "T06:30")
    'T22/T06:30'
    """
    return f"{first}/{end}"


def weekdays_text(days: Iterable[int]) -> str:
    """The text of some weekdays, 1 for Monday: as a range where they follow each other.

    >>> [weekdays_text(days) for days in ((6, 7), (5, 1, 3), (7, 1))]
    ['-W-6/7', '-W-1,3,5', '-W-7/1']
    """
    known = sorted(set(days))
    if len(known) == 1:
        return f"-W-{known[0]}"
    for first in known:
        following = [(first - 1 + step) % 7 + 1 for step in range(len(known))]
        if sorted(following) == known:
            return f"-W-{first}/{following[-1]}"
    return f"-W-{','.join(map(str, known))}"


def is_time(text: str) -> bool:
    """Whether a text means a time in a form that no cell has."""
    return parse_span(text) is not None or parse_recurring(text) is not None


def in_words(text: str) -> str:
    """A time as people say it; other texts as they are.

    >>> [in_words(text) for text in ("--10", "--05-17", "-W-7", "T15", "-Q4", "2026-11-23/2026-11-30")]
    ['October', '17 May', 'Sunday', '15:00', 'Q4', '2026-11-23 to 2026-11-29']
    """
    if (span := parse_span(text)) is not None:
        return _span_in_words(span)
    recurring = parse_recurring(text)
    return text if recurring is None else _recurring_in_words(recurring)


def _span_in_words(span: Span) -> str:
    if _is_year(span.first, span.end):
        return _shown(span.first)[:4]
    last = span.end - timedelta(days=1) if span.end and not isinstance(span.end, datetime) else span.end
    first, end = (_shown(day) for day in (span.first, last))
    if span.first is None:
        return f"up to {end}"
    return f"{first} to {end}" if span.end is not None else f"{first} or later"


def _is_year(first: date | None, end: date | None) -> bool:
    if first is None or end is None or isinstance(first, datetime):
        return False
    return (first.month, first.day) == (1, 1) and shifted(first, Unit.YEAR, 1) == end


def _shown(day: date | None) -> str:
    if isinstance(day, datetime):
        return day.isoformat(sep=" ", timespec="minutes")
    return day.isoformat() if day is not None else ""


def _recurring_in_words(recurring: Recurring) -> str:
    low, high = recurring.low, recurring.high
    if recurring.among:
        *before, last = (WEEKDAYS[int(day) - 1].capitalize() for day in recurring.among)
        return f"{', '.join(before)} or {last}"
    if recurring.part in (Recurrence.HOUR, Recurrence.MINUTE) and low != high:
        end = (_minute(high) + (60 if recurring.part == Recurrence.HOUR else 1)) % _MINUTES
        return f"{_recurring_in_words(replace(recurring, high=low))} to {end // 60:02}:{end % 60:02}"
    days = [
        WEEKDAYS[int(day) - 1].capitalize() for day in (low, high) if recurring.part == Recurrence.WEEKDAY
    ]
    words = {
        Recurrence.QUARTER: f"Q{low}",
        Recurrence.HALF: f"the {'first' if low == '1' else 'second'} half of the year",
        Recurrence.WEEK: f"week {low}",
        Recurrence.WEEKDAY: " to ".join(dict.fromkeys(days)),
        Recurrence.HOUR: f"{low:0>2}:00",
        Recurrence.MINUTE: low,
    }
    return words.get(recurring.part) or _day_in_words(low)


def _day_in_words(text: str) -> str:
    """A month, or a day of one."""
    month, _, day = text.partition("-")
    name = MONTHS[int(month) - 1].capitalize()
    return f"{int(day)} {name}" if day else name
