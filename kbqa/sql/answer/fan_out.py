"""Rows that a join repeats: a query → one that shows, counts and adds up each only once.

Where a table is joined only to set a condition, each of its rows repeats the row that it belongs to. Lists
are then distinct, counts are of distinct keys, and what is added up or averaged is looked for among the keys
of the rows that meet the condition (a semi-join).
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from kbqa.sql.joins import joins
from kbqa.sql.query import (
    Aggregate,
    AllOf,
    Comparison,
    Condition,
    Item,
    Operand,
    Order,
    Query,
    Term,
    column_of,
    columns_of,
)
from kbqa.sql.schema import ColumnRef, ForeignKey, Schema


def without_repetition(query: Query, schema: Schema) -> Query:
    """A query in which a join repeats nothing that is shown, counted or added up, where that can be said."""
    written = _Joined(_within(query, schema), schema).once(lists=query.operation is None)
    if written.right is None:
        return written
    right = _Joined(_within(written.right, schema), schema).once(lists=False)
    return replace(written, right=right)


def repeats_rows(query: Query, table: str, schema: Schema) -> bool:
    """Whether the joins of a query have a row of a table several times."""
    joined = _Joined(query, schema)
    return all(key is not None for key in joined.keys) and joined.repeats((table,))


def adds_up_repeated(query: Query, schema: Schema) -> bool:
    """Whether what is added up of some rows only is there several times, which nothing can be done about."""
    joined = _Joined(query, schema)
    return any(
        term.aggregate in (Aggregate.SUM, Aggregate.AVG) and joined.repeats(_tables_in(term.operand))
        for term in joined.terms
        if term.only
    )


def _within(query: Query, schema: Schema) -> Query:
    """A query with none repeated in the queries that values are compared with."""

    def rewritten(condition: Condition) -> Condition:
        if condition.query is None:
            return condition
        inner = _Joined(_within(condition.query, schema), schema)
        return replace(condition, query=inner.once(lists=False))

    return replace(
        query,
        where=tuple(map(rewritten, query.where)),
        which=tuple(map(rewritten, query.which)),
        having=tuple(map(rewritten, query.having)),
    )


@dataclass(frozen=True)
class _Joined:
    """One SELECT with the tree of its joins."""

    query: Query
    schema: Schema

    def once(self, *, lists: bool) -> Query:
        """The query without what a join repeats; of lists only where rows matter that are there twice."""
        if any(key is None for key in self.keys) or not self.keys:
            return self.query
        if self.is_aggregated:
            return self._aggregated_once()
        repeats = len(self.determined(self.needed)) < len(self.tables)
        if not lists or not repeats or self.query.group or self.query.distinct or self.query.limit == 1:
            return self.query
        return self._listed_once()

    @cached_property
    def _joins(self) -> list[tuple[str, ForeignKey | None]]:
        return joins(self.query, self.schema)

    @property
    def tables(self) -> list[str]:
        """The joined tables."""
        return [table for table, _ in self._joins]

    @property
    def keys(self) -> list[ForeignKey | None]:
        """The keys that the tables are joined over, each seen from the table that is there before."""
        return [key for _, key in self._joins[1:]]

    @property
    def _edges(self) -> list[ForeignKey]:
        """The keys in both directions."""
        keys = [key for key in self.keys if key is not None]
        return [*keys, *(key.turned() for key in keys)]

    @property
    def terms(self) -> list[Term]:
        """What is shown, sorted by, or compared in groups."""
        query = self.query
        items = [*query.items, *(order.item for order in query.order), *(each.item for each in query.having)]
        return [term for item in items for term in item.terms]

    @property
    def needed(self) -> set[str]:
        """The tables that are not joined for a condition alone."""
        compared = [condition.column for condition in self.query.having if condition.column is not None]
        only = [each.item.term.operand for term in self.terms for each in term.only]
        operands = [
            *(term.operand for term in self.terms),
            *self.query.group,
            *compared,
            *self.query.each,
            *only,
        ]
        return {table for operand in operands for table in _tables_in(operand)}

    @property
    def is_aggregated(self) -> bool:
        """Whether rows are counted, or computed with."""
        return any(term.aggregate is not None for term in self.terms)

    def determined(self, tables: Iterable[str]) -> set[str]:
        """The joined tables that have one row for each row of some."""
        known = set(tables)
        while more := {
            edge.target.table
            for edge in self._edges
            if edge.source.table in known
            and edge.target.table not in known
            and self.schema.is_unique(edge.target)
        }:
            known |= more
        return known

    def repeats(self, tables: Collection[str]) -> bool:
        """Whether rows of some tables are there several times."""
        return len(self.determined(tables)) < len(self.tables)

    def _listed_once(self) -> Query:
        query = self.query
        shows_all = any(isinstance(item.term.operand, AllOf) for item in query.items)
        sorted_by_shown = all(order.item in query.items for order in query.order)
        if sorted_by_shown and not shows_all:
            return replace(query, distinct=True)
        return self.semi_joined() or (replace(query, distinct=True) if sorted_by_shown else query)

    def _aggregated_once(self) -> Query:
        if self.query.shares and self.query.which:
            return self._shared_once()
        sums = [
            term
            for term in self.terms
            if term.aggregate in (Aggregate.SUM, Aggregate.AVG, Aggregate.SHARE)
            and not term.distinct
            and self.repeats(_tables_in(term.operand))
        ]
        if sums:
            rewritten = self.semi_joined()
            return _Joined(rewritten, self.schema).once(lists=False) if rewritten else self.query
        counted = {term for term in self.terms if self._counts_repeated(term)}
        distinct = {term: new for term in counted if (new := self._of_keys(term)) is not None}
        if len(distinct) < len(counted):
            return self.semi_joined() or self.query
        return _with_terms(self.query, lambda term: distinct.get(term, term))

    def _shared_once(self) -> Query:
        """A query of percentages that looks for the rows which meet their conditions among keys.

        What these conditions alone join repeats the rows that the percentage is of.
        """
        query = self.query
        rest = replace(query, which=())
        needed = set(self.schema.closure(rest.tables()))
        if set(self.tables) <= self.determined(needed):
            return query
        shared = next(term.operand.table for term in self.terms if term.aggregate == Aggregate.SHARE)
        key = self._key_of(shared)
        if key is None:
            return query
        inner = Query((Item(Term(key)),), where=query.which, via=query.via)
        looked = Condition(Item(Term(key)), Comparison.IN, query=inner)
        once = replace(query, which=(looked,))
        return _Joined(replace(once, with_tables=_unnamed(once, sorted(needed))), self.schema).once(
            lists=False
        )

    def _counts_repeated(self, term: Term) -> bool:
        """Whether a number is of rows that are there several times.

        A number of what the groups are made of would always be one: then others are meant that belong to it.
        """
        if term.aggregate != Aggregate.COUNT or term.distinct or not self.repeats((term.operand.table,)):
            return False
        return not self._is_group(term.operand.table)

    def _is_group(self, table: str) -> bool:
        """Whether the rows of each group have the same row of a table."""
        grouped = {ref for key in self.query.group if (ref := column_of(key)) is not None}
        same = {edge.target for edge in self._edges if edge.source in grouped}
        return any(ref.table == table and self.schema.is_unique(ref) for ref in grouped | same)

    def _of_keys(self, term: Term) -> Term | None:
        """The number of a table's keys in place of that of its rows; None for a table without one."""
        operand = term.operand
        if isinstance(operand, ColumnRef) and self.schema.is_unique(operand):
            return replace(term, distinct=True)
        grouped = bool(self.query.group)
        key = self._key_of(operand.table) if isinstance(operand, AllOf) or grouped else None
        return replace(term, operand=key, distinct=True) if key is not None else None

    def _key_of(self, table: str) -> ColumnRef | None:
        """The column by which a table's rows are told apart; None where it takes several."""
        described = self.schema.table(table)
        primary = [column for column in described.columns if column.primary]
        refs = [ColumnRef(table, column.name) for column in (primary or described.columns)]
        ends = {edge.source for edge in self._edges}
        keys = [ref for ref in refs if self.schema.is_unique(ref) and (primary or ref in ends)]
        return keys[0] if keys and len(primary) < 2 else None

    def semi_joined(self) -> Query | None:
        """The query with IN in place of joins that only set a condition; None where none can be."""
        kept = self._kept()
        roots = [edge for edge in self._edges if edge.source.table in kept and edge.target.table not in kept]
        parts = {edge: self._beyond(edge, kept) for edge in roots}
        repeating = {edge: part for edge, part in parts.items() if not part <= self.determined(kept)}
        if not repeating:
            return None
        if any(condition.follows_or for condition in self.query.where):
            return self._among_keys(kept)
        query = self.query
        for edge, part in repeating.items():
            within = [condition for condition in query.where if _tables_of(condition) & part]
            if any(not _tables_of(condition) <= part for condition in within):
                return None
            query = self._looking_through(query, edge, part, within)
        rest = set[str]().union(*repeating.values())
        tables = tuple(table for table in self.tables if table not in rest)
        return replace(query, with_tables=_unnamed(replace(query, with_tables=()), tables))

    def _kept(self) -> set[str]:
        """The tables that are needed, with those that connect them."""
        kept, needed = set(self.tables), self.needed
        while leaves := {
            table
            for table in kept - needed
            if len(kept) > 1
            and len({e.target.table for e in self._edges if e.source.table == table} & kept) < 2
        }:
            kept -= leaves
        return kept

    def _beyond(self, edge: ForeignKey, kept: Collection[str]) -> set[str]:
        """The tables on the far side of a key."""
        part = {edge.target.table}
        while more := {
            each.target.table
            for each in self._edges
            if each.source.table in part and each.target.table not in part and each.target.table not in kept
        }:
            part |= more
        return part

    def _looking_through(
        self, query: Query, edge: ForeignKey, part: Collection[str], within: Sequence[Condition]
    ) -> Query:
        """A query with one IN in place of some conditions on the far side of a key."""
        inner = Query((Item(Term(edge.target)),), where=tuple(within), via=query.via)
        inner = replace(inner, with_tables=_unnamed(inner, [table for table in self.tables if table in part]))
        looked = Condition(Item(Term(edge.source)), Comparison.IN, query=inner)
        where = list(query.where)
        place = where.index(within[0]) if within else len(where)
        where.insert(place, looked)
        return replace(query, where=tuple(each for each in where if each not in within))

    def _among_keys(self, kept: Collection[str]) -> Query | None:
        """A query of one table that looks for its keys among those of the joined rows."""
        key = self._key_of(next(iter(kept))) if len(kept) == 1 else None
        if key is None:
            return None
        inner = Query((Item(Term(key)),), where=self.query.where, via=self.query.via)
        inner = replace(inner, with_tables=_unnamed(inner, self.tables))
        looked = Condition(Item(Term(key)), Comparison.IN, query=inner)
        return replace(self.query, where=(looked,), with_tables=())


def _tables_in(operand: Operand) -> set[str]:
    """The tables that an operand is made of."""
    return {operand.table, *(ref.table for ref in columns_of(operand))}


def _tables_of(condition: Condition) -> set[str]:
    compared = {condition.column.table} if condition.column is not None else set[str]()
    return compared.union(*(_tables_in(term.operand) for term in condition.item.terms))


def _unnamed(query: Query, tables: Sequence[str]) -> tuple[str, ...]:
    """Those of some tables that nothing else of a query names."""
    named = query.tables()
    return tuple(table for table in tables if table not in named)


def _with_terms(query: Query, changed: Callable[[Term], Term]) -> Query:
    """A query with other terms in what it shows, compares in groups and sorts by."""

    def item(old: Item) -> Item:
        other = None if old.other is None else changed(old.other)
        return replace(old, term=changed(old.term), other=other)

    return replace(
        query,
        items=tuple(map(item, query.items)),
        having=tuple(replace(each, item=item(each.item)) for each in query.having),
        order=tuple(Order(item(each.item), each.descending) for each in query.order),
    )
