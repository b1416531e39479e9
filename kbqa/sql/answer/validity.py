"""Tables whose rows hold from one day to another: what is asked of a time is what held then.

A price that holds in May began by its end, and ended after its beginning or not yet.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date

from kbqa.linking.words import Span
from kbqa.plurals import as_singular
from kbqa.sql.dates import Period, is_of_days, time_of
from kbqa.sql.query import Comparison, Condition, Item, Query, Term, Value
from kbqa.sql.schema import ColumnRef, ColumnType, Schema, Table, readable

_BEGIN = frozenset(
    (
        "from", "since", "start", "starts", "started", "begin", "begins", "began", "effective", "joined",
        "hired", "opened", "installed", "inst", "commissioned", "connected", "conn",
    )
)  # fmt: skip
_END = frozenset(
    (
        "to", "until", "till", "end", "ends", "ended", "expiry", "expires", "expiration", "expired", "left",
        "closed", "terminated", "termination", "removed", "rem", "decommissioned", "disconnected", "disc",
        "retired",
    )
)  # fmt: skip
_OF_TIMES = frozenset(("date", "day", "at", "on", "time", "timestamp", "ts", "datetime"))
_VALID = frozenset(("valid", "validity", "effective", "expiry", "expires", "expiration"))
_LASTING = frozenset(
    (
        "rate", "price", "tariff", "fee", "salary", "contract", "membership", "subscription", "tenure",
        "term", "employment", "assignment", "position", "lease", "licence", "license", "policy", "insurance",
        "warranty", "wage", "cost",
    )
)  # fmt: skip
"""What a table may be of whose rows hold for a time, and are nothing that takes place."""
_CHANGES = re.compile(
    r"\b(?:beg[aiu]n|begins?|beginning|start(?:s|ed|ing)?|introduced|c[ao]mes? into|takes? effect|took effect"
    r"|expir\w+|end(?:s|ed|ing)?|r[au]ns? out|ceased?|lapsed?|until|till|since|joined|joins?|left|leaves?"
    r"|hired|went in|installed|removed|opened|closed|new)\b",
    re.IGNORECASE,
)
"""Words by which it is asked what began or ended."""
_NOW = re.compile(
    r"\b(?:right now|now(?! on\b)|currently|at the moment|at present|presently|nowadays|these days|still"
    r"|as of (?:now|today)|current(?= (?:price|rate|tariff|fee|salary|cost|wage)))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Interval:
    """The columns that say from when to when a row holds; `lasting` rows are nothing that takes place."""

    begin: ColumnRef
    end: ColumnRef
    lasting: bool


def interval_of(table: Table) -> Interval | None:
    """The interval of a table's rows, where just one pair of its columns is called so."""
    columns = [
        (column, frozenset(readable(column.name).split()) - _OF_TIMES)
        for column in table.columns
        if column.kind == ColumnType.DATE and is_of_days(column) and not column.excluded
    ]
    begins = [(column, words) for column, words in columns if words & _BEGIN and not words & _END]
    ends = [(column, words) for column, words in columns if words & _END]
    pairs = [
        (begin, end, words | others)
        for begin, words in begins
        for end, others in ends
        if _fit(words - _BEGIN, others - _END)
    ]
    if len(pairs) != 1:
        return None
    begin, end, words = pairs[0]
    named = {as_singular(word) for word in readable(table.name).split()}
    first, last = (ColumnRef(table.name, column.name) for column in (begin, end))
    return Interval(first, last, lasting=bool(words & _VALID or named & _LASTING))


def _fit(words: frozenset[str], others: frozenset[str]) -> bool:
    """Whether what else two names say is the same, or what only one says."""
    return words <= others or others <= words


def holding(query: Query, question: str, schema: Schema, today: date) -> Query:
    """A query for what held at the times that it asks for, where rows hold for a time."""

    def inner(condition: Condition) -> Condition:
        within = condition.query and holding(condition.query, question, schema, today)
        return replace(condition, query=within)

    right = query.right and holding(query.right, question, schema, today)
    whole = replace(query, where=tuple(map(inner, query.where)), right=right)
    if _CHANGES.search(question) or any(condition.follows_or for condition in whole.where):
        return whole
    intervals = list(_intervals(whole, schema))
    for interval in intervals:
        if interval.lasting:
            whole = _at_its_time(whole, interval, schema)
    is_now = _NOW.search(question) is not None
    return _today(whole, intervals, today) if is_now else whole


def spans_of_now(question: str, query: Query) -> Iterator[Span]:
    """The words for now, where a query is for what holds."""
    if any(condition.or_empty for each in query.queries() for condition in each.where):
        yield from (match.span() for match in _NOW.finditer(question))


def _intervals(query: Query, schema: Schema) -> Iterator[Interval]:
    """The intervals of the tables that a SELECT names."""
    for name in query.tables():
        if (interval := interval_of(schema.table(name))) is not None:
            yield interval


def _at_its_time(query: Query, interval: Interval, schema: Schema) -> Query:
    """A query in which one end of an interval in a time is the time within the interval."""
    ends = (interval.begin, interval.end)
    own = [condition for condition in query.where if condition.item.term.operand in ends]
    if len(own) != 1 or not _is_in_time(own[0], schema):
        return query
    both = _held(interval, own[0].values[0])
    where = (each for condition in query.where for each in (both if condition is own[0] else (condition,)))
    return replace(query, where=tuple(where))


def _is_in_time(condition: Condition, schema: Schema) -> bool:
    """Whether a condition is that a column lies in a year, a month or a day, or between two days."""
    ref, values = condition.item.term.operand, condition.values
    is_plain = condition.item.operator is None and condition.item.term.aggregate is None
    if not is_plain or condition.comparison != Comparison.EQUAL or len(values) != 1:
        return False
    assert isinstance(ref, ColumnRef)
    return isinstance(time_of(values[0].text, schema.column(ref), days=True), Period)


def _held(interval: Interval, time: Value) -> tuple[Condition, Condition]:
    begin, end = (Item(Term(ref)) for ref in (interval.begin, interval.end))
    return (
        Condition(begin, Comparison.AT_MOST, (time,)),
        Condition(end, Comparison.AT_LEAST, (time,), or_empty=True),
    )


def _today(query: Query, intervals: Collection[Interval], today: date) -> Query:
    """A query for what holds today: of the one table whose rows hold for a time, or else take place."""
    lasting = [interval for interval in intervals if interval.lasting] or list(intervals)
    if len(lasting) != 1:
        return query
    (interval,) = lasting
    named = {condition.item.term.operand for condition in query.conditions}
    if named & {interval.begin, interval.end}:
        return query
    return replace(query, where=(*query.where, *_held(interval, Value(today.isoformat()))))
