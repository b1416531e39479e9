"""Questions with SQL on a database → the same questions with SPARQL on a graph that was made of the database.

The graph is one of the direct mapping (W3C, A Direct Mapping of Relational Data to RDF): a class for each
table, a property for each column, `ref-` and the column for each key to another table. What SQL asks by
nesting becomes edges: IN and INTERSECT a join, NOT IN and EXCEPT a negation, OR and UNION alternatives,
comparison with a table's mean the same here. Only what answers as the SQL does is kept.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from pyoxigraph import Literal, NamedNode, Store
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from kbqa.sparql.query import (
    RDF_TYPE,
    Aggregate,
    Average,
    Branch,
    Comparison,
    Edge,
    Filter,
    Having,
    Item,
    Query,
    Variable,
    query_text,
)
from kbqa.sparql.stores import OxigraphStore, QueryError
from kbqa.sparql.suggestions.example import Example
from kbqa.sql import query as sql
from kbqa.sql.joins import NotConnectedError, joins
from kbqa.sql.schema import ColumnRef, Schema
from training.graph_answers import has_answer
from training.sparql.parser import UnsupportedQueryError, folded
from training.sparql.pruning import pruned
from training.sql.parser import NotCoveredError
from training.sql.parser import parse_query as parse_sql

_MAX_ROWS = 1_000
_XSD = "http://www.w3.org/2001/XMLSchema#"
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")
_PLAIN_COMPARISONS = {
    comparison: Comparison(comparison.value)
    for comparison in sql.Comparison
    if comparison.value in set(Comparison)
}
_LIKE = (sql.Comparison.CONTAINS, sql.Comparison.STARTS, sql.Comparison.ENDS)


@dataclass(frozen=True)
class MappedGraph:
    """A graph that was made of a database with this schema, its names beginning with `base`."""

    store: Store
    schema: Schema
    base: str

    def table(self, name: str) -> NamedNode:
        """The class of a table's rows. Raises UnsupportedQueryError."""
        return self._there(NamedNode(f"{self.base}{name.lower()}"))

    def column(self, ref: ColumnRef) -> NamedNode:
        """The property of a column. Raises UnsupportedQueryError."""
        return self._there(NamedNode(f"{self.base}{ref.table.lower()}#{ref.column.lower()}"))

    def key(self, ref: ColumnRef) -> NamedNode | None:
        """The property that leads from a row to the one that its key names, if there is one."""
        reference = NamedNode(f"{self.base}{ref.table.lower()}#ref-{ref.column.lower()}")
        return reference if reference in self._names else None

    def value(self, predicate: NamedNode, wanted: str) -> Literal:
        """A value of a property as the graph writes it. Raises UnsupportedQueryError."""
        exact = Literal(wanted)
        if next(self.store.quads_for_pattern(None, predicate, exact), None) is not None:
            return exact
        objects = (quad.object for quad in self.store.quads_for_pattern(None, predicate, None))
        for term in objects:
            if isinstance(term, Literal) and _plain(term.value) == _plain(wanted):
                return term
        return number(wanted)

    @cached_property
    def _names(self) -> frozenset[NamedNode]:
        classes = {row["c"] for row in self.store.query(f"SELECT DISTINCT ?c {{ ?x {RDF_TYPE} ?c }}")}  # type: ignore[union-attr,index,call-overload]
        return frozenset(classes | {row["p"] for row in self.store.query("SELECT DISTINCT ?p { ?x ?p ?y }")})  # type: ignore[union-attr,index,call-overload]

    def _there(self, name: NamedNode) -> NamedNode:
        if name not in self._names:
            raise UnsupportedQueryError(f"{name} is not in the graph.")
        return name


def number(written: str) -> Literal:
    """A number as a literal. Raises UnsupportedQueryError."""
    if not _NUMBER.fullmatch(written):
        raise UnsupportedQueryError(f"{written} is not a number and not in the graph.")
    return Literal(written, datatype=NamedNode(_XSD + ("decimal" if "." in written else "integer")))


