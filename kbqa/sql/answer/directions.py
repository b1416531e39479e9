"""Which side of a time is meant, as the question words it: since and until have it within, before has not.

The network points at a time and chooses a comparison; the words around the time know better.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from kbqa.linking.time_values import is_time
from kbqa.linking.words import Span, fold
from kbqa.sql.answer.coded_values import NEGATIONS
from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.query import ORDERED, Comparison, Condition, Operand, Query, SetOperation
from kbqa.sql.schema import Column, ColumnRef, ColumnType

_OF = r"(?:(?:the )?(?:end|beginning|start) of )?(?:the )?(?:(?:years?|months?|week) )?(?:of )?"
_BEFORE: tuple[tuple[re.Pattern[str], Comparison], ...] = tuple(
    (re.compile(rf"(?<!\w)(?:{words}) {_OF}$", re.IGNORECASE), comparison)
    for words, comparison in (
        (
            r"(?:not|no) (?:earlier than|before)|(?:on|at|in) or after|since|as of|(?:starting|beginning)"
            r"(?: from| on| in| at)?",
            Comparison.AT_LEAST,
        ),
        (
            r"(?:not|no) (?:later than|after)|(?:on|at|in) or before|until|till|up to|through|by",
            Comparison.AT_MOST,
        ),
        ("before|prior to|earlier than|older than", Comparison.LESS),
        ("after|later than|following|newer than", Comparison.GREATER),
    )
)
"""Words before a time, and how it is compared then; the first that fits."""
_DISTANCES: tuple[tuple[re.Pattern[str], Comparison], ...] = tuple(
    (re.compile(rf"(?<!\w)(?:{words}) $", re.IGNORECASE), comparison)
    for words, comparison in (
        ("at least", Comparison.AT_MOST),
        ("more than|longer than|earlier than|over", Comparison.LESS),
        ("at most|within", Comparison.AT_LEAST),
        ("less than|fewer than|later than", Comparison.GREATER),
    )
)
"""Words before `three days ago`, which turn round: more than three days ago is before that day."""
_ENDS = r"(?= ?(?:$|[?.,;]))"
_BEHIND: tuple[tuple[re.Pattern[str], Comparison], ...] = tuple(
    (re.compile(words, re.IGNORECASE), comparison)
    for words, comparison in (
        (rf" (?:(?:or|and) (?:later|newer|(?:after|since){_ENDS})|onwards?)\b", Comparison.AT_LEAST),
        (rf" (?:or|and) (?:earlier|older|before{_ENDS})\b", Comparison.AT_MOST),
    )
)
"""Words behind a time."""
_FROM, _ON = re.compile(rf"(?<!\w)from {_OF}$", re.IGNORECASE), re.compile(r" on\b(?! \w)", re.IGNORECASE)
_AGO = re.compile(r"\bago$", re.IGNORECASE)
_RELATIVE = re.compile(
    r"\b(?:today|yesterday|tomorrow|(?:this|current|last|past|previous|next) \w+|so far|to date)\b",
    re.IGNORECASE,
)
_WITHIN = {Comparison.GREATER: Comparison.AT_LEAST, Comparison.LESS: Comparison.AT_MOST}
"""Comparisons of years that are numbers, where the year itself is meant, too."""
_SINGLE = (Comparison.EQUAL, *(comparison for comparison in ORDERED if comparison != Comparison.BETWEEN))
_YEAR = re.compile(r"[12]\d{3}")


def directed(query: Query, question: str, linked: LinkedQuestion) -> Query:
    """A query that compares times as the words around them say, and is not negated twice."""
    spans = {number.key: number.span for number in linked.numbers if number.span is not None}
    negated = set(_negated(question, linked))

    def turned(condition: Condition) -> Condition:
        if condition.query is not None:
            return replace(condition, query=directed(condition.query, question, linked))
        return _turned(_negated_once(condition, negated), question, linked, spans)

    once = _excepted_once(query, negated)
    return replace(
        once,
        where=tuple(map(turned, once.where)),
        having=tuple(map(turned, once.having)),
        right=None if once.right is None else directed(once.right, question, linked),
    )


def _excepted_once(query: Query, negated: set[tuple[Operand, str]]) -> Query:
    """A query that has what is not set as its condition, in place of one without what is not set."""
    if query.operation != SetOperation.EXCEPT or query.right is None or len(query.right.where) != 1:
        return query
    (condition,) = query.right.where
    values = {(condition.item.term.operand, value.text) for value in condition.values}
    if condition.comparison != Comparison.EQUAL or not values or not values <= negated:
        return query
    return replace(query, where=(*query.where, condition), operation=None, right=None)


def _negated(question: str, linked: LinkedQuestion) -> Iterator[tuple[Operand, str]]:
    """Flags that are not set by a negation of the question, which says nothing else."""
    for value in linked.values:
        if value.span is not None and value.features.exact:
            first, *others = fold(question[slice(*value.span)]).split()
            if others and first in NEGATIONS:
                yield value.key


def _negated_once(condition: Condition, negated: set[tuple[Operand, str]]) -> Condition:
    """A condition without a second negation: "not set" is said by the value already."""
    is_twice = condition.comparison == Comparison.UNEQUAL and len(condition.values) == 1
    if is_twice and (condition.item.term.operand, condition.values[0].text) in negated:
        return replace(condition, comparison=Comparison.EQUAL)
    return condition


def _turned(
    condition: Condition, question: str, linked: LinkedQuestion, spans: Mapping[str, Span]
) -> Condition:
    operand, comparison = condition.item.term.operand, condition.comparison
    is_single = len(condition.values) == 1 and comparison in _SINGLE and condition.item.operator is None
    span = spans.get(condition.values[0].text) if is_single else None
    if span is None or not isinstance(operand, ColumnRef):
        return condition
    column, text = linked.schema.column(operand), condition.values[0].text
    side = direction(question, span)
    if column.kind == ColumnType.DATE or is_time(text):
        return replace(condition, comparison=_of_time(comparison, side, question[slice(*span)], text))
    if side is not None and _is_year(text, column) and side == _WITHIN.get(comparison):
        return replace(condition, comparison=side)
    return condition


def _of_time(comparison: Comparison, side: Comparison | None, said: str, text: str) -> Comparison:
    """The comparison with a time: on the side that is said; where none is, a time from now on is within."""
    if side is not None:
        return side
    return Comparison.EQUAL if is_time(text) or _RELATIVE.search(said) else comparison


def _is_year(text: str, column: Column) -> bool:
    return column.kind == ColumnType.NUMBER and bool(_YEAR.fullmatch(text))


def direction(question: str, span: Span) -> Comparison | None:
    """The comparison that is said around a time; None where nothing says one.

    >>> direction("orders since May 2024", (13, 21)), direction("orders in May 2024", (10, 18))
    (<Comparison.AT_LEAST: '>='>, None)
    """
    before, said, behind = question[: span[0]], question[slice(*span)], question[span[1] :]
    for form, comparison in _BEHIND:
        if form.match(behind):
            return comparison
    if _FROM.search(before) and _ON.match(behind):
        return Comparison.AT_LEAST
    for form, comparison in (*(_DISTANCES if _AGO.search(said) else ()), *_BEFORE):
        if form.search(before):
            return comparison
    return None
