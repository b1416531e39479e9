"""Readings of a question that is put together of simpler ones: each part is read by itself."""

from collections.abc import Iterator, Sequence
from itertools import product
from math import exp, prod

from kbqa.sql.answer.directions import directed
from kbqa.sql.answer.encoding import encode_question, reread
from kbqa.sql.answer.fan_out import adds_up_repeated
from kbqa.sql.answer.generator import LocalGenerator
from kbqa.sql.answer.glossary_linking import with_values
from kbqa.sql.answer.reading import Reading
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.answer.views import weight
from kbqa.sql.decomposition import decomposed
from kbqa.sql.focus.schema_focus import focus_schema
from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.query import Query
from kbqa.sql.schema import ColumnRef
from kbqa.sql.stores.databases import Source

_MAX_OF_PART = 8
"""How many readings of each part are put together with those of others."""


def read_parts(
    question: str,
    linked: LinkedQuestion,
    source: Source,
    generator: LocalGenerator,
    columns: Sequence[ColumnRef],
) -> Iterator[Reading]:
    """The readings of a question that follow from those of its parts, if it has any; without their SQL yet.

    With `columns`, these are all that the parts are read beside. Raises EncoderError.
    """
    whole = decomposed(question, linked)
    if whole is None:
        return
    parts = [list(_of_part(part, source, generator, columns))[:_MAX_OF_PART] for part in whole.questions]
    for combined in product(*parts):
        likelihood = prod(likely for _, likely in combined)
        for query in whole.compose([query for query, _ in combined]):
            if not adds_up_repeated(query, source.asked):
                yield Reading("", likelihood, likelihood, query, parts=whole.questions)


def _of_part(
    question: str, source: Source, generator: LocalGenerator, columns: Sequence[ColumnRef]
) -> Iterator[tuple[Query, float]]:
    """The queries that a part may mean, the likeliest first, and how likely each is."""
    whole = with_values(link_question(question, source.asked, source.cells), question, source.glossary)
    session, linked = encode_question(
        question, whole, generator.model, columns, source.definitions, generator.cross_encoder
    )
    focus = focus_schema(session, linked, generator.cross_encoder, given=columns)
    for hypothesis in generator.parse(reread(session, focus), focus.linked).hypotheses:
        query = hypothesis.state.query
        if hypothesis.state.answerable:
            yield directed(query, question, whole), exp(hypothesis.score) * weight(query, whole)
