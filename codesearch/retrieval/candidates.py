"""Which units to look at: by words, by meaning, by name. Each way is a query for keys, the best first."""

import math
import re
from dataclasses import dataclass
from typing import Any

from django.db import connection

from codesearch.models import VectorIndex
from codesearch.parsing.words import query_words
from codesearch.retrieval.filters import Conditions
from codesearch.retrieval.query import Query
from searchapp.encoders.base import Vectors

# How much a word counts in a unit's body, documentation, signature and path, name: ts_rank's {D, C, B, A}.
FIELD_WEIGHTS = "{0.25, 0.4, 0.6, 1.0}"
# Pasted code has many words; the rare ones tell it apart.
_MAX_WORDS = 24
# About so many units, or twice as many, are compared by their words: what bounds the time of a lexical
# search.
_UNITS_BUDGET = 500
# Candidates that an HNSW scan keeps in hand, and so how many of the nearest it misses: recall@10 over 216,000
# units is 0.985 to 0.996 at 100, a build unlike another, and 0.998 at 240, which takes 4 ms more.
EF_SEARCH = 120
# Length normalisation as in BM25 (Robertson and Zaragoza 2009): b, and the exponent that stands in for
# saturation.
LENGTH_B = 0.35
# What slow conditions know of a unit.
_PLACE = "u.id, u.file_id, u.start_line, u.end_line"
_UNITS = "codesearch_unit u JOIN codesearch_repository r ON r.id = u.repository_id"


@dataclass(frozen=True)
class Finding:
    """SQL for the columns `id` and, where `scored`, `lexical`, with its parameters."""

    sql: str
    parameters: list[Any]
    scored: bool = False


@dataclass(frozen=True)
class WeightedWords:
    """A query's words with their inverse document frequencies, rare words first, and what lengths are
    compared with.
    """

    words: tuple[str, ...]
    weights: tuple[float, ...]
    frequencies: tuple[int, ...]
    units: int
    mean_length: float

    @property
    def ceiling(self) -> float:
        """Return the sum of weights: what a unit would score that has every word in its name."""
        return sum(self.weights) or 1.0


class Frequencies:
    """How many served units have a query's words: asked for at once, read once they are needed."""

    def __init__(self, query: Query) -> None:
        self._words = query_words(query.text)
        self._cursor = connection.cursor()
        self._cursor.execute(
            "SELECT NULL, coalesce(sum(units), 0), coalesce(sum(words), 0) FROM codesearch_repository WHERE NOT deleting AND serving > 0"
            " UNION ALL SELECT word, units, 0 FROM codesearch_word WHERE word = ANY(%s)",
            [self._words],
        )

    def weigh(self) -> WeightedWords:
        """Return the words, weighted by how rare they are among the served units."""
        with self._cursor as cursor:
            (_, units, total_words), *found = cursor.fetchall()
        frequencies = {word: count for word, count, _ in found}
        weighted = sorted(
            (
                (
                    word,
                    math.log(1 + (units - frequencies[word] + 0.5) / (frequencies[word] + 0.5)),
                    frequencies[word],
                )
                for word in self._words
                if word in frequencies and frequencies[word] <= units
            ),
            key=lambda item: -item[1],
        )[:_MAX_WORDS]
        return WeightedWords(
            tuple(item[0] for item in weighted),
            tuple(item[1] for item in weighted),
            tuple(item[2] for item in weighted),
            int(units),
            max(1.0, float(total_words) / max(1, units)),
        )


# A long unit's words are stored compressed. Taken apart once here, they are not once for every word of the
# query.
PLAIN_LEXEMES = "CROSS JOIN LATERAL (SELECT u.lexemes || ''::tsvector AS lexemes OFFSET 0) plain"


