"""Synthetic databases to ask about: synthetic graphs as tables, and what is asked of them, as SQL.

What a question means is taken from its SPARQL (`questions.py`). Entities are rows, shown and found by their
names; a property that everything has once at most is a key, others are tables of pairs.
"""

import random
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from kbqa.linking.dates import dates_of
from kbqa.sparql.query import RDF_TYPE, Edge, Node, Period, Variable
from kbqa.sparql.query import Aggregate as SparqlAggregate
from kbqa.sparql.query import Filter as SparqlFilter
from kbqa.sparql.query import Item as SparqlItem
from kbqa.sparql.query import Query as SparqlQuery
from kbqa.sql.joins import NotConnectedError, joins
from kbqa.sql.query import Aggregate, AllOf, Comparison, Condition, Item, Order, Query, Term, Value, Via
from kbqa.sql.rendering import query_text
from kbqa.sql.schema import Column, ColumnRef, ColumnType, ForeignKey, Schema, Table
from training.synthetic.delexicalisation import numbered
from training.synthetic.domains import Attribute, Relation, Text
from training.synthetic.graphs import Property, SyntheticGraph
from training.synthetic.questions import questions_about

_PAIRED = 0.3
"""How often a property is a table of pairs."""
_TYPES = {"integer": "INTEGER", "gYear": "INTEGER", "decimal": "REAL", "date": "DATE", "string": "TEXT"}
_KINDS = {
    "INTEGER": ColumnType.NUMBER,
    "REAL": ColumnType.NUMBER,
    "DATE": ColumnType.DATE,
    "TEXT": ColumnType.TEXT,
}


class _NoPlaceError(Exception):
    """A question has no form as SQL of these tables."""


@dataclass(frozen=True)
class Link:
    """A relation as tables have it: one or two keys from its subjects to its objects, a table of pairs."""

    relation: Relation
    keys: tuple[ForeignKey, ...]
    pairs: str = ""


@dataclass
class Tables:
    """A schema, and where in it what a synthetic graph knows is."""

    schema: Schema
    names: dict[str, ColumnRef] = field(default_factory=dict)
    keys: dict[str, ColumnRef] = field(default_factory=dict)
    links: dict[NamedNode, list[Link]] = field(default_factory=dict)
    values: dict[NamedNode, dict[str, ColumnRef]] = field(default_factory=dict)


