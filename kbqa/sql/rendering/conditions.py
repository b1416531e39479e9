"""The conditions of a SELECT: constants suit the columns that they are compared with."""

import re
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp

from kbqa.sql.date_parts import date_part
from kbqa.sql.dates import DATES_ARE_TEXTS, has_hours, is_of_days
from kbqa.sql.durations import DAY, converted_time, have_hours, is_duration
from kbqa.sql.query import (
    MEMBERSHIP,
    NULLS,
    ORDERED,
    Aggregate,
    Comparison,
    Condition,
    Expression,
    Item,
    Part,
    Query,
    Term,
    Value,
)
from kbqa.sql.rendering.terms import Terms
from kbqa.sql.schema import LENIENT, Column, ColumnRef, ColumnType
from kbqa.sql.time_conditions import (
    ORDERINGS,
    compared_with_counts,
    compared_with_times,
    counts_of,
    times_of,
)
from kbqa.sql.units import number_beside

_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")
_NO_LIMIT_WITHIN = ("mysql",)
"""Dialects that refuse a LIMIT in a query that IN looks through."""
_FOLDS_CASE = ("postgres", "duckdb")
"""Dialects whose LIKE tells capitals from small letters, and that have ILIKE, which does not."""
_WILDCARD, _ESCAPE = re.compile(r"[%_!]"), "!"
_SPECIAL = re.compile(r"[%_\\]")
"""What means more than itself in a pattern; a backslash does where it escapes by itself."""
_DATES_STAY = (None, Aggregate.MIN, Aggregate.MAX)
_PATTERN_FORMS = {
    Comparison.CONTAINS: "%{}%",
    Comparison.LACKS: "%{}%",
    Comparison.STARTS: "{}%",
    Comparison.ENDS: "%{}",
}


def is_column(item: Item) -> bool:
    """Whether an item is a column as it stands."""
    return item.operator is None and item.term.aggregate is None and isinstance(item.term.operand, ColumnRef)


