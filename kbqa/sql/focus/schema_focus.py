"""The part of a schema that a question is about, and how likely each table and column is used."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

from kbqa.decoding.actions import Action
from kbqa.decoding.features import JointReading
from kbqa.decoding.pointer_network import Session
from kbqa.sql.focus.cross_encoder.inference import CrossEncoder
from kbqa.sql.focus.selection import ROOMY, Budget, connected, narrowed, only
from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.schema import ColumnRef

WHOLE_COLUMNS = 60
"""Up to how many columns a schema is decoded over as a whole."""
_READ_CLOSELY = 120
"""How many of the likeliest columns the cross-encoder reads."""
_TINY = 1e-6
_REPEATED = 0.5
"""How much a view's column counts that a table has, too."""


@dataclass(frozen=True)
class Focus:
    """The part of a schema that a question is about, and how likely a query uses each column and table.

    It is `whole` where nothing was left out, and `given` where a person chose.
    """

    linked: LinkedQuestion
    columns: Mapping[ColumnRef, float]
    tables: Mapping[str, float]
    whole: bool
    given: bool = False
    joint: JointReading | None = None
    """Question and likeliest columns as the cross-encoder read them, where it did."""


def focus_schema(
    session: Session,
    linked: LinkedQuestion,
    load_cross_encoder: Callable[[], CrossEncoder] | None = None,
    *,
    given: Sequence[ColumnRef] = (),
    whole: int = WHOLE_COLUMNS,
    budget: Budget = ROOMY,
) -> Focus:
    """The part of a schema that a question is about; a session has read both. Raises EncoderError.

    A schema of at most `whole` columns stays whole. Of a larger one, the likeliest columns stay that the
    budget allows, with the keys that connect them; the cross-encoder, too, tells which these are. Where
    columns are `given`, they stay, and the keys that connect them.
    """
    small = given or len(linked.columns) <= whole
    relevance, joint = session.relevance, session.joint
    if not small and load_cross_encoder is not None:
        closely = narrowed(linked, likeliest(*_by_key(relevance, linked))[:_READ_CLOSELY])
        joint = load_cross_encoder().read(session.question.text, closely)
    if joint is not None:
        relevance = _combined_relevance(relevance, joint.logits)
    columns, tables = _by_key(relevance, linked)
    if given:
        return Focus(only(linked, given), columns, tables, whole=False, given=True)
    if small:
        return Focus(linked, columns, tables, whole=True)
    columns = {
        ref: value * (_REPEATED if linked.schema.repeats_tables(ref) else 1.0)
        for ref, value in columns.items()
    }
    wanted = budget.wanted(likeliest(columns, tables), columns)
    chosen = connected(linked.schema, wanted, budget.limit(len(columns)))
    return Focus(narrowed(linked, chosen), columns, tables, whole=False, joint=joint)


def _combined_relevance(
    relevance: Mapping[Action, float], logits: Mapping[Action, float]
) -> dict[Action, float]:
    """Both networks' probability that the query uses each table and column.

    Its log odds are the mean of theirs, where the cross-encoder has read too.
    """
    combined = dict(relevance)
    for pointer, logit in logits.items():
        first = log(max(relevance[pointer], _TINY) / max(1 - relevance[pointer], _TINY))
        combined[pointer] = 1 / (1 + exp(-0.5 * (logit + first)))
    return combined


def _by_key(
    relevance: Mapping[Action, float], linked: LinkedQuestion
) -> tuple[dict[ColumnRef, float], dict[str, float]]:
    return (
        {column.key: relevance[column] for column in linked.columns},
        {table.key: relevance[table] for table in linked.tables},
    )


def likeliest(columns: Mapping[ColumnRef, float], tables: Mapping[str, float]) -> list[ColumnRef]:
    """Columns by how likely a query uses them; one counts for a little less where its table is unlikely."""
    return sorted(columns, key=lambda ref: -columns[ref] * (0.8 + 0.2 * tables.get(ref.table, 0.0)))
