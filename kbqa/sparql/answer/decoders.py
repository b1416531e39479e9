"""Decoders of questions on graphs: the network that comes with the package, or a Hugging Face model."""

from functools import partial
from typing import Protocol

from kbqa.decoding.beam import BeamOptions, Deadline
from kbqa.decoding.parse import Parses, parse
from kbqa.decoding.pointer_network import DecoderModel, Session
from kbqa.decoding.scorers import NetworkScorer
from kbqa.sparql.grammar import LinkedQuestion, SparqlState, start

WIDTH = 5
"""The number of hypotheses that the beam follows."""


class Decoder(Protocol):
    """Makes queries of questions."""

    temperature: float
    """The divisor of log-probabilities, after which they say how often they are right."""

    def decode(self, question: str, linked: LinkedQuestion) -> Parses[SparqlState]:
        """Parses of a question, the best first. Raises EncoderError."""
        ...


class NetworkDecoder:
    """The network that comes with the package, and beam search over its actions.

    A question takes it about `seconds`, at most twice that.
    """

    def __init__(
        self, model: DecoderModel, options: BeamOptions | None = None, seconds: float = float("inf")
    ) -> None:
        self._model, self._options, self._seconds = model, options, seconds
        self.temperature = model.temperature

    def decode(self, question: str, linked: LinkedQuestion) -> Parses[SparqlState]:
        """Parses of a question, the best first."""
        new_scorer = partial(NetworkScorer, self.session(question, linked))
        return parse(
            start(linked), new_scorer, self._options, Deadline(self._seconds), linked.graph.at_once()
        )

    def session(self, question: str, linked: LinkedQuestion) -> Session:
        """The network's session that has read a question and what it may mention."""
        return Session(self._model, question, linked.candidates)


class SequenceDecoder:
    """A Hugging Face sequence model under the same constraints."""

    temperature = 1.0

    def __init__(self, folder: str, width: int) -> None:
        from kbqa.decoding.sequence_model import load_sequence_model

        self._model, self._width = load_sequence_model(folder), width

    def decode(self, question: str, linked: LinkedQuestion) -> Parses[SparqlState]:
        """Parses of a question, the best first."""
        return self._model.parse(question, start(linked), self._width)
