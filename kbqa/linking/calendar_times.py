"""Times by the calendar in questions: quarters, halves, weeks, months, weekdays, decades, times of day."""

import re
from datetime import date, timedelta

from kbqa.linking.calendar import WEEKDAYS, Calendar, Days, Unit, shifted
from kbqa.linking.dates import DAY, MONTH, month_of
from kbqa.linking.time_values import Form, clocks_text, form, span_text, weekdays_text

_ORDINALS = (("first", "1st"), ("second", "2nd"), ("third", "3rd"), ("fourth", "4th"))
_NUMBER_OF = {word: number for number, words in enumerate(_ORDINALS, start=1) for word in words}
_NTH = rf"(?P<nth>{'|'.join(_NUMBER_OF)})"
_NTH_OR_LAST = rf"(?P<nth>{'|'.join(_NUMBER_OF)}|last)"
_OF = r"(?:,? of|,? in)?,? "
_YEAR = r"(?P<year>\d{4}|(?:this|last|next|the current|the previous) year)\b"
_WEEKDAY = rf"(?P<weekday>{'|'.join(WEEKDAYS)})"
_BEFORE_MONTH = (
    "in|during|of|since|until|till|before|after|by|from|to|between|through|throughout|for|last|this|next|each|"
    "every|late|early|mid|and|or"
)
_BEFORE_WEEKDAY = "on|every|each|all|and|or|between|from|to|through"
_BEFORE_CLOCK = "at|after|before|since|until|till|by|from|to|between|and|past|around"
_HOURS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_OCLOCK = r"(?: o['’]clock)?"
_CLOCK = (
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))? ?(?P<half>am|pm|a\.m\.|p\.m\.)"
    rf"|(?P<told>\d{{1,2}}|{'|'.join(_HOURS)}){_OCLOCK} "
    r"(?P<of_day>in the (?:morning|afternoon|evening)|at night)"
    r"|(?P<hour24>\d{1,2}):(?P<minute24>\d{2})|(?P<oclock>\d{1,2}) o['’]clock|(?P<noon>noon|midday|midnight)"
)
_ANY_DAY = rf"(?:{'|'.join(WEEKDAYS)}|mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)"
_LAST_DAY = rf"(?P<last>{_ANY_DAY})s?\b"
_ONE_DAY = rf"(?:{'|'.join(WEEKDAYS)})s?"
_WEEKDAYS = rf"{_ONE_DAY}(?:, {_ONE_DAY})*,? (?:and|or) {_ONE_DAY}"
_BEFORE_WEEKDAYS = "on|for|during|every|each|all"
_NO_GROUP = "".join(
    rf"(?<!\b{word} )" for word in ("which", "what", "per", "by", "each", "every", "the", "many")
)
"""What does not stand before weekdays where these are days of work, not what is grouped by."""
_TENS = ("twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties")
_DECADES = {
    **{word: 10 * number for number, word in enumerate(_TENS, start=2)},
    **{f"{ten:02}s": ten for ten in range(0, 100, 10)},
}
_DECADE = rf"(?:1[5-9]|20)\d0s|(?<=the )(?:{'|'.join(_DECADES)})|(?<=['’])\d0s"


def _year(match: re.Match[str], calendar: Calendar) -> int:
    said = match["year"].lower()
    if said.isdecimal():
        return int(said)
    return calendar.today.year + (("last" in said or "previous" in said) * -1 or "next" in said)


def _quarter(match: re.Match[str], calendar: Calendar) -> str:
    number = _number(match, 4)
    if not match["year"]:
        return f"-Q{number}"
    first = date(_year(match, calendar), 3 * number - 2, 1)
    return span_text(Days(first, shifted(first, Unit.QUARTER, 1)))


def _half(match: re.Match[str], calendar: Calendar) -> str:
    number = _number(match, 2)
    if not match["year"] or match["year"].lower() == "the year":
        return f"-H{number}"
    first = date(_year(match, calendar), 6 * number - 5, 1)
    return span_text(Days(first, shifted(first, Unit.HALF, 1)))


