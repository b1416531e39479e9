"""Headings of what a query shows, as people would write them: number of packages, average price."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, count

from kbqa.linking.time_values import in_words
from kbqa.plurals import as_plural
from kbqa.sql.query import (
    Across,
    Aggregate,
    AllOf,
    Condition,
    DatePart,
    Expression,
    Item,
    Operator,
    Query,
    Term,
)
from kbqa.sql.schema import ColumnRef, ColumnType, Schema, readable

_UNCOUNTED = ("data", "info", "information", "people", "staff", "equipment", "history", "stock")
_CODE = 2
"""How long a value is at most that says nothing by itself."""
_OPERATORS = {
    Operator.PLUS: "plus",
    Operator.MINUS: "minus",
    Operator.TIMES: "times",
    Operator.DIVIDE: "per",
    Operator.PERCENT: "% of",
}
_ACROSS = {
    Across.RUNNING: "running total of",
    Across.DIFFERENCE: "change of",
    Across.CHANGE: "% change of",
}
_COMPUTED = {
    Aggregate.COUNT: "number of",
    Aggregate.SUM: "total",
    Aggregate.AVG: "average",
    Aggregate.MIN: "lowest",
    Aggregate.MAX: "highest",
}
_EXTREMES = {
    (Aggregate.MIN, ColumnType.DATE): "earliest",
    (Aggregate.MAX, ColumnType.DATE): "latest",
    (Aggregate.MIN, ColumnType.TEXT): "first",
    (Aggregate.MAX, ColumnType.TEXT): "last",
    (Aggregate.MIN, ColumnType.NUMBER): "lowest",
    (Aggregate.MAX, ColumnType.NUMBER): "highest",
}


def plural(name: str) -> str:
    """The plural of a table's or column's name in words.

    >>> [plural(name) for name in ("package", "Customers", "city", "cars_data")]
    ['packages', 'customers', 'cities', 'cars data']
    """
    words = readable(name)
    return words if words.endswith(_UNCOUNTED) else as_plural(words)


def headings(query: Query, schema: Schema, tables: Sequence[str]) -> list[str | None]:
    """The heading of each item of a query over some tables; None where its own name serves.

    No two are alike, nor is one the name of a column that could be meant in its place.
    """
    names = Counter(_own_name(item).lower() for item in query.items)
    columns = {column.name.lower() for table in tables for column in schema.table(table).columns}
    found, taken = list[str | None](), set[str]()
    for item in query.items:
        own = _own_name(item).lower()
        is_alone = names[own] == 1
        if _is_star(item) or (own and is_alone and not _is_computed(item, schema)):
            found.append(None)
            continue
        if own and is_alone:
            heading = _own_name(item)
        else:
            heading = _unlike(_heading(item, schema), _owner(item), taken | columns)
        taken.add(heading.lower())
        found.append(heading)
    return found


def _is_star(item: Item) -> bool:
    return isinstance(item.term.operand, AllOf) and item.term.aggregate is None


def _own_name(item: Item) -> str:
    """The name that a database shows a bare column under; empty for anything else."""
    is_plain = item.operator is None and item.across is None and item.term.aggregate is None
    return item.term.operand.column if is_plain and isinstance(item.term.operand, ColumnRef) else ""


def _is_computed(item: Item, schema: Schema) -> bool:
    """Whether a column is written as an expression, which has no name of its own."""
    if not isinstance(item.term.operand, ColumnRef):
        return False
    column = schema.column(item.term.operand)
    return column.as_text or column.formula is not None


def _owner(item: Item) -> str:
    return readable(item.term.operand.table)


def _unlike(heading: str, owner: str, taken: set[str]) -> str:
    """A heading that is not taken: as it is, with its table's name, or with a number."""
    forms = chain((heading, f"{owner} {heading}"), (f"{heading} {number}" for number in count(2)))
    return next(form for form in forms if form.lower() not in taken)


def _heading(item: Item, schema: Schema) -> str:
    if item.across is not None:
        return f"{_ACROSS[item.across]} {_heading(replace(item, across=None), schema)}"
    if item.operator is None or item.other is None:
        return _of_term(item.term, schema)
    if item.operator == Operator.CHANGE:
        return f"% change of {_of_all(item.term, schema)}"
    return f"{_of_term(item.term, schema)} {_OPERATORS[item.operator]} {_of_term(item.other, schema)}"


def _of_term(term: Term, schema: Schema) -> str:
    """What a term is called; one of some rows only is told apart by what they have."""
    return ", ".join((_of_all(term, schema), *(_of_condition(each, schema) for each in term.only)))


def _of_condition(condition: Condition, schema: Schema) -> str:
    """What some rows have in short: the values, of numbers and codes with the column that has them."""
    values = " or ".join(in_words(value.text) for value in condition.values)
    ref = condition.item.term.operand
    if not isinstance(ref, ColumnRef) or (len(values) > _CODE and not values.isdecimal()):
        return values
    return (
        values if schema.column(ref).kind == ColumnType.DATE else f"{readable(ref.column)} {values}".strip()
    )


def _of_all(term: Term, schema: Schema) -> str:
    operand, aggregate = term.operand, term.aggregate
    if term.of_groups is not None:
        inner = _of_all(replace(term, of_groups=None), schema)
        return f"{_COMPUTED[term.of_groups]} {inner.removeprefix('total ')}"
    if aggregate == Aggregate.SHARE:
        of_rows = isinstance(operand, AllOf)
        return f"% of {plural(operand.table) if of_rows else _of_all(Term(operand), schema)}"
    match operand:
        case AllOf():
            return f"number of {plural(operand.table)}"
        case DatePart():
            return str(operand.part.lower())
        case Expression():
            name = _of_expression(operand, schema)
            return name if aggregate is None else f"{_COMPUTED[aggregate]} {name}"
    return _of_column(operand, aggregate, schema, distinct=term.distinct)


def _of_column(ref: ColumnRef, aggregate: Aggregate | None, schema: Schema, *, distinct: bool) -> str:
    name = readable(ref.column)
    if aggregate is None:
        return name
    if aggregate == Aggregate.COUNT:
        return f"number of {_counted(ref, schema, distinct=distinct)}"
    if aggregate in (Aggregate.MIN, Aggregate.MAX):
        kind = schema.column(ref).kind
        return f"{_EXTREMES.get((aggregate, kind), _EXTREMES[aggregate, ColumnType.NUMBER])} {name}"
    return f"{_COMPUTED[aggregate]} {name}"


def _of_expression(computed: Expression, schema: Schema) -> str:
    left, right = readable(computed.left.column), readable(computed.right.column)
    if schema.column(computed.left).kind == ColumnType.DATE:
        return f"days from {right} to {left}"
    return f"{left} {_OPERATORS[computed.operator]} {right}"


def _counted(ref: ColumnRef, schema: Schema, *, distinct: bool) -> str:
    """What is counted by a column: the rows of its table where it is their key, else its values."""
    primary = [column.name for column in schema.table(ref.table).columns if column.primary]
    if primary == [ref.column]:
        return plural(ref.table)
    return f"{'different ' if distinct else ''}{plural(ref.column)}"
