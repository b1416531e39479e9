"""Candidates: units found by words, by meaning and by name, with all that they are scored by.

A `CandidateQuery` is SQL for keys, the best first. A `CandidateSearch` runs such queries in a pipelined
connection: each gives a `Pending`, whose candidates are waited for when they are needed.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import connection, transaction

from codesearch.indexing.vectors import from_binary
from codesearch.models import VectorIndex
from codesearch.retrieval.filters import Conditions
from codesearch.retrieval.lexical import PLAIN_LEXEMES, WeightedWords, lexical_score_sql, matching_words
from codesearch.retrieval.query import Query
from searchapp.encoders.base import Vectors

# Candidates that an HNSW scan keeps in hand, and so how many of the nearest it misses: recall@10 over 216,000
# units is 0.985 to 0.996 at 100, a build unlike another, and 0.998 at 240, which takes 4 ms more.
EF_SEARCH = 120
_UNITS = "codesearch_unit u JOIN codesearch_repository r ON r.id = u.repository_id"
_COLUMNS = (
    "u.id, r.name, u.path, u.language, u.kind, u.name, u.qualified_name, u.signature,"
    " u.start_line, u.end_line, u.documented, u.file_id"
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
    lines: tuple[int, ...] = ()
    """The lines in which a text stands that was asked for."""

    @property
    def line(self) -> int:
        """The line that a reader is led to."""
        return self.lines[0] if self.lines else self.start_line


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

    `words` are what lexical scores are computed by, `index` is where vectors are taken from.
    """

    def __init__(self, words: WeightedWords | None, index: VectorIndex | None, limit: int) -> None:
        """Set how deep the graph of `index` will be scanned: for `limit` units."""
        self._words, self._index = words, index
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
        vectors = "NULL::bytea, NULL::bytea"
        if self._index is not None:
            vectors = "halfvec_send(v.vector), v.pieces"
            join += (
                f" LEFT JOIN codesearch_vector v ON v.index_id = {int(self._index.pk)}"
                " AND v.text_hash = u.text_hash"
            )
        return (
            f"SELECT {_COLUMNS}, {lexical}, {vectors} FROM ({query.sql}) found"
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
            Candidate(*row[:12], lexical=row[12] / self._ceiling, token_embeddings=row[14])  # type: ignore[misc]
            for row in rows
        ]
        with_vector = [
            (candidate, row[13])
            for candidate, row in zip(candidates, rows, strict=True)
            if row[13] is not None
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
    return CandidateQuery(
        f"SELECT u.id, {score} AS lexical FROM {_UNITS} {PLAIN_LEXEMES} WHERE {matching}"
        " ORDER BY lexical DESC, u.id LIMIT %s",
        [*parameters, *match_parameters, limit],
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
        f" WHERE v.index_id = {int(index.pk)} AND {conditions.sql} ORDER BY {distance} LIMIT %s",
        [*conditions.parameters, literal, limit],
    )


def by_meaning_exactly(
    vector: Vectors, index: VectorIndex, conditions: Conditions, limit: int
) -> CandidateQuery:
    """Units nearest to a vector, float32 [dimension], by comparing with each that meets the conditions."""
    distance, literal = _distance(vector, index)
    return CandidateQuery(
        f"SELECT u.id FROM {_UNITS} JOIN codesearch_vector v ON v.text_hash = u.text_hash"
        f" WHERE v.index_id = {int(index.pk)} AND {conditions.sql} ORDER BY {distance} + 0 LIMIT %s",
        [*conditions.parameters, literal, limit],
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
    path = query.text.strip("/").lower() if re.fullmatch(r"\S*[/.]\S*", query.text) else ""
    if not names and not path:
        return None
    files = "SELECT f.id FROM codesearch_sourcefile f WHERE lower(f.path) = %s OR lower(f.path) LIKE %s"
    by_path = f" OR u.file_id IN ({files})" if path else ""
    escaped = path.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return CandidateQuery(
        f"SELECT u.id FROM {_UNITS} WHERE (lower(u.name) = ANY(%s){by_path}) AND {conditions.sql}"
        " ORDER BY u.kind = 'class' DESC, u.end_line - u.start_line DESC, u.id LIMIT %s",
        [names, *([path, f"%/{escaped}"] if path else []), *conditions.parameters, limit],
    )


def by_position(conditions: Conditions, offset: int, limit: int) -> CandidateQuery:
    """A page of the units that meet the conditions, in the order of their files."""
    return CandidateQuery(
        f"SELECT u.id FROM {_UNITS} WHERE {conditions.sql}"
        " ORDER BY r.name, u.path, u.start_line, u.id OFFSET %s LIMIT %s",
        [*conditions.parameters, offset, limit],
    )


def by_key(units: Sequence[int]) -> CandidateQuery:
    """Units that are known."""
    return CandidateQuery("SELECT unnest(%s::bigint[]) AS id", [list(units)])


def count_by_facets(conditions: Conditions) -> list[tuple[str, str, str, int]]:
    """Numbers of the units that meet the conditions: (repository, language, kind, units)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT r.name, u.language, u.kind, count(*) FROM {_UNITS} WHERE {conditions.sql}"
            " GROUP BY 1, 2, 3",
            list(conditions.parameters),
        )
        return list(cursor.fetchall())
