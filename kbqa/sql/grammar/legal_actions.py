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
    operand_of,
    value_of,
)
from kbqa.sql.grammar.fitting import (
    belongs_beside,
    columns_of,
    compared_values,
    conditions_beside,
    constants_beside,
    dates_of,
    has_part,
    is_computable,
    is_flag,
    read_as_texts,
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
    DatePart,
    Item,
    Operand,
    Part,
    Term,
    Value,
)
from kbqa.sql.schema import ColumnRef, ColumnType, ForeignKey

_MAX_LIMIT = 10_000
_MEASURED = (ColumnType.NUMBER, ColumnType.DATE)
"""Types of which one value is more than another to people."""


def _legal_select(state: Prefix) -> Iterator[Action]:
    if not state.nested and not state.query.distinct:
        if state.left is None and state.allow_no_answer:
            yield Keyword(Word.NONE)
        yield Keyword(Word.DISTINCT)
    yield from _terms(state)
    if not state.nested and state.left is None:
        yield from state.linked.tables


def _terms(state: Prefix) -> Iterator[Action]:
    wanted = state.wanted
    if not (state.strict and state.shows_rows):
        any_number = wanted in (None, ColumnType.NUMBER)
        yield from keywords(*(Aggregate if any_number else (Aggregate.MIN, Aggregate.MAX)))
    if not _has_one_row(state) or state.clause != Clause.ITEMS:
        shown = _shown(state) if state.clause == Clause.ITEMS and state.first is None else set()
        columns = (column for column in columns_of(state, wanted) if column.key not in shown)
        yield from (column for column in columns if belongs_beside(state, column.key))
        yield from _parts(state)


def _has_one_row(state: Prefix) -> bool:
    """Whether the dialect is strict about that a query that one value is compared with has one row."""
    return state.strict and state.nested and state.outer[-1].comparison not in MEMBERSHIP


def _shown(state: Prefix) -> set[Operand]:
    """The columns that are shown as they are."""
    return {
        item.term.operand
        for item in state.query.items
        if item.operator is None and item.term.aggregate is None
    }


def _parts(state: Prefix) -> Iterator[Action]:
    """The parts of dates, but within or beside another query."""
    has_parts = state.clause in (Clause.ITEMS, Clause.GROUP, Clause.ORDER) and state.first is None
    if has_parts and not state.nested and state.left is None:
        parts = [part for part in Part if part not in state.linked.said_in_times]
        yield from (Keyword(part) for part in parts if any(_parted(state, part)))


def _parted(state: Prefix, part: Part) -> Iterator[ColumnPointer]:
    """The columns of dates of which a part is not shown, or not grouped by, yet."""
    present, named = state.table, list[Operand]()
    if state.clause == Clause.GROUP:
        named = list(state.query.group)
    elif state.clause == Clause.ITEMS:
        named = [item.term.operand for item in state.query.items]
    schema = state.linked.schema
    for column in dates_of(state):
        connected = present is None or schema.connected(present, column.key.table)
        there = has_part(schema.column(column.key), part)
        if connected and there and DatePart(column.key, part) not in named:
            yield column


def _legal_parted(state: Prefix) -> Iterator[Action]:
    assert state.date_part is not None
    yield from _parted(state, state.date_part)


def _legal_second(state: Prefix) -> Iterator[Action]:
    """The second terms of a calculation; in an order without groups no aggregates."""
    yield from _legal_orders(state) if state.clause == Clause.ORDER else _terms(state)


def _legal_operands(state: Prefix) -> Iterator[Action]:
    """The operands of an aggregate; those that are shown already only where there are no others."""
    operands, terms = list(_aggregated(state)), set[Term]()
    if state.clause == Clause.ITEMS and state.first is None:
        terms = {item.term for item in state.query.items if item.operator is None}

    def is_new(action: Action) -> bool:
        if isinstance(action, Keyword):
            return True
        return Term(operand_of(action), state.aggregate, state.distinct) not in terms

    yield from list(filter(is_new, operands)) or operands


def _aggregated(state: Prefix) -> Iterator[Action]:
    if state.aggregate == Aggregate.COUNT:
        if not state.distinct:
            yield Keyword(Word.DISTINCT)
            yield from state.linked.tables
        yield from state.linked.columns
        return
    computes = state.aggregate in (Aggregate.SUM, Aggregate.AVG)
    for column in columns_of(state, state.wanted):
        no_order = state.strict and state.linked.schema.column(column.key).type == ColumnType.BOOLEAN
        if not no_order and (not computes or is_computable(state, column.key)):
            yield column


