"""Ages that a question says, as the days on which people of that age were born."""

import re
from collections.abc import Callable, Iterator

from kbqa.linking.calendar import Calendar
from kbqa.linking.numbers import numbers_of
from kbqa.linking.time_values import birth_text
from kbqa.linking.words import Span, words_of

_AGE = r"(?P<age>\d{1,3}|[a-z]+(?:-[a-z]+)?)"
_YEARS = r"(?:[ -]years?(?:[ -]olds?| of age)?)"
_ENDS = r"(?= ?(?:$|[?.,!;:)]|and\b|or\b|in\b|from\b|who\b|that\b|with\b|years?\b))"
_UNIT = r"(?! (?:hours?|days?|weeks?|months?))"
_Days = Callable[[Calendar, int, int], str]


def _older(calendar: Calendar, age: int, _: int) -> str:
    return birth_text(calendar, age, None, whole=False)


def _younger(calendar: Calendar, age: int, _: int) -> str:
    return birth_text(calendar, None, age, whole=False)


def _at_least(calendar: Calendar, age: int, _: int) -> str:
    return birth_text(calendar, age, None)


def _at_most(calendar: Calendar, age: int, _: int) -> str:
    return birth_text(calendar, None, age)


def _from_to(calendar: Calendar, age: int, other: int) -> str:
    return birth_text(calendar, min(age, other), max(age, other))


def _decade(calendar: Calendar, age: int, _: int) -> str:
    return birth_text(calendar, age, age + 9)


_FORMS: tuple[tuple[re.Pattern[str], _Days], ...] = tuple(
    (re.compile(rf"(?<!\w){pattern}", re.IGNORECASE), days)
    for pattern, days in (
        (rf"(?:aged? |ages? )?(?:between|from) {_AGE} (?:and|to) (?P<other>\d{{1,3}}){_YEARS}", _from_to),
        (rf"(?:aged|ages?) (?:between |from )?{_AGE}(?: and | to |-|–)(?P<other>\d{{1,3}})\b", _from_to),
        (rf"{_AGE}{_YEARS}? (?:or|and) (?:older|over|above|up)\b", _at_least),
        (rf"{_AGE}{_YEARS}? (?:or|and) (?:younger|under|below)\b", _at_most),
        (rf"(?:not?|never) older than {_AGE}\b{_UNIT}", _at_most),
        (rf"(?:not?|never) younger than {_AGE}\b{_UNIT}", _at_least),
        (rf"older than (?:the age of )?{_AGE}\b{_UNIT}", _older),
        (rf"younger than (?:the age of )?{_AGE}\b{_UNIT}", _younger),
        (rf"(?:over|above|more than|past) (?:the age of {_AGE}|(?P<said>[\w-]+){_YEARS})", _older),
        (rf"(?:under|below|less than) (?:the age of {_AGE}|(?P<said>[\w-]+){_YEARS})", _younger),
        (rf"at least (?:the age of {_AGE}|(?P<said>[\w-]+){_YEARS})", _at_least),
        (rf"at most (?:the age of {_AGE}|(?P<said>[\w-]+){_YEARS})", _at_most),
        (rf"(?:over|above) {_AGE}{_ENDS}", _older),
        (rf"(?:under|below) {_AGE}{_ENDS}", _younger),
        (r"(?:in|into) their (?:early |mid |late )?(?P<age>[1-9]0)s\b", _decade),
        (rf"(?:aged|age) {_AGE}\b", _from_to),
        (rf"{_AGE}[ -]years?[ -]olds?\b", _from_to),
    )
)
"""How ages are said, each form before those that say less."""


def ages_of(question: str, calendar: Calendar) -> dict[str, Span]:
    """Ages of a question with their spans, as texts of `birth_text`.

    >>> from datetime import datetime
    >>> ages_of("members older than 30", Calendar(datetime(2026, 11, 30)))
    {'born ../1996-11-30': (8, 21)}
    """
    return dict(_ages(question, calendar))


def _ages(question: str, calendar: Calendar) -> Iterator[tuple[str, Span]]:
    taken = list[Span]()
    for pattern, days in _FORMS:
        for match in pattern.finditer(question):
            start, end = match.span()
            said = match.groupdict()
            age = _years(said.get("age") or said.get("said") or "")
            other = _years(said.get("other") or "") or age
            if age is None or other is None or any(first < end and start < last for first, last in taken):
                continue
            taken.append((start, end))
            yield days(calendar, age, other), (start, end)


def _years(said: str) -> int | None:
    """A number of years that somebody may have lived, in digits or words."""
    number = next(iter(numbers_of(said, words_of(said))), "")
    return int(number) if number.isdecimal() and 0 < int(number) <= 130 else None
