"""What becomes of a number from group to group: running totals, and how much it changes each time."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from kbqa.sql.dates import counts_years
from kbqa.sql.decomposition.base import IN_PERCENT, NOUNS, VERBS, Whole, only_number, without
from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.query import Across, DatePart, Item, Order, Query, Term
from kbqa.sql.schema import ColumnRef, ColumnType

_UNIT = r"(?:days?|weeks?|months?|quarters?|years?)"
_RUNNING = re.compile(
    r"\b(?:running|cumulative|accumulated|rolling) (?P<kept>totals?|sums?|numbers?|counts?)?", re.IGNORECASE
)
_CUMULATIVELY = re.compile(r",? ?\bcumulatively\b|,? ?\b(?:accumulated|added up) over time\b", re.IGNORECASE)
_OVER = re.compile(
    rf"\b(?P<unit>{_UNIT})(?:[- ](?:over|on|to|by)[- ])(?P=unit) (?:percent(?:age)? )?{NOUNS}(?: rate)?"
    rf"(?P<of> (?:of|in))?",
    re.IGNORECASE,
)
_FROM_ONE = re.compile(
    rf"\b{NOUNS}(?P<of> (?:of|in))? (?P<what>.+?) (?:from (?:one|each) (?P<unit>\w+) to the next"
    rf"|compared (?:to|with) the (?:previous|preceding|last) (?P<other>\w+)"
    rf"|(?:with|by|per|for) (?:each|every) (?P<third>\w+))",
    re.IGNORECASE,
)
_WENT = re.compile(
    rf"^(?:by )?how (?:much|many)(?: percent)? (?:did|does|do) (?:the )?(?P<what>.+?) {VERBS} "
    r"(?:(?:with|by|in|per|for|from) )?(?:each|every|one|per) (?P<unit>\w+)(?: to (?:the next|\w+))?",
    re.IGNORECASE,
)


def across_groups(question: str, linked: LinkedQuestion) -> Whole | None:
    """A running total, or the change from one month, year or other thing in order to the next.

    The part is the question for the number in each.
    """
    text = question.strip().rstrip("?. ")
    if match := _RUNNING.search(text):
        kept = match["kept"] or "total"
        asked = f"{text[: match.start()]}{kept}{text[match.end() :]}"
        return Whole((asked,), partial(_compose, linked, Across.RUNNING))
    if match := _CUMULATIVELY.search(text):
        return Whole((without(text, match.span()),), partial(_compose, linked, Across.RUNNING))
    across = Across.CHANGE if IN_PERCENT.search(text) else Across.DIFFERENCE
    asked = _of_each(text)
    return Whole((asked,), partial(_compose, linked, across)) if asked else None


def _of_each(text: str) -> str:
    """The question for the number in each, of one for how it changes; empty where it is none."""
    if match := _OVER.search(text):
        unit = match["unit"].rstrip("s")
        return f"{without(text, match.span())} by {unit}".replace("What is the the", "What is the")
    if match := _WENT.match(text):
        return f"What is the {match['what']} of each {match['unit']}?"
    if match := _FROM_ONE.search(text):
        unit = match["unit"] or match["other"] or match["third"]
        return f"What is the {match['what'].removeprefix('the ')} of each {unit}?"
    return ""


def _compose(linked: LinkedQuestion, across: Across, queries: Sequence[Query]) -> Iterator[Query]:
    """The number of each group as it goes on to the next, in the order of the times that are shown."""
    (query,) = queries
    number = only_number(query) or _plain_number(query, linked)
    if number is None or query.limit is not None or query.operation is not None:
        return
    others = [item for item in query.items if item != number]
    keys = [item for item in others if _is_ordered(item, linked)] or [
        item for key in query.group if _is_ordered(item := Item(Term(key)), linked)
    ]
    rest, group = [item for item in others if item not in keys], query.group
    if not keys and (times := list(_in_place_of(others, linked))):
        keys, rest, group = [Item(Term(times[0]))], [], (times[0],) if query.group else ()
    if len(keys) == 1:
        items = (keys[0], *rest, replace(number, across=across))
        yield replace(query, items=items, group=group, order=(Order(keys[0]),), distinct=False)


def _in_place_of(items: Sequence[Item], linked: LinkedQuestion) -> Iterator[ColumnRef]:
    """The times by which the rows of a table are told apart, in place of its keys and names."""
    for table in {item.term.operand.table for item in items}:
        for column in linked.schema.table(table).columns:
            ref = ColumnRef(table, column.name)
            if _is_ordered(Item(Term(ref)), linked) and (counts_years(column) or column.unique):
                yield ref


def _plain_number(query: Query, linked: LinkedQuestion) -> Item | None:
    """The one column of numbers beside the times that rows are in the order of."""
    if query.group:
        return None
    numbers = [
        item
        for item in query.items
        if isinstance(item.term.operand, ColumnRef)
        and linked.schema.column(item.term.operand).kind == ColumnType.NUMBER
        and not _is_ordered(item, linked)
    ]
    return numbers[0] if len(numbers) == 1 else None


def _is_ordered(item: Item, linked: LinkedQuestion) -> bool:
    """Whether an item is a time, a year among them."""
    operand = item.term.operand
    if item.term.aggregate is not None or item.operator is not None:
        return False
    if isinstance(operand, DatePart):
        return True
    if not isinstance(operand, ColumnRef):
        return False
    column = linked.schema.column(operand)
    return column.kind == ColumnType.DATE or counts_years(column)
