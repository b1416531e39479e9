"""Reranking: which of several readings is meant, by their probability, their rows, and what they leave out.

The network judges a query action by action and does not see that it left a value of the question out.
Candidates are therefore ranked again as wholes, by a log-linear model over a few counts (Collins and Koo
2005; for SQL, Kelkar et al. 2020, Bertrand-DR). One more alternative, that none of them is right, has the
score 0: the shares of all are probabilities.
"""

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kbqa.linking.measures import parse_measure
from kbqa.linking.time_values import is_time
from kbqa.linking.words import Span
from kbqa.sql.answer.reading import Reading, rows_of
from kbqa.sql.answer.schema_linking import is_mention
from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.grammar.actions import ColumnPointer, NumberPointer, TablePointer, ValuePointer, value_of
from kbqa.sql.query import Condition, Query, columns_of
from kbqa.sql.schema import ColumnRef

Array = NDArray[np.float64]
_MIN_LIKELIHOOD = 1e-12
_YEAR = re.compile(r"(?:19|20)\d{2}")


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


FEATURES = tuple(field.replace("_", " ") for field in Features._fields)
"""The features as a decoder's configuration names their weights."""


@dataclass(frozen=True)
class Ranking:
    """A weight for each feature."""

    weights: Features

    @classmethod
    def default(cls) -> "Ranking":
        """The ranking of a model that brings none: agreeing probability, and less where nothing was found."""
        return cls.of({"always": 4.0, "log of agreeing probability": 1.0, "empty": float(np.log(0.3))})

    @classmethod
    def of(cls, weights: Mapping[str, float]) -> "Ranking":
        """The ranking of weights by their names in FEATURES; those that are not named are 0."""
        return cls(Features(*(weights.get(name, 0.0) for name in FEATURES)))

    def named(self) -> dict[str, float]:
        """Weights by their names in FEATURES."""
        return {name: round(float(weight), 4) for name, weight in zip(FEATURES, self.weights, strict=True)}

    def best_first(self, readings: Sequence[Reading], linked: LinkedQuestion) -> list[Reading]:
        """The readings that ran, the best first, with the probability that their answer is right.

        Readings that agree share one.
        """
        answers = answers_of(readings)
        if not answers:
            return []
        scores = np.array([features_of(answer, linked) for answer in answers]) @ np.array(self.weights)
        probabilities = calibrated(scores)
        return [
            replace(reading, probability=float(probabilities[index]))
            for index in np.argsort(-scores, kind="stable")
            for reading in answers[index]
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


def features_of(answer: Sequence[Reading], linked: LinkedQuestion) -> Features:
    """Features of readings that agree, the likeliest first; without a query, of their probability only."""
    likeliest = answer[0]
    features = Features(
        log_of_agreeing_probability=_log(sum(reading.likelihood for reading in answer)),
        log_of_probability=_log(likeliest.likelihood),
        empty=float(likeliest.empty),
    )
    if likeliest.query is None:
        return features
    usage = Usage(likeliest.query, linked)
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
    )


def _log(likelihood: float) -> float:
    return float(np.log(max(_MIN_LIKELIHOOD, likelihood)))


class _Use(NamedTuple):
    """A span of the question that mentions something, and whether the query uses that."""

    span: Span
    is_used: bool


@dataclass(frozen=True)
class Usage:
    """The parts of a question that a query, with all within it, uses."""

    query: Query
    linked: LinkedQuestion

    @cached_property
    def tables(self) -> list[tuple[str, ...]]:
        """Tables of each SELECT, those that only connect others included."""
        return [self.linked.schema.closure(part.tables()) for part in self.query.queries()]

    @cached_property
    def conditions(self) -> list[Condition]:
        """All conditions, those of groups included."""
        return [condition for part in self.query.queries() for condition in part.conditions]

    @cached_property
    def columns(self) -> set[ColumnRef]:
        """All columns that are named."""
        parts = list(self.query.queries())
        operands = {operand for part in parts for operand in part.operands()}
        operands |= {term.operand for part in parts for order in part.order for term in order.item.terms}
        return {ref for operand in operands for ref in columns_of(operand)}

    @cached_property
    def values(self) -> set[str]:
        """All constants and limits, without capitals."""
        texts = {value.text.casefold() for condition in self.conditions for value in condition.values}
        limits = [part.offset + (part.limit or 0) for part in self.query.queries()]
        return texts | {str(limit) for limit in limits if limit}

    def mentions(self) -> tuple[list[_Use], ...]:
        """The question's mentions of cells, bare numbers, quotations, all else, columns and tables.

        All else are names that no cell explains, times, and numbers that are said with a unit or as an age.
        """
        linked, constants = self.linked, self.linked.numbers
        quoted = [number for number in constants if number.features.quoted]
        digits = list(_bare_numbers(constants))
        names = [number for number in constants if number not in digits and number not in quoted]
        return (
            list(self._values_used(value for value in linked.values if value.features.exact)),
            list(self._values_used(digits)),
            list(self._values_used(quoted)),
            list(self._values_used(names)),
            list(_names_used(linked.columns, self.columns)),
            list(_names_used(linked.tables, {name for joined in self.tables for name in joined})),
        )

    def _values_used(self, pointers: Iterable[ValuePointer | NumberPointer]) -> Iterator[_Use]:
        for pointer in pointers:
            if pointer.span is not None:
                yield _Use(pointer.span, _text_of(pointer) in self.values)

    def columns_that_nobody_named(self) -> float:
        """How many columns are used of which the question has no word and no cell."""
        features = [column.features for column in self.linked.columns if column.key in self.columns]
        return float(sum(1 for used in features if not used.similarity and not used.has_mentioned_cell))

    def values_that_nobody_said(self) -> float:
        """How many constants are compared with that the question does not have."""
        cells = {_text_of(value) for value in self.linked.values if value.span}
        said = cells | {_text_of(number) for number in self.linked.numbers}
        values = [value.text.casefold() for condition in self.conditions for value in condition.values]
        return float(sum(1 for value in values if value not in said))


def _bare_numbers(constants: Sequence[NumberPointer]) -> Iterator[NumberPointer]:
    """Numbers that are no year, and stand in no measure, age or time."""
    says_more = [number.span for number in constants if number.span is not None and _says_more(number.key)]
    for number in constants:
        if number.key.isdecimal() and not _YEAR.fullmatch(number.key):
            span = number.span
            if span is None or not any(_overlap(span, other) for other in says_more):
                yield number


def _says_more(text: str) -> bool:
    return is_time(text) or parse_measure(text) is not None


def _names_used(pointers: Iterable[TablePointer | ColumnPointer], used: Container[object]) -> Iterator[_Use]:
    """The tables or columns whose whole names stand together in the question."""
    for pointer in pointers:
        if pointer.features.exact and pointer.span is not None and is_mention(pointer.span, pointer.text):
            yield _Use(pointer.span, pointer.key in used)


def _text_of(pointer: ValuePointer | NumberPointer) -> str:
    """A cell's value or a constant without capitals."""
    return value_of(pointer).casefold()


def _left_out(uses: Sequence[_Use]) -> float:
    """How many spans of a question mention only what is not used."""
    spans = {use.span for use in uses}
    used = [use.span for use in uses if use.is_used]
    return float(sum(1 for span in spans if not any(_overlap(span, other) for other in used)))


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


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