def _legal_next(state: Prefix) -> Iterator[Action]:
    """The actions after a complete part: more of the same, the later clauses, the end."""
    query = state.query
    if state.clause == Clause.ITEMS:
        yield from _operators(state, query.items[-1])
        if not state.nested and len(query.items) < MAX_ITEMS and state.missing_items != 0:
            yield from _terms(state)
        if state.missing_items:
            return
    conditions = len(query.where) + len(query.having)
    if state.clause in (Clause.WHERE, Clause.HAVING) and conditions < MAX_CONDITIONS:
        yield from keywords(Word.AND, *([Word.OR] if state.clause == Clause.WHERE else []))
        yield from _alternatives(state)
    if state.clause == Clause.GROUP:
        yield from _legal_groups(state)
    yield from _later_clauses(state)


def _operators(state: Prefix, item: Item) -> Iterator[Action]:
    operand = item.term.operand
    computable = isinstance(operand, ColumnRef) and is_computable(state, operand)
    numeric = kind_of(state, item) == ColumnType.NUMBER or is_uncertain(state, item)
    if item.operator is None and numeric and (item.term.aggregate is not None or computable):
        yield from keywords(*OPERATORS)


def _alternatives(state: Prefix) -> Iterator[Action]:
    conditions = state.query.where if state.clause == Clause.WHERE else ()
    if conditions and conditions[-1].comparison in EQUALITIES and 0 < len(conditions[-1].values) < MAX_VALUES:
        yield Keyword(Word.ALSO)


def _later_clauses(state: Prefix) -> Iterator[Action]:
    query, clause, beside = state.query, state.clause, state.left is not None
    if clause in (Clause.ITEMS, Clause.WITH):
        if len(query.with_tables) < MAX_WITH:
            yield Keyword(Word.WITH)
        yield Keyword(Word.WHERE)
    # A query that has one row has no groups, and nothing to sort.
    single, rows = _has_one_row(state), state.shows_rows
    if clause in (Clause.ITEMS, Clause.WITH, Clause.WHERE) and not single and not (state.strict and rows):
        yield Keyword(Word.GROUP)
    if clause == Clause.GROUP:
        yield Keyword(Word.HAVING)
    if clause != Clause.ORDER and not beside and not single:
        yield Keyword(Word.ORDER)
    if clause != Clause.ORDER and not beside and not state.nested and not rows:
        yield from keywords(*SET_OPERATIONS)
    if state.left is None or replace(query, distinct=False) != replace(state.left, distinct=False):
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
        yield from keywords(*ORDERED)
    if state.clause == Clause.WHERE and len(state.outer) < MAX_DEPTH:
        yield from keywords(*MEMBERSHIP)
    if state.clause == Clause.WHERE:
        yield from (
            Keyword(null) for null in NULLS if null != Comparison.IS_NULL or operand not in _shown(state)
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
    yield from (action for action in (*cells, *numbers) if Value(value_of(action)) not in used)
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


def _legal_groups(state: Prefix) -> Iterator[Action]:
    yield from (column for column in state.linked.columns if column.key not in state.query.group)
    yield from _parts(state)


def _legal_having(state: Prefix) -> Iterator[Action]:
    yield from keywords(*Aggregate)


def _legal_orders(state: Prefix) -> Iterator[Action]:
    query = state.query
    aggregated = any(term.aggregate for item in query.items for term in item.terms)
    if state.strict and query.distinct:  # sorting by what is not shown would be ambiguous
        yield from (column for column in state.linked.columns if column.key in _shown(state))
    else:
        yield from _terms(state) if query.group or aggregated else columns_of(state, state.wanted)


def _legal_directions(state: Prefix) -> Iterator[Action]:
    yield from keywords(Word.ASC, Word.DESC)
    if not (state.strict and state.query.distinct):
        yield from _operators(state, state.query.order[-1].item)


def _legal_limits(state: Prefix) -> Iterator[Action]:
    yield from keywords(Word.UNLIMITED, Word.ONE)
    if len(state.query.order) < MAX_ORDERS:
        yield Keyword(Word.ALSO)
    yield from (
        number
        for number in state.linked.numbers
        if number.key.isdecimal() and 1 < int(number.key) < _MAX_LIMIT
    )


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
    Step.OPERAND: _legal_operands,
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
    Step.PART: _legal_parted,
}