def examples_from(rows: Iterable[tuple[str, str]], graph: MappedGraph, engine: Engine) -> Iterator[Example]:
    """Questions with SQL as examples on a graph, those that answer there as in the database of `engine`."""
    known: dict[str, Query | None] = {}
    for question, statement in rows:
        if statement not in known:
            known[statement] = _checked(statement, graph, engine)
        query = known[statement]
        if query is not None:
            yield Example(question, query)


def _checked(statement: str, graph: MappedGraph, engine: Engine) -> Query | None:
    store = OxigraphStore(graph.store, "")
    try:
        query = translated(parse_sql(statement, graph.schema), graph)
        if not has_answer(query, store) or not same_answers(query, store, statement, engine):
            return None
        return pruned(query, store)
    except (NotCoveredError, NotConnectedError, UnsupportedQueryError, QueryError, SQLAlchemyError):
        return None


def same_answers(query: Query, store: OxigraphStore, statement: str, engine: Engine) -> bool:
    """Whether both find the same rows, however often. Raises QueryError, SQLAlchemyError."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(statement).fetchmany(_MAX_ROWS)
    expected = {tuple(map(_plain, row)) for row in rows}
    result = store.select(query_text(query), limit=_MAX_ROWS)
    answers = {tuple(_plain(getattr(term, "value", term)) for term in row) for row in result.rows}
    return bool(expected) and expected == answers


def _plain(value: object) -> str:
    """A value so that what is the same number is the same text."""
    try:
        return f"{float(str(value)):.4f}"
    except ValueError:
        return str(value).strip()


def translated(query: sql.Query, graph: MappedGraph) -> Query:
    """An SQL query as SPARQL on a graph of the same database.

    Raises UnsupportedQueryError, NotConnectedError.
    """
    return _Translation(graph).query(query)


def _alternatives(query: sql.Query) -> list[list[sql.Condition]]:
    """Groups of conditions of which one must hold: between ORs, and on both sides of a UNION."""
    groups: list[list[sql.Condition]] = []
    for condition in query.where:
        if condition.follows_or or not groups:
            groups.append([])
        groups[-1].append(condition)
    if query.right is not None and _is_alternative(query):
        groups += _alternatives(query.right)
    return groups


def _is_alternative(query: sql.Query) -> bool:
    """Whether a UNION's other SELECT is of the same rows and columns, under conditions of its own."""
    right = query.right
    if right is None or query.operation != sql.SetOperation.UNION or not query.where or not right.where:
        return False
    plain = replace(right, where=(), distinct=query.distinct) == sql.Query(
        items=query.items, distinct=query.distinct, with_tables=right.with_tables, via=query.via
    )
    return plain and set(right.tables()) == set(query.tables())


@dataclass
class _Scope:
    """What one SELECT's tables and columns are called; `edges` is where its edges go."""

    edges: list[Edge]
    tables: dict[str, Variable] = field(default_factory=dict)
    columns: dict[ColumnRef, Variable] = field(default_factory=dict)


