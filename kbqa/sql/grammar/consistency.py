"""What no question means: conditions that say nothing or never hold, and words of it that mean two things."""

from collections.abc import Iterable, Iterator

from kbqa.linking.words import Span, overlap
from kbqa.sql.grammar.actions import NumberPointer, ValuePointer
from kbqa.sql.grammar.fitting import conditions_beside
from kbqa.sql.grammar.prefix import Clause, Prefix
from kbqa.sql.query import EQUALITIES, MEMBERSHIP, ORDERED, Aggregate, Comparison, Condition, Item, Query

_FROM_BELOW = (Comparison.GREATER, Comparison.AT_LEAST, Comparison.BETWEEN)
_FROM_ABOVE = (Comparison.LESS, Comparison.AT_MOST, Comparison.BETWEEN)
_BEYOND = {
    Aggregate.MAX: (Comparison.GREATER, Comparison.AT_MOST),
    Aggregate.MIN: (Comparison.LESS, Comparison.AT_LEAST),
}
"""Comparisons with the extreme of all values that none of them, or each of them, meets."""


def bounds_left(state: Prefix) -> tuple[Comparison, ...]:
    """The orderings that an item can still be compared by: from below once, and from above once."""
    bounds = [condition.comparison for condition in _all_beside(state) if condition.item == state.item]
    closed = {
        comparison
        for side in (_FROM_BELOW, _FROM_ABOVE)
        if any(bound in side for bound in bounds)
        for comparison in side
    }
    return tuple(comparison for comparison in ORDERED if comparison not in closed)


def unspoken_for(
    state: Prefix, actions: Iterable[ValuePointer | NumberPointer]
) -> Iterator[ValuePointer | NumberPointer]:
    """The values whose words no other condition that holds together with this one has as its value."""
    taken = {span for condition in _all_beside(state) for span in _spans(state, condition)}
    for action in actions:
        if action.span is None or not any(overlap(action.span, span) for span in taken):
            yield action


def shows_something(state: Prefix) -> bool:
    """Whether a query shows anything that its own conditions do not say already."""
    query = state.query
    if state.nested or state.left is not None or any(condition.follows_or for condition in query.where):
        return True
    said = {
        condition.item
        for condition in query.where
        if condition.comparison == Comparison.EQUAL and len(condition.values) == 1
    }
    return not query.items or not set(query.items) <= said


def has_one_value(state: Prefix) -> bool:
    """Whether a query that one value is compared with may end: it has one, or is of something named.

    A value is not compared with the extreme of all the values that it is one of, either.
    """
    if not state.nested or state.outer[-1].comparison in MEMBERSHIP:
        return True
    query = state.query
    aggregated = all(item.term.aggregate is not None for item in query.items) and not query.group
    named = any(condition.comparison in EQUALITIES for condition in query.where)
    return (aggregated or query.limit == 1 or named) and not _is_vacuous(state.outer[-1], query)


def _is_vacuous(outer: Prefix, query: Query) -> bool:
    """Whether each row, or none, meets a comparison with the extreme of the same column of all rows."""
    term = query.items[0].term if query.items else None
    if term is None or term.aggregate is None or query.where or query.with_tables:
        return False
    plain = outer.item == Item(type(term)(term.operand))
    return plain and outer.comparison in _BEYOND.get(term.aggregate, ())


def _all_beside(state: Prefix) -> list[Condition]:
    """The conditions that hold together with the open one, those of the rows that a share is of, too."""
    beside = conditions_beside(state)
    return [*beside, *state.query.where] if state.clause == Clause.WHICH else beside


def _spans(state: Prefix, condition: Condition) -> Iterator[Span]:
    """The words of the question that a condition's values are; none where it says them in several places."""
    linked, operand = state.linked, condition.item.term.operand
    for value in condition.values:
        cells = [cell.span for cell in linked.values if cell.key == (operand, value.text)]
        numbers = [number.span for number in linked.numbers if number.key == value.text]
        for start, end in (span for span in cells or numbers if span is not None):
            if linked.question.casefold().count(linked.question[start:end].casefold()) == 1:
                yield start, end