class SyntheticDatabase:
    """A synthetic database, as a file, with its schema and questions."""

    def __init__(self, domain: str, seed: int, folder: Path) -> None:
        self.graph = SyntheticGraph(domain, seed, as_texts=False)
        self.rng = random.Random(seed)
        self.file = folder / f"{domain}_{seed}.sqlite"
        self.tables = self._tables()
        self._write()

    def questions(self, number: int) -> Iterator[tuple[str, str | None]]:
        """Questions with their SQL, None where the database has no answer."""
        classes = {self.graph.class_of(kind): kind for kind in self.graph.classes}
        members = {node: kind for kind, nodes in self.graph.members.items() for node in nodes}
        for example in questions_about(self.graph, number):
            if example.query is None:
                yield example.question, None
                continue
            if not example.query.columns:
                continue
            try:
                names, question = self.graph.names, example.question
                translation = _Translation(self.tables, classes, members, names, question)
                yield question, query_text(translation.query(example.query), self.tables.schema)
            except (_NoPlaceError, NotConnectedError):
                continue

    def _tables(self) -> Tables:
        style = self.rng.choice(_STYLES)
        mapped, tables = Tables(Schema(())), []
        plural = self.rng.random() < 0.5
        for kind in self.graph.classes:
            name = style(numbered(kind, plural=plural))
            key = style(self.rng.choice(("id", f"{kind} id")))
            shown = style(self.rng.choice(("name", f"{kind} name", "title", "full name")))
            mapped.names[kind], mapped.keys[kind] = ColumnRef(name, shown), ColumnRef(name, key)
            columns = [
                Column(key, ColumnType.NUMBER, "INTEGER", primary=True),
                Column(shown, ColumnType.TEXT, "TEXT"),
            ]
            for prop in self._properties(kind):
                declared = _TYPES[prop.datatype]
                column = Column(style(prop.name), _KINDS[declared], declared)
                if all(column.name != present.name for present in columns):
                    columns.append(column)
                    mapped.values.setdefault(prop.predicate, {})[kind] = ColumnRef(name, column.name)
            tables.append(Table(name, tuple(columns)))
        return self._with_links(mapped, dict(zip(self.graph.classes, tables, strict=True)), style)

    def _with_links(self, mapped: Tables, tables: dict[str, Table], style: Callable[[str], str]) -> Tables:
        """The tables with a key, or a table of pairs, for each relation whose name is still free."""
        pairs, keys = list[Table](), list[ForeignKey]()
        for relation, predicate, _ in self.graph.facts:
            source, target = relation.source, relation.target
            noun = self.rng.choice((target, *relation.names)) if source != target else relation.names[0]
            if self.rng.random() < _PAIRED or source == target:
                table, link = _table_of_pairs(relation, noun, mapped, style)
                if any(present.name == table.name for present in (*tables.values(), *pairs)):
                    continue
                pairs.append(table)
            else:
                name = style(f"{noun} id" if self.rng.random() < 0.7 else noun)
                table = tables[source]
                if any(column.name == name for column in table.columns):
                    continue
                column = Column(name, ColumnType.NUMBER, "INTEGER")
                tables[source] = replace(table, columns=(*table.columns, column))
                link = Link(relation, (ForeignKey(ColumnRef(table.name, name), mapped.keys[target]),))
            keys += link.keys
            mapped.links.setdefault(predicate, []).append(link)
        mapped.schema = Schema((*tables.values(), *pairs), tuple(keys))
        return mapped

    def _properties(self, kind: str) -> list[Property[Attribute] | Property[Text]]:
        everything: list[Property[Attribute] | Property[Text]] = [*self.graph.attributes, *self.graph.texts]
        return [prop for prop in everything if prop.definition.source == kind]

    def _write(self) -> None:
        """Write the file: a row for each member, with one object of each key; all pairs."""
        numbers = {
            node: number
            for nodes in self.graph.members.values()
            for number, node in enumerate(nodes, start=1)
        }
        with closing(sqlite3.connect(self.file)) as connection:
            for table in self.tables.schema.tables:
                columns = ", ".join(
                    f'"{column.name}" {column.declared}{" PRIMARY KEY" if column.primary else ""}'
                    for column in table.columns
                )
                keys = [key for key in self.tables.schema.keys if key.source.table == table.name]
                refers = "".join(f", {_foreign_key(key)}" for key in keys)
                connection.execute(f'CREATE TABLE "{table.name}" ({columns}{refers})')
            for kind, nodes in self.graph.members.items():
                for node in nodes:
                    row = self._row(kind, node, numbers)
                    names = ", ".join(f'"{column}"' for column in row)
                    table_name, marks = self.tables.keys[kind].table, ", ".join("?" * len(row))
                    connection.execute(
                        f'INSERT INTO "{table_name}" ({names}) VALUES ({marks})', list(row.values())
                    )
            for predicate, links in self.tables.links.items():
                for link in links:
                    if link.pairs:
                        rows = [(numbers[one], numbers[other]) for one, other in self._edges(predicate, link)]
                        connection.executemany(f'INSERT INTO "{link.pairs}" VALUES (?, ?)', rows)
            connection.commit()

    def _edges(self, predicate: NamedNode, link: Link) -> list[tuple[NamedNode, NamedNode]]:
        edges = [
            edge
            for relation, name, pairs in self.graph.facts
            if name == predicate and relation == link.relation
            for edge in pairs
        ]
        return [(subject, target) for subject, target in edges if isinstance(target, NamedNode)]

    def _row(self, kind: str, node: NamedNode, numbers: Mapping[NamedNode, int]) -> dict[str, object]:
        row: dict[str, object] = {
            self.tables.keys[kind].column: numbers[node],
            self.tables.names[kind].column: self.graph.names[node],
        }
        for prop in self._properties(kind):
            column = self.tables.values.get(prop.predicate, {}).get(kind)
            if column is not None and node in prop.values:
                row[column.column] = prop.values[node].value
        for predicate, links in self.tables.links.items():
            for link in links:
                targets = [target for subject, target in self._edges(predicate, link) if subject == node]
                if not link.pairs and link.relation.source == kind and targets:
                    row[link.keys[0].source.column] = numbers[targets[0]]
        return row


