"""The generator of SQL by local networks, without a language-model server."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from kbqa.decoding.beam import BeamOptions, Deadline, S
from kbqa.decoding.parse import Parses, parse
from kbqa.decoding.pointer_network import DecoderModel, Session, load_decoder
from kbqa.decoding.scorers import NetworkScorer
from kbqa.sql.answer.reading import Reading
from kbqa.sql.answer.reranking import Asked, Ranking, Verify
from kbqa.sql.decoder import MODEL_FOLDER
from kbqa.sql.focus.cross_encoder.inference import CrossEncoder, load_cross_encoder
from kbqa.sql.grammar import LinkedQuestion, SqlState, start
from kbqa.sql.verifier.inference import Verifier, load_verifier
from searchapp.encoders.base import Vectors


class SequenceWriter(Protocol):
    """A sequence model that writes under the grammar in the network's place."""

    def parse(self, question: str, start: S, width: int) -> Parses[S]:
        """Parses of a question, the best first."""
        ...


class LocalGenerator:
    """The generator for any number of questions: the pointer network, and the networks beside it.

    `cross_encoder` loads the network by which larger schemas are focused as well, `verifier` the one by which
    readings are ranked as well; a `sequence_model` parses in the pointer network's place. Parsing takes about
    `seconds`, at most twice that.
    """

    def __init__(
        self,
        model: DecoderModel,
        options: BeamOptions | None = None,
        *,
        sequence_model: SequenceWriter | None = None,
        cross_encoder: Callable[[], CrossEncoder] | None = None,
        verifier: Callable[[], Verifier] | None = None,
        seconds: float = float("inf"),
    ) -> None:
        self.model, self.cross_encoder, self.verifier = model, cross_encoder, verifier
        self.sequence_model, self._options, self._seconds = sequence_model, options or BeamOptions(), seconds
        self.ranking = Ranking.of(model.ranking) if model.ranking else Ranking.default()

    def warm_up(self) -> None:
        """Load the networks beside the model that each question goes through. Raises EncoderError."""
        if self.cross_encoder is not None and self.model.reads_jointly:
            self.cross_encoder()
        if self.verifier is not None:
            self.verifier()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The sentence vectors of texts, float32 [n, dimension]."""
        return self.model.encode(texts)

    def likeness(self, question: str, texts: Sequence[str]) -> list[float]:
        """Cosine of each text to a question, by their sentence vectors [n]."""
        return self.model.likeness(question, texts)

    def best_first(self, readings: Sequence[Reading], asked: Asked) -> list[Reading]:
        """The readings of a question that ran, the best first. Raises EncoderError."""
        return self.ranking.best_first(readings, asked, self._verify(asked.text) if self.verifier else None)

    def _verify(self, question: str) -> Verify:
        assert self.verifier is not None
        scores = self.verifier().scores
        return lambda readings: scores(question, [(reading.words, reading.findings) for reading in readings])

    def parse(self, session: Session, linked: LinkedQuestion) -> Parses[SqlState]:
        """Parses of the question that a session has read, over a focused schema."""
        if self.sequence_model is not None:
            return self.sequence_model.parse(session.question.text, start(linked), self._options.width)
        return parse(start(linked), partial(NetworkScorer, session), self._options, Deadline(self._seconds))


def bundled_generator() -> LocalGenerator:
    """The generator that comes with the package, without a deadline. Raises EncoderError."""
    return LocalGenerator(
        load_decoder(MODEL_FOLDER), cross_encoder=load_cross_encoder, verifier=load_verifier
    )
