"""Several numbers of one group beside each other: how many there are, and how many of them are something."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from kbqa.sql.decomposition.base import Whole, only_number
from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.query import AllOf, Condition, Item, Query

_HOW_MANY = r"how (?:many|much)"
_AND = re.compile(
    rf"^(?P<lead>.*?)(?P<one>\b{_HOW_MANY}\b.+?),? ?(?:\band\b|,|;)? (?P<other>{_HOW_MANY}\b.+)$",
    re.IGNORECASE,
)
_OF_THEM = re.compile(rf"^({_HOW_MANY})(?: of (?:them|these|those))?\b", re.IGNORECASE)
_COUNTED = re.compile(rf"^{_HOW_MANY} (?P<what>\w+)", re.IGNORECASE)


def side_by_side(question: str, linked: LinkedQuestion) -> Whole | None:
    """Two numbers of each group; the parts ask for one of them each."""
    del linked
    match = _AND.match(question.strip().rstrip("?. "))
    if match is None:
        return None
    lead, one, other = match["lead"], match["one"], match["other"]
    counted = _COUNTED.match(one)
    if counted is None:
        return None
    names_it = re.search(rf"\b{re.escape(counted['what'])}\b", other, re.IGNORECASE)
    other = other if names_it else _OF_THEM.sub(rf"\1 {counted['what']}", other, count=1)
    return Whole((f"{lead}{one}?", f"{lead}{other}?"), _compose)


def _compose(queries: Sequence[Query]) -> Iterator[Query]:
    """Two numbers of the same groups, each of the rows that its own conditions leave."""
    one, other = queries
    numbers = only_number(one), only_number(other)
    if numbers[0] is None or numbers[1] is None or not _go_together(one, other):
        return
    common = tuple(condition for condition in one.where if condition in other.where)
    terms = numbers[0].term, numbers[1].term
    if all(isinstance(term.operand, AllOf) for term in terms):  # the rows of one join, whatever is counted
        terms = terms[0], terms[0]
    items = [
        Item(replace(term, only=_others(query.where, common)))
        for term, query in zip(terms, queries, strict=True)
    ]
    if items[0] != items[1]:
        keys = [item for item in one.items if item != numbers[0]]
        yield replace(one, items=(*keys, *items), where=common)


def _others(conditions: Sequence[Condition], common: Sequence[Condition]) -> tuple[Condition, ...]:
    return tuple(condition for condition in conditions if condition not in common)


def _go_together(one: Query, other: Query) -> bool:
    """Whether two readings have the same tables and groups, and nothing that only one row could have."""
    keys = (
        [item for item in one.items if item != only_number(one)],
        [item for item in other.items if item != only_number(other)],
    )
    plain = all(
        not (
            query.having
            or query.limit
            or query.order
            or any(each.follows_or or each.query for each in query.where)
        )
        for query in (one, other)
    )
    return (
        plain and one.group == other.group and keys[0] == keys[1] and set(one.tables()) == set(other.tables())
    )
