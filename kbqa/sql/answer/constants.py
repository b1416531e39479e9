"""The constants of a question, which need be in no cell: numbers, times, measures, ages, quotations, names.

A constant that means something beside some columns only, such as an age beside days of birth, is one where
the schema has such columns.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from kbqa.linking.ages import ages_of
from kbqa.linking.calendar import Calendar
from kbqa.linking.dates import dates_of, parse_partial_date
from kbqa.linking.measures import measures_of, parse_measure
from kbqa.linking.numbers import numbers_of
from kbqa.linking.time_values import in_words, is_time
from kbqa.linking.times import times_of
from kbqa.linking.words import COMMON, Span, Word, quoted_of
from kbqa.sql.dates import counted, is_birth, is_of_days
from kbqa.sql.durations import DAY, converted_time
from kbqa.sql.grammar.actions import NumberFeatures, NumberPointer
from kbqa.sql.query import Part
from kbqa.sql.schema import Column, ColumnType, Schema
from kbqa.sql.units import number_beside

_MAX_NUMBERS, _MAX_QUOTED, _MAX_LITERALS, _MAX_NAMED = 12, 6, 3, 6
_DATE_LENGTH = len("2000-01-01")
_EACH_OF = re.compile(r"\b(?:each|every|any) (?:of )?$", re.IGNORECASE)
"""What stands before times whose parts are groups: each of the last three months."""
_NAME = re.compile(
    r"[A-Z][\w.&'’-]*(?:(?<!\w\w\w\w\.) (?:(?:of|and|the|de|la|van|von|&) )?[A-Z0-9][\w.&'’-]*)*"
    r"|(?<!\w)[A-Z0-9]*\d[A-Z][A-Z0-9]*(?!\w)"
)
_LITERAL = re.compile(
    r"\b(?:letters?|characters?|words?|phrase|string|substring|prefix|suffix) ['\"‘’“]?([\w.&-]{1,40})",
    re.IGNORECASE,
)
"""Texts that a name is asked to contain: `the letter M`, `the word love`."""
_OF_LETTERS = re.compile(r"\b(?:letter|character) ['\"‘’“]?$", re.IGNORECASE)
"""What stands before one that may be any, `the letter a`."""


def constants_of(
    question: str, words: Sequence[Word], exact: Iterable[Span], schema: Schema, calendar: Calendar
) -> list[NumberPointer]:
    """Constants of a question asked by a calendar; `exact` are spans of cells that explain names."""
    columns = [column for table in schema.tables for column in table.columns]
    dates = dates_of(question)
    numbers = list(_numbers(question, words, columns, calendar))[:_MAX_NUMBERS]
    quoted = _quoted(question)
    named = _named(question, explained=list(exact), dates=list(dates.values()))
    pointers: dict[str, NumberPointer] = {}
    for text, span in [*numbers, *quoted, *named[:_MAX_NAMED]]:
        features = NumberFeatures(quoted=float((text, span) in quoted))
        pointers.setdefault(text, NumberPointer(text, in_words(text), span, features))
    return list(pointers.values())


def parts_said_in_times(
    question: str, words: Sequence[Word], constants: Iterable[NumberPointer]
) -> frozenset[Part]:
    """The parts of dates whose words stand in times only, as in "last month": they are no groups."""
    times = [number.span for number in constants if number.span is not None and _is_time(number.key)]
    whole = [span for span in times if not _EACH_OF.search(question[: span[0]])]
    said = {
        part: [
            any(start <= word.start and word.end <= end for start, end in whole)
            for word in words
            if word.text.removesuffix("s") == part.lower().split()[0]
        ]
        for part in Part
    }
    return frozenset(part for part, within in said.items() if within and all(within))


def _is_time(text: str) -> bool:
    return is_time(text) or parse_partial_date(text[:_DATE_LENGTH]) is not None


def is_counted(text: str) -> bool:
    """Whether a constant is a number, a measure or a time, not a name."""
    is_number = text.removeprefix("-").replace(".", "", 1).isdecimal()
    return is_number or _is_time(text) or parse_measure(text) is not None


def _numbers(
    question: str, words: Sequence[Word], columns: Sequence[Column], calendar: Calendar
) -> Iterator[tuple[str, Span]]:
    """Times, the numbers that are no part of one, and what these numbers are as measures and ages."""
    times = _times(question, columns, calendar)
    yield from times.items()
    numbers = {
        text: span
        for text, span in numbers_of(question, words).items()
        if not any(start <= span[0] < end for start, end in times.values())
    }
    yield from numbers.items()
    has_durations = sum(map(is_of_days, columns)) > 1
    for measure, span in measures_of(question, numbers).items():
        plain = {text for text, (start, end) in numbers.items() if span[0] <= start and end <= span[1]}
        is_time = has_durations and converted_time(measure, DAY) not in (None, *plain)
        if is_time or {number_beside(measure, column) for column in columns} - {None} - plain:
            yield measure, span
    if any(map(is_birth, columns)):
        yield from ages_of(question, calendar).items()


def _times(question: str, columns: Sequence[Column], calendar: Calendar) -> Mapping[str, Span]:
    """Dates, and where a column has times or counts them, whatever else is a time."""
    has_dates = any(column.kind == ColumnType.DATE for column in columns)
    return {
        text: span
        for text, span in times_of(question, calendar).items()
        if not is_time(text) or has_dates or any(counted(text, column) for column in columns)
    }


def _quoted(question: str) -> list[tuple[str, Span]]:
    """Quotations, and texts that a name is asked to contain."""
    quoted = [(text.strip(" %"), span) for text, span in quoted_of(question)][:_MAX_QUOTED]
    literals = [(match.group(1).rstrip("."), match.span(1)) for match in _LITERAL.finditer(question)]
    new = [
        (text, span)
        for text, span in literals
        if text not in dict(quoted) and (text not in COMMON or _OF_LETTERS.search(question[: span[0]]))
    ]
    return [*quoted, *new[:_MAX_LITERALS]]


def _named(question: str, *, explained: Sequence[Span], dates: Sequence[Span]) -> list[tuple[str, Span]]:
    """Words written as a name, not at the question's beginning, that are neither a cell nor a date."""
    return [
        (match.group().rstrip(".'’"), match.span())
        for match in _NAME.finditer(question)
        if match.start() > 0
        and not any(start <= match.start() and match.end() <= end for start, end in explained)
        and not any(start < match.end() and match.start() < end for start, end in dates)
    ]
