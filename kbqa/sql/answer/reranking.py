"""Reranking: which of several readings is meant, by their probability, their rows, and what they leave out.

The network judges a query action by action and does not see that it left a value of the question out.
Candidates are therefore ranked again as wholes, by a log-linear model over a few counts (Collins and Koo
2005; for SQL, Kelkar et al. 2020, Bertrand-DR). One more alternative, that none of them is right, has the
score 0: the shares of all are probabilities.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kbqa.linking.words import overlap
from kbqa.sql.answer.reading import Reading, rows_of
from kbqa.sql.answer.schema_linking import is_mention
from kbqa.sql.answer.unanswerable import unexplained
from kbqa.sql.answer.usage import Usage, Use
from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.query import Query, columns_of
from kbqa.sql.schema import ColumnRef

Array = NDArray[np.float64]
_MIN_LIKELIHOOD = 1e-12
_ONE_NUMBER = re.compile(
    r"(?:how (?:many|much)|count the|(?:what (?:is|was|are|were) |show |give |find )?(?:the )?"
    r"(?:total|overall|average|mean|number|sum|percentage|share)) ",
    re.IGNORECASE,
)
_GROUPS = re.compile(r"\b(?:each|every|per|by|all|different|those|these|and|with)\b|,", re.IGNORECASE)
"""Words that may ask for a number of each of several, or for something beside it."""


class Features(NamedTuple):
    """Features of readings that agree; the likeliest of them speaks for all.

    What is left out are spans of the question that mention something that the query does not use.
    """

    always: float = 1.0
    log_of_agreeing_probability: float = 0.0
    log_of_probability: float = 0.0
    empty: float = 0.0
    """1 where nothing was found."""
    cells_left_out: float = 0.0
    numbers_left_out: float = 0.0
    quotations_left_out: float = 0.0
    names_left_out: float = 0.0
    columns_left_out: float = 0.0
    tables_left_out: float = 0.0
    columns_that_nobody_named: float = 0.0
    values_that_nobody_said: float = 0.0
    joins: float = 0.0
    items: float = 0.0
    nested: float = 0.0
    """How many queries stand within or beside the query."""
    shown_out_of_order: float = 0.0
    unlikely_columns: float = 0.0
    """The log odds against the columns that are used, as the networks that read the schema see them."""
    likely_columns_left_out: float = 0.0
    """The log odds against all others being unused."""
    words_left_out: float = 0.0
    """How many words nothing that is used has."""
    several_for_one: float = 0.0
    """1 where one number is asked for, and something else was found."""
    verified: float = 0.0
    """The log odds that it is meant, as a network reads question and reading."""
    agreed_by_second_reader: float = 0.0
    """1 where the network and a language model found the same."""
    only_of_second_reader: float = 0.0
    """1 where only a language model found it."""


Verify = Callable[[Sequence[Reading]], Sequence[float]]
"""What gives the log odds that each of several readings is meant."""
_VERIFIED = 5
"""How many answers are verified, those that seem likeliest without that."""
SECOND_READER = ("agreed by second reader", "only of second reader")
"""The features that only a language-model server gives."""

FEATURES = tuple(name.replace("_", " ") for name in Features._fields)
"""The features as a decoder's configuration names their weights."""


