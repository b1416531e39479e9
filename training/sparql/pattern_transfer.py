"""Pattern transfer: questions for a graph, made from questions that people asked of other graphs.

Data augmentation in the manner of GraPPa (Yu et al. 2021). A pattern is a template
(`training/synthetic/delexicalisation.py`) and its query. It is set into a graph where classes connect in the
same way and properties have the same kinds of values; only what has an answer there is kept.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

from pyoxigraph import Literal, NamedNode, Store

from kbqa.linking.words import fold
from kbqa.sparql.profile import PredicateProfile, Profile
from kbqa.sparql.query import RDF_TYPE, Average, Comparison, Edge, Filter, Node, Period, Query, Term, Variable
from kbqa.sparql.stores import OxigraphStore
from kbqa.sparql.suggestions.example import Example
from training.graph_answers import has_answer
from training.synthetic.delexicalisation import Name, Slot, Template, numbered, short_name, template_of

Thing = NamedNode | Literal
"""What a question names: a class, a property or a value."""

_NUMBERS = ("integer", "decimal", "double", "float", "int", "long")
_SAMPLED, _MAX_VALUE_LENGTH = 60, 50


@dataclass(frozen=True)
class Shape:
    """What a property must be like for another to stand in its place: the classes or values at its ends."""

    domain: NamedNode
    target: NamedNode | None
    kind: str = ""
    identifier: bool = False


class Surroundings:
    """A graph as patterns see it: its properties that have one class before them, by their shapes."""

    def __init__(self, store: Store, profile: Profile) -> None:
        self.store, self.profile = store, profile
        self._classes = {profiled.text: profiled.iri for profiled in profile.classes}
        self._values: dict[NamedNode, list[Literal]] = {}

    @cached_property
    def shapes(self) -> Mapping[NamedNode, Shape]:
        """The shape of each property."""
        return {
            profile.predicate: shape
            for profile in self.profile.predicates
            if (shape := self._shape(profile)) is not None
        }

    def _shape(self, profile: PredicateProfile) -> Shape | None:
        domain = self._classes.get(profile.domains[0]) if profile.domains else None
        if domain is None:
            return None
        kind = profile.ranges[0] if profile.ranges else ""
        if kind in self._classes:
            return Shape(domain, self._classes[kind])
        is_identifier = profile.text.split()[-1:] == ["id"]
        return Shape(domain, None, "number" if kind in _NUMBERS else kind, is_identifier)

    def links(self) -> Mapping[tuple[NamedNode, NamedNode], list[NamedNode]]:
        """The properties that lead from one class to another."""
        links: dict[tuple[NamedNode, NamedNode], list[NamedNode]] = defaultdict(list)
        for predicate, shape in self.shapes.items():
            if shape.target is not None:
                links[shape.domain, shape.target].append(predicate)
        return links

    def values(self, predicate: NamedNode) -> Sequence[Literal]:
        """Some values of a property that can be written into a question."""
        if predicate not in self._values:
            quads = islice(self.store.quads_for_pattern(None, predicate, None), _SAMPLED)
            literals = (quad.object for quad in quads if isinstance(quad.object, Literal))
            self._values[predicate] = [
                value for value in literals if 0 < len(value.value) <= _MAX_VALUE_LENGTH
            ]
        return self._values[predicate]


@dataclass(frozen=True)
class Pattern:
    """A template, its query, and the classes and shapes of what it names.

    Each class but the first is led to or from, by a property, by one before it.
    """

    template: Template[Thing]
    query: Query
    classes: tuple[NamedNode, ...]
    shapes: Mapping[NamedNode, Shape]


def pattern_of(example: Example, around: Surroundings, common: set[str]) -> Pattern | None:
    """The pattern of a question, if all that it says of its domain are names and values of its graph."""
    query = example.query
    if query is None or not _is_transferable(query):
        return None
    predicates = {edge.predicate for edge in _edges(query)} - {RDF_TYPE}
    shapes = {predicate: around.shapes[predicate] for predicate in predicates if predicate in around.shapes}
    constants = [constant for constant, _ in _constants(query)]
    values: dict[str, Thing] = {node.value: node for node in constants if isinstance(node, Literal)}
    if len(shapes) < len(predicates) or not all(isinstance(node, Literal) for node in constants):
        return None
    classes = _in_order(_classes_of(query), shapes)
    if not classes:
        return None

    def are_rivals(one: Thing, other: Thing) -> bool:
        return one != other and one in shapes and other in shapes

    names = _names(classes, shapes, around.profile)
    template = template_of(example.question, names, values, common, are_rivals)
    if template is None:
        return None
    named = {slot.thing for slot in template.slots}
    if any(predicate not in named for predicate, shape in shapes.items() if shape.target is None):
        return None
    return Pattern(template, query, classes, shapes)


def _is_transferable(query: Query) -> bool:
    """Whether a query is of the kinds that patterns are made of: no branches, optional edges or periods."""
    has_period = any(isinstance(condition.value, Period) for condition in query.filters)
    return not (query.branches or query.optionals or has_period)


def _classes_of(query: Query) -> set[NamedNode]:
    objects = (edge.object for edge in _edges(query) if edge.predicate == RDF_TYPE)
    return {node for node in objects if isinstance(node, NamedNode)}


def _edges(query: Query) -> Iterator[Edge]:
    yield from query.edges
    for group in query.negations:
        yield from group
    yield from (condition.value.edge for condition in query.filters if isinstance(condition.value, Average))


def _constants(query: Query) -> Iterator[tuple[Node, NamedNode]]:
    """Each constant that is no class, with the property whose value it is."""
    binds = {edge.object: edge.predicate for edge in query.edges if isinstance(edge.object, Variable)}
    for edge in _edges(query):
        if edge.predicate != RDF_TYPE:
            yield from (
                (end, edge.predicate)
                for end in (edge.subject, edge.object, *edge.alternatives)
                if not isinstance(end, Variable)
            )
    for condition in query.filters:
        if not isinstance(condition.value, Average | Period):
            yield condition.value, binds.get(condition.variable, RDF_TYPE)


def _in_order(named: set[NamedNode], shapes: Mapping[NamedNode, Shape]) -> tuple[NamedNode, ...]:
    """All classes of a query, each connected with one before it; nothing where they are apart."""
    targets = {shape.target for shape in shapes.values() if shape.target is not None}
    pending = named | {shape.domain for shape in shapes.values()} | targets
    ordered: list[NamedNode] = sorted(pending, key=lambda name: name.value)[:1]
    while len(ordered) < len(pending):
        near = [
            other
            for shape in shapes.values()
            for one, other in ((shape.domain, shape.target), (shape.target, shape.domain))
            if one in ordered and other is not None and other not in ordered
        ]
        if not near:
            return ()
        ordered.append(near[0])
    return tuple(ordered)


def _names(
    classes: Sequence[NamedNode], shapes: Mapping[NamedNode, Shape], profile: Profile
) -> Iterator[Name[Thing]]:
    texts = profile.texts
    for name, shape in shapes.items():
        yield Name(fold(texts[name]), name)
        yield Name(short_name(texts[name], texts[shape.domain]), name, short=True)
    for name in classes:
        yield Name(fold(texts[name]), name)


# --- a pattern in another graph


def transferred(pattern: Pattern, around: Surroundings, rng: random.Random) -> Example | None:
    """A pattern's question and query on another graph; None where that has no place for it, or no answer."""
    classes = _placed_classes(pattern, around, rng)
    predicates = _placed_predicates(pattern, classes, around, rng) if classes else None
    values = _placed_values(pattern, predicates, around, rng) if predicates is not None else None
    if classes is None or predicates is None or values is None:
        return None
    names = classes | predicates
    query = _Renaming(names, values).query(pattern.query)
    if not has_answer(query, OxigraphStore(around.store, "")):
        return None
    return Example(pattern.template.filled(lambda slot: _said(slot, names, pattern, values, around)), query)


