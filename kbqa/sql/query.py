"""An SQL query as data, without joins: they follow from the tables that its columns lie in.

Leaving joins out is what makes such a form easy to write from words (SemQL, Guo et al. 2019; NatSQL, Gan et
al. 2021).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Union

from kbqa.sql.schema import ColumnRef


class Aggregate(StrEnum):
    """A function of a group's values."""

    COUNT = "COUNT"
    SUM = "SUM"
    AVG = "AVG"
    MIN = "MIN"
    MAX = "MAX"
    SHARE = "SHARE"
    """The percentage of a table's rows, or of a column's sum, that meets the conditions of `which`.

    Without such conditions it is what each group has of the whole.
    """


class Comparison(StrEnum):
    """A comparison; CONTAINS, LACKS, STARTS and ENDS are LIKE with wildcards."""

    EQUAL = "="
    UNEQUAL = "!="
    LESS = "<"
    GREATER = ">"
    AT_MOST = "<="
    AT_LEAST = ">="
    CONTAINS = "CONTAINS"
    LACKS = "LACKS"
    STARTS = "STARTS"
    ENDS = "ENDS"
    IN = "IN"
    NOT_IN = "NOT IN"
    BETWEEN = "BETWEEN"
    IS_NULL = "IS NULL"
    IS_NOT_NULL = "IS NOT NULL"


ORDERED = (Comparison.LESS, Comparison.GREATER, Comparison.AT_MOST, Comparison.AT_LEAST, Comparison.BETWEEN)
EQUALITIES = (Comparison.EQUAL, Comparison.UNEQUAL)
NULLS = (Comparison.IS_NULL, Comparison.IS_NOT_NULL)
MEMBERSHIP = (Comparison.IN, Comparison.NOT_IN)
PATTERNS = (Comparison.CONTAINS, Comparison.LACKS, Comparison.STARTS, Comparison.ENDS)


class Operator(StrEnum):
    """Arithmetic."""

    PLUS = "+"
    MINUS = "-"
    TIMES = "*"
    DIVIDE = "/"
    PERCENT = "%"
    """What the first is of the second, in percent."""
    CHANGE = "CHANGE"
    """How much the first is more than the second, in percent of the second."""


class Across(StrEnum):
    """A calculation over what groups come to, in the order of the query (a window function)."""

    RUNNING = "RUNNING"
    """The total so far."""
    DIFFERENCE = "DIFFERENCE"
    """What is added from one to the next."""
    CHANGE = "CHANGE"
    """The same, in percent of the one before."""


class SetOperation(StrEnum):
    """An operation on the rows of two queries."""

    UNION = "UNION"
    INTERSECT = "INTERSECT"
    EXCEPT = "EXCEPT"


@dataclass(frozen=True)
class AllOf:
    """The rows of a table: `*`, in `COUNT(*)` or alone."""

    table: str


class Part(StrEnum):
    """A part of a date that rows are grouped by; months and quarters are those of a year, but for one.

    A week is the Monday that it begins with; weekdays count from Monday, 1 to 7.
    """

    YEAR = "YEAR"
    MONTH = "MONTH"
    QUARTER = "QUARTER"
    MONTH_OF_YEAR = "MONTH OF YEAR"
    WEEK = "WEEK"
    DAY = "DAY"
    WEEKDAY = "WEEKDAY"
    HOUR = "HOUR"


NUMBERED, DATED = (Part.MONTH_OF_YEAR, Part.WEEKDAY, Part.HOUR), (Part.WEEK, Part.DAY)
"""The parts that are numbers, and those that are dates."""


@dataclass(frozen=True)
class DatePart:
    """A part of a column's dates: their year, or the month with its year, as 2019 and 2019-04."""

    column: ColumnRef
    part: Part

    @property
    def table(self) -> str:
        """The table that the column lies in."""
        return self.column.table


@dataclass(frozen=True)
class Expression:
    """Two columns with an operator between them, computed for each row; of two dates, the days between."""

    left: ColumnRef
    operator: "Operator"
    right: ColumnRef

    @property
    def table(self) -> str:
        """The table that its first column lies in."""
        return self.left.table


GroupKey = ColumnRef | DatePart
Operand = GroupKey | AllOf | Expression


def column_of(operand: Operand) -> ColumnRef | None:
    """The one column that an operand is, or is made of."""
    if isinstance(operand, DatePart):
        return operand.column
    return operand if isinstance(operand, ColumnRef) else None


