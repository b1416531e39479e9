"""Comparisons of columns with times: years, months, spans of days, and what comes again each year or week."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlglot import exp

from kbqa.linking.time_values import Recurrence, Recurring
from kbqa.sql.date_parts import date_part
from kbqa.sql.dates import DATES_ARE_TEXTS, Period, Time, counted, time_of
from kbqa.sql.query import Comparison
from kbqa.sql.schema import Column
from kbqa.sql.stored_times import as_date, bound

ORDERINGS: dict[Comparison, type[exp.Binary]] = {
    Comparison.EQUAL: exp.EQ,
    Comparison.UNEQUAL: exp.NEQ,
    Comparison.LESS: exp.LT,
    Comparison.GREATER: exp.GT,
    Comparison.AT_MOST: exp.LTE,
    Comparison.AT_LEAST: exp.GTE,
}
_FROM_ENDS: dict[Comparison, tuple[type[exp.Binary], bool]] = {
    Comparison.LESS: (exp.LT, False),
    Comparison.AT_LEAST: (exp.GTE, False),
    Comparison.GREATER: (exp.GTE, True),
    Comparison.AT_MOST: (exp.LT, True),
}
"""A comparison with a longer time as one with its first day, or with the day after its last (True)."""
_OF_MOMENTS = {Comparison.GREATER: Comparison.AT_LEAST, Comparison.AT_MOST: Comparison.LESS}
"""Comparisons with times of day, which last no time: after three is from three on."""
Count = tuple[exp.Expr, exp.Expr]
"""The least and the greatest value of a part of time."""
_TIMES_OF_DAY = (Recurrence.HOUR, Recurrence.MINUTE)


def times_of(texts: Sequence[str], column: Column) -> list[Time]:
    """The times that texts mean beside a column; none unless all of them mean one, and some a longer one."""
    times = [time_of(text, column) for text in texts]
    if not any(times):
        return []
    known = [time or time_of(text, column, days=True) for text, time in zip(texts, times, strict=True)]
    there = [time for time in known if time is not None]
    return there if len(there) == len(known) else []


def compared_with_times(
    left: exp.Expr, comparison: Comparison, times: Sequence[Time], column: Column, dialect: str
) -> exp.Expr:
    """A comparison with times: by their first days and the days after their last, by parts, or as texts.

    A column that keeps times as numbers is compared with numbers, which an index serves.
    """
    compared = _Compared(left, column, dialect)
    beginnings = [time.text for time in times if isinstance(time, Period) and time.begins]
    lengths = {len(text) for text in beginnings}
    are_beginnings = len(beginnings) == len(times) and len(lengths) == 1
    if dialect in DATES_ARE_TEXTS and are_beginnings and column.stored is None:
        return _beginning(left, comparison, beginnings)
    if comparison == Comparison.BETWEEN:
        ends = (Comparison.AT_LEAST, Comparison.AT_MOST)
        low, high = (_one(compared, end, time) for end, time in zip(ends, times, strict=True))
        return exp.paren(exp.or_(low, high) if _goes_round(times) else exp.and_(low, high))
    if comparison in _FROM_ENDS and len(times) == 1:
        return _one(compared, comparison, times[0])
    inside = [_one(compared, Comparison.EQUAL, time) for time in times]
    either = exp.paren(exp.or_(*inside) if len(inside) > 1 else inside[0])
    return exp.Not(this=either) if comparison in (Comparison.UNEQUAL, Comparison.LACKS) else either


def _goes_round(times: Sequence[Time]) -> bool:
    """Whether times that come again go over the end of a year, week or day: from November to February."""
    first, last = times[0], times[-1]
    if not isinstance(first, Recurring) or not isinstance(last, Recurring) or first.part != last.part:
        return False
    return int(first.low) > int(last.high) if first.is_number else first.low > last.high


@dataclass(frozen=True)
class _Compared:
    """A column's values as they are written in a dialect."""

    left: exp.Expr
    column: Column
    dialect: str

    def moment(self, day: date) -> exp.Expr:
        """A moment as the column has it."""
        is_stored = self.column.stored is not None
        return bound(day, self.column) if is_stored else exp.Literal.string(str(day))

    def dates(self) -> exp.Expr:
        """Its values as dates."""
        stored = self.column.stored
        return self.left if stored is None else as_date(self.left, stored, self.dialect)


