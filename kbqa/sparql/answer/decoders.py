"""What makes queries of questions on graphs: the network that comes with the package, or a Hugging Face
model.
"""

from typing import NamedTuple, Protocol

from kbqa.decoding.beam import BeamOptions, Deadline, Hypothesis, append_fallback, search
from kbqa.decoding.pointer_network import DecoderModel, Session
from kbqa.decoding.scorers import NetworkScorer
from kbqa.sparql.grammar import LinkedQuestion, SparqlState, start

WIDTH = 5
"""How many hypotheses the beam follows."""


class Decoded(NamedTuple):
    """Complete hypotheses, the best first, and what a person should know of how they came about."""

    hypotheses: list[Hypothesis]
    notice: str = ""


class Decoder(Protocol):
    """Makes queries of questions."""

    temperature: float
    """What log-probabilities are divided by, so that they say how often they are right."""

    def decode(self, question: str, world: LinkedQuestion) -> Decoded:
        """Return complete hypotheses, the best first."""
        ...


class NetworkDecoder:
    """The network that comes with the package, and beam search over its choices, which takes about `seconds`,
    at most twice that.
    """

    def __init__(
        self, model: DecoderModel, options: BeamOptions | None = None, seconds: float = float("inf")
    ) -> None:
        self._model, self._options, self._seconds, self.temperature = (
            model,
            options,
            seconds,
            model.temperature,
        )

    def decode(self, question: str, world: LinkedQuestion) -> Decoded:
        """Return complete hypotheses, the best first."""
        session, deadline = self.session(question, world), Deadline(self._seconds)
        found = search(start(world), NetworkScorer(session), self._options, deadline)
        if not any(_is_reading(each) for each in found):
            # Sure that there is no answer, the search gave up all else: look for the nearest readings.
            found = append_fallback(
                found, search(start(world, insists=True), NetworkScorer(session), self._options, deadline)
            )
        return Decoded(
            found,
            f"The search for readings was ended after {self._seconds:g} seconds." if deadline.passed else "",
        )

    def session(self, question: str, world: LinkedQuestion) -> Session:
        """Return the network's session that has read a question and what it may mention."""
        return Session(
            self._model, question, (*world.entities, *world.values, *world.classes, *world.numbers)
        )


def _is_reading(hypothesis: Hypothesis) -> bool:
    return isinstance(hypothesis.state, SparqlState) and hypothesis.state.answerable


class SequenceDecoder:
    """A Hugging Face sequence model under the same constraints."""

    temperature = 1.0

    def __init__(self, folder: str, width: int) -> None:
        from kbqa.decoding.sequence_model import load_sequence_model

        self._model, self._width = load_sequence_model(folder), width

    def decode(self, question: str, world: LinkedQuestion) -> Decoded:
        """Return complete hypotheses, the best first."""
        return Decoded(self._model.decode(question, start(world), self._width))