def _placed_classes(
    pattern: Pattern, around: Surroundings, rng: random.Random
) -> dict[NamedNode, NamedNode] | None:
    links = around.links()
    free = [profiled.iri for profiled in around.profile.classes]
    if not free:
        return None
    placed = {pattern.classes[0]: rng.choice(free)}
    for kind in pattern.classes[1:]:
        shape = next(
            shape
            for shape in pattern.shapes.values()
            if {shape.domain, shape.target} <= {kind, *placed}
            and kind in (shape.domain, shape.target)
            and shape.target is not None
        )
        if shape.domain == kind:
            fitting = [
                source
                for source, target in links
                if target == placed[shape.target] and source not in placed.values()  # type: ignore[index]
            ]
        else:
            fitting = [
                target
                for source, target in links
                if source == placed[shape.domain] and target not in placed.values()
            ]
        if not fitting:
            return None
        placed[kind] = rng.choice(fitting)
    return placed


def _placed_predicates(
    pattern: Pattern, classes: Mapping[NamedNode, NamedNode], around: Surroundings, rng: random.Random
) -> dict[NamedNode, NamedNode] | None:
    placed: dict[NamedNode, NamedNode] = {}
    for predicate, shape in pattern.shapes.items():
        target = None if shape.target is None else classes[shape.target]
        wanted = replace(shape, domain=classes[shape.domain], target=target)
        fitting = [
            candidate
            for candidate, candidate_shape in around.shapes.items()
            if candidate_shape == wanted and candidate not in placed.values()
        ]
        if not fitting:
            return None
        placed[predicate] = rng.choice(fitting)
    return placed