def _one(compared: _Compared, comparison: Comparison, time: Time) -> exp.Expr:
    left = compared.left
    if isinstance(time, Recurring):
        return _again(compared, comparison, time)
    are_texts = compared.dialect in DATES_ARE_TEXTS and compared.column.stored is None
    if isinstance(time.first or time.end, datetime) and are_texts:
        left = exp.Anonymous(this="DATETIME", expressions=[left.copy()])
    if comparison in _FROM_ENDS and time.first is not None and time.end is not None:
        kind, at_end = _FROM_ENDS[comparison]
        return kind(this=left.copy(), expression=compared.moment(time.end if at_end else time.first))
    ends = [
        kind(this=left.copy(), expression=compared.moment(day))
        for kind, day in ((exp.GTE, time.first), (exp.LT, time.end))
        if day is not None
    ]
    return exp.and_(*ends)


def counts_of(texts: Sequence[str], column: Column) -> list[Count]:
    """The numbers that times are beside a column that counts them; none unless all of them are."""
    counts = [counted(text, column) for text in texts]
    there: list[Count] = [
        (exp.Literal.number(count[0]), exp.Literal.number(count[1])) for count in counts if count
    ]
    return there if len(there) == len(counts) else []


def compared_with_counts(left: exp.Expr, comparison: Comparison, counts: Sequence[Count]) -> exp.Expr:
    """A comparison of numbers that count a part of time."""
    if comparison == Comparison.BETWEEN:
        return exp.Between(this=left, low=counts[0][0], high=counts[1][1])
    if comparison in _FROM_ENDS and len(counts) == 1:
        return _ordered(left, comparison, *counts[0])
    inside = [_ordered(left.copy(), Comparison.EQUAL, *count) for count in counts]
    either = exp.paren(exp.or_(*inside))
    return exp.Not(this=either) if comparison in (Comparison.UNEQUAL, Comparison.LACKS) else either


def _again(compared: _Compared, comparison: Comparison, time: Recurring) -> exp.Expr:
    """A comparison with what comes again."""
    if time.part in _TIMES_OF_DAY:
        comparison = _OF_MOMENTS.get(comparison, comparison)
    part = date_part(compared.dates(), time.part, compared.dialect)
    if time.among and comparison == Comparison.EQUAL:
        return exp.In(this=part, expressions=list(map(exp.Literal.number, time.among)))
    if comparison == Comparison.EQUAL and _goes_round((time, time)):
        low, high = _values(time)
        return exp.paren(
            exp.or_(exp.GTE(this=part, expression=low), exp.LTE(this=part.copy(), expression=high))
        )
    return _ordered(part, comparison, *_values(time))


def _ordered(part: exp.Expr, comparison: Comparison, low: exp.Expr, high: exp.Expr) -> exp.Expr:
    """A comparison of a part of time with one value of it, or with those from one to another."""
    if comparison == Comparison.EQUAL and low != high:
        return exp.Between(this=part, low=low, high=high)
    is_after = comparison in (Comparison.GREATER, Comparison.AT_MOST)
    return ORDERINGS[comparison](this=part, expression=high if is_after else low)


def _values(time: Recurring) -> Count:
    """The least and the greatest value of a part; halves are told by their months."""
    if not time.is_number:
        return exp.Literal.string(time.low), exp.Literal.string(time.high)
    low, high = int(time.low), int(time.high)
    if time.part == Recurrence.HALF:
        low, high = 6 * low - 5, 6 * high
    return exp.Literal.number(low), exp.Literal.number(high)


def _beginning(left: exp.Expr, comparison: Comparison, beginnings: Sequence[str]) -> exp.Expr:
    """A comparison of the beginnings of dates that are texts, or of years that are numbers."""
    length = exp.Literal.number(len(beginnings[0]))
    start = exp.Substring(this=left, start=exp.Literal.number(1), length=length)
    texts = [exp.Literal.string(text) for text in beginnings]
    if comparison == Comparison.BETWEEN:
        return exp.Between(this=start, low=texts[0], high=texts[1])
    if len(texts) > 1:
        inside = exp.In(this=start, expressions=texts)
        return exp.Not(this=inside) if comparison == Comparison.UNEQUAL else inside
    return ORDERINGS[comparison](this=start, expression=texts[0])
