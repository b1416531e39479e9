"""The live graph, asked while decoding (SPARKLE, section 3.2, where tries are made beforehand).

Every answer is kept in a bounded cache that belongs to one version of the graph.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from pyoxigraph import Literal, NamedNode

from kbqa.decoding.beam import AtOnce
from kbqa.sparql.grammar.actions import (
    BackwardPointer,
    ClassPointer,
    EntityPointer,
    ForwardPointer,
    Introducer,
    RelationPointer,
    ValuePointer,
)
from kbqa.sparql.models import GraphVersion
from kbqa.sparql.profile import NUMERIC, PredicateProfile, Profile, entity_text
from kbqa.sparql.query import (
    RDF_TYPE,
    SUBCLASS_OF,
    Edge,
    Node,
    Query,
    Reach,
    Term,
    Variable,
    pattern_text,
    query_text,
)
from kbqa.sparql.schema import RELATIONS
from kbqa.sparql.stores.base import GraphStore, QueryError
from kbqa.sparql.stores.labels import texts_of
from kbqa.sparql.stores.together import Together

_REMEMBERED = 100_000
_SHORT, _LOOKED_AT = 2, 20_000
"""Beyond how many edges only so many solutions are tried, where conditions might let none of them through."""
_LONG, _FEW = 4, 1_000
"""Beyond how many edges, and for an edge between known variables, only so few solutions are tried."""
_FEW_CLASSES = 3
"""Of how many of its classes a thing's kind is."""
_SOON = 50_000
"""The most solutions of a query that is run where people wait: a fraction of a second."""
_SAMPLED = 20_000
"""How many edges are followed to learn what can come after one.

Of predicates with more, every predicate is offered, and checked where it is tried.
"""


def _looked_at(query: Query) -> str:
    """The pattern that tells whether a query has a solution, tried over a bounded number of them.

    Otherwise very many would be tried where conditions, or an edge between known variables, let none through.
    """
    if query.required <= _SHORT:
        return pattern_text(query)
    if query.filters or query.negations or query.branches:
        return pattern_text(query, limit=_LOOKED_AT if query.required <= _LONG else _FEW)
    *before, last = query.edges
    known = {end for edge in before for end in (edge.subject, edge.object)}
    are_variables = isinstance(last.subject, Variable) and isinstance(last.object, Variable)
    if not are_variables or not {last.subject, last.object} <= known:
        return pattern_text(query)
    return f"{pattern_text(Query(edges=tuple(before)), limit=_FEW)} {pattern_text(Query(edges=(last,)))}"


def _edges_at(query: Query, variable: Variable) -> Query:
    return Query(edges=tuple(edge for edge in query.every_edge if variable in (edge.subject, edge.object)))


def _origin(introduced_by: Introducer, above: Collection[NamedNode] = ()) -> str:
    """The pattern that binds `?x` to what a variable may be that a class or a relation introduced.

    Of the classes `above`, the members of their subclasses.
    """
    match introduced_by:
        case ClassPointer(key=iri):
            return f"?x {RDF_TYPE}{f'/{SUBCLASS_OF}*' if iri in above else ''} {iri}"
        case ForwardPointer(key=predicate):
            return f"?o {predicate} ?x"
    return f"?x {introduced_by.key} ?o"


def _of_schema(known: PredicateProfile) -> Iterator[RelationPointer]:
    """A relation between a graph's own words, by what it is called either way."""
    relation = RELATIONS[known.predicate]
    yield ForwardPointer(known.predicate, relation.forward, context=known.ranges)
    if relation.backward:
        yield BackwardPointer(known.predicate, relation.backward)


