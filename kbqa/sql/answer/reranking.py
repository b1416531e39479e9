"""Which of several readings that run is meant: what the network thinks of them, what they return, and what of
the question they use.

The network judges a query choice by choice and does not see that it left a value of the question out.
Candidates are therefore ranked again as wholes, by a log-linear model over a few counts (Collins and Koo
2005; for SQL, Kelkar et al. 2020, Bertrand-DR). One more alternative, that none of them is right, has the
score 0: the shares of all are probabilities.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kbqa.linking.words import Span
from kbqa.sql.answer.reading import Reading, rows_of
from kbqa.sql.answer.schema_linking import is_mention
from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.query import Query, column_of
from kbqa.sql.schema import ColumnRef

FEATURES = (
    "always", "log of agreeing probability", "log of probability", "empty", "cells left out",
    "numbers left out", "quotations left out", "names left out", "columns left out", "tables left out",
    "columns that nobody named", "values that nobody said", "joins", "items", "nested", "shown out of order",
)  # fmt: skip
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Ranking:
    """How much each feature counts.

    Without any fitted, agreeing probability does, and less so where nothing was found.
    """

    weights: Array

    @classmethod
    def default(cls) -> "Ranking":
        """Return the ranking of a model that brings none."""
        return cls.of({"always": 4.0, "log of agreeing probability": 1.0, "empty": float(np.log(0.3))})

    @classmethod
    def of(cls, weights: Mapping[str, float]) -> "Ranking":
        """Return a ranking of weights by their names; those that are not named are 0."""
        return cls(np.array([weights.get(name, 0.0) for name in FEATURES]))

    def named(self) -> dict[str, float]:
        """Return the weights by their names."""
        return {name: round(float(weight), 4) for name, weight in zip(FEATURES, self.weights, strict=True)}

    def best_first(self, readings: Sequence[Reading], world: LinkedQuestion) -> list[Reading]:
        """Return the readings that ran, the best first, with the probability that their answer is right;
        those that agree share one.
        """
        answers = answers_of(readings)
        if not answers:
            return []
        scores = np.array([features_of(answer, world) for answer in answers]) @ self.weights
        shares = np.exp(scores - scores.max()) / (np.exp(scores - scores.max()).sum() + np.exp(-scores.max()))
        return [
            replace(each, probability=float(shares[place]))
            for place in np.argsort(-scores, kind="stable")
            for each in answers[place]
        ]


def answers_of(readings: Iterable[Reading]) -> list[list[Reading]]:
    """Return the readings that ran, those with the same rows together, the likeliest of each first."""
    found: dict[Any, list[Reading]] = defaultdict(list)
    for reading in readings:
        if reading.result is not None:
            found[rows_of(reading)].append(reading)
    return [sorted(each, key=lambda reading: -reading.likelihood) for each in found.values()]


def features_of(answer: Sequence[Reading], world: LinkedQuestion) -> Array:
    """Return what is counted of readings that agree, float [FEATURES]; the likeliest speaks for all."""
    reading = answer[0]
    agreeing, own = (
        np.log(max(1e-12, sum(each.likelihood for each in answer))),
        np.log(max(1e-12, reading.likelihood)),
    )
    counted = (
        (0.0,) * 12
        if reading.query is None
        else (*_counts(reading.query, world), _disorder(reading.query, world))
    )
    return np.array([1.0, agreeing, own, float(reading.empty), *counted])


def _columns_of(query: Query) -> set[ColumnRef]:
    named = {operand for part in query.queries() for operand in part.operands()}
    named |= {term.operand for part in query.queries() for each in part.order for term in each.item.terms}
    return {ref for operand in named if (ref := column_of(operand)) is not None}


def _disorder(query: Query, world: LinkedQuestion) -> float:
    """Return how many neighbouring items are shown the other way round than the question, or where it names
    both at once the schema, has them.
    """
    places = {
        choice.key: (choice.span[0], place)
        for place, choice in enumerate(world.columns)
        if choice.span and is_mention(choice.span, choice.text)
    }
    shown = [
        places[ref]
        for item in query.items
        for term in item.terms
        if (ref := column_of(term.operand)) in places
    ]
    return float(sum(1 for one, other in pairwise(shown) if one > other))


def _counts(query: Query, world: LinkedQuestion) -> tuple[float, ...]:
    conditions = [each for part in query.queries() for each in (*part.where, *part.having)]
    said = {value.text.casefold() for condition in conditions for value in condition.values}
    said |= {str(part.limit) for part in query.queries() if part.limit is not None}
    refs = _columns_of(query)
    tables = [world.schema.closure(part.tables()) for part in query.queries()]
    cells = [
        (choice.span, choice.key[1].casefold() in said)
        for choice in world.values
        if choice.span is not None and choice.features.exact
    ]
    constants = [
        (choice, (choice.span, str(choice.key).casefold() in said))
        for choice in world.numbers
        if choice.span is not None
    ]
    digits, quoted = (
        [each for choice, each in constants if choice.key.isdecimal()],
        [each for choice, each in constants if choice.features.quoted],
    )
    names = [each for choice, each in constants if not choice.key.isdecimal() and not choice.features.quoted]
    columns = [
        (choice.span, choice.key in refs)
        for choice in world.columns
        if choice.features.exact and is_mention(choice.span, choice.text)
    ]
    named_tables = [
        (choice.span, any(choice.key in each for each in tables))
        for choice in world.tables
        if choice.features.exact and is_mention(choice.span, choice.text)
    ]
    unnamed = sum(
        1
        for choice in world.columns
        if choice.key in refs
        and not choice.features.similarity
        and not choice.features.has_mentioned_cell
    )
    spoken = {choice.key[1].casefold() for choice in world.values if choice.span} | {
        str(choice.key).casefold() for choice in world.numbers
    }
    unspoken = sum(
        1 for condition in conditions for value in condition.values if value.text.casefold() not in spoken
    )
    return (
        *(float(_left_out(each)) for each in (cells, digits, quoted, names, columns, named_tables)),
        float(unnamed),
        float(unspoken),
        float(sum(len(each) - 1 for each in tables)),
        float(len(query.items)),
        float(len(tables) - 1),
    )


def _left_out(mentions: Sequence[tuple[Span | None, bool]]) -> int:
    """Return how many places of a question nothing is used of that may be meant there."""
    places = {span: False for span, _ in mentions if span is not None}
    used = [span for span, is_used in mentions if is_used and span is not None]
    return sum(1 for span in places if not any(span[0] < other[1] and other[0] < span[1] for other in used))


# --- fitting
# -----------------------------------------------------------------------------------------------------------


def fitted(questions: Sequence[tuple[Array, NDArray[np.bool_]]], *, strength: float = 3.0) -> Ranking:
    """Return the weights that make right answers likeliest; each question's features [answers, FEATURES], and
    which are right [answers].

    Where none is right, that shall be likely. `strength` is that of the prior that holds weights near those
    of `Ranking.default`. That something is left out never speaks for a reading, whatever a few questions seem
    to say.
    """
    from scipy.optimize import minimize

    prior = Ranking.default().weights

    def loss(weights: Array) -> tuple[float, Array]:
        total, slope = 0.5 * strength * float(((weights - prior) ** 2).sum()), strength * (weights - prior)
        for features, right in questions:
            scores = np.append(features @ weights, 0.0)
            shares = np.exp(scores - scores.max())
            shares /= shares.sum()
            wanted = np.append(right, not right.any())
            likelihood = max(float(shares[wanted].sum()), 1e-12)
            total -= np.log(likelihood)
            slope = slope + (shares - np.where(wanted, shares / likelihood, 0.0))[:-1] @ features
        return float(total), slope

    bounds = [(None, 0.0 if name.endswith("left out") else None) for name in FEATURES]
    return Ranking(minimize(loss, prior, jac=True, method="L-BFGS-B", bounds=bounds).x)


def keep_ranking(folder: Path, ranking: Ranking) -> None:
    """Write a ranking into a decoder's folder."""
    path = folder / "decoder.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["ranking"] = ranking.named()
    path.write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
