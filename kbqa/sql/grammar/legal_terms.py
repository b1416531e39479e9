"""The legal terms: columns, parts of dates, aggregates, and the operands of these."""

from collections.abc import Iterator
from dataclasses import replace

from kbqa.decoding.actions import Action, Keyword
from kbqa.sql.dates import may_tell_age
from kbqa.sql.grammar.actions import OPERATORS, ColumnPointer, Word, keywords, operand_of
from kbqa.sql.grammar.fitting import belongs_beside, columns_of, dates_of, has_part, is_computable
from kbqa.sql.grammar.prefix import Clause, Prefix
from kbqa.sql.query import MEMBERSHIP, Aggregate, DatePart, Operand, Operator, Part, Term
from kbqa.sql.schema import ColumnType

AGGREGATES = (Aggregate.COUNT, Aggregate.SUM, Aggregate.AVG, Aggregate.MIN, Aggregate.MAX)
"""The aggregates that stand anywhere; a percentage does not."""
_OF_COMPUTED = (Aggregate.SUM, Aggregate.AVG, Aggregate.MIN, Aggregate.MAX)
"""What expressions, and aggregates of groups, are summed up by."""
_GROUPED = (Aggregate.COUNT, Aggregate.SUM, Aggregate.AVG)
"""What groups are summed up by before they are together."""


def legal_terms(state: Prefix) -> Iterator[Action]:
    """What an item, a sort key or the second part of a calculation may begin with."""
    wanted = state.wanted
    if not (state.strict and state.shows_rows):
        any_number = wanted in (None, ColumnType.NUMBER)
        yield from keywords(*(AGGREGATES if any_number else (Aggregate.MIN, Aggregate.MAX)))
        if _may_share(state):
            yield Keyword(Aggregate.SHARE)
    if not has_one_row(state) or state.clause != Clause.ITEMS:
        shown = shown_operands(state) if state.clause == Clause.ITEMS and state.first is None else set()
        columns = (column for column in columns_of(state, wanted) if column.key not in shown)
        yield from (column for column in columns if belongs_beside(state, column.key))
        yield from parts(state)


def _may_share(state: Prefix) -> bool:
    """Whether a percentage can be asked for: once, not within or beside another query or calculation."""
    is_alone = not state.nested and state.left is None and state.first is None
    if state.clause == Clause.ORDER:
        return is_alone and state.query.shares
    return is_alone and state.clause == Clause.ITEMS and not (state.query.shares or state.shows_rows)


def has_one_row(state: Prefix) -> bool:
    """Whether the dialect is strict about that a query that one value is compared with has one row."""
    return state.strict and state.nested and state.outer[-1].comparison not in MEMBERSHIP


def shown_operands(state: Prefix) -> set[Operand]:
    """The columns that are shown as they are."""
    return {
        item.term.operand
        for item in state.query.items
        if item.operator is None and item.term.aggregate is None
    }


def parts(state: Prefix) -> Iterator[Action]:
    """The parts of dates, but within or beside another query."""
    has_parts = state.clause in (Clause.ITEMS, Clause.GROUP, Clause.ORDER) and state.first is None
    if has_parts and not state.nested and state.left is None:
        wanted = [part for part in Part if part not in state.linked.said_in_times]
        yield from (Keyword(part) for part in wanted if any(_parted_columns(state, part)))


def _parted_columns(state: Prefix, part: Part) -> Iterator[ColumnPointer]:
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


def parted(state: Prefix) -> Iterator[Action]:
    """The columns whose part is taken."""
    assert state.date_part is not None
    yield from _parted_columns(state, state.date_part)


def legal_operands(state: Prefix) -> Iterator[Action]:
    """The operands of an aggregate; those that are shown already only where there are no others."""
    if state.computing:
        yield from (
            _computed_first(state)
            if state.computed is not None
            else (Keyword(word) for word in OPERATORS if _computes(state, word))
        )
        return
    if state.of_groups is not None and state.aggregate is None:
        yield from keywords(*_GROUPED)
        return
    operands, terms = list(_aggregated(state)), set[Term]()
    if state.clause == Clause.ITEMS and state.first is None:
        terms = {item.term for item in state.query.items if item.operator is None}

    def is_new(action: Action) -> bool:
        if isinstance(action, Keyword):
            return True
        return Term(operand_of(action), state.aggregate, state.distinct) not in terms

    yield from list(filter(is_new, operands)) or operands
    yield from _of_expressions(state)


def _of_expressions(state: Prefix) -> Iterator[Action]:
    """What an aggregate can be of beside columns and rows: expressions, and what other aggregates give."""
    if state.aggregate not in _OF_COMPUTED:
        return
    if state.wanted in (None, ColumnType.NUMBER) and computes(state):
        yield Keyword(Word.COMPUTED)
    alone = not state.query.items and state.clause == Clause.ITEMS and state.first is None
    if alone and not state.nested and state.left is None and state.of_groups is None:
        yield Keyword(Word.OF_EACH)


def computes(state: Prefix) -> bool:
    """Whether there are two columns that an operator can stand between."""
    return any(_computes(state, word) for word in OPERATORS)


def _computes(state: Prefix, word: Word) -> bool:
    computing = replace(state, computed=OPERATORS[word])
    return any(
        any(computed_second(replace(computing, left_column=column.key)))
        for column in _computed_first(computing)
    )


def _computed_first(state: Prefix) -> Iterator[ColumnPointer]:
    """The first columns of an expression; days lie between two dates."""
    yield from (column for column in state.linked.columns if is_computable(state, column.key))
    if state.computed == Operator.MINUS:
        yield from dates_of(state)


def computed_second(state: Prefix) -> Iterator[ColumnPointer]:
    """The second columns of an expression: of the same kind, in a table that keys connect."""
    left, schema = state.left_column, state.linked.schema
    assert left is not None
    for column in _computed_first(state):
        alike = (schema.column(column.key).kind == ColumnType.DATE) == (
            schema.column(left).kind == ColumnType.DATE
        )
        if alike and column.key != left and schema.connected(left.table, column.key.table):
            yield column


def _aggregated(state: Prefix) -> Iterator[Action]:
    if state.aggregate == Aggregate.SHARE:
        yield from state.linked.tables
        yield from (column for column in state.linked.columns if is_computable(state, column.key))
        return
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
    if state.aggregate == Aggregate.AVG and state.linked.asks_age and state.wanted is None:
        schema = state.linked.schema
        yield from (column for column in dates_of(state) if may_tell_age(schema.column(column.key)))
