"""Reads questions on a version of a graph: link, then decode; each question once."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from kbqa.decoding.calibration import probabilities
from kbqa.decoding.parse import Parses
from kbqa.sparql.answer.decoders import Decoder
from kbqa.sparql.answer.entity_linking import in_words_of_graph, link_question
from kbqa.sparql.answer.rewording import Reworded
from kbqa.sparql.decomposition.parts import Named, Part
from kbqa.sparql.grammar import LinkedQuestion, SparqlState
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.models import GraphVersion


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

    def parses_that_may_fail(self, question: str) -> Parses[SparqlState]:
        """Parses of a question of which the last condition may leave nothing. Raises StoreError, EncoderError."""
        read, linked = self.linked(question)
        return self._decoder.decode(read.text, replace(linked, may_fail=True))

    def _linked(self, question: str) -> tuple[Reworded, LinkedQuestion]:
        """A question in the words of the graph, and what that may mention."""
        read = in_words_of_graph(question, self._version, self.graph.profile)
        return read, link_question(read.text, self._version, self.graph)

    def _parses(self, question: str) -> Parses[SparqlState]:
        read, linked = self.linked(question)
        return self._decoder.decode(read.text, linked)


def parts_of(parses: Parses[SparqlState], temperature: float) -> list[Part]:
    """The parses that have an answer, with how likely each is right among all."""
    shares = probabilities([hypothesis.score for hypothesis in parses.hypotheses], temperature)
    return [
        Part(state.query, share, hypothesis.derivation)
        for hypothesis, share in zip(parses.hypotheses, shares, strict=True)
        if (state := hypothesis.state).answerable
    ]
