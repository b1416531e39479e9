"""Reads questions on a version of a graph: link, then decode; each question once."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

from kbqa.decoding.beam import DerivationStep
from kbqa.decoding.calibration import probabilities
from kbqa.decoding.parse import Parses
from kbqa.sparql.answer.decoders import Decoder
from kbqa.sparql.answer.entity_linking import in_words_of_graph, link_question
from kbqa.sparql.answer.rewording import Reworded
from kbqa.sparql.decomposition.parts import Named, Part
from kbqa.sparql.grammar import LinkedQuestion, SparqlState
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.models import GraphVersion
from kbqa.sparql.query import Aggregate, Item, Query, Variable


class QuestionReader:
    """Reads a question, and the simpler ones that it is taken apart to, with one decoder."""

    def __init__(self, version: GraphVersion, graph: LiveGraph, decoder: Decoder) -> None:
        self.graph, self._version, self._decoder = graph, version, decoder
        self.temperature = decoder.temperature
        self.linked = cache(self._linked)
        self.parses = cache(self._parses)

    def read(self, question: str) -> Sequence[Part]:
        """Readings of a question that have an answer, the best first, with how likely each is right.

        Raises StoreError, EncoderError.
        """
        return parts_of(self.parses(question), self._decoder.temperature)

    def named(self, question: str) -> Sequence[Named]:
        """The things that a question may name, the best first. Raises StoreError, EncoderError."""
        read, linked = self.linked(question)
        return [
            Named(entity.key, read.text[slice(*entity.span)]) for entity in linked.entities if entity.span
        ]

    def read_with_failing(
        self, question: str, weigh: Callable[[Sequence[DerivationStep]], float]
    ) -> Sequence[Part]:
        """Readings of a question of which the last condition may leave nothing.

        `weigh` says how many nats more likely a reading is by what it has. Raises StoreError, EncoderError.
        """
        read, linked = self.linked(question)
        parses = self._decoder.decode(read.text, replace(linked, may_fail=True))
        weighed = [
            replace(each, score=each.score + self.temperature * weigh(each.derivation))
            for each in parses.hypotheses
        ]
        return parts_of(replace(parses, hypotheses=weighed), self.temperature)

    def _linked(self, question: str) -> tuple[Reworded, LinkedQuestion]:
        """A question in the words of the graph, and what that may mention."""
        read = in_words_of_graph(question, self._version, self.graph.profile)
        return read, link_question(read.text, self._version, self.graph)

    def _parses(self, question: str) -> Parses[SparqlState]:
        read, linked = self.linked(question)
        return self._decoder.decode(read.text, linked)


def parts_of(parses: Parses[SparqlState], temperature: float) -> list[Part]:
    """The parses that have an answer, with how likely each is right among all; what is the same once."""
    shares = probabilities([hypothesis.score for hypothesis in parses.hypotheses], temperature)
    parts: dict[Query, Part] = {}
    for hypothesis, share in zip(parses.hypotheses, shares, strict=True):
        if (state := hypothesis.state).answerable:
            key = _in_one_way(state.query)
            known = parts.get(key, Part(state.query, 0.0, hypothesis.derivation, state.failed))
            parts[key] = replace(known, probability=known.probability + share)
    return list(parts.values())


def _in_one_way(query: Query) -> Query:
    """A query in which solutions are counted in one of the ways that find the same number."""
    match query.columns:
        case (Item(variable=None, aggregate=Aggregate.COUNT),) if not query.optionals and not query.order:
            return replace(query, columns=(Item(Variable(0), Aggregate.COUNT),))
    return query