def lexical_score_sql(words: WeightedWords) -> tuple[str, list[Any]]:
    """Return SQL, with its parameters, for a unit's score by words: the sum over words of rarity x weighted
    occurrences.

    As BM25F (Robertson, Zaragoza and Taylor 2004): occurrences are weighted by field and saturate (ts_rank's
    sum over 1/i² within a word), and long units count for less. Wants `plain.lexemes`: see `PLAIN_LEXEMES`.
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


def by_words(words: WeightedWords, conditions: Conditions, limit: int, *, alone: bool) -> Finding:
    """Find the units that score highest by words.

    Of common words, those that have them in the name are compared and, where this finds units `alone`, as
    many others.
    """
    score, parameters = lexical_score_sql(words)
    match, few = _match(words)
    matching, match_parameters = (
        f"u.lexemes @@ %s::tsquery AND {conditions.sql}",
        [match, *conditions.parameters],
    )
    if not few:
        # As in the index of names.
        in_name = f"ts_filter(u.lexemes, '{{a}}') @@ %s::tsquery AND {conditions.sql}"
        others = f"SELECT u.id FROM {_UNITS} WHERE {matching} LIMIT {int(limit)}"
        both = f"u.id IN (SELECT u.id FROM {_UNITS} WHERE {in_name} UNION ALL ({others}))"
        matching, match_parameters = (both, 2 * match_parameters) if alone else (in_name, match_parameters)
    return _first(
        f"SELECT {_PLACE}, {score} AS lexical FROM {_UNITS} {PLAIN_LEXEMES} WHERE {matching} ORDER BY lexical DESC, u.id",
        [*parameters, *match_parameters],
        conditions,
        limit,
        scored=True,
    )


def by_meaning(vector: Vectors, index: VectorIndex, conditions: Conditions, limit: int) -> Finding:
    """Find the units nearest to a vector, float32 [dimension], by the HNSW graph.

    Its scan goes on until enough units meet the conditions, but gives up after a number of tuples.
    """
    distance, literal = _distance(vector, index)
    return Finding(
        f"SELECT u.id FROM codesearch_vector v JOIN codesearch_unit u ON u.text_hash = v.text_hash"
        f" JOIN codesearch_repository r ON r.id = u.repository_id"
        f" WHERE v.index_id = {int(index.pk)} AND {conditions.sql} AND {conditions.slow} ORDER BY {distance} LIMIT %s",
        [*conditions.parameters, *conditions.slow_parameters, literal, limit],
    )


def by_meaning_exactly(vector: Vectors, index: VectorIndex, conditions: Conditions, limit: int) -> Finding:
    """Find the units nearest to a vector, float32 [dimension], by comparing with each that meets the
    conditions.
    """
    distance, literal = _distance(vector, index)
    return _first(
        f"SELECT {_PLACE} FROM {_UNITS} JOIN codesearch_vector v ON v.text_hash = u.text_hash"
        f" WHERE v.index_id = {int(index.pk)} AND {conditions.sql} ORDER BY {distance} + 0",
        [*conditions.parameters, literal],
        conditions,
        limit,
    )


def _distance(vector: Vectors, index: VectorIndex) -> tuple[str, str]:
    """Return SQL for the distance of a unit's vector, as the graph has it, and its parameter."""
    halfvec = f"halfvec({int(index.dimension)})"
    return f"(v.vector::{halfvec} <#> %s::{halfvec})", "[" + ",".join(
        f"{value:.5f}" for value in vector
    ) + "]"


def scan_settings(limit: int) -> str:
    """Return the statement that has to come before a search by meaning, in the same transaction.

    `ef_search` bounds what one round of the scan returns; iterative scan goes on in rounds, in order.
    """
    return f"SELECT set_config('hnsw.ef_search', '{min(1000, max(EF_SEARCH, limit))}', true), set_config('hnsw.iterative_scan', 'strict_order', true)"


def by_name(query: Query, conditions: Conditions, limit: int) -> Finding | None:
    """Find the units that bear one of the query's names, and those whose path the query is; None if it holds
    neither.
    """
    names = [symbol.lower() for symbol in query.symbols]
    path = query.text.strip("/").lower() if re.fullmatch(r"\S*[/.]\S*", query.text) else ""
    if not names and not path:
        return None
    files = "SELECT f.id FROM codesearch_sourcefile f WHERE lower(f.path) = %s OR lower(f.path) LIKE %s"
    by_path = f" OR u.file_id IN ({files})" if path else ""
    escaped = path.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return _first(
        f"SELECT {_PLACE} FROM {_UNITS} WHERE (lower(u.name) = ANY(%s){by_path}) AND {conditions.sql}"
        " ORDER BY u.kind = 'class' DESC, u.end_line - u.start_line DESC, u.id",
        [names, *([path, f"%/{escaped}"] if path else []), *conditions.parameters],
        conditions,
        limit,
    )


def by_place(conditions: Conditions, limit: int) -> Finding:
    """Find units that meet the conditions, for a query of filters alone, in the order of their files."""
    ordered = (
        f"SELECT {_PLACE} FROM {_UNITS} WHERE {conditions.sql} ORDER BY r.name, u.path, u.start_line, u.id"
    )
    return _first(ordered, [*conditions.parameters], conditions, limit)


def _first(
    ordered: str, parameters: list[Any], conditions: Conditions, limit: int, *, scored: bool = False
) -> Finding:
    """Find the first of ordered units that meet the slow conditions, too.

    OFFSET 0 has them checked after the ordering.
    """
    return Finding(
        f"SELECT u.* FROM ({ordered} OFFSET 0) u WHERE {conditions.slow} LIMIT %s",
        [*parameters, *conditions.slow_parameters, limit],
        scored,
    )


def _match(words: WeightedWords) -> tuple[str, bool]:
    """Return the tsquery for the units that are compared by their words, and whether it leaves few.

    One of the rare words has to be there. Where even the rarest is common, as many of the rare ones have to
    meet as leave few units, if words were independent.
    """
    some: list[str] = []
    expected = 0.0
    for word, frequency in zip(words.words, words.frequencies, strict=True):
        if some and expected + frequency > _UNITS_BUDGET:
            break
        some.append(word)
        expected += frequency
    if expected <= 2 * _UNITS_BUDGET:
        return " | ".join(f"'{word}'" for word in some), True
    together: list[str] = []
    expected = float(words.units)
    for word, frequency in zip(words.words, words.frequencies, strict=True):
        together.append(f"'{word}'")
        expected *= frequency / words.units
        if expected <= 2 * _UNITS_BUDGET:
            break
    return " & ".join(together), expected <= 2 * _UNITS_BUDGET