def _table_of_pairs(
    relation: Relation, noun: str, mapped: Tables, style: Callable[[str], str]
) -> tuple[Table, Link]:
    """A table of the ids of what a relation connects, and the link that it makes."""
    source, target = relation.source, relation.target
    name = style(f"{source} {noun}")
    ends = (style(f"{source} id"), style(f"{target} id" if source != target else f"{noun} id"))
    keys = (
        ForeignKey(ColumnRef(name, ends[0]), mapped.keys[source]),
        ForeignKey(ColumnRef(name, ends[1]), mapped.keys[target]),
    )
    columns = tuple(Column(end, ColumnType.NUMBER, "INTEGER") for end in ends)
    return Table(name, columns), Link(relation, keys, name)


def _foreign_key(key: ForeignKey) -> str:
    source, target = key.source, key.target
    return f'FOREIGN KEY ("{source.column}") REFERENCES "{target.table}" ("{target.column}")'


def _snake(text: str) -> str:
    return text.replace(" ", "_")


def _camel(text: str) -> str:
    first, *rest = text.split()
    return first + "".join(map(str.title, rest))


_STYLES: tuple[Callable[[str], str], ...] = (
    _snake,
    _snake,
    _camel,
    lambda text: _camel(text.title()),
    lambda text: _snake(text.title()),
    str,
)


