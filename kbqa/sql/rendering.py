"""A query as data → SQL of a dialect: joins follow the schema's keys, constants suit their columns."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlglot import Dialect, exp

from kbqa.sql.dates import Period, period_of
from kbqa.sql.formulas import write_formula
from kbqa.sql.headings import headings
from kbqa.sql.identifiers import needs_quotes
from kbqa.sql.joins import NotConnectedError, joins
from kbqa.sql.query import (
    MEMBERSHIP,
    NULLS,
    ORDERED,
    Aggregate,
    AllOf,
    Comparison,
    Condition,
    DatePart,
    GroupKey,
    Item,
    Operand,
    Operator,
    Order,
    Part,
    Query,
    SetOperation,
    Term,
    Value,
    column_of,
)
from kbqa.sql.schema import LENIENT, ColumnRef, ColumnType, Schema

_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")
_AGGREGATES: dict[Aggregate, type[exp.AggFunc]] = {
    Aggregate.COUNT: exp.Count,
    Aggregate.SUM: exp.Sum,
    Aggregate.AVG: exp.Avg,
    Aggregate.MIN: exp.Min,
    Aggregate.MAX: exp.Max,
}
_COMPARISONS: dict[Comparison, type[exp.Binary]] = {
    Comparison.EQUAL: exp.EQ,
    Comparison.UNEQUAL: exp.NEQ,
    Comparison.LESS: exp.LT,
    Comparison.GREATER: exp.GT,
    Comparison.AT_MOST: exp.LTE,
    Comparison.AT_LEAST: exp.GTE,
}
_OPERATORS: dict[Operator, type[exp.Binary]] = {
    Operator.PLUS: exp.Add,
    Operator.MINUS: exp.Sub,
    Operator.TIMES: exp.Mul,
    Operator.DIVIDE: exp.Div,
}
_SET_OPERATIONS: dict[SetOperation, type[exp.SetOperation]] = {
    SetOperation.UNION: exp.Union,
    SetOperation.INTERSECT: exp.Intersect,
    SetOperation.EXCEPT: exp.Except,
}
_PART_FORMATS = {Part.YEAR: "%Y", Part.MONTH: "%Y-%m"}
_GROUPS_LOOSELY = ("sqlite",)
_DATES_ARE_TEXTS = ("sqlite",)
_NO_LIMIT_WITHIN = ("mysql",)
"""Dialects that refuse a LIMIT in a query that IN looks through."""
_FOLDS_CASE = ("postgres", "duckdb")
"""Dialects whose LIKE tells capitals from small letters, and that have ILIKE, which does not."""
_WILDCARD, _ESCAPE = re.compile(r"[%_!]"), "!"
_SPECIAL = re.compile(r"[%_\\]")
"""What means more than itself in a pattern; a backslash does where it escapes by itself."""
_DATES_STAY = (None, Aggregate.MIN, Aggregate.MAX)
_FROM_ENDS: dict[Comparison, tuple[type[exp.Binary], bool]] = {
    Comparison.LESS: (exp.LT, False),
    Comparison.AT_LEAST: (exp.GTE, False),
    Comparison.GREATER: (exp.GTE, True),
    Comparison.AT_MOST: (exp.LT, True),
}
"""A comparison with a longer time as one with its first day, or with the day after its last (True)."""
_PATTERN_FORMS = {
    Comparison.CONTAINS: "%{}%",
    Comparison.LACKS: "%{}%",
    Comparison.STARTS: "{}%",
    Comparison.ENDS: "%{}",
}


def render(query: Query, schema: Schema, *, headed: bool = False) -> exp.Query:
    """A query's syntax tree, with headings for people where they are wanted. Raises NotConnectedError."""
    select = _Select(query, schema).tree(headed=headed)
    if query.operation is None or query.right is None:
        return select
    return _SET_OPERATIONS[query.operation](
        this=select, expression=render(query.right, schema), distinct=True
    )


