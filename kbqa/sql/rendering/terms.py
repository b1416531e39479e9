"""What stands in a SELECT: columns, what is computed of them, their aggregates, and their order."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace

from sqlglot import Dialect, exp

from kbqa.sql.date_parts import date_part
from kbqa.sql.formulas import write_formula
from kbqa.sql.headings import headings
from kbqa.sql.identifiers import needs_quotes
from kbqa.sql.joins import joins
from kbqa.sql.query import (
    Across,
    Aggregate,
    AllOf,
    Condition,
    DatePart,
    Expression,
    GroupKey,
    Item,
    Operand,
    Operator,
    Order,
    Query,
    Term,
    column_of,
    columns_of,
)
from kbqa.sql.schema import ColumnRef, ColumnType, Schema

AGGREGATES: dict[Aggregate, type[exp.AggFunc]] = {
    Aggregate.COUNT: exp.Count,
    Aggregate.SUM: exp.Sum,
    Aggregate.AVG: exp.Avg,
    Aggregate.MIN: exp.Min,
    Aggregate.MAX: exp.Max,
}
_OPERATORS: dict[Operator, type[exp.Binary]] = {
    Operator.PLUS: exp.Add,
    Operator.MINUS: exp.Sub,
    Operator.TIMES: exp.Mul,
    Operator.DIVIDE: exp.Div,
}
_GROUPS_LOOSELY = ("sqlite",)


class Terms(ABC):
    """Writes the terms of one SELECT; joins and conditions are written by what builds on it."""

    def __init__(self, query: Query, schema: Schema) -> None:
        self.query, self.schema = query, schema
        self.joined = joins(query, schema)
        self.qualified = len(self.joined) > 1

    @abstractmethod
    def conditions(self, conditions: Sequence[Condition]) -> exp.Expr:
        """Conditions with AND before OR, as SQL reads them."""

    def group(self) -> list[GroupKey]:
        """The keys of GROUP BY.

        Beside aggregates, strict dialects want to group by all columns that stand outside of these.
        """
        query = self.query
        items = [*query.items, *(order.item for order in query.order)]
        terms = [term for item in items for term in item.terms]
        grouped = bool(query.group or query.having) or any(term.aggregate for term in terms)
        if not grouped or self.schema.dialect in _GROUPS_LOOSELY:
            return list(query.group)
        plain = [
            key
            for term in terms
            if term.aggregate is None and not isinstance(term.operand, AllOf)
            for key in (columns_of(term.operand) if isinstance(term.operand, Expression) else (term.operand,))
        ]
        return list(dict.fromkeys([*query.group, *plain, *query.each]))

    def name(self, text: str) -> exp.Identifier:
        """A name, quoted where the dialect needs it."""
        return exp.to_identifier(text, quoted=needs_quotes(text, self.schema.dialect))

    def table(self, name: str) -> exp.Table:
        """A table, with the name of its schema before it where it needs that."""
        table = self.schema.table(name)
        schema = self.name(table.schema) if table.qualified else None
        return exp.Table(this=self.name(table.local_name), db=schema)

    def owner(self, name: str) -> dict[str, exp.Identifier | None]:
        """The names before those of a table's columns, the shortest that no other joined table has."""
        table = self.schema.table(name)
        alike = [other for other, _ in self.joined if self._local(other) == self._local(name)]
        schema = self.name(table.schema) if len(alike) > 1 else None
        return {"table": self.name(table.local_name), "db": schema}

    def _local(self, name: str) -> str:
        return self.schema.table(name).local_name.lower()

    def column(self, ref: ColumnRef) -> exp.Expr:
        """A column, with its table where there are several, or what people defined as one."""
        formula = self.schema.column(ref).formula
        if formula is not None:
            return write_formula(formula, self.schema.dialect, self.column)
        return exp.Column(this=self.name(ref.column), **(self.owner(ref.table) if self.qualified else {}))

    def read(self, ref: ColumnRef) -> exp.Expr:
        """A column as it is compared, grouped and computed with."""
        column = self.column(ref)
        if not self.schema.column(ref).as_text:
            return column
        return exp.Cast(this=column, to=exp.DataType.build("TEXT"))

    def operand(self, operand: Operand, *, counted: bool) -> exp.Expr:
        """What is shown or summed up; rows are counted otherwise than shown."""
        if isinstance(operand, ColumnRef):
            return self.read(operand)
        if isinstance(operand, DatePart):
            return date_part(self.column(operand.column), operand.part, self.schema.dialect)
        if isinstance(operand, Expression):
            return self.expression(operand)
        if self.qualified and not counted:
            return exp.Column(this=exp.Star(), **self.owner(operand.table))
        return exp.Star()

    def expression(self, computed: Expression) -> exp.Expr:
        """What is computed of two columns; between two dates, the days from the right to the left one."""
        ends = (computed.left, computed.right)
        if all(self.schema.column(ref).kind == ColumnType.DATE for ref in ends):
            last, first = (exp.Cast(this=self.read(ref), to=exp.DataType.build("DATE")) for ref in ends)
            if self.schema.dialect == "postgres":
                return exp.Sub(this=last, expression=first)
            return exp.DateDiff(this=last, expression=first, unit=exp.Var(this="DAY"))
        left, right = (self.number(self.read(ref), Item(Term(ref))) for ref in ends)
        return self.calculation(left, computed.operator, right)

    def calculation(self, left: exp.Expr, operator: Operator, right: exp.Expr) -> exp.Expr:
        """Two numbers with an operator between them."""
        if operator == Operator.PERCENT:
            return _percent(left, right)
        if operator == Operator.CHANGE:
            return _percent(exp.paren(exp.Sub(this=left, expression=right)), right.copy())
        if operator == Operator.DIVIDE:  # whole numbers would be divided without a rest
            kind = "DOUBLE" if self.schema.dialect == "postgres" else "REAL"
            left = exp.Cast(this=left, to=exp.DataType.build(kind))
        return _OPERATORS[operator](this=left, expression=right)

    def term(self, term: Term) -> exp.Expr:
        """A term."""
        if term.aggregate == Aggregate.SHARE:
            return self.share(term.operand)
        inner = self.operand(term.operand, counted=term.aggregate is not None)
        if term.aggregate is None:
            return inner
        if self.query.with_empty:
            return self.of_perhaps_none(term)
        if term.aggregate != Aggregate.COUNT:
            inner = self.number(inner, Item(Term(term.operand)))
        if term.only:
            there = exp.Literal.number(1) if isinstance(inner, exp.Star) else inner
            inner = exp.Case().when(self.conditions(term.only), there)
        return AGGREGATES[term.aggregate](this=exp.Distinct(expressions=[inner]) if term.distinct else inner)

    def of_perhaps_none(self, term: Term) -> exp.Expr:
        """An aggregate of joined rows, of which there may be none: then numbers and sums are 0."""
        plain = type(self)(replace(self.query, with_empty=False), self.schema)
        keys = {end for _, key in self.joined if key is not None for end in (key.source, key.target)}
        if isinstance(term.operand, AllOf) and term.aggregate == Aggregate.COUNT:
            key = next((end for end in keys if end.table == term.operand.table), None)
            return plain.term(term if key is None else replace(term, operand=key))
        total = plain.term(term)
        return (
            exp.func("COALESCE", total, exp.Literal.number(0)) if term.aggregate == Aggregate.SUM else total
        )

    def share(self, operand: Operand) -> exp.Expr:
        """A percentage: of what meets the conditions, else of what a group has of the whole."""
        whole, none = exp.Literal.number("100.0"), exp.Literal.number("0.0")
        counted = isinstance(operand, AllOf)
        value = whole if counted else self.number(self.operand(operand, counted=True), Item(Term(operand)))
        if self.query.which:
            of_those = exp.Case().when(self.conditions(self.query.which), value).else_(none)
            if counted:
                return exp.Avg(this=of_those)
            return _percent(exp.Sum(this=of_those), exp.Sum(this=value))
        of_group = exp.Count(this=exp.Star()) if counted else exp.Sum(this=value)
        return _percent(of_group, exp.Window(this=exp.Sum(this=of_group.copy())))

    def item(self, item: Item) -> exp.Expr:
        """An item."""
        if item.across is not None:
            return self.across(self.item(replace(item, across=None)), item.across)
        if item.operator is None or item.other is None:
            return self.term(item.term)
        return self.calculation(self.term(item.term), item.operator, self.term(item.other))

    def across(self, value: exp.Expr, across: Across) -> exp.Expr:
        """What becomes of a value from group to group, in the order of the query."""
        order = exp.Order(expressions=list(map(self.order, self.query.order)))
        if across == Across.RUNNING:
            return exp.Window(this=exp.Sum(this=value), order=order)
        before = exp.Window(this=exp.Lag(this=value.copy()), order=order)
        operator = Operator.CHANGE if across == Across.CHANGE else Operator.MINUS
        return self.calculation(value, operator, before)

    def shown(self, item: Item) -> exp.Expr:
        """An item with its heading: of a part of a date the part, of a column read as text the column."""
        operand, expression = item.term.operand, self.item(item)
        if isinstance(operand, DatePart):
            return exp.alias_(expression, self.name(operand.part.lower()))
        if isinstance(expression, exp.Cast) and isinstance(operand, ColumnRef):
            return exp.alias_(expression, self.name(operand.column))
        return expression

    def headed(self) -> list[exp.Expr]:
        """The items, each with a heading where its own name does not serve."""
        tables = [table for table, _ in self.joined]
        return [
            self.item(item) if heading is None else exp.alias_(self.item(item), self.name(heading))
            for item, heading in zip(self.query.items, headings(self.query, self.schema, tables), strict=True)
        ]

    @property
    def nulls_are_small(self) -> bool:
        """Whether the dialect sorts empty values as less than all others."""
        return Dialect.get_or_raise(self.schema.dialect).NULL_ORDERING == "nulls_are_small"

    def order(self, order: Order) -> exp.Ordered:
        """A sort key. With a limit, empty values come last: nothing is the most by having no value.

        Without, they are where the dialect puts them by itself.
        """
        first = order.descending != self.nulls_are_small
        if self.query.limit is not None and self.may_be_empty(order.item):
            first = False
        return exp.Ordered(this=self.sorted(order.item), desc=order.descending, nulls_first=first)

    def may_be_empty(self, item: Item) -> bool:
        """Whether an item may be NULL: not the number of something, nor a column that must have a value."""
        if item.operator is not None:
            return True
        ref = column_of(item.term.operand)
        if ref is None or item.term.aggregate == Aggregate.COUNT:
            return False
        column = self.schema.column(ref)
        return column.nullable and not column.primary

    def sorted(self, item: Item) -> exp.Expr:
        """An item as it is sorted by: texts that are numbers by these."""
        return self.number(self.item(item), item) if item.term.aggregate is None else self.item(item)

    def number(self, expression: exp.Expr, item: Item) -> exp.Expr:
        """A column's values as numbers, where they are numbers that stand there as texts."""
        operand = item.term.operand
        if item.operator is not None or not isinstance(operand, ColumnRef) or not self.holds_numbers(operand):
            return expression
        for blank in self.schema.column(operand).blanks:
            expression = exp.Nullif(this=expression, expression=exp.Literal.string(blank))
        return exp.Cast(this=expression, to=exp.DataType.build("REAL"))

    def holds_numbers(self, operand: Operand) -> bool:
        """Whether a column of texts has numbers only."""
        if not isinstance(operand, ColumnRef):
            return False
        column = self.schema.column(operand)
        return column.type == ColumnType.TEXT and column.kind == ColumnType.NUMBER


def _percent(part: exp.Expr, whole: exp.Expr) -> exp.Expr:
    """What a part is of a whole, in percent; NULL where there is no whole."""
    return exp.Div(
        this=exp.Mul(this=exp.Literal.number("100.0"), expression=part),
        expression=exp.Nullif(this=whole, expression=exp.Literal.number(0)),
    )