class Conditions(Terms):
    """Writes the conditions of one SELECT."""

    @abstractmethod
    def rendered(self, query: Query, *, stored: bool = False) -> exp.Query:
        """A query within the SELECT, its times as they are `stored` or as dates. Raises NotConnectedError."""

    def conditions(self, conditions: Sequence[Condition]) -> exp.Expr:
        """Conditions with AND before OR, as SQL reads them."""
        groups: list[list[exp.Expr]] = [[]]
        for index, condition in enumerate(conditions):
            if condition.follows_or and index:
                groups.append([])
            groups[-1].append(self.condition(condition))
        return exp.or_(*(exp.and_(*group) for group in groups))

    def condition(self, condition: Condition) -> exp.Expr:
        """A condition."""
        if condition.or_empty:
            there = self.condition(replace(condition, or_empty=False))
            return exp.paren(exp.or_(there, exp.Is(this=self.item(condition.item), expression=exp.Null())))
        left, comparison = self.item(condition.item), condition.comparison
        if comparison in NULLS:
            null = exp.Is(this=left, expression=exp.Null())
            return null if comparison == Comparison.IS_NULL else exp.Not(this=null)
        if comparison in MEMBERSHIP:
            assert condition.query is not None
            within = condition.query if comparison == Comparison.IN else self.known(condition.query)
            left, stored = self.beside(condition)
            inside = exp.In(this=left, query=exp.Subquery(this=self.listed(within, stored=stored)))
            return inside if comparison == Comparison.IN else exp.Not(this=inside)
        if comparison in ORDERED and is_duration(condition.item.term, self.schema):
            left = self.compared_duration(condition.item)
        if (column := self.dated(condition)) is not None:
            texts = [value.text for value in condition.values]
            if times := times_of(texts, column):
                return compared_with_times(left, comparison, times, column, self.schema.dialect)
            if counts := counts_of(texts, column):
                return compared_with_counts(left, comparison, counts)
        return self.valued(left, condition)

    def compared_duration(self, item: Item) -> exp.Expr:
        """A duration as it is compared: one of times of day is longer than three days by any minute."""
        computed = item.term.operand
        if isinstance(computed, Expression) and item.term.aggregate is None and item.operator is None:
            exact = bool(item.term.unit) or have_hours(item.term, self.schema)
            return self.duration(computed, item.term.unit or DAY) if exact else self.item(item)
        return self.item(item)

    def beside(self, condition: Condition) -> tuple[exp.Expr, bool]:
        """What a query's values are compared with, and whether times are compared as both are stored."""
        assert condition.query is not None
        item, other = condition.item, condition.query.items[0]
        stored = self.stored_in(item)
        if stored == self.stored_in(other):
            return self.item(item), True
        return self.displayed(item), False

    def listed(self, query: Query, *, stored: bool) -> exp.Query:
        """A query that IN looks through."""
        tree = self.rendered(query, stored=stored)
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
        if condition.query is not None and self.has_stored(condition.item, condition.query.items[0]):
            left, stored = self.beside(condition)
            within = exp.Subquery(this=self.rendered(condition.query, stored=stored))
            return ORDERINGS[comparison](this=left, expression=within)
        if condition.column is not None and self.are_times(
            condition.item, other := Item(Term(condition.column))
        ):
            left, right = self.as_times(condition.item, other)
            return ORDERINGS[comparison](this=left, expression=right)
        return ORDERINGS[comparison](this=left, expression=self.right(condition))

    def has_stored(self, *items: Item) -> bool:
        """Whether an item is of times that are kept as numbers."""
        return any(self.stored_in(item) is not None for item in items)

    def are_times(self, *items: Item) -> bool:
        """Whether all items are columns of days, or of times of known days."""
        refs = [each.term.operand for each in items if is_column(each)]
        known = [self.schema.column(ref) for ref in refs if isinstance(ref, ColumnRef)]
        return len(known) == len(items) and all(
            column.kind == ColumnType.DATE and is_of_days(column) for column in known
        )

    def as_times(self, *items: Item) -> list[exp.Expr]:
        """Columns of times so that they can be compared: as days where one of them has no time of day."""
        refs = [each.term.operand for each in items]
        columns = [self.schema.column(ref) for ref in refs if isinstance(ref, ColumnRef)]
        alike = len({(column.stored, has_hours(column)) for column in columns}) == 1
        if alike:
            return [self.item(each) for each in items]
        as_days = not all(map(has_hours, columns))
        return [
            self.in_time(each, column, as_days=as_days) for each, column in zip(items, columns, strict=True)
        ]

    def in_time(self, item: Item, column: Column, *, as_days: bool) -> exp.Expr:
        """A column of times as dates to the database, or as their days."""
        shown, dialect = self.displayed(item), self.schema.dialect
        if as_days:
            return date_part(shown, Part.DAY, dialect) if has_hours(column) else shown
        are_texts = dialect in DATES_ARE_TEXTS and column.stored is None
        return exp.Anonymous(this="DATETIME", expressions=[shown]) if are_texts else shown

    def like(self, left: exp.Expr, pattern: str, text: str) -> exp.Expr:
        """Whether a text is found, whatever its capitals; what would be a wildcard in it is not."""
        kind = exp.ILike if self.schema.dialect in _FOLDS_CASE else exp.Like
        if not _SPECIAL.search(text):
            return kind(this=left, expression=exp.Literal.string(pattern.format(text)))
        escaped = _WILDCARD.sub(rf"{_ESCAPE}\g<0>", text)
        found = kind(this=left, expression=exp.Literal.string(pattern.format(escaped)))
        return exp.Escape(this=found, expression=exp.Literal.string(_ESCAPE))

    def dated(self, condition: Condition) -> Column | None:
        """The column whose dates are compared; none for patterns of dates that are texts, which stay so."""
        term = condition.item.term
        is_plain = term.aggregate in _DATES_STAY and condition.item.operator is None
        if not is_plain or not isinstance(term.operand, ColumnRef):
            return None
        column = self.schema.column(term.operand)
        are_texts = self.schema.dialect in DATES_ARE_TEXTS and column.stored is None
        return None if condition.comparison in _PATTERN_FORMS and are_texts else column

    def right(self, condition: Condition) -> exp.Expr:
        """What a condition's left side is compared with."""
        if condition.query is not None:
            return exp.Subquery(this=self.rendered(condition.query))
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
        text = self.measured(value.text, term)
        numeric = kind in (ColumnType.NUMBER, ColumnType.BOOLEAN) and _NUMBER.fullmatch(text)
        return exp.Literal.number(text) if numeric else exp.Literal.string(text)

    def measured(self, text: str, term: Term) -> str:
        """A measure as a number of the unit of a term, other constants as they are."""
        if is_duration(term, self.schema) and term.aggregate != Aggregate.COUNT:
            return converted_time(text, term.unit or DAY) or text
        if not isinstance(term.operand, ColumnRef) or term.aggregate == Aggregate.COUNT:
            return text
        return number_beside(text, self.schema.column(term.operand)) or text
