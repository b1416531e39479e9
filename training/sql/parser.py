"""SQL → a query as data, where the grammar covers it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import sqlglot
from sqlglot import Dialect, exp
from sqlglot.errors import SqlglotError

from kbqa.sql.query import (
    Aggregate,
    AllOf,
    Comparison,
    Condition,
    DatePart,
    Expression,
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
    Via,
)
from kbqa.sql.schema import ColumnRef, ColumnType, Schema
from training.sql.percentages import finest, percentage_of

_AGGREGATES: dict[type[exp.Expr], Aggregate] = {
    exp.Count: Aggregate.COUNT,
    exp.Sum: Aggregate.SUM,
    exp.Avg: Aggregate.AVG,
    exp.Min: Aggregate.MIN,
    exp.Max: Aggregate.MAX,
}
_OPERATORS: dict[type[exp.Expr], Operator] = {
    exp.Add: Operator.PLUS,
    exp.Sub: Operator.MINUS,
    exp.Mul: Operator.TIMES,
    exp.Div: Operator.DIVIDE,
}
_COMPARISONS: dict[type[exp.Expr], Comparison] = {
    exp.EQ: Comparison.EQUAL,
    exp.NEQ: Comparison.UNEQUAL,
    exp.LT: Comparison.LESS,
    exp.GT: Comparison.GREATER,
    exp.LTE: Comparison.AT_MOST,
    exp.GTE: Comparison.AT_LEAST,
}
_TURNED = {
    Comparison.LESS: Comparison.GREATER,
    Comparison.GREATER: Comparison.LESS,
    Comparison.AT_MOST: Comparison.AT_LEAST,
    Comparison.AT_LEAST: Comparison.AT_MOST,
}
_MEANT = {"%": "\ue000", "_": "\ue001"}
"""What stands for a wildcard that means itself while a pattern is read."""
_AS_WRITTEN = {ord(stand_in): sign for sign, stand_in in _MEANT.items()}
_SET_OPERATIONS = {
    exp.Union: SetOperation.UNION,
    exp.Intersect: SetOperation.INTERSECT,
    exp.Except: SetOperation.EXCEPT,
}


class NotCoveredError(ValueError):
    """The grammar has no form for this SQL."""


def parse_query(sql: str, schema: Schema) -> Query:
    """SQL as data. Raises NotCoveredError."""
    try:
        tree = sqlglot.parse_one(sql, dialect=schema.dialect)
    except SqlglotError as error:
        raise NotCoveredError("This does not parse.") from error
    return _query(tree, schema)


def _query(tree: exp.Expr, schema: Schema) -> Query:
    if isinstance(tree, exp.Subquery):
        tree = tree.this
    if isinstance(tree, exp.SetOperation):
        left, right = _query(tree.left, schema), _query(tree.right, schema)
        if not tree.args.get("distinct", True):
            raise NotCoveredError("UNION ALL")
        if left.operation or right.operation or tree.args.get("order") or tree.args.get("limit"):
            raise NotCoveredError("A set operation of more than two queries, or sorted")
        # Such operations leave no row twice by themselves.
        left, right = replace(left, distinct=False), replace(right, distinct=False)
        return replace(left, operation=_SET_OPERATIONS[type(tree)], right=right)
    if not isinstance(tree, exp.Select):
        raise NotCoveredError(type(tree).__name__)
    return _Reader(tree, schema).query()


class _Reader:
    """Reads one SELECT."""

    def __init__(self, tree: exp.Select, schema: Schema) -> None:
        self.tree, self.schema = tree, schema
        self.tables: dict[str, str] = {}
        self.which: tuple[Condition, ...] = ()
        for unread in ("with_", "windows", "qualify", "with"):
            if tree.args.get(unread):
                raise NotCoveredError(unread)
        start = tree.args.get("from_") or tree.args.get("from")
        if start is None:
            raise NotCoveredError("No FROM")
        self._add_table(start.this)
        for join in tree.args.get("joins") or []:
            if join.side in ("LEFT", "RIGHT", "FULL"):
                raise NotCoveredError("OUTER JOIN")
            self._add_table(join.this)

    def _add_table(self, table: exp.Expr) -> None:
        if not isinstance(table, exp.Table):
            raise NotCoveredError("A query in FROM")
        try:
            name = self.schema.table(table.name).name
        except KeyError as error:
            raise NotCoveredError(f"No table {table.name}") from error
        if name in self.tables.values():
            raise NotCoveredError("A table joined with itself")
        self.tables[(table.alias or table.name).lower()] = name

    def query(self) -> Query:
        tree = self.tree
        where, having, group, order, limit = (
            tree.args.get(part) for part in ("where", "having", "group", "order", "limit")
        )
        offset = tree.args.get("offset")
        if offset and (limit is None or self._limit(limit) != 1):
            raise NotCoveredError("Rows after some others")
        items = tuple(self._item(expression) for expression in tree.expressions)
        query = Query(
            items=items,
            which=self.which,
            offset=self._limit(offset) if offset else 0,
            distinct=bool(tree.args.get("distinct")),
            where=self._conditions(where.this) if where else (),
            group=tuple(self._group_key(expression) for expression in group.expressions) if group else (),
            having=self._conditions(having.this) if having else (),
            order=tuple(self._order(expression) for expression in order.expressions) if order else (),
            limit=self._limit(limit) if limit else None,
        )
        query = self._star_at_rest(query)
        return self._joined(query)

    def _limit(self, limit: exp.Expr) -> int:
        if not isinstance(limit.expression, exp.Literal) or not limit.expression.is_int:
            raise NotCoveredError("LIMIT")
        return int(limit.expression.name)

    def _star_at_rest(self, query: Query) -> Query:
        """Let `*` stand for the rows of the table that nothing else names, or else of the first."""
        named = {operand.table for operand in query.operands() if isinstance(operand, ColumnRef)}
        unnamed = [table for table in self.tables.values() if table not in named]
        table = unnamed[0] if unnamed else next(iter(self.tables.values()))

        def term(unresolved: Term) -> Term:
            if unresolved.operand != AllOf(""):
                return unresolved
            rows = (
                finest(list(self.tables.values()), self.schema)
                if unresolved.aggregate == Aggregate.SHARE
                else None
            )
            return replace(unresolved, operand=AllOf(rows or table))

        def item(unresolved: Item) -> Item:
            return Item(
                term(unresolved.term),
                unresolved.operator,
                None if unresolved.other is None else term(unresolved.other),
            )

        return replace(
            query,
            items=tuple(map(item, query.items)),
            having=tuple(replace(condition, item=item(condition.item)) for condition in query.having),
            order=tuple(replace(ordered, item=item(ordered.item)) for ordered in query.order),
        )

    def _joined(self, query: Query) -> Query:
        """Add the tables and the keys that the joins found from columns would not have."""
        wanted = list(self.tables.values())
        closed = self.schema.closure(query.tables())
        missing = [table for table in wanted if table not in closed]
        named = query.tables()
        for table in missing:
            closed = self.schema.closure([*named, table])
            if set(closed) == set(wanted):
                query = replace(query, with_tables=(table,))
                break
        else:
            query = replace(query, with_tables=tuple(missing))
        if set(self.schema.closure(query.tables())) != set(wanted):
            raise NotCoveredError("Joined otherwise than over the shortest path of keys")
        return replace(query, via=tuple(self._via()))

    def _via(self) -> list[Via]:
        via = []
        for join in self.tree.args.get("joins") or []:
            for equal in join.find_all(exp.EQ):
                if isinstance(equal.left, exp.Column) and isinstance(equal.right, exp.Column):
                    left, right = self._column(equal.left), self._column(equal.right)
                    keys = self.schema.between(left.table, right.table)
                    if len(keys) > 1:
                        if not any((key.source, key.target) == (left, right) for key in keys):
                            raise NotCoveredError("Joined by what is no key")
                        via.append(Via(left, right))
        return via

    def _order(self, ordered: exp.Expr) -> Order:
        item, heading = self._item(ordered.this), self._headed(ordered.this)
        if heading is not None and self._item(heading) != item:
            raise NotCoveredError("Sorted by a heading that is a column's name")
        descending = bool(ordered.args.get("desc"))
        small = Dialect.get_or_raise(self.schema.dialect).NULL_ORDERING == "nulls_are_small"
        first = bool(ordered.args.get("nulls_first"))
        last_of_few = self.tree.args.get("limit") is not None and not first
        if first != (descending != small) and not last_of_few:
            raise NotCoveredError("NULLS FIRST or LAST")
        return Order(item, descending)

    def _headed(self, tree: exp.Expr) -> exp.Expr | None:
        """What is shown under this name: ORDER BY means that before a column of a table."""
        if not isinstance(tree, exp.Column) or tree.table:
            return None
        return next(
            (shown for shown in self.tree.expressions if shown.alias.lower() == tree.name.lower()), None
        )

    def _item(self, tree: exp.Expr) -> Item:
        tree = _bare(tree)
        if (share := percentage_of(tree)) is not None:
            self.which = self._conditions(share.condition)
            operand = AllOf("") if share.summed is None else self._operand(share.summed)
            return Item(Term(operand, Aggregate.SHARE))
        operator = _OPERATORS.get(type(tree))
        if operator is None:
            return Item(self._term(tree))
        return Item(self._term(_bare(tree.this)), operator, self._term(_bare(tree.expression)))

    def _term(self, tree: exp.Expr) -> Term:
        aggregate = _AGGREGATES.get(type(tree))
        if aggregate is None:
            return Term(self._operand(tree))
        inner = tree.this
        if isinstance(inner, exp.Distinct):
            if len(inner.expressions) != 1:
                raise NotCoveredError("DISTINCT over several columns")
            return Term(self._operand(inner.expressions[0]), aggregate, distinct=True)
        return Term(self._computed(_bare(inner)), aggregate)

    def _computed(self, tree: exp.Expr) -> Operand:
        """A column, rows, or what is computed of two columns."""
        operator = _OPERATORS.get(type(tree))
        if operator is None:
            return self._operand(tree)
        return Expression(self._column(_bare(tree.this)), operator, self._column(_bare(tree.expression)))

    def _operand(self, tree: exp.Expr) -> Operand:
        if isinstance(tree, exp.Star):
            return AllOf("")
        if isinstance(tree, exp.Column) and isinstance(tree.this, exp.Star):
            return AllOf(self._table_of(tree))
        return self._group_key(tree)

    def _group_key(self, tree: exp.Expr) -> GroupKey:
        """A column, or the year or the month of its dates, however it is taken."""
        if isinstance(tree, exp.Year) or (isinstance(tree, exp.Extract) and tree.name.upper() == "YEAR"):
            return self._part(
                _bare(tree.expression if isinstance(tree, exp.Extract) else tree.this), Part.YEAR
            )
        inner, length = _beginning_of(_bare(tree))
        part = {4: Part.YEAR, 7: Part.MONTH}.get(length)
        return self._column(tree) if inner is None or part is None else self._part(inner, part)

    def _part(self, tree: exp.Expr, part: Part) -> DatePart:
        while isinstance(tree, exp.TsOrDsToDate | exp.TsOrDsToTimestamp):
            tree = tree.this
        ref = self._column(tree)
        if self.schema.column(ref).type != ColumnType.DATE:
            raise NotCoveredError("A part of what is no date")
        return DatePart(ref, part)

    def _table_of(self, tree: exp.Expr) -> str:
        try:
            return self.tables[str(tree.table).lower()]  # type: ignore[attr-defined]
        except KeyError as error:
            raise NotCoveredError("A column of an outer query") from error

    def _column(self, tree: exp.Expr) -> ColumnRef:
        if not isinstance(tree, exp.Column):
            raise NotCoveredError(f"{type(tree).__name__} in place of a column")
        tables = [self._table_of(tree)] if tree.table else list(self.tables.values())
        for table in tables:
            try:
                return ColumnRef(table, self.schema.table(table).column(tree.name).name)
            except KeyError:
                continue
        raise NotCoveredError(f"No column {tree.name}")

    def _conditions(self, tree: exp.Expr) -> tuple[Condition, ...]:
        """Conditions in a row; enough where AND binds within OR and nothing else is in brackets."""
        if isinstance(tree, exp.Or):
            left, right = self._conditions(tree.left), self._conditions(tree.right)
            return (*left, replace(right[0], follows_or=True), *right[1:])
        if isinstance(tree, exp.And):
            left, right = self._conditions(tree.left), self._conditions(tree.right)
            if any(condition.follows_or for condition in (*left, *right)):
                raise NotCoveredError("OR within AND")
            return (*left, *right)
        if isinstance(tree, exp.Paren):
            return self._conditions(tree.this)
        return (self._condition(tree),)

    def _condition(self, tree: exp.Expr) -> Condition:
        negated = isinstance(tree, exp.Not)
        inner = _bare(tree.this) if negated else tree
        negated ^= bool(inner.args.get("negate"))  # so `a NOT LIKE b` is read
        for kind, reader in self._readers():
            if isinstance(inner, kind):
                return reader(inner, negated)
        raise NotCoveredError(f"{type(inner).__name__} as a condition")

    def _readers(self) -> Sequence[tuple[type[exp.Expr], Callable[[exp.Expr, bool], Condition]]]:
        return (
            (exp.In, self._in),
            (exp.Like, self._like),
            (exp.ILike, self._like),
            (exp.Escape, self._escaped),
            (exp.Is, self._is),
            (exp.Between, self._between),
            (exp.Binary, self._compared),
        )

    def _in(self, tree: exp.Expr, negated: bool) -> Condition:
        inner = tree.args.get("query")
        if inner is not None:
            # How often a value is among those of a query does not matter.
            return Condition(
                self._item(tree.this),
                Comparison.NOT_IN if negated else Comparison.IN,
                query=replace(_query(inner, self.schema), distinct=False),
            )
        values = tuple(self._value(constant) for constant in tree.expressions)
        if not values:
            raise NotCoveredError("IN without values")
        dated = {self._dated(_bare(tree.this), constant) for constant in tree.expressions}
        item = (dated.pop() if len(dated) == 1 else None) or self._item(tree.this)
        return Condition(item, Comparison.UNEQUAL if negated else Comparison.EQUAL, values)

    def _escaped(self, tree: exp.Expr, negated: bool) -> Condition:
        """A pattern in which wildcards after a sign mean themselves."""
        sign = re.escape(self._value(tree.expression).text)
        return self._like(tree.this, negated, sign)

    def _like(self, tree: exp.Expr, negated: bool, sign: str = "(?!)") -> Condition:
        written = self._value(tree.expression).text
        pattern = re.sub(rf"{sign}(.)", lambda match: _MEANT.get(match[1], match[1]), written)
        text = pattern.strip("%")
        if not text or "%" in text or "_" in text:
            raise NotCoveredError("A pattern")
        text = text.translate(_AS_WRITTEN)
        begins, ends = not pattern.startswith("%"), not pattern.endswith("%")
        if negated and begins != ends:
            raise NotCoveredError("NOT LIKE for a beginning or end")
        if negated:
            comparison = Comparison.UNEQUAL if begins else Comparison.LACKS
        else:
            comparison = {
                (True, True): Comparison.EQUAL,
                (True, False): Comparison.STARTS,
                (False, True): Comparison.ENDS,
                (False, False): Comparison.CONTAINS,
            }[begins, ends]
        return Condition(self._item(tree.this), comparison, (Value(text),))

    def _is(self, tree: exp.Expr, negated: bool) -> Condition:
        if not isinstance(tree.expression, exp.Null):
            raise NotCoveredError("IS")
        return Condition(self._item(tree.this), Comparison.IS_NOT_NULL if negated else Comparison.IS_NULL)

    def _between(self, tree: exp.Expr, negated: bool) -> Condition:
        if negated:
            raise NotCoveredError("NOT BETWEEN")
        low, high = tree.args["low"], tree.args["high"]
        item = self._dated(_bare(tree.this), low) or self._item(tree.this)
        return Condition(item, Comparison.BETWEEN, (self._value(low), self._value(high)))

    def _dated(self, left: exp.Expr, right: exp.Expr) -> Item | None:
        """The column of dates whose year, month or day a condition compares with a constant."""
        inner, length = _beginning_of(left)
        if inner is None or not self._is_value(right) or len(self._value(right).text) != length:
            return None
        ref = self._column(inner)
        return Item(Term(ref)) if self.schema.column(ref).type == ColumnType.DATE else None

    def _compared(self, tree: exp.Expr, negated: bool) -> Condition:
        comparison = _COMPARISONS.get(type(tree))
        if comparison is None or negated:
            raise NotCoveredError(f"{type(tree).__name__} as a condition")
        left, right = _bare(tree.this), _bare(tree.expression)
        if self._is_value(left) and not self._is_value(right):
            left, right, comparison = right, left, _TURNED.get(comparison, comparison)
        item = self._dated(left, right) or self._item(left)
        if isinstance(right, exp.Subquery | exp.Select):
            return Condition(item, comparison, query=replace(_query(right, self.schema), distinct=False))
        if self._is_value(right):
            return Condition(item, comparison, (self._value(right),))
        return Condition(item, comparison, column=self._column(right))

    def _is_value(self, tree: exp.Expr) -> bool:
        """Whether this is a constant, as to SQLite a name in double quotes is that no column has."""
        if isinstance(tree, exp.Neg):
            return isinstance(tree.this, exp.Literal)
        if isinstance(tree, exp.Literal | exp.Boolean):
            return True
        if not isinstance(tree, exp.Column) or tree.table or not tree.this.args.get("quoted"):
            return False
        try:
            self._column(tree)
        except NotCoveredError:
            return True
        return False

    def _value(self, tree: exp.Expr) -> Value:
        if not self._is_value(tree):
            raise NotCoveredError(f"{type(tree).__name__} in place of a constant")
        if isinstance(tree, exp.Neg):
            return Value(f"-{tree.this.name}")
        return Value(str(int(tree.this)) if isinstance(tree, exp.Boolean) else tree.name)


_LENGTHS = {"%Y": 4, "%Y-%m": 7, "%Y-%m-%d": 10}


def _beginning_of(tree: exp.Expr) -> tuple[exp.Expr | None, int]:
    """(column, length) where the first characters of a column's dates are taken, else (None, 0)."""
    inner = tree.this if isinstance(tree, exp.TimeToStr | exp.Substring) else None
    while isinstance(inner, exp.TsOrDsToTimestamp | exp.Cast):
        inner = inner.this
    if not isinstance(inner, exp.Column):
        return None, 0
    if isinstance(tree, exp.TimeToStr):
        return inner, _LENGTHS.get(str(tree.args["format"].name), 0)
    start, length = tree.args.get("start"), tree.args.get("length")
    if not isinstance(start, exp.Literal) or start.name != "1":
        return inner, 0
    return inner, int(length.name) if isinstance(length, exp.Literal) and length.is_int else 0


def _bare(tree: exp.Expr) -> exp.Expr:
    """What brackets, an alias or a cast to a broken number stand around."""
    while isinstance(tree, exp.Paren | exp.Alias | exp.Cast | exp.Round):
        tree = tree.this
    return tree
