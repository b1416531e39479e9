"""Durations that were counted from the later time to the earlier one, as their rows tell."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kbqa.sql.answer.reading import Reading
from kbqa.sql.durations import is_duration
from kbqa.sql.query import Aggregate, AllOf, Expression, Item, Query, Term
from kbqa.sql.schema import Schema

_SIGNED = re.compile(r"\b(?:delay(?:ed|s)?|late(?:ness)?|early|overdue)\b", re.IGNORECASE)
"""Words of what may be less than nothing: who comes too early has no delay."""
_TURNED = {Aggregate.MIN: Aggregate.MAX, Aggregate.MAX: Aggregate.MIN}


def turned(reading: Reading, question: str, schema: Schema) -> Query | None:
    """The query of a reading the other way round, where all that it found of a duration is less than nothing.

    None where there is nothing to turn: nobody asks how long something takes to end before it begins.
    """
    query, result = reading.written, reading.result
    if query is None or result is None or query.operation is not None or _SIGNED.search(question):
        return None
    if any(isinstance(item.term.operand, AllOf) and item.term.aggregate is None for item in query.items):
        return None
    columns: Sequence[Sequence[Any]] = list(zip(*result.rows, strict=True)) or [()] * len(query.items)
    backwards = {
        item.term
        for item, values in zip(query.items, columns, strict=False)
        if item.operator is None and is_duration(item.term, schema) and _are_negative(values)
    }

    def forwards(item: Item) -> Item:
        return replace(item, term=_other_way(item.term)) if item.term in backwards else item

    if not backwards:
        return None
    order = tuple(replace(each, item=forwards(each.item)) for each in query.order)
    return replace(query, items=tuple(map(forwards, query.items)), order=order)


def _are_negative(values: Sequence[Any]) -> bool:
    numbers = [value for value in values if value is not None]
    return bool(numbers) and all(number <= 0 for number in numbers) and any(number < 0 for number in numbers)


def _other_way(term: Term) -> Term:
    computed = term.operand
    assert isinstance(computed, Expression)
    aggregate = term.aggregate and _TURNED.get(term.aggregate, term.aggregate)
    operand = replace(computed, left=computed.right, right=computed.left)
    return replace(term, operand=operand, aggregate=aggregate)
