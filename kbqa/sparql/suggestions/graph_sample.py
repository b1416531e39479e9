"""A part of a graph, drawn by chance, to make questions from."""

import math
import random
from dataclasses import dataclass, field
from itertools import islice

from pyoxigraph import Literal, NamedNode, Store, Triple

from kbqa.sparql.profile import ClassProfile, PredicateProfile, Profile
from kbqa.sparql.query import RDF_TYPE, Term
from kbqa.sparql.stores.base import RdfTerm
from kbqa.sparql.stores.oxigraph import ALL
from kbqa.sparql.suggestions.inflection import reads_as_verb

_XSD = "http://www.w3.org/2001/XMLSchema#"
_NUMERIC = {
    _XSD + name
    for name in ("integer", "decimal", "double", "float", "int", "long", "short", "nonNegativeInteger")
}
_SAMPLE, _MOST_EDGES = 400, 100_000


@dataclass
class GraphSample:
    """A part of a graph to make questions from: some edges of each predicate, and the classes of nodes."""

    store: Store
    profile: Profile
    rng: random.Random
    edges: dict[NamedNode, list[tuple[Term, Term]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for predicate in self.profile.names:
            quads = islice(self.store.quads_for_pattern(None, predicate, None, ALL), 5 * _SAMPLE)
            edges = [(quad.subject, quad.object) for quad in quads]
            self.edges[predicate] = self.rng.sample(edges, min(_SAMPLE, len(edges)))  # type: ignore[arg-type]

    def name(self, term: RdfTerm) -> str | None:
        """The name of a term; None where it has none."""
        if isinstance(term, Literal):
            return term.value if len(term.value) < 60 and term.datatype.value == f"{_XSD}string" else None
        if isinstance(term, Triple):
            return None
        for label in self.profile.labels:
            quad = next(self.store.quads_for_pattern(term, label, None, ALL), None)
            if quad is not None and isinstance(quad.object, Literal):
                return quad.object.value
        return None

    def class_of(self, term: Term) -> ClassProfile | None:
        """A class that a term belongs to; None where it has none."""
        if not isinstance(term, NamedNode):
            return None
        quads = islice(self.store.quads_for_pattern(term, RDF_TYPE, None, ALL), _MOST_EDGES)
        types = {quad.object for quad in quads}
        return next((known for known in self.profile.classes if known.iri in types), None)

    def predicate(self, *, verb: bool = False) -> PredicateProfile | None:
        """A predicate by chance, which reads as a noun ("director"), or as a verb ("calls", "born in")."""
        predicates = [known for known in self.profile.predicates if self._is_verb(known) == verb]
        return self.rng.choice(predicates) if predicates else None

    def edge(self, predicate: PredicateProfile) -> tuple[Term, Term] | None:
        """An edge of a predicate by chance."""
        edges = self.edges[predicate.predicate]
        return self.rng.choice(edges) if edges else None

    def leaving(self, term: Term) -> list[tuple[PredicateProfile, Term]]:
        """The edges that leave a term over predicates that read as a noun: these, and the edges' ends."""
        if not isinstance(term, NamedNode):
            return []
        nouns = [known for known in self.profile.predicates if not self._is_verb(known)]
        by_iri = {noun.predicate: noun for noun in nouns}
        return [
            (by_iri[quad.predicate], quad.object)  # type: ignore[misc]
            for quad in islice(self.store.quads_for_pattern(term, None, None, ALL), _MOST_EDGES)
            if quad.predicate in by_iri
        ]

    def _is_verb(self, predicate: PredicateProfile) -> bool:
        """Whether a predicate reads as a verb. With numbers it does not, though "awards" looks like one."""
        return reads_as_verb(predicate.text) and not self.numbers(predicate)

    def numbers(self, predicate: PredicateProfile) -> list[Literal]:
        """The numbers that a predicate has; none if it also has other things."""
        values = [target for _, target in self.edges[predicate.predicate]]
        numeric = [value for value in values if isinstance(value, Literal) and _is_number(value)]
        return numeric if len(numeric) == len(values) else []


def _is_number(value: Literal) -> bool:
    """Whether a value is a number that can be written: RDF allows "unknown" as an integer."""
    try:
        return value.datatype.value in _NUMERIC and math.isfinite(float(value.value))
    except ValueError:
        return False
