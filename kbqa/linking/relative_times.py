"""Times in questions that are told from the day of asking: yesterday, last month, the last seven days."""

import re
from datetime import timedelta

from kbqa.linking.calendar import WEEKDAYS, Calendar, Days, Unit, shifted
from kbqa.linking.numbers import numbers_of
from kbqa.linking.time_values import Form, form, moments_text, span_text
from kbqa.linking.words import words_of

_COUNT = r"(?P<number>a couple of|couple of|an?|\d{1,4}|[a-z]+(?:-[a-z]+)?)"
_UNITS = r"(?P<unit>hour|day|week|month|quarter|fiscal year|financial year|year)s?\b"
_ONE_UNIT = r"(?P<unit>day|week|weekend|month|quarter|(?:fiscal|financial) year|year)\b"
_WHOLE = r"(?P<unit>year|quarter|month|week|fiscal year)\b"
_WEEKDAY = rf"(?P<weekday>{'|'.join(WEEKDAYS)})"
_NOT_OF_SEVERAL = r"(?! (?:in which|that|when|where|of|on which|before|after)\b)"
"""What does not stand after "the last year" where this is the year before this one."""
_DISTANCE = r"(?:more|less|fewer|earlier|longer|later) than |at least |at most |over |within "
_SEVERAL = "last|past|previous|next|coming|following"
_WHICH = "this|current|last|previous|past|next|coming"
_WITHIN = "in|of|from|over|during|within|for|throughout"
_BEFORE_WEEKDAY = "since|after|starting|before|until|till|by|last|next|this"


def _relative_weekday(match: re.Match[str], calendar: Calendar) -> str:
    """One day: `since Monday`, `last Friday`."""
    weekday, said = WEEKDAYS.index(match["weekday"].lower()), match["before"].lower()
    latest = calendar.latest_weekday(weekday)
    if said == "last" and latest == calendar.today:
        latest -= timedelta(days=7)
    if said == "next":
        latest += timedelta(days=7)
    if said == "this":
        week = calendar.current(Unit.WEEK).first
        latest = week + timedelta(days=(weekday - week.weekday()) % 7)
    return latest.isoformat()


def _named_day(match: re.Match[str], calendar: Calendar) -> str:
    offset = {"yesterday": -1, "tomorrow": 1}.get(match["day"].lower().split()[-1], 0)
    return span_text(calendar.current(Unit.DAY, offset))


def _to_date(match: re.Match[str], calendar: Calendar) -> str:
    """From the beginning of this year, month … until today."""
    first = calendar.current(_unit(match["unit"] or "year")).first
    return span_text(Days(first, calendar.today + timedelta(days=1)))


def _this(match: re.Match[str], calendar: Calendar) -> str | None:
    said, unit = match["which"].lower(), match["unit"].lower()
    if match["the"] and not match["within"] and said in ("last", "next"):
        return None  # the last of several
    offset = -1 if said in ("last", "previous") else 0 if said in ("this", "current") else 1
    if unit == "weekend":
        return _weekend(calendar, offset)
    if said == "past" or (match["within"] and said == "last" and (match["the"] or "")):
        return _around(calendar, unit, -1)
    return span_text(calendar.current(_unit(unit), -1 if said == "past" else offset))


def _weekend(calendar: Calendar, offset: int) -> str:
    week = calendar.today - timedelta(days=calendar.today.weekday()) + timedelta(days=7 * offset)
    return span_text(Days(week + timedelta(days=5), week + timedelta(days=7)))


def _several(match: re.Match[str], calendar: Calendar) -> str:
    """The last seven days: with today, that many units; the next ones begin with today."""
    number = _counted(match["number"])
    is_future = match["which"].lower() in ("next", "coming", "following")
    return _around(calendar, match["unit"].lower(), number if is_future else -number)


def _around(calendar: Calendar, unit: str, number: int) -> str:
    if unit == "hour":
        other = calendar.now + timedelta(hours=number)
        return moments_text(min(other, calendar.now), max(other, calendar.now))
    tomorrow, unit_named = calendar.today + timedelta(days=1), _unit(unit)
    if number < 0:
        return span_text(Days(shifted(tomorrow, unit_named, number), tomorrow))
    return span_text(Days(calendar.today, shifted(calendar.today, unit_named, number)))


def _ago(match: re.Match[str], calendar: Calendar) -> str:
    """A day, or the week, month … so long ago; the day where something is more or less far away."""
    number, unit = _counted(match["number"]), match["unit"].lower()
    if unit == "hour":
        moment = calendar.now - timedelta(hours=number)
        return moments_text(moment, moment + timedelta(minutes=1))
    if match["exactly"]:
        return shifted(calendar.today, _unit(unit), -number).isoformat()
    return span_text(calendar.current(_unit(unit), -number))


def _end_of(match: re.Match[str], calendar: Calendar) -> str:
    """The first or the last day of this month, the next year …"""
    which = match["which"].lower().removeprefix("the ")
    days = calendar.current(_unit(match["unit"]), {"last": -1, "previous": -1, "next": 1}.get(which, 0))
    return (days.end - timedelta(days=1) if match["end"].lower() == "end" else days.first).isoformat()


def _fiscal_year(match: re.Match[str], calendar: Calendar) -> str:
    year = int(match["year"])
    return span_text(calendar.fiscal_year(year if year > 99 else 2000 + year))


def _counted(said: str) -> int:
    if said.lower() in ("a", "an", "one"):
        return 1
    if said.lower() in ("couple of", "a couple of"):
        return 2
    number = int(next(iter(numbers_of(said, words_of(said))), "0"))
    if not 0 < number < 10_000:
        raise ValueError(said)
    return number


def _unit(said: str) -> Unit:
    return Unit.FISCAL_YEAR if said.lower().endswith(" year") else Unit(said.lower())


RELATIVE: tuple[Form, ...] = (
    (form(r"(?:(?:fiscal|financial) year|FY) ?(?P<year>\d{4}|\d{2})\b"), _fiscal_year),
    (form(r"(?:(?P<unit>year|quarter|month|week)[ -]to[ -]date|ytd)\b"), _to_date),
    (
        form(
            r"(?:the )?(?P<end>start|beginning|end) of "
            r"(?P<which>the (?:current|previous|next)|the|this|last|next) "
            r"(?P<unit>week|month|quarter|(?:fiscal|financial) year|year)\b"
        ),
        _end_of,
    ),
    (form(rf"so far (?:in )?(?:this|the current) {_WHOLE}"), _to_date),
    (form(rf"this {_WHOLE} so far\b"), _to_date),
    (form(rf"(?P<exactly>{_DISTANCE})?(?P<said>{_COUNT} {_UNITS} ago)"), _ago),
    (form(rf"(?P<exactly>(?:older|newer) than )(?P<said>{_COUNT} {_UNITS}(?! old))"), _ago),
    (form(rf"(?:the )?(?P<which>{_SEVERAL}) {_COUNT} {_UNITS}{_NOT_OF_SEVERAL}"), _several),
    (
        form(
            rf"(?P<within>(?:{_WITHIN}) )?"
            rf"(?P<said>(?P<the>the )?(?P<which>{_WHICH}) {_ONE_UNIT}{_NOT_OF_SEVERAL})"
        ),
        _this,
    ),
    (form(r"(?P<day>today|yesterday|tomorrow)\b"), _named_day),
    (form(rf"(?P<before>{_BEFORE_WEEKDAY}) (?P<said>{_WEEKDAY})\b"), _relative_weekday),
)
"""How times are told from now on, each form before those that say less."""
