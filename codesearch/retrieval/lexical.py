"""Words and how much they count: BM25F over PostgreSQL's full text (Robertson, Zaragoza and Taylor 2004)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from codesearch.parsing.words import query_words
from codesearch.retrieval.query import Query

# How much a word counts in a unit's body, documentation, signature and path, name: ts_rank's {D, C, B, A}.
FIELD_WEIGHTS = "{0.25, 0.4, 0.6, 1.0}"
# Length normalisation as in BM25 (Robertson and Zaragoza 2009): b, and the exponent that stands in for
# saturation.
LENGTH_B = 0.35
# Pasted code has many words; the rare ones tell it apart.
MAX_WORDS = 24
# About so many units, or twice as many, are compared by their words: what bounds the time of a lexical
# search.
UNITS_BUDGET = 500
# A long unit's words are stored compressed. Taken apart once here, they are not once for every word of the
# query.
PLAIN_LEXEMES = "CROSS JOIN LATERAL (SELECT u.lexemes || ''::tsvector AS lexemes OFFSET 0) plain"


@dataclass(frozen=True)
class WeightedWords:
    """A query's words, rare ones first, and the served units that they are weighed among."""

    words: tuple[str, ...]
    weights: tuple[float, ...]
    """The words' inverse document frequencies."""
    frequencies: tuple[int, ...]
    """In how many served units each word occurs."""
    units: int
    mean_length: float

    @property
    def ceiling(self) -> float:
        """Sum of the weights: the score of a unit that has every word in its name; 1 without words."""
        return sum(self.weights) or 1.0


class WordStatistics:
    """Numbers of served units with a query's words: asked for at once, read once they are needed."""

    def __init__(self, query: Query) -> None:
        self._words = query_words(query.text)
        self._cursor = connection.cursor()
        self._cursor.execute(
            "SELECT NULL, coalesce(sum(units), 0), coalesce(sum(words), 0)"
            " FROM codesearch_repository WHERE NOT deleting AND serving > 0"
            " UNION ALL SELECT word, units, 0 FROM codesearch_word WHERE word = ANY(%s)",
            [self._words],
        )

    def weighted(self) -> WeightedWords:
        """The query's words, weighted by how rare they are among the served units."""
        with self._cursor as cursor:
            (_, units, total_words), *rows = cursor.fetchall()
        frequencies = {word: count for word, count, _ in rows}
        return weigh(self._words, frequencies, int(units), float(total_words))


def weigh(
    words: Sequence[str], frequencies: Mapping[str, int], units: int, total_words: float
) -> WeightedWords:
    """The rarest words, those of no unit left out, weighted by their inverse document frequency.

    `frequencies` says in how many of the served `units` a word occurs; these have `total_words` words in all.

    >>> weighted = weigh(["return", "smtp", "unheard"], {"return": 80, "smtp": 2}, 100, 5000.0)
    >>> weighted.words, [round(weight, 2) for weight in weighted.weights], weighted.mean_length
    (('smtp', 'return'), [3.7, 0.23], 50.0)
    """
    occurring = [word for word in words if word in frequencies and frequencies[word] <= units]
    weights = {word: _inverse_document_frequency(frequencies[word], units) for word in occurring}
    rarest = sorted(occurring, key=lambda word: -weights[word])[:MAX_WORDS]
    return WeightedWords(
        tuple(rarest),
        tuple(weights[word] for word in rarest),
        tuple(frequencies[word] for word in rarest),
        units,
        max(1.0, total_words / max(1, units)),
    )


def _inverse_document_frequency(frequency: int, units: int) -> float:
    return math.log(1 + (units - frequency + 0.5) / (frequency + 0.5))


def lexical_score_sql(words: WeightedWords) -> tuple[str, list[Any]]:
    """SQL, with its parameters, for a unit's lexical score: the sum of rarity x occurrences of words.

    As BM25F: occurrences are weighted by field and saturate (ts_rank's sum over 1/i² within a word), and long
    units count for less. Wants `plain.lexemes`: see `PLAIN_LEXEMES`.
    """
    if not words.words:
        return "0::real", []
    terms = " + ".join(["%s * ts_rank(%s, plain.lexemes, %s::tsquery)"] * len(words.words))
    parameters: list[Any] = []
    for word, weight in zip(words.words, words.weights, strict=True):
        parameters += [weight, FIELD_WEIGHTS, f"'{word}'"]
    return f"({terms}) / (1 - {LENGTH_B} + {LENGTH_B} * sqrt(u.length / %s))", [
        *parameters,
        words.mean_length,
    ]


def matching_words(words: WeightedWords) -> tuple[str, bool]:
    """The tsquery for the units that are compared by their words, and whether it leaves few.

    One of the rare words has to be there. Where even the rarest is common, as many of the rare ones have to
    meet as leave few units, if words were independent.

    >>> matching_words(weigh(["a", "b"], {"a": 300, "b": 900}, 10_000, 1e6))
    ("'a'", True)
    >>> matching_words(weigh(["a", "b"], {"a": 2000, "b": 3000}, 10_000, 1e6))
    ("'a' & 'b'", True)
    >>> matching_words(weigh(["a"], {"a": 2000}, 10_000, 1e6))
    ("'a'", False)
    """
    some: list[str] = []
    expected = 0.0
    for word, frequency in zip(words.words, words.frequencies, strict=True):
        if some and expected + frequency > UNITS_BUDGET:
            break
        some.append(word)
        expected += frequency
    if expected <= 2 * UNITS_BUDGET:
        return " | ".join(f"'{word}'" for word in some), True
    together: list[str] = []
    expected = float(words.units)
    for word, frequency in zip(words.words, words.frequencies, strict=True):
        together.append(f"'{word}'")
        expected *= frequency / words.units
        if expected <= 2 * UNITS_BUDGET:
            break
    return " & ".join(together), expected <= 2 * UNITS_BUDGET