@dataclass(frozen=True)
class Asked:
    """A question as it is linked, and how likely its query uses each column, where networks have said so."""

    linked: LinkedQuestion
    text: str = ""
    columns: Mapping[ColumnRef, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Ranking:
    """A weight for each feature."""

    weights: Features

    @classmethod
    def default(cls) -> "Ranking":
        """The ranking of a model that brings none: agreeing probability, and less where nothing was found."""
        weights = {"always": 4.0, "log of agreeing probability": 1.0, "empty": float(np.log(0.3))}
        return cls.of({**weights, **dict(zip(SECOND_READER, (1.0, -4.0), strict=True))})

    @classmethod
    def of(cls, weights: Mapping[str, float]) -> "Ranking":
        """The ranking of weights by their names in FEATURES; those that are not named are 0."""
        return cls(Features(*(weights.get(name, 0.0) for name in FEATURES)))

    def named(self) -> dict[str, float]:
        """Weights by their names in FEATURES."""
        return {name: round(float(weight), 4) for name, weight in zip(FEATURES, self.weights, strict=True)}

    def best_first(
        self, readings: Sequence[Reading], asked: Asked, verify: Verify | None = None
    ) -> list[Reading]:
        """The readings that ran, the best first, with the probability that their answer is right.

        Readings that agree share one. What seems likeliest to `verify` is verified first.
        """
        answers = answers_of(readings)
        if not answers:
            return []
        if verify is not None:
            answers = _verified(answers, self._scores(answers, asked), verify)
        scores = self._scores(answers, asked)
        probabilities = calibrated(scores)
        return [
            replace(reading, probability=float(probabilities[index]))
            for index in np.argsort(-scores, kind="stable")
            for reading in answers[index]
        ]

    def _scores(self, answers: Sequence[Sequence[Reading]], asked: Asked) -> Array:
        features = np.array([features_of(answer, asked) for answer in answers])
        return np.asarray(features @ np.array(self.weights))


def _verified(answers: Sequence[list[Reading]], scores: Array, verify: Verify) -> list[list[Reading]]:
    """Answers with the log odds of the likeliest by `scores`; the others have the least of these."""
    known = [number for number in np.argsort(-scores, kind="stable") if not answers[number][0].second]
    odds = dict(zip(known, verify([answers[number][0] for number in known[:_VERIFIED]]), strict=False))
    least = min(odds.values(), default=0.0)
    return [
        [replace(reading, verified=odds.get(number, least)) for reading in answer]
        for number, answer in enumerate(answers)
    ]


def calibrated(scores: Array) -> Array:
    """The probability that each answer is right, by their scores [answers].

    It is a softmax over these and 0, the score of that none is right.

    >>> calibrated(np.log([1.0, 2.0])).round(2).tolist()
    [0.25, 0.5]
    """
    highest = scores.max()
    shares = np.exp(scores - highest)
    return np.asarray(shares / (shares.sum() + np.exp(-highest)))


def answers_of(readings: Iterable[Reading]) -> list[list[Reading]]:
    """The readings that ran, those with the same rows together, the likeliest of each answer first."""
    by_rows: dict[Any, list[Reading]] = defaultdict(list)
    for reading in readings:
        if reading.result is not None:
            by_rows[rows_of(reading)].append(reading)
    return [sorted(answer, key=lambda reading: -reading.likelihood) for answer in by_rows.values()]


def features_of(answer: Sequence[Reading], asked: Asked) -> Features:
    """Features of readings that agree, the likeliest first; a language model's have no likelihood."""
    likeliest = answer[0]
    if likeliest.second:
        return Features(empty=float(likeliest.empty), only_of_second_reader=1.0)
    features = Features(
        log_of_agreeing_probability=_log(sum(reading.likelihood for reading in answer)),
        log_of_probability=_log(likeliest.likelihood),
        empty=float(likeliest.empty),
        verified=likeliest.verified,
        agreed_by_second_reader=float(any(reading.second for reading in answer)),
    )
    if likeliest.query is None:
        return features
    linked, usage = asked.linked, Usage(likeliest.query, asked.linked)
    cells, numbers, quotations, names, columns, tables = map(_left_out, usage.mentions())
    return features._replace(
        cells_left_out=cells,
        numbers_left_out=numbers,
        quotations_left_out=quotations,
        names_left_out=names,
        columns_left_out=columns,
        tables_left_out=tables,
        columns_that_nobody_named=usage.columns_that_nobody_named(),
        values_that_nobody_said=usage.values_that_nobody_said(),
        joins=float(sum(len(joined) - 1 for joined in usage.tables)),
        items=float(len(likeliest.query.items)),
        nested=float(len(usage.tables) - 1),
        shown_out_of_order=_disorder(likeliest.query, linked),
        unlikely_columns=-sum(_log(asked.columns[ref]) for ref in usage.columns if ref in asked.columns),
        likely_columns_left_out=-sum(
            _log(1 - share) for ref, share in asked.columns.items() if ref not in usage.columns
        ),
        words_left_out=float(unexplained(asked.text, likeliest.query, linked)),
        several_for_one=float(asks_one_number(asked.text) and not likeliest.is_one_cell),
    )


def asks_one_number(question: str) -> bool:
    """Whether a question is for one number, not one of each group.

    >>> asks_one_number("How many orders are there?"), asks_one_number("How many orders does each have?")
    (True, False)
    """
    return bool(_ONE_NUMBER.match(question.strip())) and not _GROUPS.search(question)


def _log(likelihood: float) -> float:
    return float(np.log(max(_MIN_LIKELIHOOD, likelihood)))


def _left_out(uses: Sequence[Use]) -> float:
    """How many spans of a question mention only what is not used."""
    spans = {use.span for use in uses}
    used = [use.span for use in uses if use.is_used]
    return float(sum(1 for span in spans if not any(overlap(span, other) for other in used)))


def _disorder(query: Query, linked: LinkedQuestion) -> float:
    """How many neighbouring items are in another order than the question names them in.

    Where it names two by the same words, their order is that of the schema.
    """
    positions = {
        column.key: (column.span[0], index)
        for index, column in enumerate(linked.columns)
        if column.span and is_mention(column.span, column.text)
    }
    refs = [ref for item in query.items for term in item.terms for ref in columns_of(term.operand)]
    shown = [positions[ref] for ref in refs if ref in positions]
    return float(sum(1 for one, other in pairwise(shown) if one > other))
