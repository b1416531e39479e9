"""How far a query has come, and what was chosen of its unfinished part."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from kbqa.decoding.actions import Action, Kind, keyword
from kbqa.decoding.vocabulary import Vocabulary
from kbqa.sql.query import (
    Aggregate,
    AllOf,
    Comparison,
    DatePart,
    Item,
    Operand,
    Operator,
    Part,
    Query,
    SetOperation,
    Term,
    Value,
)
from kbqa.sql.schema import ColumnRef, ColumnType, Schema

MAX_ITEMS, MAX_CONDITIONS, MAX_VALUES, MAX_ORDERS, MAX_DEPTH, MAX_WITH = 6, 6, 4, 3, 3, 2

CLAUSES = ("WITH", "WHERE", "GROUP", "HAVING", "ORDER")
KEYWORDS = (
    "NONE",
    "DISTINCT",
    "END",
    *CLAUSES,
    "AND",
    "OR",
    "ALSO",
    "SELECT",
    "ASC",
    "DESC",
    "UNLIMITED",
    "ONE",
    *map(str, Aggregate),
    *map(str, Comparison),
    *(f"set {each}" for each in SetOperation),
    *(f"operator {each}" for each in Operator),
    *map(str, Part),
)
STEPS = (
    "SELECT", "OPERAND", "SECOND", "NEXT", "TABLE", "CONDITION", "COMPARE", "VALUE", "GROUP", "HAVING",
    "ORDER", "DIRECTION", "LIMIT", "VIA", "PART",
)  # fmt: skip
VOCABULARY = Vocabulary(KEYWORDS, STEPS, variables=1)

ORDERED = (Comparison.LESS, Comparison.GREATER, Comparison.AT_MOST, Comparison.AT_LEAST, Comparison.BETWEEN)
EQUALITIES = (Comparison.EQUAL, Comparison.UNEQUAL)
NULLS = (Comparison.IS_NULL, Comparison.IS_NOT_NULL)
MEMBERSHIP = (Comparison.IN, Comparison.NOT_IN)
LOOSE = ("sqlite",)
"""Dialects that compare and unite what has different types, show what they do not group by, and take the
first of several values.
"""
"""Dialects that compute with texts as far as these begin with a number."""


BY_WORD = {word: keyword(word) for word in KEYWORDS}


@dataclass(frozen=True)
class LinkedQuestion:
    """A question's view of a database: its focused schema, and what the question mentions."""

    schema: Schema
    tables: tuple[Action, ...] = ()
    columns: tuple[Action, ...] = ()
    values: tuple[Action, ...] = ()
    numbers: tuple[Action, ...] = ()

    @property
    def candidates(self) -> tuple[Action, ...]:
        """Return all that can be pointed to."""
        return (*self.tables, *self.columns, *self.values, *self.numbers)

    @cached_property
    def column_choices(self) -> Mapping[ColumnRef, Action]:
        """Return the columns' choices by their places."""
        return {choice.key: choice for choice in self.columns}


@dataclass(frozen=True)
class Prefix:
    """A prefix of a query. `query` is the SELECT being written; `outer` are the states in whose conditions it
    stands.

    What follows `part` belongs to an unfinished item or condition of that part. A state that `insists` does
    not offer that the question has no answer.
    """

    world: LinkedQuestion = field(compare=False, repr=False)
    step: str = "SELECT"
    query: Query = field(default_factory=Query)
    outer: tuple["Prefix", ...] = ()
    left: Query | None = None
    operation: SetOperation | None = None
    answerable: bool = True
    insists: bool = False
    part: str = "items"
    aggregate: Aggregate | None = None
    distinct: bool = False
    date_part: Part | None = None
    first: Term | None = None
    operator: Operator | None = None
    item: Item | None = None
    comparison: Comparison | None = None
    values: tuple[Value, ...] = ()
    follows_or: bool = False
    closing: SetOperation | str | None = None

    @property
    def table(self) -> str | None:
        """Return a table that the SELECT being written names, in what is finished of it or in what is not."""
        pending = self.first or (self.item.term if self.item else None)
        return next(iter(self.query.tables()), pending.operand.table if pending else None)

    @property
    def missing_items(self) -> int | None:
        """Return how many items more the query needs that stands to the right of a set operation; None for
        others.
        """
        return None if self.left is None else len(self.left.items) - len(self.query.items)

    @property
    def strict(self) -> bool:
        """Tell whether the dialect refuses what loose ones make something of."""
        return self.world.schema.dialect not in LOOSE

    @property
    def wanted(self) -> ColumnType | None:
        """Return the type that the next term must have: in arithmetic, in a condition's query, beside another
        query; None for any.
        """
        if not self.strict:
            return None
        if self.operator is not None:
            return ColumnType.NUMBER
        if self.outer and self.part == "items" and (item := self.outer[-1].item) is not None:
            return kind_of(self, item)
        if self.left is not None and self.part == "items" and self.missing_items:
            return kind_of(self, self.left.items[len(self.query.items)])
        return None

    @property
    def shows_rows(self) -> bool:
        """Tell whether `*` is among the items."""
        return any(
            isinstance(item.term.operand, AllOf) and item.term.aggregate is None for item in self.query.items
        )

    @property
    def nested(self) -> bool:
        """Tell whether the SELECT being written stands in a condition."""
        return bool(self.outer)


def table_of(choice: Action) -> str:
    """Return the name of the table that a choice is, or lies in."""
    return choice.key.table if isinstance(choice.key, ColumnRef) else str(choice.key)


def words(*words: str) -> Iterator[Action]:
    """Yield the choices of keywords."""
    return (BY_WORD[word] for word in words)


def kind_of(state: Prefix, item: Item) -> ColumnType:
    """Return the type of an item's values."""
    if isinstance(item.term.operand, AllOf) or item.term.aggregate in (
        Aggregate.COUNT,
        Aggregate.SUM,
        Aggregate.AVG,
    ):
        return ColumnType.NUMBER
    if isinstance(item.term.operand, DatePart):
        return ColumnType.TEXT
    return state.world.schema.column(item.term.operand).type


def operand_of(choice: Action) -> Operand:
    """Return what a column or a table stands for in a term."""
    return choice.key if isinstance(choice.key, ColumnRef) else AllOf(choice.key)


def value_of(choice: Action) -> str:
    """Return the text of a cell's value or of a constant."""
    return str(choice.key[1] if choice.kind == Kind.VALUE else choice.key)