def query_text(query: Query, schema: Schema, *, pretty: bool = False, headed: bool = False) -> str:
    """A query as SQL in the schema's dialect. Raises NotConnectedError."""
    return render(query, schema, headed=headed).sql(dialect=schema.dialect, pretty=pretty)


class _Select:
    """Writes one SELECT."""

    def __init__(self, query: Query, schema: Schema) -> None:
        self.query, self.schema = query, schema
        self.joined = joins(query, schema)
        self.qualified = len(self.joined) > 1

    def tree(self, *, headed: bool) -> exp.Select:
        query = self.query
        select = exp.Select(expressions=self.headed() if headed else list(map(self.shown, query.items)))
        select = self.joining(select.distinct() if query.distinct else select)
        if query.where:
            select = select.where(self.conditions(query.where))
        if group := self.group():
            select = select.group_by(*(self.operand(key, counted=False) for key in group))
        if query.having:
            select = select.having(self.conditions(query.having))
        if query.order:
            select = select.order_by(*map(self.order, query.order))
        return select if query.limit is None else select.limit(query.limit)

    def joining(self, select: exp.Select) -> exp.Select:
        """A SELECT with its tables. Raises NotConnectedError."""
        for index, (table, key) in enumerate(self.joined):
            if index == 0:
                select = select.from_(self.table(table))
            elif key is None:
                raise NotConnectedError(f"No key connects {table} to {self.joined[0][0]}.")
            else:
                on = exp.EQ(this=self.column(key.source), expression=self.column(key.target))
                select = select.join(self.table(table), on=on)
        return select

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
            term.operand for term in terms if term.aggregate is None and not isinstance(term.operand, AllOf)
        ]
        return list(dict.fromkeys([*query.group, *plain]))

    def name(self, text: str) -> exp.Identifier:
        return exp.to_identifier(text, quoted=needs_quotes(text, self.schema.dialect))

    def table(self, name: str) -> exp.Table:
        return exp.Table(this=self.name(name))

    def column(self, ref: ColumnRef) -> exp.Expr:
        formula = self.schema.column(ref).formula
        if formula is not None:
            return write_formula(formula, self.schema.dialect, self.column)
        return exp.Column(this=self.name(ref.column), table=self.name(ref.table) if self.qualified else None)

    def read(self, ref: ColumnRef) -> exp.Expr:
        """A column as it is compared, grouped and computed with."""
        column = self.column(ref)
        if not self.schema.column(ref).as_text:
            return column
        return exp.Cast(this=column, to=exp.DataType.build("TEXT"))

    def operand(self, operand: Operand, *, counted: bool) -> exp.Expr:
        if isinstance(operand, ColumnRef):
            return self.read(operand)
        if isinstance(operand, DatePart):
            return exp.TimeToStr(
                this=self.column(operand.column), format=exp.Literal.string(_PART_FORMATS[operand.part])
            )
        if self.qualified and not counted:
            return exp.Column(this=exp.Star(), table=self.name(operand.table))
        return exp.Star()

    def term(self, term: Term) -> exp.Expr:
        inner = self.operand(term.operand, counted=term.aggregate is not None)
        if term.aggregate is None:
            return inner
        if term.aggregate != Aggregate.COUNT:
            inner = self.number(inner, Item(Term(term.operand)))
        return _AGGREGATES[term.aggregate](this=exp.Distinct(expressions=[inner]) if term.distinct else inner)

    def item(self, item: Item) -> exp.Expr:
        if item.operator is None or item.other is None:
            return self.term(item.term)
        left: exp.Expr = self.term(item.term)
        if item.operator == Operator.DIVIDE:  # whole numbers would be divided without a rest
            kind = "DOUBLE" if self.schema.dialect == "postgres" else "REAL"
            left = exp.Cast(this=left, to=exp.DataType.build(kind))
        return _OPERATORS[item.operator](this=left, expression=self.term(item.other))

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

    def order(self, order: Order) -> exp.Ordered:
        """A sort key. With a limit, empty values come last: nothing is the most by having no value.

        Without, they are where the dialect puts them by itself.
        """
        small = Dialect.get_or_raise(self.schema.dialect).NULL_ORDERING == "nulls_are_small"
        first = order.descending != small
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

    def conditions(self, conditions: Sequence[Condition]) -> exp.Expr:
        """Conditions with AND before OR, as SQL reads them."""
        groups: list[list[exp.Expr]] = [[]]
        for index, condition in enumerate(conditions):
            if condition.follows_or and index:
                groups.append([])
            groups[-1].append(self.condition(condition))
        return exp.or_(*(exp.and_(*group) for group in groups))

    def condition(self, condition: Condition) -> exp.Expr:
        left, comparison = self.item(condition.item), condition.comparison
        if comparison in NULLS:
            null = exp.Is(this=left, expression=exp.Null())
            return null if comparison == Comparison.IS_NULL else exp.Not(this=null)
        if comparison in MEMBERSHIP:
            assert condition.query is not None
            within = condition.query if comparison == Comparison.IN else self.known(condition.query)
            inside = exp.In(this=left, query=exp.Subquery(this=self.listed(within)))
            return inside if comparison == Comparison.IN else exp.Not(this=inside)
        periods = self.periods(condition)
        return self.within(left, comparison, periods) if periods else self.valued(left, condition)

    def listed(self, query: Query) -> exp.Query:
        """A query that IN looks through."""
        tree = render(query, self.schema)
        if query.limit is None or self.schema.dialect not in _NO_LIMIT_WITHIN:
            return tree
        return exp.select("*").from_(tree.subquery("first_ones"))

    def known(self, query: Query) -> Query:
        """A query without empty values: beside one, NOT IN is never true."""
        item = query.items[0]
        operand, is_plain = item.term.operand, item.term.aggregate is None and item.operator is None
        if not is_plain or not isinstance(operand, ColumnRef) or self.schema.column(operand).primary:
            return query
        there = Condition(item, Comparison.IS_NOT_NULL)
        if query.group or there in query.where or any(condition.follows_or for condition in query.where):
            return query
        return replace(query, where=(*query.where, there))

    def valued(self, left: exp.Expr, condition: Condition) -> exp.Expr:
        """A comparison with constants, a column or a query's one value."""
        comparison = condition.comparison
        if comparison in _PATTERN_FORMS:
            like = self.like(left, _PATTERN_FORMS[comparison], condition.values[0].text)
            return exp.Not(this=like) if comparison == Comparison.LACKS else like
        if comparison in ORDERED:
            left = self.number(left, condition.item)
        if comparison == Comparison.BETWEEN:
            low, high = (self.value(value, condition.item, comparison) for value in condition.values)
            return exp.Between(this=left, low=low, high=high)
        if len(condition.values) > 1:
            values = [self.value(value, condition.item, comparison) for value in condition.values]
            inside = exp.In(this=left, expressions=values)
            return exp.Not(this=inside) if comparison == Comparison.UNEQUAL else inside
        return _COMPARISONS[comparison](this=left, expression=self.right(condition))

    def like(self, left: exp.Expr, pattern: str, text: str) -> exp.Expr:
        """Whether a text is found, whatever its capitals; what would be a wildcard in it is not."""
        kind = exp.ILike if self.schema.dialect in _FOLDS_CASE else exp.Like
        if not _SPECIAL.search(text):
            return kind(this=left, expression=exp.Literal.string(pattern.format(text)))
        escaped = _WILDCARD.sub(rf"{_ESCAPE}\g<0>", text)
        found = kind(this=left, expression=exp.Literal.string(pattern.format(escaped)))
        return exp.Escape(this=found, expression=exp.Literal.string(_ESCAPE))

    def periods(self, condition: Condition) -> list[Period]:
        """The times that a column of dates is compared with; none unless all values are times of one length.

        Where dates are texts, patterns of them stay as they are.
        """
        term = condition.item.term
        is_plain = term.aggregate in _DATES_STAY and condition.item.operator is None
        stays = condition.comparison in _PATTERN_FORMS and self.schema.dialect in _DATES_ARE_TEXTS
        if not is_plain or stays or not isinstance(term.operand, ColumnRef):
            return []
        column = self.schema.column(term.operand)
        periods = [period for value in condition.values if (period := period_of(value.text, column))]
        lengths = {len(period.text) for period in periods}
        return periods if len(periods) == len(condition.values) and len(lengths) == 1 else []

    def within(self, left: exp.Expr, comparison: Comparison, periods: Sequence[Period]) -> exp.Expr:
        """A comparison with times: by their first days and the days after their last, or as texts."""
        if self.schema.dialect in _DATES_ARE_TEXTS:
            return self.beginning(left, comparison, periods)
        first, last = periods[0], periods[-1]
        if comparison in _FROM_ENDS:
            kind, at_end = _FROM_ENDS[comparison]
            return kind(this=left, expression=_day(first.end if at_end else first.first))
        is_range = comparison == Comparison.BETWEEN
        spans = [(first, last)] if is_range else [(period, period) for period in periods]
        inside = [
            exp.and_(
                exp.GTE(this=left.copy(), expression=_day(start.first)),
                exp.LT(this=left.copy(), expression=_day(end.end)),
            )
            for start, end in spans
        ]
        either = exp.paren(exp.or_(*inside) if len(inside) > 1 else inside[0])
        return exp.Not(this=either) if comparison in (Comparison.UNEQUAL, Comparison.LACKS) else either

    def beginning(self, left: exp.Expr, comparison: Comparison, periods: Sequence[Period]) -> exp.Expr:
        """A comparison of the beginnings of dates that are texts, or of years that are numbers."""
        length = exp.Literal.number(len(periods[0].text))
        start = exp.Substring(this=left, start=exp.Literal.number(1), length=length)
        texts = [exp.Literal.string(period.text) for period in periods]
        if comparison == Comparison.BETWEEN:
            return exp.Between(this=start, low=texts[0], high=texts[1])
        if len(texts) > 1:
            inside = exp.In(this=start, expressions=texts)
            return exp.Not(this=inside) if comparison == Comparison.UNEQUAL else inside
        return _COMPARISONS[comparison](this=start, expression=texts[0])

    def right(self, condition: Condition) -> exp.Expr:
        if condition.query is not None:
            return exp.Subquery(this=render(condition.query, self.schema))
        if condition.column is not None:
            return self.read(condition.column)
        return self.value(condition.values[0], condition.item, condition.comparison)

    def value(self, value: Value, item: Item, comparison: Comparison) -> exp.Expr:
        """A constant: a number beside numbers, else text."""
        term, kind = item.term, ColumnType.NUMBER
        computed = item.operator or term.aggregate in (Aggregate.COUNT, Aggregate.SUM, Aggregate.AVG)
        if isinstance(term.operand, ColumnRef) and not computed:
            kind = self.schema.column(term.operand).type
            if comparison in ORDERED and self.holds_numbers(term.operand):
                kind = ColumnType.NUMBER
        if kind == ColumnType.BOOLEAN and self.schema.dialect not in LENIENT:
            return exp.Boolean(this=value.text.lower() in ("1", "t", "true", "yes"))
        numeric = kind in (ColumnType.NUMBER, ColumnType.BOOLEAN) and _NUMBER.fullmatch(value.text)
        return exp.Literal.number(value.text) if numeric else exp.Literal.string(value.text)


def _day(day: date) -> exp.Literal:
    return exp.Literal.string(day.isoformat())
