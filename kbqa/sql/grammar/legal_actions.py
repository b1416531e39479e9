"""The legal actions of each step, as far as the grammar decides."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from kbqa.decoding.actions import Action, Keyword
from kbqa.sql.grammar.actions import (
    OPERATORS,
    SET_OPERATIONS,
    ColumnPointer,
    Step,
    Word,
    keywords,
    value_of,
)
from kbqa.sql.grammar.consistency import bounds_left, has_one_value, shows_something, unspoken_for
from kbqa.sql.grammar.fitting import (
    OF_ROWS,
    columns_of,
    compared_values,
    conditions_beside,
    conditions_of,
    constants_beside,
    is_computable,
    is_flag,
    read_as_texts,
)
from kbqa.sql.grammar.legal_terms import (
    AGGREGATES,
    computed_second,
    computes,
    has_one_row,
    legal_operands,
    legal_terms,
    parted,
    parts,
    shown_operands,
)
from kbqa.sql.grammar.prefix import (
    MAX_CONDITIONS,
    MAX_DEPTH,
    MAX_ITEMS,
    MAX_ORDERS,
    MAX_VALUES,
    MAX_WITH,
    Clause,
    Prefix,
    is_uncertain,
    kind_of,
)
from kbqa.sql.joins import joins
from kbqa.sql.query import (
    EQUALITIES,
    MEMBERSHIP,
    NULLS,
    ORDERED,
    PATTERNS,
    Aggregate,
    Comparison,
    Item,
    Value,
)
from kbqa.sql.schema import ColumnRef, ColumnType, ForeignKey

_MAX_LIMIT = 10_000
_MEASURED = (ColumnType.NUMBER, ColumnType.DATE)
"""Types of which one value is more than another to people."""
_OF_CHILDREN = (Aggregate.COUNT, Aggregate.SUM)
"""Aggregates that are 0 of no rows."""


def _legal_select(state: Prefix) -> Iterator[Action]:
    if not state.nested and not state.query.distinct:
        if state.left is None and state.allow_no_answer:
            yield Keyword(Word.NONE)
        yield Keyword(Word.DISTINCT)
    yield from legal_terms(state)
    if not state.nested and state.left is None:
        yield from state.linked.tables


def _legal_second(state: Prefix) -> Iterator[Action]:
    """The second column of an expression, or the second terms of a calculation.

    In an order without groups these are no aggregates.
    """
    if state.left_column is not None:
        yield from computed_second(state)
        return
    yield from _legal_orders(state) if state.clause == Clause.ORDER else legal_terms(state)


def _legal_next(state: Prefix) -> Iterator[Action]:
    """The actions after a complete part: more of the same, the later clauses, the end."""
    query = state.query
    if query.of_groups:
        yield from _later_of_groups(state)
        return
    if state.clause == Clause.EACH:
        yield Keyword(Word.END)
        return
    if state.clause == Clause.ITEMS:
        yield from _operators(state, query.items[-1])
        if not state.nested and len(query.items) < MAX_ITEMS and state.missing_items != 0:
            yield from legal_terms(state)
        if state.missing_items:
            return
    yield from _more_conditions(state)
    if state.clause == Clause.GROUP:
        yield from _legal_groups(state)
        if _may_be_empty(state):
            yield Keyword(Word.EMPTY)
    if state.clause == Clause.ORDER and _may_repeat(state):
        yield Keyword(Word.EACH)
    yield from _later_clauses(state)


def _later_of_groups(state: Prefix) -> Iterator[Action]:
    """What follows an aggregate of groups: conditions, the groups, and conditions of these."""
    yield from _more_conditions(state)
    if state.clause == Clause.GROUP:
        yield from _legal_groups(state)
    words = (Word.HAVING, Word.END) if state.query.group else (Word.WITH, Word.WHERE, Word.GROUP)
    yield from (action for action in _later_clauses(state) if action.key in words)


def _may_be_empty(state: Prefix) -> bool:
    """Whether there can be groups that no row belongs to: rows of one table, grouped by another."""
    query = state.query
    counts = any(item.term.aggregate in _OF_CHILDREN for item in query.items)
    by_column = all(isinstance(key, ColumnRef) for key in query.group)
    plain = counts and by_column and not query.with_empty and not query.shares
    return plain and not state.nested and state.left is None and len(query.tables()) > 1


def _may_repeat(state: Prefix) -> bool:
    """Whether the first rows can be asked for once for each value of a column."""
    query, whole = state.query, not state.nested and state.left is None and not state.shows_rows
    return whole and query.limit is not None and not query.distinct and not query.shares


def _more_conditions(state: Prefix) -> Iterator[Action]:
    """Another condition after one, or another value of it."""
    in_conditions = state.clause in (*OF_ROWS, Clause.HAVING)
    if in_conditions and len(state.query.conditions) < MAX_CONDITIONS:
        yield from keywords(Word.AND, *([Word.OR] if state.clause in OF_ROWS else []))
        yield from _alternatives(state)


def _operators(state: Prefix, item: Item) -> Iterator[Action]:
    operand = item.term.operand
    computable = isinstance(operand, ColumnRef) and is_computable(state, operand)
    numeric = kind_of(state, item) == ColumnType.NUMBER or is_uncertain(state, item)
    if item.operator is None and numeric and (item.term.aggregate is not None or computable):
        yield from keywords(*OPERATORS)


def _alternatives(state: Prefix) -> Iterator[Action]:
    conditions = conditions_of(state) if state.clause in OF_ROWS else ()
    if conditions and conditions[-1].comparison in EQUALITIES and 0 < len(conditions[-1].values) < MAX_VALUES:
        yield Keyword(Word.ALSO)


def _later_clauses(state: Prefix) -> Iterator[Action]:
    query, clause, beside = state.query, state.clause, state.left is not None
    if clause in (Clause.ITEMS, Clause.WITH):
        if len(query.with_tables) < MAX_WITH:
            yield Keyword(Word.WITH)
        yield Keyword(Word.WHERE)
    if query.shares and clause in (Clause.ITEMS, Clause.WITH, Clause.WHERE):
        yield Keyword(Word.WHICH)
    # A query that has one row has no groups, and nothing to sort.
    single, rows = has_one_row(state), state.shows_rows
    if clause in (Clause.ITEMS, Clause.WITH, *OF_ROWS) and not single and not (state.strict and rows):
        yield Keyword(Word.GROUP)
    if clause == Clause.GROUP:
        yield Keyword(Word.HAVING)
    if clause != Clause.ORDER and not beside and not single:
        yield Keyword(Word.ORDER)
    can_be_beside = not beside and not state.nested and not rows and not query.with_empty
    if clause != Clause.ORDER and can_be_beside and not query.shares:
        yield from keywords(*SET_OPERATIONS)
    repeats_left = state.left is not None and replace(query, distinct=False) == replace(
        state.left, distinct=False
    )
    is_whole = query.shares and not query.which and not query.group
    if not repeats_left and not is_whole and has_one_value(state) and shows_something(state):
        yield Keyword(Word.END)


def _legal_tables(state: Prefix) -> Iterator[Action]:
    present = state.linked.schema.closure(state.query.tables())
    yield from (table for table in state.linked.tables if table.key not in present)


def _legal_comparisons(state: Prefix) -> Iterator[Action]:
    assert state.item is not None
    operand = state.item.term.operand
    yield from keywords(*EQUALITIES)
    is_measured = kind_of(state, state.item) in _MEASURED and not is_flag(state, state.item)
    if is_measured or is_uncertain(state, state.item):
        yield from keywords(*bounds_left(state))
    if state.clause in OF_ROWS and len(state.outer) < MAX_DEPTH:
        yield from keywords(*MEMBERSHIP)
    if state.clause in OF_ROWS:
        yield from (
            Keyword(null)
            for null in NULLS
            if null != Comparison.IS_NULL or operand not in shown_operands(state)
        )
        if isinstance(operand, ColumnRef) and state.linked.schema.column(operand).type in read_as_texts(
            state
        ):
            yield from keywords(*PATTERNS)


def _legal_values(state: Prefix) -> Iterator[Action]:
    assert state.item is not None
    linked, term, kind = state.linked, state.item.term, kind_of(state, state.item)
    cells = [value for value in linked.values if term.aggregate is None and value.key[0] == term.operand]
    numbers = constants_beside(state, kind)
    used = compared_values(state)
    free = unspoken_for(state, (*cells, *numbers))
    yield from (action for action in free if Value(value_of(action)) not in used)
    single = state.comparison in (*EQUALITIES, *ORDERED) and state.comparison != Comparison.BETWEEN
    if not single or state.values:
        return
    if len(state.outer) < MAX_DEPTH:
        yield Keyword(Word.SELECT)
    if term.aggregate is None:
        alike = (column for column in linked.columns if linked.schema.column(column.key).kind == kind)
        yield from (column for column in alike if column.key != term.operand)


def _legal_columns(state: Prefix) -> Iterator[Action]:
    """The columns of conditions, but for those that are something already: nothing is two things."""
    settled = {
        condition.item.term.operand
        for condition in conditions_beside(state)
        if condition.comparison == Comparison.EQUAL and condition.values
    }
    yield from (column for column in state.linked.columns if column.key not in settled)
    if computes(state):
        yield Keyword(Word.COMPUTED)


def _legal_groups(state: Prefix) -> Iterator[Action]:
    if state.clause == Clause.EACH:
        yield from state.linked.columns
        return
    yield from (column for column in state.linked.columns if column.key not in state.query.group)
    yield from parts(state)


def _legal_having(state: Prefix) -> Iterator[Action]:
    yield from keywords(*AGGREGATES)


def _legal_orders(state: Prefix) -> Iterator[Action]:
    query = state.query
    aggregated = any(term.aggregate for item in query.items for term in item.terms)
    if state.strict and query.distinct:  # sorting by what is not shown would be ambiguous
        yield from (column for column in state.linked.columns if column.key in shown_operands(state))
    else:
        yield from legal_terms(state) if query.group or aggregated else columns_of(state, state.wanted)


def _legal_directions(state: Prefix) -> Iterator[Action]:
    yield from keywords(Word.ASC, Word.DESC)
    if not (state.strict and state.query.distinct):
        yield from _operators(state, state.query.order[-1].item)


def _legal_limits(state: Prefix) -> Iterator[Action]:
    numbers = [
        number
        for number in state.linked.numbers
        if number.key.isdecimal() and 1 < int(number.key) < _MAX_LIMIT
    ]
    if not state.at_place:
        yield from keywords(Word.UNLIMITED, Word.ONE)
        if len(state.query.order) < MAX_ORDERS:
            yield Keyword(Word.ALSO)
        if numbers and not state.nested:
            yield Keyword(Word.PLACE)
    yield from numbers


def _legal_keys(state: Prefix) -> Iterator[Action]:
    yield from open_keys(state)


def open_keys(state: Prefix) -> dict[ColumnPointer, ForeignKey]:
    """The keys between two tables that several keys join, by the column that tells of each.

    Empty where one was chosen.
    """
    schema, query = state.linked.schema, state.query
    for table, joined in joins(query, schema):
        keys = schema.between(joined.source.table, table) if joined is not None else ()
        chosen = {frozenset((via.source, via.target)) for via in query.via}
        if len(keys) > 1 and not any(frozenset((key.source, key.target)) in chosen for key in keys):
            telling = {column: key for key in keys if (column := _telling(state, key, keys)) is not None}
            if len(telling) > 1:
                return telling
    return {}


def _telling(state: Prefix, key: ForeignKey, keys: Sequence[ForeignKey]) -> ColumnPointer | None:
    """The column that tells a key from the others between the same tables."""
    sources = len({other.source for other in keys})
    return state.linked.column_pointers.get(key.source if sources == len(keys) else key.target)


LEGAL_ACTIONS: dict[Step, Callable[[Prefix], Iterator[Action]]] = {
    Step.SELECT: _legal_select,
    Step.OPERAND: legal_operands,
    Step.SECOND: _legal_second,
    Step.NEXT: _legal_next,
    Step.TABLE: _legal_tables,
    Step.CONDITION: _legal_columns,
    Step.COMPARE: _legal_comparisons,
    Step.VALUE: _legal_values,
    Step.GROUP: _legal_groups,
    Step.HAVING: _legal_having,
    Step.ORDER: _legal_orders,
    Step.DIRECTION: _legal_directions,
    Step.LIMIT: _legal_limits,
    Step.VIA: _legal_keys,
    Step.PART: parted,
}
