"""Candidates: units found by words, by meaning and by name, with all that they are scored by.

A `CandidateQuery` is SQL for keys, the best first. A `CandidateSearch` runs such queries in a pipelined
connection: each gives a `Pending`, whose candidates are waited for when they are needed.
"""

import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import connection, transaction

from codesearch.indexing.vectors import from_binary
from codesearch.models import VectorIndex
from codesearch.parsing.words import words_of_identifier
from codesearch.retrieval.filters import Conditions
from codesearch.retrieval.lexical import PLAIN_LEXEMES, WeightedWords, lexical_score_sql, matching_words
from codesearch.retrieval.query import Query
from searchapp.encoders.base import Vectors

# Candidates that an HNSW scan keeps in hand, and so how many of the nearest it misses: recall@10 over 216,000
# units is 0.985 to 0.996 at 100, a build unlike another, and 0.998 at 240, which takes 4 ms more.
EF_SEARCH = 120
# What slow conditions know of a unit.
_EXTENT = "u.id, u.file_id, u.start_line, u.end_line"
_UNITS = "codesearch_unit u JOIN codesearch_repository r ON r.id = u.repository_id"
_COLUMNS = (
    "u.id, r.name, u.path, u.language, u.kind, u.name, u.qualified_name, u.signature,"
    " u.start_line, u.end_line, u.documented, u.file_id, u.text_hash"
)


@dataclass(slots=True)
class Candidate:
    """A served unit with its scores."""

    id: int
    repository: str
    path: str
    language: str
    kind: str
    name: str
    qualified_name: str
    signature: str
    start_line: int
    end_line: int
    documented: bool
    file_id: int
    text_hash: uuid.UUID | None = None
    """Of the text that is encoded, the same in copies; None where only names and words are searched."""
    contains_symbol: bool = False
    """Whether an identifier of the query stands in the unit as a whole, not in parts."""
    lexical: float = 0.0
    """Score by words, between 0 and about 1."""
    vector: Vectors | None = field(default=None, compare=False, repr=False)
    """float32 [dimension]; None where the unit has none yet, or nothing is compared by meaning."""
    token_embeddings: bytes | None = field(default=None, compare=False, repr=False)
    """As `codesearch.encoding.maxsim` takes them."""
    dense: float | None = None
    """Cosine to the question, None without a vector."""
    late_interaction: float = 0.0
    """What late interaction adds to the cosine."""
    hubness: float = 0.0
    """Mean cosine to the nearest other candidates: high for units that are near to everything."""
    score: float = 0.0
    defines: bool = False
    """Whether the unit bears a name that was asked for."""


@dataclass(frozen=True)
class CandidateQuery:
    """SQL for the columns `id` and, where `scored`, `lexical`, with its parameters."""

    sql: str
    parameters: list[Any]
    scored: bool = False