@dataclass
class _Translation:
    """One question's SPARQL → SQL of the tables."""

    tables: Tables
    classes: Mapping[NamedNode, str]
    members: Mapping[NamedNode, str]
    names: Mapping[NamedNode | Literal, str]
    question: str
    kinds: dict[Node, str] = field(default_factory=dict)
    columns: dict[Variable, ColumnRef] = field(default_factory=dict)

    def query(self, query: SparqlQuery) -> Query:
        """The query. Raises _NoPlaceError."""
        if len(query.negations) > 1 or query.branches or query.optionals:
            raise _NoPlaceError
        for edge in query.edges:
            self._bind(edge)
        where, via, through = list[Condition](), list[Via](), list[str]()
        for edge in query.edges:
            self._edge(edge, where, via, through)
        where += [self._filter(condition) for condition in query.filters]
        for group in query.negations:
            where.append(self._without(group))
        grouped = tuple(self._key(variable) for variable in query.grouped)
        having = () if query.having is None else (self._having(query),)
        order = () if query.order is None else (Order(self._item(query.order), query.descending),)
        translated = Query(
            items=tuple(map(self._item, query.columns)),
            where=tuple(where),
            group=grouped,
            having=having,
            order=order,
            limit=query.limit,
            via=tuple(via),
            with_tables=tuple(through),
        )
        return self._checked(translated, via)

    def _checked(self, query: Query, via: list[Via]) -> Query:
        """A query whose joins are those that were meant, without what need not be said."""
        named = set(replace(query, with_tables=()).tables())
        within = set(self.tables.schema.closure(tuple(named)))
        query = replace(
            query,
            with_tables=tuple(dict.fromkeys(table for table in query.with_tables if table not in within)),
        )
        joined = {
            frozenset((key.source, key.target))
            for _, key in joins(query, self.tables.schema)
            if key is not None
        }
        if joined != {frozenset((key.source, key.target)) for key in via}:
            raise _NoPlaceError
        several = [
            key for key in via if len(self.tables.schema.between(key.source.table, key.target.table)) > 1
        ]
        return replace(query, via=tuple(several))

    def _bind(self, edge: Edge) -> None:
        """Learn what variables are. Two rows of one table would need it twice."""
        ends = (edge.subject, edge.object)
        if edge.predicate == RDF_TYPE:
            self._name(edge.subject, self.classes[edge.object])  # type: ignore[index]
        elif edge.predicate in self.tables.links:
            link = self._link(edge)
            for end, kind in zip(ends, (link.relation.source, link.relation.target), strict=True):
                self._name(end, kind)
        else:
            column = self._value_column(edge)
            if isinstance(edge.object, Variable):
                self.columns[edge.object] = column

    def _name(self, node: Node, kind: str) -> None:
        if self.kinds.setdefault(node, kind) != kind or len(set(self.kinds.values())) < len(self.kinds):
            raise _NoPlaceError

    def _kind(self, node: Node) -> str | None:
        return self.members.get(node) if isinstance(node, NamedNode) else self.kinds.get(node)

    def _link(self, edge: Edge) -> Link:
        fitting = [
            link
            for link in self.tables.links[edge.predicate]
            if self._kind(edge.subject) in (None, link.relation.source)
            and self._kind(edge.object) in (None, link.relation.target)
        ]
        if len(fitting) != 1 or fitting[0].relation.source == fitting[0].relation.target:
            raise _NoPlaceError
        return fitting[0]

    def _value_column(self, edge: Edge) -> ColumnRef:
        kind, columns = self._kind(edge.subject), self.tables.values.get(edge.predicate, {})
        if kind is None and len(columns) == 1:
            kind = next(iter(columns))
        if kind is None or kind not in columns:
            raise _NoPlaceError
        self._name(edge.subject, kind)
        return columns[kind]

    def _edge(self, edge: Edge, where: list[Condition], via: list[Via], through: list[str]) -> None:
        if edge.predicate == RDF_TYPE:
            through.append(self.tables.keys[self.classes[edge.object]].table)  # type: ignore[index]
            return
        if edge.predicate in self.tables.links:
            link = self._link(edge)
            via += [Via(key.source, key.target) for key in link.keys]
            through += [link.pairs] if link.pairs else []
            for node in (edge.subject, edge.object):
                if isinstance(node, NamedNode):
                    alternatives = tuple(
                        alternative for alternative in edge.alternatives if isinstance(alternative, NamedNode)
                    )
                    where.append(self._called(node, alternatives))
                else:
                    through.append(self.tables.keys[self.kinds[node]].table)
            return
        column = self._value_column(edge)
        if isinstance(edge.subject, NamedNode):
            where.append(self._called(edge.subject))
        if isinstance(edge.object, Literal):
            where.append(Condition(Item(Term(column)), Comparison.EQUAL, (Value(edge.object.value),)))

    def _called(self, node: NamedNode, alternatives: tuple[NamedNode, ...] = ()) -> Condition:
        values = tuple(Value(self.names[member]) for member in (node, *alternatives))
        return Condition(Item(Term(self.tables.names[self.members[node]])), Comparison.EQUAL, values)

    def _filter(self, condition: SparqlFilter) -> Condition:
        column = self.columns.get(condition.variable)
        if column is None or not isinstance(condition.value, Literal | Period):
            raise _NoPlaceError
        value = condition.value.value
        if self.tables.schema.column(column).type == ColumnType.DATE:
            value = next(iter(dates_of(self.question)), "") or value[:4]
        return Condition(Item(Term(column)), Comparison(str(condition.comparison)), (Value(value),))

    def _without(self, group: tuple[Edge, ...]) -> Condition:
        """The condition that nothing is there: an empty key, or a row that no pair has."""
        edge = group[0]
        link = self._link(edge)
        if isinstance(edge.object, NamedNode):
            raise _NoPlaceError
        if edge.object in self.kinds:  # what nothing leads to
            return Condition(
                Item(Term(self.tables.keys[link.relation.target])),
                Comparison.NOT_IN,
                query=Query(items=(Item(Term(link.keys[-1].source)),)),
            )
        key = self.tables.keys[link.relation.source]
        if not link.pairs:
            return Condition(Item(Term(link.keys[0].source)), Comparison.IS_NULL)
        return Condition(
            Item(Term(key)), Comparison.NOT_IN, query=Query(items=(Item(Term(link.keys[0].source)),))
        )

    def _having(self, query: SparqlQuery) -> Condition:
        having = query.having
        assert having is not None
        assert not isinstance(having.value, Variable)
        return Condition(
            self._item(having.item), Comparison(str(having.comparison)), (Value(having.value.value),)
        )

    def _item(self, item: SparqlItem) -> Item:
        kind = self.kinds.get(item.variable) if item.variable is not None else None
        if item.aggregate in (SparqlAggregate.COUNT, SparqlAggregate.COUNT_DISTINCT) and (
            kind is not None or item.variable is None
        ):
            table = self.tables.keys[kind or next(iter(self.kinds.values()))].table
            return Item(Term(AllOf(table), Aggregate.COUNT))
        if item.variable is None:
            raise _NoPlaceError
        operand = self.tables.names[kind] if kind is not None else self.columns.get(item.variable)
        if operand is None or (item.aggregate == SparqlAggregate.COUNT_DISTINCT):
            raise _NoPlaceError
        return Item(Term(operand, None if item.aggregate is None else Aggregate(str(item.aggregate))))

    def _key(self, variable: Variable) -> ColumnRef:
        kind = self.kinds.get(variable)
        return self.tables.keys[kind] if kind is not None else self.columns[variable]
