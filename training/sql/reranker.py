"""Fitting the reranker of a SQL decoder to the answers to questions with gold SQL, each judged."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kbqa.language_model import ChatServer
from kbqa.sql.answer.generator import LocalGenerator
from kbqa.sql.answer.pipeline import Answer, ask
from kbqa.sql.answer.reranking import FEATURES, Asked, Features, Ranking, answers_of, features_of
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.stores.databases import Source
from training.sql.execution_match import judge
from training.sql.questions import SqlQuestion

Judged = tuple[NDArray[np.float64], NDArray[np.bool_]]
"""A question's answers as the reranker sees them, float64 [answers, features]; which are right [answers]."""


def judged_answers(
    questions: Iterable[SqlQuestion],
    source: Source,
    generator: LocalGenerator,
    server: ChatServer | None = None,
) -> Iterator[Judged | None]:
    """The answers to each question, judged; None for a question that gets no query."""
    for question in questions:
        answer = ask(question.text, source, generator, server=server)
        has_query = any(reading.query is not None for reading in answer.readings)
        yield _judged(answer, question, source) if has_query else None


def fitted(
    questions: Sequence[Judged],
    *,
    strength: float = 3.0,
    names: Sequence[str] = FEATURES,
    known: Ranking | None = None,
) -> Ranking:
    """The ranking under which right answers are likeliest, or none where none is right.

    Only the weights of `names` are fitted; the others stay as they are `known`.

    Each question has its answers' features [answers, features] and which are right [answers]. `strength` is
    that of the prior that holds weights near those of `Ranking.default`. That something is left out never
    speaks for a reading, whatever a few questions seem to say.
    """
    from scipy.optimize import minimize

    prior, given = (np.array(ranking.weights) for ranking in (Ranking.default(), known or Ranking.default()))
    is_fitted = np.array([name in names for name in FEATURES])
    prior = np.where(is_fitted, prior, given)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total, gradient = 0.5 * strength * float(((weights - prior) ** 2).sum()), strength * (weights - prior)
        for features, right in questions:
            scores = np.append(features @ weights, 0.0)
            shares = np.exp(scores - scores.max())
            shares /= shares.sum()
            wanted = np.append(right, not right.any())
            likelihood = max(float(shares[wanted].sum()), 1e-12)
            total -= np.log(likelihood)
            gradient = gradient + (shares - np.where(wanted, shares / likelihood, 0.0))[:-1] @ features
        return float(total), gradient

    bounds = [
        (None, 0.0 if name.endswith("left out") else None) if name in names else (weight, weight)
        for name, weight in zip(FEATURES, given, strict=True)
    ]
    weights = minimize(loss, prior, jac=True, method="L-BFGS-B", bounds=bounds).x
    return Ranking(Features(*map(float, weights)))


def keep_ranking(folder: Path, ranking: Ranking) -> None:
    """Write a ranking into a decoder's folder."""
    path = folder / "decoder.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["ranking"] = ranking.named()
    path.write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def _judged(answer: Answer, question: SqlQuestion, source: Source) -> Judged:
    linked = link_question(question.text, source.schema, source.cells)
    asked = Asked(linked, question.text, answer.focus.columns)
    answers = answers_of(answer.readings)
    right = [judge(readings[0].sql, question.sql, source).right for readings in answers]
    return np.array([features_of(readings, asked) for readings in answers]), np.array(right)
