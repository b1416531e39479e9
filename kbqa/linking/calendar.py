"""The calendar that questions are asked by: what time it is, and where weeks and fiscal years begin."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.utils import timezone

_MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12, "fiscal year": 12}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Unit(StrEnum):
    """A length of time that people name."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"
    FISCAL_YEAR = "fiscal year"


@dataclass(frozen=True)
class Days:
    """The days from `first` until before `end`."""

    first: date
    end: date


@dataclass(frozen=True)
class Calendar:
    """A moment at which a question is asked.

    `now` is a time of the zone that is asked in, without naming it; `first_weekday` is 0 for Monday;
    `fiscal_month` is the month that fiscal years begin with, which are called after the year they end in.
    """

    now: datetime
    first_weekday: int = 0
    fiscal_month: int = 1

    @property
    def today(self) -> date:
        """The day of asking."""
        return self.now.date()

    def current(self, unit: Unit, offset: int = 0) -> Days:
        """The day, week, month … of asking, or one so many later.

        >>> Calendar(datetime(2026, 11, 30)).current(Unit.QUARTER, -1)
        Days(first=datetime.date(2026, 7, 1), end=datetime.date(2026, 10, 1))
        """
        first = shifted(self._beginning(unit), unit, offset)
        return Days(first, shifted(first, unit, 1))

    def _beginning(self, unit: Unit) -> date:
        today = self.today
        if unit == Unit.DAY:
            return today
        if unit == Unit.WEEK:
            return today - timedelta(days=(today.weekday() - self.first_weekday) % 7)
        if unit == Unit.FISCAL_YEAR:
            has_begun = self.fiscal_month > 1 and today.month >= self.fiscal_month
            return self.fiscal_year(today.year + has_begun).first
        months = _MONTHS[unit]
        return today.replace(month=(today.month - 1) // months * months + 1, day=1)

    def fiscal_year(self, year: int) -> Days:
        """The fiscal year that ends in a year."""
        first = date(year - (self.fiscal_month > 1), self.fiscal_month, 1)
        return Days(first, shifted(first, Unit.YEAR, 1))

    def latest_weekday(self, weekday: int) -> date:
        """The last day of a weekday (0 for Monday) that is not after today."""
        return self.today - timedelta(days=(self.today.weekday() - weekday) % 7)

    def latest_month(self, month: int) -> date:
        """The first day of the last month of a number that has begun."""
        return date(self.today.year - (month > self.today.month), month, 1)


def shifted(day: date, unit: Unit, number: int) -> date:
    """The day so many units later; the last of its month where that month is shorter.

    >>> shifted(date(2024, 2, 29), Unit.YEAR, -1)
    datetime.date(2023, 2, 28)
    """
    if unit in (Unit.DAY, Unit.WEEK):
        return day + timedelta(days=number * (7 if unit == Unit.WEEK else 1))
    months = day.year * 12 + day.month - 1 + number * _MONTHS[unit]
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def current_calendar() -> Calendar:
    """The calendar of the settings, now or at the time that they fix."""
    now = (
        datetime.fromisoformat(settings.CLOCK)
        if settings.CLOCK
        else timezone.localtime().replace(tzinfo=None)
    )
    return Calendar(now, WEEKDAYS.index(settings.WEEK_BEGINS), settings.FISCAL_YEAR_BEGINS)