def _number(match: re.Match[str], most: int) -> int:
    """The number of a quarter or half, in digits or as an ordinal."""
    if match["digit"]:
        return int(match["digit"])
    number = _NUMBER_OF.get(match["nth"].lower(), most)
    if number > most:
        raise ValueError(match["nth"])
    return number


def _decade(match: re.Match[str], calendar: Calendar) -> str:
    said = match["decade"].lower()
    if said[:-1].isdecimal() and len(said) == 5:
        first = int(said[:-1])
    else:
        first = 1900 + _DECADES[said]
        first += 100 if first + 100 <= calendar.today.year else 0
    return span_text(Days(date(first, 1, 1), date(first + 10, 1, 1)))


def _week(match: re.Match[str], calendar: Calendar) -> str:
    number = int(match["number"])
    if not 1 <= number <= 53:
        raise ValueError(number)
    if not match["year"]:
        return f"-W{number:02}"
    first = date.fromisocalendar(_year(match, calendar), number, 1)
    return span_text(Days(first, first + timedelta(days=7)))


def _month_of_year(match: re.Match[str], calendar: Calendar) -> str:
    return f"{_year(match, calendar)}-{month_of(match['month']):02}"


def _day_of_year(match: re.Match[str], calendar: Calendar) -> str | None:
    if match["month"] == "may":  # the verb
        return None
    month, day = month_of(match["month"]), int(match["day"])
    date(2024, month, day)
    return f"--{month:02}-{day:02}"


def _month(match: re.Match[str], calendar: Calendar) -> str | None:
    """A month of any year, or the last one where time goes on from it."""
    month, said = month_of(match["month"]), match["before"].lower()
    if match["month"] in ("may", "march") and said in ("and", "or", "to", "this", "that"):
        return None
    if said in ("since", "after", "last", "this"):
        first = calendar.latest_month(month)
        if said == "last" and first.month == calendar.today.month:
            first = shifted(first, Unit.YEAR, -1)
        return f"{first.year + (said == 'this') * (calendar.today.year - first.year)}-{month:02}"
    if said in ("before", "until", "till", "by"):
        return f"{calendar.today.year}-{month:02}"
    if said == "next":
        return f"{calendar.today.year + (month <= calendar.today.month)}-{month:02}"
    return f"--{month:02}"


def _weekday(match: re.Match[str], calendar: Calendar) -> str:
    return f"-W-{WEEKDAYS.index(match['weekday'].lower()) + 1}"


def _day_range(match: re.Match[str], calendar: Calendar) -> str:
    """Weekdays from one to another."""
    first, last = _number_of_day(match["first"]), _number_of_day(match["last"])
    return weekdays_text((first - 1 + step) % 7 + 1 for step in range((last - first) % 7 + 1))


def _weekdays(match: re.Match[str], calendar: Calendar) -> str | None:
    """Several weekdays; two days that are named without more are none of any week."""
    said = match["said"].lower()
    is_of_any = match["before"] or re.search(r"days\b", said)
    return weekdays_text(map(_number_of_day, re.findall(_ONE_DAY, said))) if is_of_any else None


def _number_of_day(name: str) -> int:
    return next(number for number, day in enumerate(WEEKDAYS, start=1) if day.startswith(name[:3].lower()))


def _clocks(match: re.Match[str], calendar: Calendar) -> str | None:
    """From one time of day until before another; what is said of the second is of a bare first one, too."""
    first, end = _CLOCK_ALONE.fullmatch(match["first"]), _CLOCK_ALONE.fullmatch(match["end"])
    if end is None:
        return None
    until = _clock(end, calendar)
    if first is not None:
        return clocks_text(_clock(first, calendar), until)
    if not match["first"].isdecimal() or not end["half"]:
        return None
    hour, last = int(match["first"]), int(until[1:3])
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    late = hour % 12 + 12
    return clocks_text(f"T{late if late < last else hour % 12:02}", until)


