"""The constants of questions on graphs, and of their SPARQL, by which confirmed questions are found again."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from kbqa.questions.confirmed import Slot
from kbqa.sparql.answer.entity_linking import find_candidates
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.models import GraphVersion
from kbqa.sparql.prefixes import in_full
from kbqa.sparql.query import RDF_TYPE

_MIN_SIMILARITY = 0.9
_CONSTANT = re.compile(
    r"""<[^<>"\s]*>|"(?:[^"\\\n]|\\.)*"(?:@[\w-]+|\^\^<[^<>\s]*>)?|(?<![\w.])[-+]?\d+(?:\.\d+)?(?![\w.])"""
)
"""IRIs, texts and numbers, as this program writes them in queries."""


@dataclass(frozen=True)
class SparqlConstants:
    """The constants of questions on a version of a graph, and of SPARQL."""

    version: GraphVersion
    graph: LiveGraph

    def slots(self, question: str) -> Iterator[Slot]:
        """The constants that a question has: things and values that it names, numbers and dates.

        Raises StoreError, EncoderError.
        """
        found = find_candidates(question, self.version, self.graph.profile)
        near = [each for each in found.entities if each.span and each.features.similarity >= _MIN_SIMILARITY]
        classes = self._classes([each.key for each in near])
        for entity in near:
            assert entity.span is not None
            yield Slot(entity.span, str(entity.key), f"a {classes.get(entity.key, '')}", entity.text)
        for value in found.values:
            if value.span and value.features.similarity >= _MIN_SIMILARITY:
                predicate, literal = value.key
                yield Slot(value.span, str(literal), str(predicate), literal.value)
        for number in found.numbers:
            if number.span and isinstance(number.key, Literal):
                yield Slot(number.span, str(number.key), number.key.datatype.value, number.key.value)
                yield Slot(number.span, number.key.value, "")

    def of_query(self, query: str) -> set[str] | None:
        """The constants of a query."""
        return {match.group() for match in _CONSTANT.finditer(in_full(query))}

    def replaced(self, query: str, values: Mapping[str, str]) -> str:
        """A query with other constants."""
        return _CONSTANT.sub(lambda match: values.get(match.group(), match.group()), in_full(query))

    def _classes(self, things: list[NamedNode]) -> dict[NamedNode, str]:
        """The classes of each thing, as one text. Raises StoreError."""
        classes: dict[NamedNode, str] = {}
        if things:
            values = " ".join(map(str, things))
            query = f"SELECT ?e ?c WHERE {{ VALUES ?e {{ {values} }} ?e {RDF_TYPE} ?c }} ORDER BY ?e ?c"
            for thing, known in self.graph.store.select(query).rows:
                if isinstance(thing, NamedNode):
                    classes[thing] = f"{classes.get(thing, '')} {known}".strip()
        return classes
