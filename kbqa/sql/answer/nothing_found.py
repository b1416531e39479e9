"""Why a reading found nothing: the condition that no row meets, or that no row meets beside the others.

Where a text is what no row has, the cells that are like it are told.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from time import monotonic

from kbqa.sql.answer.reading import Reading
from kbqa.sql.answer.wording import condition_in_words, subject_in_words
from kbqa.sql.headings import plural
from kbqa.sql.query import (
    Aggregate,
    AllOf,
    Comparison,
    Condition,
    Item,
    Query,
    SetOperation,
    Term,
    column_of,
)
from kbqa.sql.schema import ColumnRef, ColumnType, Schema

MAX_SECONDS = 1.0
"""How long counting goes on; one count may still be under way."""
_MAX_CONDITIONS = 4

Count = Callable[[Query], int | None]
"""How many rows a query that counts finds; None where it could not be run."""
Near = Callable[[ColumnRef, str], Sequence[str]]
"""The cells of a column that are like a text."""
_OF_TEXTS = (Comparison.EQUAL, Comparison.CONTAINS, Comparison.STARTS, Comparison.ENDS)


def found_nothing(reading: Reading) -> bool:
    """Whether a reading has no row, only empty values, or counted none."""
    if reading.result is None:
        return False
    counts = reading.written is not None and _counts(reading.written)
    return reading.empty or (counts and reading.result.rows == ((0,),))


def why_nothing(query: Query, schema: Schema, count: Count, near: Near = lambda column, text: ()) -> str:
    """Why a query finds nothing, as a sentence; empty where the counts do not tell."""
    if query.operation is not None:
        return _why_not_together(query, schema, count, near)
    end = monotonic() + MAX_SECONDS
    within = list(_within(end, _alone(query)))
    for alone in within:
        if count(alone) == 0:
            subject = subject_in_words(alone, schema)
            there = _there(alone, schema, near)
            return f"There is no {subject}{there}." if alone.where else f"There is no {subject} at all."
    without = [(count(rest), condition) for condition, rest in _without_each(query) if monotonic() < end]
    counts = [(number, condition) for number, condition in without if number]
    if counts:
        number, condition = max(counts, key=lambda entry: entry[0])
        one = subject_in_words(Query(query.items), schema)
        rows = f"{number:,} {plural(_table(query)) if number != 1 else one}"
        said = condition_in_words(query, condition, schema)
        return f"Without the condition that {said} there would be {rows}."
    return "No group meets the condition." if query.having and not query.where else ""


def _there(query: Query, schema: Schema, near: Near) -> str:
    """What is like the text of a query's only condition, to go on after what is not there."""
    if len(query.where) != 1 or query.where[0].comparison not in _OF_TEXTS:
        return ""
    (condition,) = query.where
    column = column_of(condition.item.term.operand)
    if column is None or not condition.values or schema.column(column).type != ColumnType.TEXT:
        return ""
    known = {value.text for value in condition.values}
    cells = [cell for value in condition.values for cell in near(column, value.text) if cell not in known]
    if not cells:
        return ""
    *others, last = (f"“{cell}”" for cell in dict.fromkeys(cells))
    return f"; there {'are' if others else 'is'} {', '.join(others)}{' and ' if others else ''}{last}"


def _within(end: float, queries: Iterator[Query]) -> Iterator[Query]:
    """Queries for as long as there is time."""
    for query in queries:
        if monotonic() >= end:
            return
        yield query


def _counts(query: Query) -> bool:
    """Whether a query shows nothing but how many rows there are."""
    return len(query.items) == 1 and query.items[0].term.aggregate == Aggregate.COUNT and not query.group


def _table(query: Query) -> str:
    return query.items[0].term.operand.table


def _counting(query: Query, where: tuple[Condition, ...]) -> Query:
    """The number of rows that a query is made of, with some of its conditions, joined as these need."""
    rows = Item(Term(AllOf(_table(query)), Aggregate.COUNT))
    return Query((rows,), where=where, via=query.via)


def _alone(query: Query) -> Iterator[Query]:
    """The counts of a query without its conditions, and under each alone; of alternatives, under all."""
    yield _counting(query, ())
    if any(condition.follows_or for condition in query.where):
        yield _counting(query, query.where)
        return
    for condition in query.where[:_MAX_CONDITIONS]:
        yield _counting(query, (condition,))


def _without_each(query: Query) -> Iterator[tuple[Condition, Query]]:
    """Each condition of a query with the count of its rows under all others."""
    if len(query.where) < 2 or any(condition.follows_or for condition in query.where):
        return
    for index, condition in enumerate(query.where[:_MAX_CONDITIONS]):
        yield condition, _counting(query, (*query.where[:index], *query.where[index + 1 :]))


def _why_not_together(query: Query, schema: Schema, count: Count, near: Near) -> str:
    """Why two queries together find nothing."""
    first = replace(query, operation=None, right=None)
    if query.operation == SetOperation.UNION or count(_counting(first, first.where)) == 0:
        return why_nothing(first, schema, count, near)
    if query.operation == SetOperation.EXCEPT:
        return "Everything in the first list is in the second, too."
    return "Nothing is in both lists."
