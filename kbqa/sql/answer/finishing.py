"""The last touch to a decided query: what an analyst would add without being told."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from kbqa.linking.words import fold, stem
from kbqa.sql.answer.fan_out import repeats_rows, without_repetition
from kbqa.sql.query import (
    Aggregate,
    AllOf,
    Condition,
    DatePart,
    Expression,
    GroupKey,
    Item,
    Order,
    Query,
    Term,
    column_of,
    columns_of,
)
from kbqa.sql.schema import ColumnRef, ColumnType, Schema, readable

_FIRST = frozenset(("first name", "firstname", "fname", "given name", "forename", "f name", "name first"))
_LAST = frozenset(("last name", "lastname", "lname", "surname", "family name", "l name", "name last"))
_ASKS_FOR_NAMES = re.compile(r"\b(?:names?|who|whose)\b", re.IGNORECASE)
_ASKS_FOR_FIRST = re.compile(r"\b(?:first|given)[ _-]?names?\b|\bforenames?\b|\bfname\b", re.IGNORECASE)
_ASKS_FOR = {
    Aggregate.SUM: re.compile(r"\b(?:total|sum)\b", re.IGNORECASE),
    Aggregate.AVG: re.compile(r"\b(?:average|mean)\b", re.IGNORECASE),
    Aggregate.MIN: re.compile(r"\b(?:lowest|minimum|smallest|least)\b", re.IGNORECASE),
    Aggregate.MAX: re.compile(r"\b(?:highest|maximum|largest|greatest|most)\b", re.IGNORECASE),
}
_ASKED_TOO = re.compile(
    r"\b(?:with|and|including|plus|showing) (?:its|their|his|her) (?P<name>(?:[\w-]+ ){0,2}?[\w-]+)"
    r"(?=$|[?.,;]| (?:and|of|for|in|from|sorted|ordered|by)\b)",
    re.IGNORECASE,
)
"""What is asked for beside something: `with their prices`."""
_MOST = re.compile(r"\b(?:most|least|fewest) (?P<name>(?:[\w-]+ ){0,2}?[\w-]+)", re.IGNORECASE)
_TIMES = frozenset(("year", "month", "quarter", "week"))
"""Names of numbers that count time."""


def finished(query: Query, question: str, schema: Schema) -> Query:
    """A query as people want it written.

    People have whole names, what is asked for beside something is shown, a join repeats nothing, and groups
    by time follow each other in time.
    """
    named = _with_whole_names(_with_metrics(query, question, schema), question, schema)
    whole = _with_totals(_with_asked(named, question, schema), question, schema)
    once = without_repetition(whole, schema)
    return _naming_all(_in_time(once, schema), schema)


def _naming_all(query: Query, schema: Schema) -> Query:
    """A query that also names the tables that only connect others."""

    def inner(condition: Condition) -> Condition:
        return (
            condition
            if condition.query is None
            else replace(condition, query=_naming_all(condition.query, schema))
        )

    named, joined = query.tables(), schema.closure(query.tables())
    return replace(
        query,
        with_tables=(*query.with_tables, *(table for table in joined if table not in named)),
        where=tuple(map(inner, query.where)),
        which=tuple(map(inner, query.which)),
        having=tuple(map(inner, query.having)),
        right=None if query.right is None else _naming_all(query.right, schema),
    )


def _with_metrics(query: Query, question: str, schema: Schema) -> Query:
    """A query whose metrics are joined, and aggregated as people defined them unless the question says how.

    What is shown beside them is what they are for each of.
    """
    formulas = [formula for ref in _columns(query) if (formula := schema.column(ref).formula) is not None]
    if not formulas:
        return query

    def whole(item: Item, *, is_sorted: bool = False) -> Item:
        ref, aggregate = item.term.operand, item.term.aggregate
        formula = schema.column(ref).formula if isinstance(ref, ColumnRef) else None
        says_how = aggregate is not None and (
            aggregate in (Aggregate.COUNT, Aggregate.SHARE)
            or (not is_sorted and _ASKS_FOR[aggregate].search(question))
        )
        if formula is None or says_how or not formula.aggregate:
            return item
        return replace(item, term=replace(item.term, aggregate=Aggregate(formula.aggregate)))

    items = tuple(map(whole, query.items))
    plain = [item.term.operand for item in items if item.term.aggregate is None and item.operator is None]
    is_new = items != query.items and not query.group
    group = tuple(key for key in plain if not isinstance(key, AllOf | Expression)) if is_new else query.group
    tables = (table for formula in formulas for table in formula.tables)
    return replace(
        query,
        items=items,
        group=group,
        having=tuple(replace(condition, item=whole(condition.item)) for condition in query.having),
        order=tuple(replace(order, item=whole(order.item, is_sorted=True)) for order in query.order),
        with_tables=tuple(dict.fromkeys((*query.with_tables, *tables))),
    )


def _columns(query: Query) -> Iterator[ColumnRef]:
    """The columns that a SELECT itself names, those that it is sorted by among them."""
    operands = [*query.operands(), *(term.operand for order in query.order for term in order.item.terms)]
    return (ref for operand in operands for ref in columns_of(operand))


def _with_whole_names(query: Query, question: str, schema: Schema) -> Query:
    """A query that shows last names beside first names, where names are asked for."""
    asked = _ASKS_FOR_NAMES.search(question) and not _ASKS_FOR_FIRST.search(question)
    if query.operation is not None or not asked:
        return query
    return replace(query, items=tuple(_whole(query.items, schema)))


def _with_asked(query: Query, question: str, schema: Schema) -> Query:
    """A query of rows that also shows the column which a question asks for beside them."""
    is_plain = all(item.operator is None and item.term.aggregate is None for item in query.items)
    if not is_plain or query.group or query.each or query.operation is not None:
        return query
    shown = {item.term.operand for item in query.items}
    if any(isinstance(operand, AllOf) for operand in shown):
        return query
    asked = [_called(match["name"], query, schema) for match in _ASKED_TOO.finditer(question)]
    new = [Item(Term(ref)) for ref in dict.fromkeys(filter(None, asked)) if ref not in shown]
    return replace(query, items=(*query.items, *new))


def _with_totals(query: Query, question: str, schema: Schema) -> Query:
    """A query by the total of each row's many, where the question is for who has the most of something.

    `The most points` are those of all results of a team, not of one.
    """
    orders = [order.item for order in query.order if order.item.operator is None]
    ref = orders[0].term.operand if len(orders) == 1 and orders[0].term.aggregate is None else None
    if query.limit is None or query.group or query.each or not isinstance(ref, ColumnRef):
        return query
    subject = query.items[0].term.operand.table
    primary = [ref for ref in schema.table(subject).refs() if schema.column(ref).primary]
    keys = primary or [ref for ref in schema.table(subject).refs() if schema.is_unique(ref)][:1]
    says_most = any(
        stem(word) in {stem(part) for part in fold(readable(ref.column)).split()}
        for match in _MOST.finditer(question)
        for word in fold(match["name"]).split()
    )
    is_number = schema.column(ref).kind == ColumnType.NUMBER
    if not (says_most and is_number and keys) or not repeats_rows(query, subject, schema):
        return query
    total = Item(Term(ref, Aggregate.SUM))
    return replace(query, group=tuple(keys), order=(replace(query.order[0], item=total),))


def _called(name: str, query: Query, schema: Schema) -> ColumnRef | None:
    """The one column of the rows that are shown which a name may mean; one that sorts them before others."""
    words = {stem(word) for word in fold(name).split()}
    found = [
        ref
        for ref in schema.table(query.items[0].term.operand.table).refs()
        if words <= {stem(word) for word in fold(readable(ref.column)).split()}
        and not schema.column(ref).excluded
    ]
    sorting = [ref for ref in found if any(order.item == Item(Term(ref)) for order in query.order)]
    return next(iter(sorting or found)) if len(sorting or found) == 1 else None


def _whole(items: tuple[Item, ...], schema: Schema) -> Iterator[Item]:
    for item in items:
        yield item
        operand = item.term.operand
        if item.operator is None and item.term.aggregate is None and isinstance(operand, ColumnRef):
            last = Item(Term(ref)) if (ref := _last_name_beside(operand, schema)) is not None else None
            if last is not None and last not in items:
                yield last


def _last_name_beside(ref: ColumnRef, schema: Schema) -> ColumnRef | None:
    """The column of last names that belongs to one of first names, if this is one."""
    if readable(ref.column) not in _FIRST:
        return None
    columns = schema.table(ref.table).columns
    lasts = [column.name for column in columns if readable(column.name) in _LAST and not column.excluded]
    return ColumnRef(ref.table, lasts[0]) if len(lasts) == 1 else None


def _in_time(query: Query, schema: Schema) -> Query:
    """A query whose groups by time come in the order of time, where it sorts by nothing."""
    if query.order or query.operation is not None:
        return query
    shown = {
        item.term.operand for item in query.items if item.operator is None and item.term.aggregate is None
    }
    is_shown: Callable[[GroupKey], bool] = shown.__contains__
    times = [key for key in query.group if is_shown(key) and _is_time(key, schema)]
    return replace(query, order=tuple(Order(Item(Term(key))) for key in times))


def _is_time(key: GroupKey, schema: Schema) -> bool:
    ref = column_of(key)
    if isinstance(key, DatePart) or ref is None:
        return True
    column = schema.column(ref)
    last = readable(column.name).split()[-1:]
    return column.kind == ColumnType.DATE or (column.kind == ColumnType.NUMBER and bool(_TIMES & set(last)))