def _clock(match: re.Match[str], calendar: Calendar) -> str:
    if match["told"]:
        return f"T{_hour_told(match['told'].lower(), match['of_day'].lower()):02}"
    if match["noon"]:
        return "T00" if match["noon"].lower() == "midnight" else "T12"
    hour = int(match["hour"] or match["hour24"] or match["oclock"])
    if match["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + 12 * match["half"].lower().startswith("p")
    minute = match["minute"] or match["minute24"] or "00"
    if hour > 23 or int(minute) > 59:
        raise ValueError(hour)
    return f"T{hour:02}" if minute == "00" else f"T{hour:02}:{minute}"


def _hour_told(said: str, of_day: str) -> int:
    """The hour that is told with its part of the day: six in the evening."""
    hour = int(said) if said.isdecimal() else _HOURS.index(said) + 1
    if not 1 <= hour <= 12:
        raise ValueError(said)
    is_late = of_day.endswith(("afternoon", "evening")) or (of_day == "at night" and 6 <= hour < 12)
    return hour % 12 + 12 * is_late


_CLOCK_ALONE = re.compile(_CLOCK, re.IGNORECASE)
_SOME_CLOCK = re.sub(r"\(\?P<\w+>", "(?:", _CLOCK)
WITH_YEAR: tuple[Form, ...] = (
    (form(rf"(?:Q(?P<digit>[1-4])|{_NTH_OR_LAST} quarter){_OF}{_YEAR}"), _quarter),
    (form(r"(?P<year>\d{4})[ -]?Q(?P<digit>[1-4])(?P<nth>)\b"), _quarter),
    (form(rf"(?:H(?P<digit>[12])|{_NTH_OR_LAST} half){_OF}{_YEAR}"), _half),
    (form(rf"(?:calendar )?week (?P<number>\d{{1,2}}){_OF}{_YEAR}"), _week),
    (form(rf"{MONTH},? (?:of )?{_YEAR}"), _month_of_year),
)
"""Times with their year, each form before those that say less."""
WITHOUT_YEAR: tuple[Form, ...] = (
    (form(rf"{DAY}(?: of)? {MONTH}\b"), _day_of_year),
    (form(rf"{MONTH} (?:the )?{DAY}\b(?!:)"), _day_of_year),
    (form(rf"(?P<before>{_BEFORE_MONTH}) (?P<said>{MONTH})\b(?!['’]?\w)"), _month),
    (form(rf"(?:Q(?P<digit>[1-4])|{_NTH} quarter)\b(?: of the year)?(?P<year>)(?! \d)"), _quarter),
    (form(rf"(?:{_NTH} half of (?P<year>the year)|(?-i:H)(?P<digit>[12]))\b"), _half),
    (form(rf"(?:the )?(?P<decade>{_DECADE})\b"), _decade),
    (form(r"(?:calendar )?week (?P<number>\d{1,2})(?P<year>)\b"), _week),
    (
        form(rf"(?:from )?(?P<first>{_ANY_DAY})s?(?: (?:to|through|thru|until|till) | ?[-–] ?){_LAST_DAY}"),
        _day_range,
    ),
    (form(rf"between (?P<first>{_ANY_DAY})s? and {_LAST_DAY}"), _day_range),
    (form(rf"(?:(?P<before>{_BEFORE_WEEKDAYS}) )?(?P<said>{_WEEKDAYS})\b"), _weekdays),
    (form(rf"(?:{_BEFORE_WEEKDAY}) (?:an? )?(?P<said>{_WEEKDAY}s?)\b"), _weekday),
    (form(rf"{_WEEKDAY}s\b"), _weekday),
    (form(r"(?:on|at|during|over) (?:the |a )?weekends?\b"), lambda match, calendar: "-W-6/7"),
    (
        form(r"(?:on|during) (?:the |a )?(?:weekdays?|working days?|workdays?)\b"),
        lambda match, calendar: "-W-1/5",
    ),
    (form(rf"{_NO_GROUP}(?:weekdays|workdays)\b"), lambda match, calendar: "-W-1/5"),
    (
        form(
            rf"(?P<said>(?:at night,? )?(?:between|from) (?P<first>{_SOME_CLOCK}|\d{{1,2}}) "
            rf"(?:and|to|until|till) (?P<end>{_SOME_CLOCK}))(?!\w)"
        ),
        _clocks,
    ),
    (form(rf"(?:{_BEFORE_CLOCK}) (?P<said>{_CLOCK})(?!\w)"), _clock),
)
"""Times of any year, week or day, each form before those that say less."""
