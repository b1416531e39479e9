"""What every operator gives: the parts of a question, and what becomes of their readings."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from kbqa.linking.words import Span
from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.grammar.actions import ColumnPointer, TablePointer
from kbqa.sql.query import Aggregate, Item, Query

Compose = Callable[[Sequence[Query]], Iterator[Query]]
"""What makes readings of a whole question of one reading of each of its parts; none where they do not fit."""
VERBS = r"(?:change|grow|rise|increase|fall|drop|decrease|decline|shrink|develop|go (?:up|down))(?:s|d|ed|n)?"
NOUNS = r"(?:changes?|growth|rises?|increases?|falls?|drops?|decreases?|declines?|differences?|development)"
"""What says that a number becomes another."""
IN_PERCENT = re.compile(r"\b(?:percent(?:age)?|growth)\b|%", re.IGNORECASE)
"""What says that a change is meant in percent."""
_SPACES, _BEFORE_STOP = re.compile(r"\s+"), re.compile(r"\s+([?.,;])")


@dataclass(frozen=True)
class Whole:
    """A question as its parts, and how these are put together."""

    questions: tuple[str, ...]
    compose: Compose


def without(question: str, *spans: Span) -> str:
    """A question without what stands in some spans.

    >>> without("In each year, the best film?", (0, 13))
    'the best film?'
    """
    for start, end in sorted(spans, reverse=True):
        question = f"{question[:start]} {question[end:]}"
    return _BEFORE_STOP.sub(r"\1", _SPACES.sub(" ", question)).strip(" ,;:")


def only_number(query: Query) -> Item | None:
    """The one item of a query that is computed; None where there is another, or none."""
    computed = [item for item in query.items if item.term.aggregate is not None or item.operator is not None]
    if len(computed) != 1 or query.operation is not None or query.of_groups is not None or query.shares:
        return None
    is_simple = computed[0].operator is None and computed[0].across is None and not computed[0].term.only
    return computed[0] if is_simple else None


def is_added_up(query: Query) -> bool:
    """Whether what a query shows besides its groups is one number for each of them."""
    item = only_number(query)
    return item is not None and item.term.aggregate in (Aggregate.COUNT, Aggregate.SUM, Aggregate.AVG)


def named_within(linked: LinkedQuestion, span: Span) -> list[TablePointer | ColumnPointer]:
    """The tables and columns whose whole names stand in a part of the question, not within longer ones."""
    pointers: list[TablePointer | ColumnPointer] = [*linked.tables, *linked.columns]
    named = [
        (pointer, pointer.span)
        for pointer in pointers
        if pointer.features.exact
        and pointer.span is not None
        and span[0] <= pointer.span[0]
        and pointer.span[1] <= span[1]
    ]
    return [
        pointer
        for pointer, (start, end) in named
        if not any(
            first <= start and end <= last and (first, last) != (start, end) for _, (first, last) in named
        )
    ]
