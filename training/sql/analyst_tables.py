"""What questions of analysts can be about: columns to sum up, to group by, to name rows by, to compute."""

import random
from collections.abc import Mapping, Sequence

from kbqa.sql.grammar.actions import OPERATORS
from kbqa.sql.joins import joins
from kbqa.sql.query import (
    Condition,
    Expression,
    Operator,
    Query,
)
from kbqa.sql.schema import ColumnRef, ColumnType, ForeignKey, Schema, Table, readable
from training.sql.analyst_words import (
    PRICES,
    QUANTITIES,
    REVENUE,
)
from training.sql.row_conditions import Draft, RowConditions
from training.sql.table_words import TableWords

Asked = tuple[str, Query]
_TRIES = 8
_MAX_LENGTH = 220


class AnalystTables:
    """A schema as questions are made of it; `cells` are values of its columns."""

    def __init__(self, schema: Schema, cells: Mapping[ColumnRef, Sequence[str]], rng: random.Random) -> None:
        self.schema, self.rng = schema, rng
        self.words = TableWords(schema, rng)
        self.conditions = RowConditions(self.words, cells)
        self.tables = [table for table in schema.tables if len(table.columns) > 1 and not table.view]
        self.keys = [key for key in schema.keys if self.tells(key)]

    def of_rows(self, table: Table) -> tuple[tuple[Condition, ...], str] | None:
        """A condition on a table's rows, and its words."""
        draft = Draft(Query())
        self.conditions.add_conditions(draft, table, always=True)
        return (draft.query.where, " ".join(draft.words)) if draft.query.where else None

    def summed(self, table: Table) -> ColumnRef | None:
        """A number that can be summed up."""
        return self.conditions.one(table, ColumnType.NUMBER)

    def category(self, table: Table) -> ColumnRef | None:
        """A column of texts that several rows share, as far as is known."""
        ends = {end for key in self.schema.keys for end in (key.source, key.target)}
        texts = [
            ref
            for ref in self.conditions.columns(table, ColumnType.TEXT)
            if ref not in ends
            and not self.schema.is_unique(ref)
            and readable(ref.column).split()[-1:] != ["id"]
        ]
        return self.rng.choice(texts) if texts else None

    def named(self, table: Table) -> ColumnRef | None:
        """The column that rows are called by: a name, or else any text."""
        texts = self.conditions.columns(table, ColumnType.TEXT)
        names = [ref for ref in texts if {"name", "title", "label"} & set(readable(ref.column).split())]
        return self.rng.choice(names or texts) if names or texts else None

    def revenue(self, table: Table) -> tuple[Expression, str] | None:
        """A price times a quantity, by what people call it."""
        prices, quantities = (self._called_like(table, words) for words in (PRICES, QUANTITIES))
        pairs = [(price, quantity) for price in prices for quantity in quantities if price != quantity]
        if not pairs or self.rng.random() < 0.2:
            return None
        price, quantity = self.rng.choice(pairs)
        return Expression(quantity, Operator.TIMES, price), self.rng.choice(REVENUE)

    def _called_like(self, table: Table, words: Sequence[str]) -> list[ColumnRef]:
        numbers = self.conditions.columns(table, ColumnType.NUMBER)
        plain = [ref for ref in numbers if not self.conditions.is_key(ref)]
        return [ref for ref in plain if set(words) & set(readable(ref.column).split())]

    def computed(
        self, table: Table, operators: Sequence[Operator] = tuple(OPERATORS.values())
    ) -> tuple[Expression, str] | None:
        """Two numbers of a table with an operator, and the words for it."""
        columns = self.conditions.columns(table, ColumnType.NUMBER)
        numbers = [ref for ref in columns if not self.conditions.is_key(ref)]
        if len(numbers) < 2:
            return None
        left, right = self.rng.sample(numbers, 2)
        operator, one, other = self.rng.choice(operators), self.words.called(left), self.words.called(right)
        words = {
            Operator.PLUS: (
                f"sum of {one} and {other}",
                f"{one} plus {other}",
                f"{one} and {other} together",
            ),
            Operator.MINUS: (
                f"difference between {one} and {other}",
                f"{one} minus {other}",
                f"{one} less {other}",
            ),
            Operator.TIMES: (
                f"{one} times {other}",
                f"product of {one} and {other}",
                f"{one} multiplied by {other}",
            ),
            Operator.DIVIDE: (
                f"ratio of {one} to {other}",
                f"{one} divided by {other}",
                f"{one} per {other}",
            ),
        }
        return Expression(left, operator, right), self.rng.choice(words[operator])

    def related(self) -> tuple[Table, Table]:
        """(parent, child): tables that a key connects."""
        key = self.rng.choice(self.keys)
        return self.schema.table(key.target.table), self.schema.table(key.source.table)

    def tells(self, key: ForeignKey) -> bool:
        """Whether one key connects two tables, each with something to tell."""
        ends = (key.source.table, key.target.table)
        is_alone = len(self.schema.between(*ends)) == 1 and ends[0] != ends[1]
        return is_alone and all(len(self.schema.table(end).columns) > 1 for end in ends)

    def is_joined(self, query: Query) -> bool:
        """Whether a query joins only tables that it names."""
        return {table for table, _ in joins(query, self.schema)} == set(query.tables())
