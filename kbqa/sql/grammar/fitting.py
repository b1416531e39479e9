"""What fits together: columns with what is done to them, and constants with what they are beside."""

from collections.abc import Iterator

from kbqa.sql.dates import is_dated
from kbqa.sql.grammar.actions import ColumnPointer
from kbqa.sql.grammar.prefix import LOOSE, Clause, Prefix, is_uncertain, may_hold_any
from kbqa.sql.query import MEMBERSHIP, PATTERNS, Condition, SetOperation, Value
from kbqa.sql.schema import ColumnRef, ColumnType

OF_ROWS = (Clause.WHERE, Clause.WHICH)
"""Clauses whose conditions are of rows, not of groups."""
_SHARING = (SetOperation.INTERSECT, SetOperation.EXCEPT)
"""Set operations that find nothing, or leave everything, where two queries have no values in common."""


def columns_of(state: Prefix, kind: ColumnType | None) -> Iterator[ColumnPointer]:
    """The columns of a type, and those that may hold any; all for None."""
    schema = state.linked.schema
    return (
        column
        for column in state.linked.columns
        if kind is None
        or schema.column(column.key).kind == kind
        or may_hold_any(schema.column(column.key), schema.dialect)
    )


def dates_of(state: Prefix) -> Iterator[ColumnPointer]:
    """The columns whose values are surely dates."""
    schema = state.linked.schema
    return (column for column in state.linked.columns if schema.column(column.key).kind == ColumnType.DATE)


def is_computable(state: Prefix, ref: ColumnRef) -> bool:
    """Whether a column's values can be added: numbers, or what may be some, that are no table's keys."""
    schema = state.linked.schema
    column = schema.column(ref)
    if schema.is_key(ref):
        return False
    return column.kind == ColumnType.NUMBER or may_hold_any(column, schema.dialect)


def belongs_beside(state: Prefix, ref: ColumnRef) -> bool:
    """Whether a column can be among the values of the one that it is looked for in, or set against."""
    item = state.counterpart
    if item is None or item.operator is not None or item.term.aggregate is not None:
        return True
    compared = state.outer[-1].comparison in MEMBERSHIP if state.outer else state.operation in _SHARING
    operand = item.term.operand
    return not compared or not isinstance(operand, ColumnRef) or state.linked.schema.means_same(operand, ref)


def read_as_texts(state: Prefix) -> tuple[ColumnType, ...]:
    """The types whose values are compared as texts."""
    loose = state.linked.schema.dialect in LOOSE
    return (ColumnType.TEXT, *((ColumnType.DATE, ColumnType.NUMBER) if loose else ()))


def fits(text: str, kind: ColumnType, state: Prefix) -> bool:
    """Whether a constant can be read as a value of a type; patterns of loose dialects are texts anyhow."""
    is_pattern = state.comparison in PATTERNS and not state.strict
    if is_pattern or (state.item is not None and is_uncertain(state, state.item)):
        return True
    if kind == ColumnType.NUMBER:
        return text.removeprefix("-").replace(".", "", 1).isdecimal()
    operand = state.item.term.operand if state.item else None
    return kind != ColumnType.DATE or (
        isinstance(operand, ColumnRef) and is_dated(text, state.linked.schema.column(operand))
    )


def conditions_of(state: Prefix) -> tuple[Condition, ...]:
    """The conditions of rows in the clause that is being written."""
    return state.query.which if state.clause == Clause.WHICH else state.query.where


def conditions_beside(state: Prefix) -> list[Condition]:
    """The conditions that hold together with the one that is being written."""
    group = list[Condition]()
    if state.follows_or or state.clause not in OF_ROWS:
        return group
    for condition in reversed(conditions_of(state)):
        group.append(condition)
        if condition.follows_or:
            break
    return group


def compared_values(state: Prefix) -> set[Value]:
    """The values that the item is compared with already, in the condition that is open or in another one.

    What is at least and at most the same is nothing that anyone asks for in this way.
    """
    same = (condition for condition in conditions_of(state) if condition.item == state.item)
    return {*state.values, *(value for condition in same for value in condition.values)}