def _placed_values(
    pattern: Pattern, predicates: Mapping[NamedNode, NamedNode], around: Surroundings, rng: random.Random
) -> dict[Literal, Literal] | None:
    placed: dict[Literal, Literal] = {}
    parts = {
        condition.value for condition in pattern.query.filters if condition.comparison == Comparison.CONTAINS
    }
    for constant, predicate in _constants(pattern.query):
        assert isinstance(constant, Literal)
        if constant in placed:
            continue
        values = around.values(predicates[predicate]) if predicate in predicates else []
        free = [value for value in values if value not in placed.values()]
        if not free:
            return None
        value = rng.choice(free)
        if constant in parts:
            value = Literal(rng.choice(fold(value.value).split() or [value.value]))
        placed[constant] = value
    return placed


def _said(
    slot: Slot[Thing],
    names: Mapping[NamedNode, NamedNode],
    pattern: Pattern,
    values: Mapping[Literal, Literal],
    around: Surroundings,
) -> str:
    thing, texts = slot.thing, around.profile.texts
    if isinstance(thing, Literal):
        return values[thing].value
    text = texts[names[thing]]
    if slot.short:
        text = short_name(text, texts[names[pattern.shapes[thing].domain]]) or text
    return numbered(text, plural=slot.plural)


@dataclass(frozen=True)
class _Renaming:
    names: Mapping[NamedNode, NamedNode]
    values: Mapping[Literal, Literal]

    def query(self, query: Query) -> Query:
        return replace(
            query,
            edges=tuple(map(self._edge, query.edges)),
            filters=tuple(map(self._filter, query.filters)),
            negations=tuple(tuple(map(self._edge, group)) for group in query.negations),
        )

    def _edge(self, edge: Edge) -> Edge:
        predicate = edge.predicate if edge.predicate == RDF_TYPE else self.names[edge.predicate]
        alternatives = tuple(map(self._term, edge.alternatives))
        return Edge(self._node(edge.subject), predicate, self._node(edge.object), alternatives)

    def _node(self, node: Node) -> Node:
        return node if isinstance(node, Variable) else self._term(node)

    def _term(self, term: Term) -> Term:
        return self.values[term] if isinstance(term, Literal) else self.names[term]

    def _filter(self, condition: Filter) -> Filter:
        assert not isinstance(condition.value, Period | Variable)
        if isinstance(condition.value, Average):
            return replace(condition, value=Average(self._edge(condition.value.edge)))
        return replace(condition, value=self._term(condition.value))