@contextmanager
def pipelined(timeout_ms: int | None = None) -> Iterator[None]:
    """Send the block's statements without waiting for each other's results, in one transaction.

    All see one state of the index: a build that is published meanwhile is in none of the results, rather than
    in some. `timeout_ms` is how long each statement may take; OperationalError says that one took longer.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.wrap_database_errors, connection.connection.pipeline():
        if is_outermost:
            connection.connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        if timeout_ms is not None:
            connection.connection.execute(f"SET LOCAL statement_timeout = {int(timeout_ms)}")
        yield


class CandidateSearch:
    """Runs queries for candidates; whichever finds a unit, it comes with its words' score and its vectors.

    `words` are what lexical scores are computed by, `index` is where vectors are taken from, `symbols` are
    the identifiers that are looked for in each unit.
    """

    def __init__(
        self, words: WeightedWords | None, index: VectorIndex | None, limit: int, symbols: Sequence[str] = ()
    ) -> None:
        """Set how deep the graph of `index` will be scanned: for `limit` units."""
        self._words, self._index = words, index
        self._whole = " | ".join(
            f"'{word}'" for symbol in symbols for word in words_of_identifier(symbol)[-1:]
        )
        if index is not None:
            connection.connection.execute(scan_settings(limit))

    def start(self, *queries: CandidateQuery | None) -> "Pending":
        """Send the queries, those that are none left out; PostgreSQL works on them from now on."""
        cursors = [self._sent(query) for query in queries if query is not None]
        return Pending(cursors, self._words.ceiling if self._words is not None else 1.0)

    def _sent(self, query: CandidateQuery) -> "psycopg.Cursor[Any]":
        # Django's own cursor takes results as text, which doubles the bytes of token embeddings.
        cursor = psycopg.Cursor(connection.connection)
        cursor.execute(*self._statement(query), binary=True)
        return cursor

    def _statement(self, query: CandidateQuery) -> tuple[str, list[Any]]:
        lexical, parameters, join = "0::real", list[Any](), ""
        if query.scored:
            lexical = "found.lexical"
        elif self._words is not None:
            lexical, parameters = lexical_score_sql(self._words)
            join = PLAIN_LEXEMES
        contains = "FALSE"
        if self._whole:
            contains, parameters = "u.lexemes @@ %s::tsquery", [*parameters, self._whole]
        vectors = "NULL::bytea, NULL::bytea"
        if self._index is not None:
            vectors = "halfvec_send(v.vector), v.pieces"
            join += (
                f" LEFT JOIN codesearch_vector v ON v.index_id = {int(self._index.pk)}"
                " AND v.text_hash = u.text_hash"
            )
        return (
            f"SELECT {_COLUMNS}, {lexical}, {contains}, {vectors} FROM ({query.sql}) found"
            " JOIN codesearch_unit u ON u.id = found.id"
            f" JOIN codesearch_repository r ON r.id = u.repository_id {join}",
            [*parameters, *query.parameters],
        )


class Pending:
    """Candidates that PostgreSQL is looking for."""

    def __init__(self, cursors: "list[psycopg.Cursor[Any]]", ceiling: float) -> None:
        """`ceiling` is the lexical score that counts as 1."""
        self._cursors, self._ceiling = cursors, ceiling

    def fetch(self) -> list[Candidate]:
        """Wait for the candidates, each unit once, in the order in which they were found."""
        rows = {row[0]: row for cursor in self._cursors for row in cursor.fetchall()}.values()
        candidates = [
            Candidate(
                *row[:13], contains_symbol=row[14], lexical=row[13] / self._ceiling, token_embeddings=row[16]
            )
            for row in rows
        ]
        with_vector = [
            (candidate, row[15])
            for candidate, row in zip(candidates, rows, strict=True)
            if row[15] is not None
        ]
        if with_vector:
            vectors = from_binary([vector for _, vector in with_vector])
            for (candidate, _), vector in zip(with_vector, vectors, strict=True):
                candidate.vector = vector
        return candidates


def without(candidates: Iterable[Candidate], left_out: Iterable[Candidate]) -> list[Candidate]:
    """Candidates but those `left_out`, each once, in order."""
    known = {candidate.id for candidate in left_out}
    return list({candidate.id: candidate for candidate in candidates if candidate.id not in known}.values())


def by_words(
    words: WeightedWords, conditions: Conditions, limit: int, *, alone: bool
) -> CandidateQuery | None:
    """Units that score highest by words; None without words.

    Of common words, units that have them in the name are compared and, where nothing else finds units
    (`alone`), as many that have them elsewhere.
    """
    if not words.words:
        return None
    score, parameters = lexical_score_sql(words)
    match, few = matching_words(words)
    matching = f"u.lexemes @@ %s::tsquery AND {conditions.sql}"
    match_parameters = [match, *conditions.parameters]
    if not few:
        # As in the index of names.
        in_name = f"ts_filter(u.lexemes, '{{a}}') @@ %s::tsquery AND {conditions.sql}"
        anywhere = f"SELECT u.id FROM {_UNITS} WHERE {matching} LIMIT {int(limit)}"
        both = f"u.id IN (SELECT u.id FROM {_UNITS} WHERE {in_name} UNION ALL ({anywhere}))"
        matching, match_parameters = (both, 2 * match_parameters) if alone else (in_name, match_parameters)
    return _first(
        f"SELECT {_EXTENT}, {score} AS lexical FROM {_UNITS} {PLAIN_LEXEMES} WHERE {matching}"
        " ORDER BY lexical DESC, u.id",
        [*parameters, *match_parameters],
        conditions,
        limit,
        scored=True,
    )


def by_meaning(
    vector: Vectors, index: VectorIndex, conditions: Conditions, limit: int
) -> CandidateQuery | None:
    """Units nearest to a vector, float32 [dimension], by the HNSW graph; None where few meet the conditions.

    Its scan goes on until enough units meet the conditions, but gives up after a number of tuples: fewer than
    `limit` say that `by_meaning_exactly` may find more.
    """
    if conditions.few:
        return None
    distance, literal = _distance(vector, index)
    return CandidateQuery(
        "SELECT u.id FROM codesearch_vector v JOIN codesearch_unit u ON u.text_hash = v.text_hash"
        " JOIN codesearch_repository r ON r.id = u.repository_id"
        f" WHERE v.index_id = {int(index.pk)} AND {conditions.sql} AND {conditions.slow}"
        f" ORDER BY {distance} LIMIT %s",
        [*conditions.parameters, *conditions.slow_parameters, literal, limit],
    )


def by_meaning_exactly(
    vector: Vectors, index: VectorIndex, conditions: Conditions, limit: int
) -> CandidateQuery:
    """Units nearest to a vector, float32 [dimension], by comparing with each that meets the conditions."""
    distance, literal = _distance(vector, index)
    return _first(
        f"SELECT {_EXTENT} FROM {_UNITS} JOIN codesearch_vector v ON v.text_hash = u.text_hash"
        f" WHERE v.index_id = {int(index.pk)} AND {conditions.sql} ORDER BY {distance} + 0",
        [*conditions.parameters, literal],
        conditions,
        limit,
    )


def _distance(vector: Vectors, index: VectorIndex) -> tuple[str, str]:
    """SQL for the distance of a unit's vector, as the graph has it, and its parameter."""
    halfvec = f"halfvec({int(index.dimension)})"
    numbers = ",".join(f"{value:.5f}" for value in vector)
    return f"(v.vector::{halfvec} <#> %s::{halfvec})", f"[{numbers}]"


