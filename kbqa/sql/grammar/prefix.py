"""The prefix of a query, with the choices of its unfinished part."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from kbqa.decoding.actions import Action
from kbqa.sql.grammar.actions import (
    ColumnPointer,
    NumberPointer,
    Step,
    TablePointer,
    ValuePointer,
)
from kbqa.sql.query import (
    DATED,
    NUMBERED,
    Aggregate,
    AllOf,
    Comparison,
    DatePart,
    Expression,
    Item,
    Operator,
    Part,
    Query,
    SetOperation,
    Term,
    Value,
)
from kbqa.sql.schema import Column, ColumnRef, ColumnType, Schema

MAX_ITEMS, MAX_CONDITIONS, MAX_VALUES, MAX_ORDERS, MAX_DEPTH, MAX_WITH = 6, 6, 4, 3, 3, 2
LOOSE = ("sqlite",)
"""Dialects that show what they do not group by, and take the first of several values.

Any column of theirs may hold values of any type.
"""


class Clause(StrEnum):
    """The part of a SELECT that is being written."""

    ITEMS = "items"
    WITH = "with"
    WHERE = "where"
    WHICH = "which"
    GROUP = "group"
    HAVING = "having"
    ORDER = "order"
    EACH = "each"


@dataclass(frozen=True)
class LinkedQuestion:
    """A question's view of a database: its focused schema, and what the question mentions.

    `said_in_times` are the parts of dates that it names as parts of times only, as "last month" does; spans
    are of `question`.
    """

    schema: Schema
    tables: tuple[TablePointer, ...] = ()
    columns: tuple[ColumnPointer, ...] = ()
    values: tuple[ValuePointer, ...] = ()
    numbers: tuple[NumberPointer, ...] = ()
    said_in_times: frozenset[Part] = frozenset()
    question: str = ""

    @property
    def candidates(self) -> tuple[Action, ...]:
        """All that can be pointed to, in the order in which the network was trained to read it."""
        return (*self.tables, *self.columns, *self.values, *self.numbers)

    @cached_property
    def column_pointers(self) -> Mapping[ColumnRef, ColumnPointer]:
        """The pointer to each column."""
        return {column.key: column for column in self.columns}


@dataclass(frozen=True)
class Prefix:
    """A prefix of a query.

    `query` is the SELECT being written; `outer` are the prefixes in whose conditions it stands. What follows
    `clause` belongs to an unfinished item or condition of that clause. With `allow_no_answer`, one of the
    first actions is that the question has none.
    """

    linked: LinkedQuestion = field(compare=False, repr=False)
    step: Step = Step.SELECT
    query: Query = field(default_factory=Query)
    outer: tuple["Prefix", ...] = ()
    left: Query | None = None
    operation: SetOperation | None = None
    answerable: bool = True
    allow_no_answer: bool = True
    clause: Clause = Clause.ITEMS
    aggregate: Aggregate | None = None
    distinct: bool = False
    of_groups: Aggregate | None = None
    date_part: Part | None = None
    computing: bool = False
    """Whether an expression is being written."""
    computed: Operator | None = None
    """Its operator."""
    left_column: ColumnRef | None = None
    """Its first column."""
    at_place: bool = False
    """Whether what is due is the place of one row in the order, not how many rows there are."""
    first: Term | None = None
    operator: Operator | None = None
    item: Item | None = None
    comparison: Comparison | None = None
    values: tuple[Value, ...] = ()
    follows_or: bool = False
    closing: SetOperation | None = None

    @property
    def table(self) -> str | None:
        """A table that the SELECT being written names, in what is finished of it or in what is not."""
        pending = self.first or (self.item.term if self.item else None)
        return next(iter(self.query.tables()), pending.operand.table if pending else None)

    @property
    def missing_items(self) -> int | None:
        """How many items more the query needs to the right of a set operation; None for other queries."""
        return None if self.left is None else len(self.left.items) - len(self.query.items)

    @property
    def strict(self) -> bool:
        """Whether the dialect refuses what loose ones make something of."""
        return self.linked.schema.dialect not in LOOSE

    @property
    def wanted(self) -> ColumnType | None:
        """The type that the next term must have; None for any.

        It matters in arithmetic, in a condition's query, and beside another query.
        """
        if self.operator is not None:
            return ColumnType.NUMBER
        item = self.counterpart
        return None if item is None or is_uncertain(self, item) else kind_of(self, item)

    @property
    def counterpart(self) -> Item | None:
        """The item that the next one stands beside: of the condition around it, or of the query before it."""
        if self.clause != Clause.ITEMS:
            return None
        if self.outer:
            return self.outer[-1].item
        return (
            self.left.items[len(self.query.items)] if self.left is not None and self.missing_items else None
        )

    @property
    def shows_rows(self) -> bool:
        """Whether `*` is among the items."""
        return any(
            isinstance(item.term.operand, AllOf) and item.term.aggregate is None for item in self.query.items
        )

    @property
    def nested(self) -> bool:
        """Whether the SELECT being written stands in a condition."""
        return bool(self.outer)


def kind_of(state: Prefix, item: Item) -> ColumnType:
    """The type of an item's values."""
    operand, aggregate = item.term.operand, item.term.aggregate
    if isinstance(operand, AllOf | Expression) or aggregate not in (None, Aggregate.MIN, Aggregate.MAX):
        return ColumnType.NUMBER
    if isinstance(operand, DatePart):
        if operand.part in NUMBERED:
            return ColumnType.NUMBER
        return ColumnType.DATE if operand.part in DATED else ColumnType.TEXT
    return state.linked.schema.column(operand).kind


def is_uncertain(state: Prefix, item: Item) -> bool:
    """Whether an item is a column of texts in which there may be anything, as far as is known."""
    operand = item.term.operand
    if not isinstance(operand, ColumnRef) or item.term.aggregate == Aggregate.COUNT:
        return False
    return may_hold_any(state.linked.schema.column(operand), state.linked.schema.dialect)


def may_hold_any(column: Column, dialect: str) -> bool:
    """Whether nothing is known of the values in a column: its dialect lets it hold any, and none was read."""
    return dialect in LOOSE and column.type == ColumnType.TEXT and column.holds is None
