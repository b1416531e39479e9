"""A part of a graph, drawn by chance, to make questions from."""

import math
import random
from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode, Store, Triple

from kbqa.sparql.profile import ClassProfile, PredicateProfile, Profile
from kbqa.sparql.query import RDF_TYPE, Term
from kbqa.sparql.stores.base import RdfTerm
from kbqa.sparql.suggestions.inflection import reads_as_verb

_XSD = "http://www.w3.org/2001/XMLSchema#"
_NUMERIC = {
    _XSD + name
    for name in ("integer", "decimal", "double", "float", "int", "long", "short", "nonNegativeInteger")
}
_SAMPLE = 400


@dataclass
class GraphSample:
    """A part of a graph to make questions from: some edges of each predicate, and the classes of nodes."""

    store: Store
    profile: Profile
    rng: random.Random
    edges: dict[NamedNode, list[tuple[Term, Term]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for predicate in self.profile.names:
            found = []
            for quad in self.store.quads_for_pattern(None, predicate, None):
                found.append((quad.subject, quad.object))
                if len(found) >= _SAMPLE * 5:
                    break
            self.edges[predicate] = self.rng.sample(found, min(_SAMPLE, len(found)))  # type: ignore[arg-type]

    def name(self, term: RdfTerm) -> str | None:
        """Return what a term is called, None for what has no name."""
        if isinstance(term, Literal):
            return term.value if len(term.value) < 60 and term.datatype.value == f"{_XSD}string" else None
        if isinstance(term, Triple):
            return None
        for label in self.profile.labels:
            quad = next(self.store.quads_for_pattern(term, label, None), None)
            if quad is not None and isinstance(quad.object, Literal):
                return quad.object.value
        return None

    def class_of(self, term: Term) -> ClassProfile | None:
        """Return a class that a term belongs to."""
        if not isinstance(term, NamedNode):
            return None
        types = {quad.object for quad in self.store.quads_for_pattern(term, RDF_TYPE, None)}
        return next((each for each in self.profile.classes if each.iri in types), None)

    def predicate(self, *, verb: bool = False) -> PredicateProfile | None:
        """Return a predicate by chance: one that reads as a noun ("director"), or as a verb ("calls", "born
        in").
        """
        found = [each for each in self.profile.predicates if self._is_verb(each) == verb]
        return self.rng.choice(found) if found else None

    def edge(self, predicate: PredicateProfile) -> tuple[Term, Term] | None:
        """Return an edge of a predicate by chance."""
        found = self.edges[predicate.predicate]
        return self.rng.choice(found) if found else None

    def leaving(self, term: Term) -> list[tuple[PredicateProfile, Term]]:
        """Return edges that leave a term, of predicates that read as a noun."""
        if not isinstance(term, NamedNode):
            return []
        known = {each.predicate: each for each in self.profile.predicates if not self._is_verb(each)}
        return [
            (known[quad.predicate], quad.object)  # type: ignore[misc]
            for quad in self.store.quads_for_pattern(term, None, None)
            if quad.predicate in known
        ]

    def _is_verb(self, predicate: PredicateProfile) -> bool:
        """Tell whether a predicate reads as a verb.

        With numbers it does not, though "awards" looks like one.
        """
        return reads_as_verb(predicate.text) and not self.numbers(predicate)

    def numbers(self, predicate: PredicateProfile) -> list[Literal]:
        """Return the numbers that a predicate has; none if it also has other things."""
        values = [target for _, target in self.edges[predicate.predicate]]
        numeric = [value for value in values if isinstance(value, Literal) and _is_number(value)]
        return numeric if len(numeric) == len(values) else []


def _is_number(value: Literal) -> bool:
    """Tell whether a value is a number that can be written: RDF allows "unknown" as an integer."""
    try:
        return value.datatype.value in _NUMERIC and math.isfinite(float(value.value))
    except ValueError:
        return False