def scan_settings(limit: int) -> str:
    """Statement that has to come before a search by meaning, in the same transaction.

    `ef_search` bounds what one round of the scan returns; iterative scan goes on in rounds, in order.
    """
    return (
        f"SELECT set_config('hnsw.ef_search', '{min(1000, max(EF_SEARCH, limit))}', true),"
        " set_config('hnsw.iterative_scan', 'strict_order', true)"
    )


def by_name(query: Query, conditions: Conditions, limit: int) -> CandidateQuery | None:
    """Units that bear one of the query's names, or whose path the query is; None if it holds neither."""
    names = [symbol.lower() for symbol in query.symbols]
    alone = query.text.strip("/").lower() if re.fullmatch(r"\S*[/.]\S*", query.text) else ""
    paths = list(dict.fromkeys([*query.files, *([alone] if alone else [])]))
    if not names and not paths:
        return None
    files = (
        "SELECT f.id FROM codesearch_sourcefile f WHERE lower(f.path) = ANY(%s) OR lower(f.path) LIKE ANY(%s)"
    )
    by_path = f" OR u.file_id IN ({files})" if paths else ""
    endings = ["%/" + path.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for path in paths]
    return _first(
        f"SELECT {_EXTENT} FROM {_UNITS} WHERE (lower(u.name) = ANY(%s){by_path}) AND {conditions.sql}"
        " ORDER BY u.kind = 'class' DESC, u.end_line - u.start_line DESC, u.id",
        [names, *([paths, endings] if paths else []), *conditions.parameters],
        conditions,
        limit,
    )


def by_position(conditions: Conditions, limit: int) -> CandidateQuery:
    """Units that meet the conditions, for a query of filters alone, in the order of their files."""
    ordered = (
        f"SELECT {_EXTENT} FROM {_UNITS} WHERE {conditions.sql} ORDER BY r.name, u.path, u.start_line, u.id"
    )
    return _first(ordered, [*conditions.parameters], conditions, limit)


def _first(
    ordered: str, parameters: list[Any], conditions: Conditions, limit: int, *, scored: bool = False
) -> CandidateQuery:
    """The first of ordered units that meet the slow conditions, too.

    OFFSET 0 has them checked after the ordering.
    """
    return CandidateQuery(
        f"SELECT u.* FROM ({ordered} OFFSET 0) u WHERE {conditions.slow} LIMIT %s",
        [*parameters, *conditions.slow_parameters, limit],
        scored,
    )
