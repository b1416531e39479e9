"""What fits together: columns with what is done to them, and constants with what they are beside."""

from collections.abc import Iterator

from kbqa.linking.measures import Dimension, parse_measure
from kbqa.linking.time_values import is_time
from kbqa.sql.dates import has_hours, is_dated, is_of_days, suits
from kbqa.sql.durations import is_duration, seconds_in
from kbqa.sql.grammar.actions import ColumnPointer, NumberPointer
from kbqa.sql.grammar.prefix import LOOSE, Clause, Prefix, is_uncertain, may_hold_any
from kbqa.sql.query import MEMBERSHIP, PATTERNS, Aggregate, Condition, Item, Part, SetOperation, Value
from kbqa.sql.schema import FLAG_WORDS, Column, ColumnRef, ColumnType, readable
from kbqa.sql.units import number_beside, unit_beside

OF_ROWS = (Clause.WHERE, Clause.WHICH)
"""Clauses whose conditions are of rows, not of groups."""
_SHARING = (SetOperation.INTERSECT, SetOperation.EXCEPT)
"""Set operations that find nothing, or leave everything, where two queries have no values in common."""
_ADDING = (Aggregate.SUM, Aggregate.AVG)


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


def has_part(column: Column, part: Part) -> bool:
    """Whether the dates of a column have a part."""
    return has_hours(column) if part == Part.HOUR else is_of_days(column)


def is_computable(state: Prefix, ref: ColumnRef) -> bool:
    """Whether a column's values can be added: numbers, or what may be some, that are no table's keys."""
    schema = state.linked.schema
    column = schema.column(ref)
    if schema.is_key(ref):
        return False
    return column.kind == ColumnType.NUMBER or may_hold_any(column, schema.dialect)


def is_flag(state: Prefix, item: Item) -> bool:
    """Whether an item is a column of 0 and 1 by its name and values, of which none is more than the other."""
    operand = item.term.operand
    if not isinstance(operand, ColumnRef) or not FLAG_WORDS & set(readable(operand.column).split()):
        return False
    values = {value.key[1] for value in state.linked.values if value.key[0] == operand}
    return item.term.aggregate is None and bool(values) and values <= {"0", "1"}


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


def constants_beside(state: Prefix, kind: ColumnType) -> list[NumberPointer]:
    """The constants that the item of a condition may be compared with.

    Where a number is said with a unit, or as an age, that fits the item, or cannot, it does not stand alone.
    """
    fitting = [number for number in state.linked.numbers if fits(number.key, kind, state)]
    others = [number for number in fitting if _is_special(number.key)] + _of_other_units(state)
    return [number for number in fitting if number in others or not _is_within(number, others)]


def _of_other_units(state: Prefix) -> list[NumberPointer]:
    """The measures of something else than a column is known to measure: kilograms beside seconds."""
    column = _compared_column(state)
    measured = [
        (number, measure[1]) for number in state.linked.numbers if (measure := parse_measure(number.key))
    ]
    if column is None or not measured:
        return []
    known = {dimension for dimension in Dimension if unit_beside(column, dimension) is not None}
    return [number for number, unit in measured if known and unit.dimension not in known]


def _is_special(text: str) -> bool:
    return is_time(text) or parse_measure(text) is not None


def _is_within(number: NumberPointer, others: list[NumberPointer]) -> bool:
    if number.span is None:
        return False
    spans = [other.span for other in others if other.span is not None]
    return any(start <= number.span[0] and number.span[1] <= end for start, end in spans)


def fits(text: str, kind: ColumnType, state: Prefix) -> bool:
    """Whether a constant can be read as a value of a type; patterns of loose dialects are texts anyhow."""
    column, is_pattern = _compared_column(state), state.comparison in PATTERNS
    if is_time(text):
        is_whole = state.item is not None and state.item.term.aggregate not in _ADDING
        return column is not None and is_whole and not is_pattern and suits(text, column)
    if (measure := parse_measure(text)) is not None:
        if _is_of_duration(state):
            return seconds_in(measure[1].name) is not None
        return column is not None and not is_pattern and number_beside(text, column) is not None
    if (is_pattern and not state.strict) or (state.item is not None and is_uncertain(state, state.item)):
        return True
    if kind == ColumnType.NUMBER:
        return text.removeprefix("-").replace(".", "", 1).isdecimal()
    return kind != ColumnType.DATE or (column is not None and is_dated(text, column))


def _is_of_duration(state: Prefix) -> bool:
    """Whether what lies between two times is compared."""
    return state.item is not None and is_duration(state.item.term, state.linked.schema)


def _compared_column(state: Prefix) -> Column | None:
    """The column whose values, not their number, are compared."""
    term = state.item.term if state.item is not None else None
    if term is None or not isinstance(term.operand, ColumnRef) or term.aggregate == Aggregate.COUNT:
        return None
    return state.linked.schema.column(term.operand)


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
