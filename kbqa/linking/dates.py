"""Dates in questions: found in digits or in words, and what a year, a month or a day spans."""

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass

from kbqa.linking.words import Span

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ENDINGS = ("uary", "ruary", "ch", "il", "", "e", "y", "ust", "t?(?:ember)?", "ober", "ember", "ember")
_MONTH_NAMES = "|".join(f"{month}(?:{ending})?" for month, ending in zip(_MONTHS, _ENDINGS, strict=True))
MONTH = rf"(?P<month>{_MONTH_NAMES})\b\.?"
DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})\b"
_IN_WORDS = [
    re.compile(rf"\b{parts}", re.IGNORECASE)
    for parts in (
        rf"{MONTH} {DAY},? {_YEAR}",
        rf"{DAY}(?: of)? {MONTH},? {_YEAR}",
        rf"{MONTH},? {_YEAR}",
    )
]
_IN_DIGITS = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2})?)?|\d{1,2}/\d{1,2}/\d{2,4}")
_PARTIAL = re.compile(r"(?P<year>[12]\d{3})(?:-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>\d{2}))?)?")


@dataclass(frozen=True)
class PartialDate:
    """A year, a month or a day, as ISO 8601 writes them: 2019, 2019-04, 2019-04-01.

    The day is not checked: 2019-04-31 is one, too.
    """

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def first_day(self) -> str:
        """The day that it begins with, as ISO 8601.

        >>> PartialDate(2019).first_day, PartialDate(2019, 4).first_day
        ('2019-01-01', '2019-04-01')
        """
        return f"{self.year}-{self.month or 1:02}-{self.day or 1:02}"

    @property
    def last_day(self) -> str:
        """The day that it ends with, as ISO 8601.

        >>> PartialDate(2019).last_day, PartialDate(2020, 2).last_day
        ('2019-12-31', '2020-02-29')
        """
        month = self.month or 12
        return f"{self.year}-{month:02}-{self.day or monthrange(self.year, month)[1]:02}"


def parse_partial_date(text: str) -> PartialDate | None:
    """The year, month or day that a text is as a whole; None for any other text, also for a time of day.

    >>> parse_partial_date("2019-04"), parse_partial_date("2019-13")
    (PartialDate(year=2019, month=4, day=None), None)
    """
    match = _PARTIAL.fullmatch(text)
    if match is None:
        return None
    month, day = match["month"], match["day"]
    return PartialDate(int(match["year"]), int(month) if month else None, int(day) if day else None)


def dates_of(question: str) -> dict[str, Span]:
    """Dates of a question with their spans.

    Those in digits are as they are written, those in words as ISO 8601, to the day or the month.

    >>> dates_of("after 7th September, 1987 or in May 2008")
    {'1987-09-07': (6, 25), '2008-05': (32, 40)}
    """
    dates = {match.group(): match.span() for match in _IN_DIGITS.finditer(question)}
    for pattern in _IN_WORDS:
        for match in pattern.finditer(question):
            if not any(start < match.end() and match.start() < end for start, end in dates.values()):
                dates[_iso(match.groupdict())] = match.span()
    return dates


def month_of(name: str) -> int:
    """The number of a month by its name, which may be short."""
    return _MONTHS.index(name[:3].lower()) + 1


def _iso(parts: Mapping[str, str]) -> str:
    day = f"-{int(parts['day']):02}" if "day" in parts else ""
    return f"{parts['year']}-{month_of(parts['month']):02}{day}"
