"""What the reranker of a SQL decoder is fitted to: the answers to questions with gold SQL, each judged."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from kbqa.sql.answer.generator import LocalGenerator
from kbqa.sql.answer.pipeline import Answer, ask
from kbqa.sql.answer.reranking import answers_of, features_of
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.stores.databases import Source
from training.sql.execution_match import judge
from training.sql.questions import SqlQuestion

Judged = tuple[NDArray[np.float64], NDArray[np.bool_]]
"""A question's answers as the reranker sees them, float64 [answers, features]; which are right [answers]."""


def judged_answers(
    questions: Iterable[SqlQuestion], source: Source, generator: LocalGenerator
) -> Iterator[Judged | None]:
    """The answers to each question, judged; None for a question that gets no query."""
    for question in questions:
        answer = ask(question.text, source, generator)
        has_query = bool(answer.readings) and answer.readings[0].query is not None
        yield _judged(answer, question, source) if has_query else None


def _judged(answer: Answer, question: SqlQuestion, source: Source) -> Judged:
    linked = link_question(question.text, source.schema, source.cells)
    answers = answers_of(answer.readings)
    right = [judge(readings[0].sql, question.sql, source).right for readings in answers]
    return np.array([features_of(readings, linked) for readings in answers]), np.array(right)
