"""The local network as a generator of SQL: it reads the schema, says what of it a question is about, and
decodes queries over that.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Protocol

from kbqa.decoding.actions import Action, State
from kbqa.decoding.beam import BeamOptions, Hypothesis, append_fallback, search
from kbqa.decoding.features import Relate
from kbqa.decoding.pointer_network import DecoderModel, Session, load_decoder
from kbqa.decoding.scorers import NetworkScorer
from kbqa.linking.text_vectors import TextVectors
from kbqa.sql.answer.reranking import Ranking
from kbqa.sql.answer.schema_linking import column_text
from kbqa.sql.decoder import MODEL_FOLDER
from kbqa.sql.focus.cross_encoder.inference import CrossEncoder, load_cross_encoder
from kbqa.sql.focus.selection import ROOMY, Budget, connected, focused, narrowed, only
from kbqa.sql.grammar import LinkedQuestion, SqlState, start
from kbqa.sql.relations import relate
from kbqa.sql.schema import ColumnRef
from searchapp.encoders.base import Vectors

WHOLE_COLUMNS = 60
"""Up to how many columns a schema is decoded over as a whole."""
READ_COLUMNS = 180
"""How many columns the network reads at once; of larger schemas it reads the likeliest."""
_NEAREST = 4 * READ_COLUMNS
_READ_CLOSELY = 120
"""How many of the likeliest columns the cross-encoder reads."""
_TINY = 1e-6


@dataclass(frozen=True)
class Focus:
    """The part of a schema that a question is about: how sure it is of each table and column, and the world
    narrowed to it.

    It is `whole` where nothing was left out, and `given` where a person chose.
    """

    world: LinkedQuestion
    columns: Mapping[ColumnRef, float]
    tables: Mapping[str, float]
    whole: bool
    given: bool = False


class Writer(Protocol):
    """A sequence model that writes under the grammar in the network's place."""

    def decode(self, question: str, start: State, width: int) -> list[Hypothesis]:
        """Return complete hypotheses, the best first."""
        ...


class LocalGenerator:
    """The trained network, for any number of questions; with a `writer`, it focuses the schema, and that
    writes over it.

    `closer` loads the cross-encoder, which larger schemas are focused by as well.
    """

    def __init__(
        self,
        model: DecoderModel,
        options: BeamOptions | None = None,
        writer: Writer | None = None,
        closer: Callable[[], CrossEncoder] | None = None,
    ) -> None:
        self.model, self.options, self.writer, self.closer = model, options or BeamOptions(), writer, closer
        self.ranking = Ranking.of(model.ranking) if model.ranking else Ranking.default()

    def read(
        self,
        question: str,
        world: LinkedQuestion,
        keep: Sequence[ColumnRef] = (),
        definitions: TextVectors | None = None,
    ) -> tuple[Session, LinkedQuestion]:
        """Return a session that has read the question beside the schema, or beside the likeliest part of it
        with what to `keep`, and that part.

        Which part is likeliest, the `definitions` in PostgreSQL tell, or without them vectors that are made
        and kept here.
        """
        if len(world.columns) > READ_COLUMNS:
            world = focused(
                world, keep, READ_COLUMNS, similar=self.similarities(question, world, definitions)
            )
        relation: Relate = lambda choices: relate(world.schema, choices)
        return Session(self.model, question, world.candidates, relation), world

    def similarities(
        self, question: str, world: LinkedQuestion, definitions: TextVectors | None = None
    ) -> dict[ColumnRef, float]:
        """Return how near each column's words and description are to the question (cosine of sentence
        vectors); of definitions, the nearest.
        """
        texts = [column_text(choice) for choice in world.columns]
        nearest = definitions.nearest(self.encode([question])[0], _NEAREST) if definitions is not None else {}
        likeness = [nearest.get(text, 0.0) for text in texts] if nearest else self.likeness(question, texts)
        return {choice.key: score for choice, score in zip(world.columns, likeness, strict=True)}

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return the sentence vectors of texts, float32 [n, dimension]."""
        return self.model.encode(texts)

    def likeness(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return how near texts are to a question (cosine of sentence vectors)."""
        rows = self.model.table.rows([question, *texts])
        vectors = self.model.table.vectors[rows]
        return [float(score) for score in vectors[1:] @ vectors[0]]

    def focus(
        self,
        session: Session,
        world: LinkedQuestion,
        *,
        given: Sequence[ColumnRef] = (),
        whole: int = WHOLE_COLUMNS,
        budget: Budget = ROOMY,
    ) -> Focus:
        """Return what the question is about. A schema of at most `whole` columns stays whole; of others what
        the budget allows, connected.

        Where columns are `given`, it is about them, and about the keys that connect them.
        """
        small = given or len(world.columns) <= whole
        relevance = session.relevance if small else self.relevance(session, world)
        columns = {choice.key: relevance[choice] for choice in world.columns}
        tables = {choice.key: relevance[choice] for choice in world.tables}
        if given:
            return Focus(only(world, given), columns, tables, whole=False, given=True)
        if len(world.columns) <= whole:
            return Focus(world, columns, tables, whole=True)
        chosen = connected(
            world.schema, budget.wanted(likeliest(columns, tables), columns), budget.limit(len(columns))
        )
        return Focus(narrowed(world, chosen), columns, tables, whole=False)

    def relevance(self, session: Session, world: LinkedQuestion) -> dict[Action, float]:
        """Return how sure both networks are that the query uses each table and column: the mean of their log
        odds where the second has read too.
        """
        found = dict(session.relevance)
        if self.closer is None:
            return found
        columns = {choice.key: found[choice] for choice in world.columns}
        first = likeliest(columns, {choice.key: found[choice] for choice in world.tables})[:_READ_CLOSELY]
        for choice, closer in self.closer().logits(session.question.text, narrowed(world, first)).items():
            odds = 0.5 * (closer + log(max(found[choice], _TINY) / max(1 - found[choice], _TINY)))
            found[choice] = 1 / (1 + exp(-odds))
        return found

    def decode(self, session: Session, world: LinkedQuestion) -> list[Hypothesis]:
        """Return complete hypotheses, the best first; where the best is that there is no answer, also the
        nearest readings.
        """
        if self.writer is not None:
            return self.writer.decode(session.question.text, start(world), self.options.width)
        found = search(start(world), NetworkScorer(session), self.options)
        if any(isinstance(each.state, SqlState) and each.state.answerable for each in found):
            return found
        return append_fallback(
            found, search(start(world, insists=True), NetworkScorer(session), self.options)
        )


def likeliest(columns: Mapping[ColumnRef, float], tables: Mapping[str, float]) -> list[ColumnRef]:
    """Return columns by how likely a query uses them; a column counts for a little less where its table is
    unlikely.
    """
    return sorted(columns, key=lambda ref: -columns[ref] * (0.8 + 0.2 * tables.get(ref.table, 0.0)))


def bundled_generator() -> LocalGenerator:
    """Return the generator that comes with the package. Raises EncoderError."""
    return LocalGenerator(load_decoder(MODEL_FOLDER), closer=load_cross_encoder)
