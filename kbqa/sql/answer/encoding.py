"""A question read by the network beside a schema, or beside the likeliest part of a large one."""

from collections.abc import Callable, Sequence
from functools import partial

from kbqa.decoding.pointer_network import DecoderModel, Session
from kbqa.linking.text_vectors import TextVectors
from kbqa.sql.answer.schema_linking import column_text
from kbqa.sql.focus.cross_encoder.inference import CrossEncoder
from kbqa.sql.focus.schema_focus import WHOLE_COLUMNS, Focus
from kbqa.sql.focus.selection import focused
from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.relations import relate
from kbqa.sql.schema import ColumnRef

READ_COLUMNS = 180
"""How many columns the network reads at once; of larger schemas it reads the likeliest."""
_NEAREST = 4 * READ_COLUMNS


def encode_question(
    question: str,
    linked: LinkedQuestion,
    model: DecoderModel,
    keep: Sequence[ColumnRef] = (),
    definitions: TextVectors | None = None,
    load_cross_encoder: Callable[[], CrossEncoder] | None = None,
) -> tuple[Session, LinkedQuestion]:
    """A session that has read the question beside the schema, and the part of the schema that it has read.

    That is all of it, or the likeliest part with the columns to `keep`. How likely columns are, the
    `definitions` in PostgreSQL tell, or without them vectors that the model makes and keeps. A schema that
    stays whole the cross-encoder reads first, for a model that goes on from there.
    """
    if len(linked.columns) > READ_COLUMNS:
        similar = similarities(question, linked, model, definitions)
        linked = focused(linked, keep, READ_COLUMNS, similar=similar)
    joint = None
    if model.reads_jointly and load_cross_encoder and len(linked.columns) <= WHOLE_COLUMNS:
        joint = load_cross_encoder().read(question, linked)
    return Session(model, question, linked.candidates, partial(relate, linked.schema), joint), linked


def reread(session: Session, focus: Focus) -> Session:
    """A session that has read the focused part with the cross-encoder's reading of it, where there is one."""
    if focus.joint is None or not session.model.reads_jointly:
        return session
    linked, question = focus.linked, session.question.text
    return Session(session.model, question, linked.candidates, partial(relate, linked.schema), focus.joint)


def similarities(
    question: str, linked: LinkedQuestion, model: DecoderModel, definitions: TextVectors | None = None
) -> dict[ColumnRef, float]:
    """Cosine of each column's definition to the question, by their sentence vectors.

    Of `definitions`, only the nearest are told apart; the others have 0.
    """
    texts = [column_text(column) for column in linked.columns]
    nearest = definitions.nearest(model.encode([question])[0], _NEAREST) if definitions is not None else {}
    cosines = [nearest.get(text, 0.0) for text in texts] if nearest else model.likeness(question, texts)
    return {column.key: cosine for column, cosine in zip(linked.columns, cosines, strict=True)}