class LiveGraph:
    """A version of a graph, seen by the grammar."""

    def __init__(self, store: GraphStore, profile: Profile) -> None:
        self.store, self.profile = store, profile
        self._forward = {
            known.predicate: ForwardPointer(known.predicate, known.text, context=known.ranges)
            for known in profile.predicates
        }
        self._backward = {
            known.predicate: BackwardPointer(known.predicate, known.text, context=known.domains)
            for known in profile.predicates
        }
        self._schema = {known.predicate: tuple(_of_schema(known)) for known in profile.schema}
        self._holds: dict[str, bool] = {}
        self._names: dict[NamedNode, str] = {}
        self._together = Together(store)
        self.relations_of = lru_cache(maxsize=10_000)(self._relations_of)
        self._after = lru_cache(maxsize=10_000)(self._relations_after)

    def runs_soon(self, query: Query) -> bool:
        """Whether a query's edges have so few solutions that nobody needs a limit of time.

        Raises StoreError.
        """
        edges = pattern_text(Query(edges=query.edges, branches=query.branches))
        sample = f"SELECT * WHERE {{ {edges} }} LIMIT {_SOON}"
        try:
            counted = self.store.select(f"SELECT (COUNT(*) AS ?found) WHERE {{ {sample} }}")
        except QueryError:  # it took too long
            return False
        return counted.rows[0] != (Literal(_SOON),)

    def range_of(self, predicate: NamedNode) -> str:
        """The range of a predicate: a class's name or a datatype's; empty if that is not known."""
        forward = self._forward.get(predicate)
        return forward.context[0] if forward is not None and forward.context else ""

    def has_numbers(self, predicate: NamedNode) -> bool:
        """Whether a predicate leads to numbers, as far as its sample showed."""
        forward = self._forward.get(predicate)
        return forward is not None and not NUMERIC.isdisjoint(forward.context)

    def membership(self, node: Node, graph_class: NamedNode) -> Edge:
        """The edge that makes something a member of a class, or of its subclasses where it must."""
        is_above = graph_class in self.profile.classes_above
        return Edge(node, RDF_TYPE, graph_class, reach=Reach.MANY if is_above else Reach.ONE)

    def has_numerals(self, predicate: NamedNode) -> bool:
        """Whether a predicate leads to texts that are numbers."""
        return predicate in self.profile.numerals

    def entities_with_context(
        self, entities: Sequence[EntityPointer], schema: Collection[NamedNode] = ()
    ) -> tuple[EntityPointer, ...]:
        """Entities with the texts of the properties around them, which tell namesakes apart.

        Of the relations between the graph's own words, those of the `schema` that is asked for.
        """
        surroundings = self.store.surroundings([entity.key for entity in entities])
        return tuple(
            replace(entity, context=self._texts(sorted(around, key=lambda iri: iri.value), schema))
            for entity, around in zip(entities, surroundings, strict=True)
        )

    def values_with_context(self, values: Sequence[ValuePointer]) -> tuple[ValuePointer, ...]:
        """Values with the text of the property that leads to them."""
        return tuple(replace(value, context=self._texts([value.key[0]])) for value in values)

    def _texts(self, predicates: Sequence[NamedNode], schema: Collection[NamedNode] = ()) -> tuple[str, ...]:
        known = [self._forward[predicate] for predicate in predicates if predicate in self._forward]
        asked = [
            pointer for predicate in predicates if predicate in schema for pointer in self._schema[predicate]
        ]
        return tuple(dict.fromkeys(pointer.text for pointer in (*asked, *known)))

    def relations_of_its_kind(self, term: Term) -> tuple[RelationPointer, ...]:
        """The relations that may leave a thing of the same class. Raises StoreError."""
        if isinstance(term, Literal):
            return ()
        rows = self.store.select(f"SELECT ?c WHERE {{ {term} {RDF_TYPE} ?c }}", limit=_FEW_CLASSES).rows
        classes = [row[0] for row in rows if isinstance(row[0], NamedNode)]
        every = (relation for each in classes for relation in self.relations_after(ClassPointer(each)))
        return tuple(dict.fromkeys(every))

    def relations_after(self, introduced_by: Introducer) -> tuple[RelationPointer, ...]:
        """The relations that may leave a variable which a class or a relation introduced."""
        return self._after(introduced_by)

    def relations_of_schema(self, asked: Collection[NamedNode]) -> list[RelationPointer]:
        """The relations between the graph's own words, of those that are asked for."""
        return [
            pointer for predicate in self._schema if predicate in asked for pointer in self._schema[predicate]
        ]

    def holds(self, queries: Sequence[Query]) -> list[bool]:
        """Whether a query's pattern has a solution, for each, as far as is looked.

        What is not found within a bound counts as not there.
        """
        return self._any_solution([f"SELECT * WHERE {{ {_looked_at(query)} }}" for query in queries])

    def has_solution(self, body: str) -> bool:
        """Whether a SELECT without a limit has a solution. Raises StoreError."""
        return self._any_solution([body])[0]

    def fits(self, relation: RelationPointer, ends: Sequence[NamedNode]) -> list[bool]:
        """Whether an end has no class, or shares one with something that the relation leads to, for each."""
        forward = isinstance(relation, ForwardPointer)
        edge = f"?s {relation.key} ?o" if forward else f"?o {relation.key} ?s"
        led_to = f"{{ SELECT DISTINCT ?o WHERE {{ {{ SELECT ?o WHERE {{ {edge} }} LIMIT {_FEW} }} }} }}"
        typed = self._any_solution([f"SELECT * WHERE {{ {end} {RDF_TYPE} ?c }}" for end in ends])
        alike = self._any_solution(
            [f"SELECT * WHERE {{ {end} {RDF_TYPE} ?c . {led_to} ?o {RDF_TYPE} ?c }}" for end in ends]
        )
        return [shares or not has_class for has_class, shares in zip(typed, alike, strict=True)]

    def answers(self, queries: Sequence[Query]) -> list[bool]:
        """Whether a complete query has a row, groups and all, for each, as far as is looked."""
        return self._any_solution([query_text(query, limit=_SOON) for query in queries])

    def numeric(self, query: Query, variables: Sequence[Variable]) -> list[bool]:
        """Whether the pattern gives a variable nothing but numbers, for each.

        Of longer patterns the edges at the variable must; only so many solutions are looked at. Numerals
        count as the numbers that they say.
        """
        is_short = query.required <= _SHORT
        patterns = [
            (pattern_text(query if is_short else _edges_at(query, variable), limit=_SOON), variable)
            for variable in variables
        ]
        with_numbers = self._any_solution(
            [f"SELECT * WHERE {{ {pattern} FILTER isNumeric({variable}) }}" for pattern, variable in patterns]
        )
        with_others = self._any_solution(
            [
                f"SELECT * WHERE {{ {pattern} FILTER (!isNumeric({variable})) }}"
                for pattern, variable in patterns
            ]
        )
        found = zip(variables, with_numbers, with_others, strict=True)
        return [variable in query.numerals or (numbers and not other) for variable, numbers, other in found]

    def store_names(self, iris: Sequence[NamedNode]) -> dict[NamedNode, str]:
        """A label of each IRI, or what the IRI calls it. Raises StoreError."""
        labels, languages, remembered = self.profile.labels, self.profile.languages, self._names
        unknown = [iri for iri in dict.fromkeys(iris) if iri not in remembered]
        found = texts_of(self.store, unknown, labels, languages, entity_text) if unknown else {}
        known = {iri: found[iri] if iri in found else remembered[iri] for iri in iris}
        if len(remembered) + len(found) > _REMEMBERED:
            self._names = found  # others may still read the old ones
        else:
            remembered.update(found)
        return known

    def at_once(self) -> AtOnce | None:
        """What runs several pieces of work so that they ask together; None where asking costs little."""
        return self._together.run if self.store.is_elsewhere else None

    def _any_solution(self, bodies: list[str]) -> list[bool]:
        known = {body: told for body in bodies if (told := self._holds.get(body)) is not None}
        unknown = list(dict.fromkeys(body for body in bodies if body not in known))
        if len(self._holds) + len(unknown) > _REMEMBERED:
            self._holds.clear()
        for body, told in zip(unknown, self._together.any_solution(unknown), strict=True):
            known[body] = bool(told)
            if told is not None:  # another time, it may be told soon enough
                self._holds[body] = told
        return [known[body] for body in bodies]

    def _relations_of(self, term: Term) -> tuple[RelationPointer, ...]:
        leaving, entering = self.store.relations(term, self.profile.names)
        backward = (self._backward[predicate] for predicate in entering)
        return (*(self._forward[predicate] for predicate in leaving), *backward)

    def _relations_after(self, introduced_by: Introducer) -> tuple[RelationPointer, ...]:
        try:
            return self._relations_of_sample(_origin(introduced_by, self.profile.classes_above))
        except QueryError:  # it took too long
            return (*self._forward.values(), *self._backward.values())

    def _relations_of_sample(self, origin: str) -> tuple[RelationPointer, ...]:
        found = self.store.relations_of_sample(origin, _SAMPLED)
        if found is None:
            return (*self._forward.values(), *self._backward.values())
        leaving, entering = found
        forward = [action for predicate, action in self._forward.items() if predicate in leaving]
        return (*forward, *(action for predicate, action in self._backward.items() if predicate in entering))


@dataclass(frozen=True)
class OpenedGraph:
    """A version of a graph, and what it is asked through."""

    version: GraphVersion
    live: LiveGraph