def columns_of(operand: Operand) -> tuple[ColumnRef, ...]:
    """All columns that an operand is made of."""
    if isinstance(operand, Expression):
        return (operand.left, operand.right)
    column = column_of(operand)
    return () if column is None else (column,)


@dataclass(frozen=True)
class Term:
    """A column, a part of its dates, an expression, or an aggregate of one.

    `of_groups` is an aggregate once more, of what `aggregate` is for each group: the mean of the counts. An
    aggregate is of those rows `only` that meet some conditions.
    """

    operand: Operand
    aggregate: Aggregate | None = None
    distinct: bool = False
    of_groups: Aggregate | None = None
    only: tuple["Condition", ...] = ()


@dataclass(frozen=True)
class Item:
    """A term, or two with an operator between them; or what becomes of it `across` the groups."""

    term: Term
    operator: Operator | None = None
    other: Term | None = None
    across: Across | None = None

    @property
    def terms(self) -> tuple[Term, ...]:
        """Its terms."""
        return (self.term,) if self.other is None else (self.term, self.other)


@dataclass(frozen=True)
class Value:
    """A constant.

    `text` is what was found; how it is written follows from the column that it is compared with.
    """

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Condition:
    """A term compared with values, another column, or a query's result.

    Several values are alternatives, or BETWEEN's two ends.
    """

    item: Item
    comparison: Comparison
    values: tuple[Value, ...] = ()
    column: ColumnRef | None = None
    query: Union["Query", None] = None
    follows_or: bool = False
    """Whether OR, not AND, stands before it."""


@dataclass(frozen=True)
class Order:
    """A sort key."""

    item: Item
    descending: bool = False


@dataclass(frozen=True)
class Via:
    """The key that two tables are joined over, where there are several."""

    source: ColumnRef
    target: ColumnRef


@dataclass(frozen=True)
class Query:
    """One SELECT, and what is united, intersected with or excepted from it.

    `with_tables` are tables that are joined though no column of theirs is named. Of the sorted rows `limit`
    are kept after the first `offset`; with `each`, so many for every value of these columns. What is grouped
    `with_empty` keeps the groups that no joined row belongs to. A percentage is of the rows that meet the
    conditions of `which`, among those that meet the conditions of `where`.
    """

    items: tuple[Item, ...] = ()
    distinct: bool = False
    with_tables: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()
    which: tuple[Condition, ...] = ()
    group: tuple[GroupKey, ...] = ()
    having: tuple[Condition, ...] = ()
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0
    each: tuple[ColumnRef, ...] = ()
    with_empty: bool = False
    via: tuple[Via, ...] = ()
    operation: SetOperation | None = None
    right: Union["Query", None] = field(default=None)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """All conditions of this SELECT itself."""
        shown = (*self.items, *(order.item for order in self.order))
        only = (condition for item in shown for term in item.terms for condition in term.only)
        return (*self.where, *self.which, *self.having, *only)

    def operands(self) -> Iterator[Operand]:
        """Every column and table that this SELECT itself names, in order."""
        for item in self._items():
            for term in item.terms:
                yield from (
                    columns_of(term.operand) if isinstance(term.operand, Expression) else (term.operand,)
                )
        yield from self.each
        for condition in self.conditions:
            if condition.column is not None:
                yield condition.column
        yield from self.group

    def _items(self) -> Iterator[Item]:
        yield from self.items
        yield from (condition.item for condition in self.conditions)
        yield from (order.item for order in self.order)

    @property
    def shares(self) -> bool:
        """Whether it is of percentages."""
        return any(term.aggregate == Aggregate.SHARE for item in self._items() for term in item.terms)

    @property
    def of_groups(self) -> Aggregate | None:
        """The aggregate of what its groups come to, if it is of that."""
        return next((item.term.of_groups for item in self.items), None)

    def tables(self) -> tuple[str, ...]:
        """The tables that this SELECT itself names, in order."""
        return tuple(dict.fromkeys([*(operand.table for operand in self.operands()), *self.with_tables]))

    def queries(self) -> Iterator["Query"]:
        """This query and all within it."""
        yield self
        for condition in self.conditions:
            if condition.query is not None:
                yield from condition.query.queries()
        if self.right is not None:
            yield from self.right.queries()