class _Translation:
    """Translates one query."""

    def __init__(self, graph: MappedGraph) -> None:
        self.graph, self.made = graph, 0
        self.filters: list[Filter] = []
        self.alternatives: list[list[Filter]] = []
        self.negations: list[tuple[Edge, ...]] = []
        self.branches: list[Branch] = []
        self.highest: tuple[Item, bool] | None = None

    def query(self, query: sql.Query) -> Query:
        scope = _Scope([])
        self.pattern(query, scope)
        columns = tuple(self.item(item, scope) for item in query.items)
        having = self.having(query.having, scope)
        order, descending = self.order(query, scope)
        limit = 1 if self.highest else query.limit
        self.combined(query, scope)
        edges, filters, negations = tuple(scope.edges), tuple(self.filters), tuple(self.negations)
        whole = Query(edges, filters, negations, columns, having, order, descending, limit)
        return folded(replace(whole, branches=tuple(self.branches)), self.alternatives)

    def variable(self) -> Variable:
        self.made += 1
        return Variable(self.made - 1)

    def pattern(self, query: sql.Query, scope: _Scope) -> None:
        """Write a SELECT's tables, keys and conditions."""
        for table, key in joins(query, self.graph.schema):
            scope.tables[table] = self.variable()
            scope.edges.append(Edge(scope.tables[table], RDF_TYPE, self.graph.table(table)))
            if key is not None:
                self.met(key.source, scope, key.target, scope)
        groups = _alternatives(query)
        if len(groups) > 1:
            self.either(groups, scope)
        else:
            for condition in query.where:
                self.condition(condition, scope)

    def met(self, ref: ColumnRef, scope: _Scope, other: ColumnRef, other_scope: _Scope) -> None:
        """Let two columns have the same value: along the key between them, else by the value itself."""
        for one, two, here, there in ((ref, other, scope, other_scope), (other, ref, other_scope, scope)):
            reference = self.graph.key(one)
            if reference is not None and any(
                key.source == one and key.target == two
                for key in self.graph.schema.between(one.table, two.table)
            ):
                other_scope.edges.append(Edge(here.tables[one.table], reference, there.tables[two.table]))
                return
        self.same_value(other, self.column(ref, scope), other_scope)

    def same_value(self, ref: ColumnRef, value: Variable, scope: _Scope) -> None:
        scope.columns.setdefault(ref, value)
        scope.edges.append(Edge(scope.tables[ref.table], self.graph.column(ref), value))

    def column(self, ref: ColumnRef, scope: _Scope) -> Variable:
        if ref not in scope.columns:
            self.same_value(ref, self.variable(), scope)
        return scope.columns[ref]

    def plain(self, item: sql.Item) -> sql.Term:
        if item.operator is not None:
            raise UnsupportedQueryError("Arithmetic.")
        return item.term

    def item(self, item: sql.Item, scope: _Scope) -> Item:
        term = self.plain(item)
        if isinstance(term.operand, sql.AllOf):
            if term.aggregate != sql.Aggregate.COUNT:
                raise UnsupportedQueryError("All columns.")
            return Item(None, Aggregate.COUNT)
        if isinstance(term.operand, sql.DatePart | sql.Expression):
            raise UnsupportedQueryError("A part of a date, or an expression.")
        aggregate = None if term.aggregate is None else Aggregate(term.aggregate.value)
        distinct = term.distinct and aggregate == Aggregate.COUNT
        return Item(self.column(term.operand, scope), Aggregate.COUNT_DISTINCT if distinct else aggregate)

    def operand(self, condition: sql.Condition) -> ColumnRef:
        term = self.plain(condition.item)
        if (
            term.aggregate is not None
            or not isinstance(term.operand, ColumnRef)
            or condition.column is not None
        ):
            raise UnsupportedQueryError("A condition on an aggregate, or between columns.")
        return term.operand

    def either(self, groups: Sequence[Sequence[sql.Condition]], scope: _Scope) -> None:
        """Write alternatives: of one column's values, or of any conditions."""
        conditions = [condition for group in groups for condition in group]
        refs = [self.operand(condition) for condition in conditions]
        if len(set(refs)) == 1 and all(map(_is_equality, conditions)):
            values = [condition.values[0] for condition in conditions]
            self.alternatives.append([self.equal(refs[0], value, scope) for value in values])
            return
        if self.branches:
            raise UnsupportedQueryError("Alternatives in two places.")
        of_groups = [{self.operand(condition) for condition in group} for group in groups]
        for ref in dict.fromkeys(refs):
            if sum(ref in of_group for of_group in of_groups) > 1:
                self.column(ref, scope)
        self.branches += [self.branch(group, scope) for group in groups]

    def branch(self, conditions: Sequence[sql.Condition], scope: _Scope) -> Branch:
        inner = _Scope([], dict(scope.tables), dict(scope.columns))
        before = len(self.alternatives), len(self.negations)
        filters, self.filters = self.filters, []
        for condition in conditions:
            if condition.query is not None:
                raise UnsupportedQueryError("A query within an alternative.")
            self.condition(condition, inner)
        if (len(self.alternatives), len(self.negations)) != before:
            raise UnsupportedQueryError("Alternatives or a negation within an alternative.")
        branch_filters, self.filters = self.filters, filters
        whole = folded(Query(tuple(inner.edges), tuple(branch_filters)), [])
        return Branch(whole.edges, whole.filters)

    def equal(self, ref: ColumnRef, value: sql.Value, scope: _Scope) -> Filter:
        return Filter(
            self.column(ref, scope), Comparison.EQUAL, self.graph.value(self.graph.column(ref), value.text)
        )

    def condition(self, condition: sql.Condition, scope: _Scope) -> None:
        ref, comparison = self.operand(condition), condition.comparison
        if condition.query is not None:
            self.nested(ref, condition, condition.query, scope)
        elif comparison == sql.Comparison.IS_NOT_NULL:
            self.column(ref, scope)
        elif comparison == sql.Comparison.IS_NULL:
            self.negations.append((Edge(scope.tables[ref.table], self.graph.column(ref), self.variable()),))
        elif comparison == sql.Comparison.EQUAL and len(condition.values) > 1:
            self.alternatives.append([self.equal(ref, value, scope) for value in condition.values])
        elif comparison == sql.Comparison.EQUAL:
            self.filters.append(self.equal(ref, condition.values[0], scope))
        else:
            self.filters += self.compared(ref, condition, scope)

    def compared(self, ref: ColumnRef, condition: sql.Condition, scope: _Scope) -> Iterator[Filter]:
        variable, values = self.column(ref, scope), condition.values
        if condition.comparison in _LIKE:
            yield Filter(variable, Comparison.CONTAINS, Literal(values[0].text))
        elif condition.comparison == sql.Comparison.BETWEEN:
            for bound, end in zip((Comparison.AT_LEAST, Comparison.AT_MOST), values, strict=True):
                yield Filter(variable, bound, number(end.text))
        elif condition.comparison in _PLAIN_COMPARISONS and len(values) == 1:
            unequal = condition.comparison == sql.Comparison.UNEQUAL
            written = values[0].text
            compared = self.graph.value(self.graph.column(ref), written) if unequal else number(written)
            yield Filter(variable, _PLAIN_COMPARISONS[condition.comparison], compared)
        else:
            raise UnsupportedQueryError(f"{condition.comparison} of {len(values)} values.")

    def nested(self, ref: ColumnRef, condition: sql.Condition, inner: sql.Query, scope: _Scope) -> None:
        if condition.comparison == sql.Comparison.IN:
            self.within(ref, inner, scope, _Scope(scope.edges))
        elif condition.comparison == sql.Comparison.NOT_IN:
            self.without(ref, inner, scope)
        else:
            self.extreme(ref, condition, inner, scope)

    def within(self, ref: ColumnRef, inner: sql.Query, scope: _Scope, within: _Scope) -> None:
        """Join an inner SELECT's rows over its one column: along a key, else by the value."""
        column = self.only(inner)
        self.pattern(inner, within)
        self.met(ref, scope, column, within)

    def only(self, inner: sql.Query) -> ColumnRef:
        """The column of an inner SELECT that has no more than one, and is neither grouped nor cut."""
        term = self.plain(inner.items[0])
        rest = (inner.group, inner.having, inner.order, inner.limit, inner.operation)
        if (
            len(inner.items) > 1
            or term.aggregate is not None
            or not isinstance(term.operand, ColumnRef)
            or any(rest)
        ):
            raise UnsupportedQueryError("An inner query with more than conditions.")
        return term.operand

    def without(self, ref: ColumnRef, inner: sql.Query, scope: _Scope) -> None:
        """Forbid an inner SELECT's rows; its conditions must be edges."""
        forbidden = _Scope([])
        before = len(self.filters), len(self.alternatives), len(self.negations), len(self.branches)
        self.apart(ref, inner, scope, forbidden)
        if (len(self.alternatives), len(self.negations), len(self.branches)) != before[1:]:
            raise UnsupportedQueryError("A condition within a negation that is not an edge.")
        conditions, self.filters = self.filters[before[0] :], self.filters[: before[0]]
        whole = folded(Query(tuple(forbidden.edges), tuple(conditions)), [])
        if whole.filters:
            raise UnsupportedQueryError("A comparison within a negation.")
        implied = {
            end for edge in whole.edges if edge.predicate != RDF_TYPE for end in (edge.subject, edge.object)
        }
        self.negations.append(
            tuple(edge for edge in whole.edges if edge.predicate != RDF_TYPE or edge.subject not in implied)
        )

    def apart(self, ref: ColumnRef, inner: sql.Query, scope: _Scope, within: _Scope) -> None:
        """Join an inner SELECT whose rows are not those that an order would be of."""
        highest = self.highest
        self.within(ref, inner, scope, within)
        if self.highest != highest:
            raise UnsupportedQueryError("A highest or lowest value within or beside another query.")

    def extreme(self, ref: ColumnRef, condition: sql.Condition, inner: sql.Query, scope: _Scope) -> None:
        """Compare with a table's mean, or take the row with its highest or lowest value."""
        term = self.plain(inner.items[0])
        if len(inner.items) > 1 or inner.where or inner.operation or inner.group or term.operand != ref:
            raise UnsupportedQueryError("An inner query of other things.")
        variable = self.column(ref, scope)
        if term.aggregate == sql.Aggregate.AVG and condition.comparison in _PLAIN_COMPARISONS:
            of = Edge(self.variable(), self.graph.column(ref), self.variable())
            self.filters.append(Filter(variable, _PLAIN_COMPARISONS[condition.comparison], Average(of)))
        elif (
            term.aggregate in (sql.Aggregate.MAX, sql.Aggregate.MIN)
            and condition.comparison == sql.Comparison.EQUAL
            and not self.highest
        ):
            self.highest = Item(variable), term.aggregate == sql.Aggregate.MAX
        else:
            raise UnsupportedQueryError("A comparison with another value.")

    def having(self, conditions: Sequence[sql.Condition], scope: _Scope) -> Having | None:
        if not conditions:
            return None
        first = conditions[0]
        if len(conditions) > 1 or first.comparison not in _PLAIN_COMPARISONS or len(first.values) != 1:
            raise UnsupportedQueryError("Several conditions on groups, or of another kind.")
        return Having(
            self.item(first.item, scope), _PLAIN_COMPARISONS[first.comparison], number(first.values[0].text)
        )

    def order(self, query: sql.Query, scope: _Scope) -> tuple[Item | None, bool]:
        if len(query.order) + bool(self.highest) > 1:
            raise UnsupportedQueryError("Several orders.")
        if self.highest:
            return self.highest
        if not query.order:
            return None, False
        return self.item(query.order[0].item, scope), query.order[0].descending

    def combined(self, query: sql.Query, scope: _Scope) -> None:
        """Join or forbid what the other SELECT of a set operation finds."""
        if query.operation is None or query.right is None or _is_alternative(query):
            return
        column = self.plain(query.items[0]).operand
        if len(query.items) > 1 or not isinstance(column, ColumnRef):
            raise UnsupportedQueryError(f"{query.operation} of rows.")
        match query.operation:
            case sql.SetOperation.INTERSECT:
                self.apart(column, query.right, scope, _Scope(scope.edges))
            case sql.SetOperation.EXCEPT:
                self.without(column, query.right, scope)
            case _:
                raise UnsupportedQueryError(f"{query.operation} of rows.")


def _is_equality(condition: sql.Condition) -> bool:
    return condition.comparison == sql.Comparison.EQUAL and bool(condition.values)
