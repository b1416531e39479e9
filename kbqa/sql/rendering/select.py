"""A query as data → SQL of a dialect: joins follow the schema's keys."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from sqlglot import exp

from kbqa.sql.headings import headings
from kbqa.sql.joins import NotConnectedError
from kbqa.sql.query import (
    Aggregate,
    Condition,
    Item,
    Query,
    SetOperation,
    columns_of,
)
from kbqa.sql.rendering.conditions import Conditions
from kbqa.sql.rendering.terms import AGGREGATES
from kbqa.sql.schema import Schema

_SET_OPERATIONS: dict[SetOperation, type[exp.SetOperation]] = {
    SetOperation.UNION: exp.Union,
    SetOperation.INTERSECT: exp.Intersect,
    SetOperation.EXCEPT: exp.Except,
}
_OF_EACH, _PLACE = "of_each", "place"
"""What is shown of each group, and the place of a row in an order, within a query."""


def render(query: Query, schema: Schema, *, headed: bool = False, stored: bool = False) -> exp.Query:
    """A query's syntax tree, with headings for people where they are wanted.

    Times that are kept as numbers are shown as dates unless they are wanted as they are `stored`. Raises
    NotConnectedError.
    """
    select = Select(query, schema, stored=stored).written(headed=headed)
    if query.operation is None or query.right is None:
        return select
    return _SET_OPERATIONS[query.operation](
        this=select, expression=render(query.right, schema, stored=stored), distinct=True
    )


def query_text(query: Query, schema: Schema, *, pretty: bool = False, headed: bool = False) -> str:
    """A query as SQL in the schema's dialect. Raises NotConnectedError."""
    return render(query, schema, headed=headed).sql(dialect=schema.dialect, pretty=pretty)


class Select(Conditions):
    """Writes one SELECT."""

    def rendered(self, query: Query, *, stored: bool = False) -> exp.Query:
        """A query within the SELECT, its times as they are `stored` or as dates. Raises NotConnectedError."""
        return render(query, self.schema, stored=stored)

    def written(self, *, headed: bool) -> exp.Select:
        """The SELECT, within another one where its rows are ranked or its groups summed up."""
        if self.query.of_groups is not None:
            return self.summed_up(self.query.items[0], self.query.of_groups, headed=headed)
        if self.query.each:
            return self.ranked(headed=headed)
        shown = self.headed() if headed else list(map(self.shown, self.query.items))
        select = self.rows(shown)
        if self.query.order:
            select = select.order_by(*map(self.order, self.query.order))
        if self.query.limit is not None:
            select = select.limit(self.query.limit)
        return select.offset(self.query.offset) if self.query.offset else select

    def summed_up(self, item: Item, aggregate: Aggregate, *, headed: bool) -> exp.Select:
        """An aggregate of what each group comes to."""
        of_each = self.item(Item(replace(item.term, of_groups=None)))
        groups = self.rows([exp.alias_(of_each, _OF_EACH)])
        outer: exp.Expr = AGGREGATES[aggregate](this=exp.column(_OF_EACH))
        if headed:
            outer = exp.alias_(outer, self.name(headings(self.query, self.schema, ())[0] or _OF_EACH))
        return exp.select(outer).from_(groups.subquery("of_groups"))

    def ranked(self, *, headed: bool) -> exp.Select:
        """The first rows for each value of some columns, with those that come equally far."""
        query, tables = self.query, [table for table, _ in self.joined]
        place = exp.Window(
            this=exp.Anonymous(this="DENSE_RANK" if query.offset else "RANK"),
            partition_by=list(map(self.read, query.each)),
            order=exp.Order(expressions=list(map(self.order, query.order))),
        )
        inner = {f"shown_{number}": self.displayed(item) for number, item in enumerate(query.items)}
        groups = {f"each_{number}": self.read(ref) for number, ref in enumerate(query.each)}
        expressions = {**inner, **groups, _PLACE: place}
        rows = self.rows([exp.alias_(expression, name) for name, expression in expressions.items()])
        titles = headings(query, self.schema, tables) if headed else [None] * len(inner)
        shown = [
            exp.alias_(exp.column(name), self.name(title or self.title(item, name)))
            for name, title, item in zip(inner, titles, query.items, strict=True)
        ]
        last = exp.Literal.number(query.offset + (query.limit or 1))
        compare = exp.EQ if query.offset else exp.LTE
        wanted = compare(this=exp.column(_PLACE), expression=last)
        order = [
            exp.Ordered(this=exp.column(name), desc=False, nulls_first=self.nulls_are_small)
            for name in (*groups, _PLACE)
        ]
        return exp.select(*shown).from_(rows.subquery("ranked")).where(wanted).order_by(*order)

    @cached_property
    def only_of_which(self) -> set[str]:
        """The tables that nothing but the conditions of a percentage needs."""
        others = self.schema.closure(replace(self.query, which=()).tables())
        return {table for table, _ in self.joined} - set(others)

    def title(self, item: Item, otherwise: str) -> str:
        """The name that an item has by itself."""
        return self.shown(item).alias_or_name or otherwise

    def rows(self, shown: Sequence[exp.Expr]) -> exp.Select:
        """The SELECT without its order."""
        query = self.query
        select = exp.Select(expressions=list(shown))
        select = self.joining(select.distinct() if query.distinct else select)
        if where := self.restricting():
            select = select.where(self.conditions(where))
        if group := self.group():
            select = select.group_by(*(self.operand(key, counted=False) for key in group))
        return select.having(self.conditions(query.having)) if query.having else select

    def restricting(self) -> Sequence[Condition]:
        """The conditions that leave rows out; with empty groups, others belong to the joins of their rows."""
        if not self.query.with_empty:
            return self.query.where
        return [condition for condition in self.query.where if self.joined_by(condition) is None]

    def joined_by(self, condition: Condition) -> str | None:
        """The table to whose join a condition belongs, so that groups without its rows stay."""
        tables = {ref.table for term in condition.item.terms for ref in columns_of(term.operand)}
        tables |= {condition.column.table} if condition.column is not None else set()
        outer = [table for table, _ in self.joined[1:] if table in tables]
        return outer[-1] if outer and not any(each.follows_or for each in self.query.where) else None

    def joining(self, select: exp.Select) -> exp.Select:
        """A SELECT with its tables. Raises NotConnectedError."""
        for index, (table, key) in enumerate(self.joined):
            if index == 0:
                select = select.from_(self.table(table))
            elif key is None:
                raise NotConnectedError(f"No key connects {table} to {self.joined[0][0]}.")
            else:
                on: exp.Expr = exp.EQ(this=self.column(key.source), expression=self.column(key.target))
                if self.query.with_empty:
                    of_join = [each for each in self.query.where if self.joined_by(each) == table]
                    on = exp.and_(on, *map(self.condition, of_join))
                outer = self.query.with_empty or table in self.only_of_which
                select = select.join(self.table(table), on=on, join_type="LEFT" if outer else "")
        return select
