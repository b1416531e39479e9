"""Found keys → candidates with every score: whichever way a unit was found, it is compared by words and by
meaning.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from django.db import connection

from codesearch.gnn_coder.late_interaction import QuestionVectors, late_scores
from codesearch.indexing.vectors import from_binary
from codesearch.models import VectorIndex
from codesearch.retrieval.candidates import PLAIN_LEXEMES, Finding, WeightedWords, lexical_score_sql
from searchapp.encoders.base import Vectors

_NEIGHBOURS = 5
_COLUMNS = "u.id, r.name, u.path, u.language, u.kind, u.name, u.qualified_name, u.signature, u.start_line, u.end_line, u.documented, u.file_id"


@dataclass(slots=True)
class Candidate:
    """A served unit with its scores. `lexical` is between 0 and about 1, `dense` a cosine, None without a
    vector.

    `late` is what late interaction adds to the cosine, `crowding` the mean cosine to the nearest other
    candidates: high for units that are near to everything.
    """

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
    dense: float | None = None
    late: float = 0.0
    crowding: float = 0.0
    score: float = 0.0
    defines: bool = False


@contextmanager
def pipeline() -> Iterator[None]:
    """Run the block's statements in a pipeline: each is sent without waiting for the one before, all in one
    transaction.
    """
    with connection.wrap_database_errors:
        connection.ensure_connection()
        with connection.connection.pipeline():
            yield


class Scoring:
    """Runs what finds candidates, inside of a `pipeline`, and collects them with their scores.

    PostgreSQL looks for candidates while a question is encoded, and for more while those are compared with
    it.
    """

    def __init__(self, words: WeightedWords | None, index: VectorIndex | None) -> None:
        self._words, self._index = words, index
        self._sent: list[psycopg.Cursor[Any]] = []
        self._fetched: list[tuple[Any, ...]] = []
        self._found: dict[int, Candidate] = {}
        self._compared: list[tuple[Candidate, Vectors]] = []

    def send(self, finding: Finding | None) -> None:
        """Start a search for candidates, if there is one."""
        if finding is None:
            return
        sql, parameters = self._statement(finding)
        # Django's own cursor takes results as text, which doubles the bytes of pieces.
        cursor = psycopg.Cursor(connection.connection)
        cursor.execute(sql, parameters, binary=True)
        self._sent.append(cursor)

    def set(self, statement: str) -> None:
        """Send a statement without a result that matters."""
        connection.connection.execute(statement)

    def fetch(self) -> int:
        """Wait for what has been sent, and return how many candidates the last of it found."""
        rows: list[tuple[Any, ...]] = []
        for cursor in self._sent:
            rows = cursor.fetchall()
            self._fetched += rows
        self._sent = []
        return len(rows)

    def compare(self, asked: QuestionVectors | None) -> None:
        """Compare the candidates fetched since the last time with a question, if there is one."""
        rows = {row[0]: row for row in self._fetched if row[0] not in self._found}.values()
        self._fetched = []
        ceiling = self._words.ceiling if self._words is not None else 1.0
        found = [Candidate(*row[:12], row[14] / ceiling) for row in rows]  # type: ignore[call-arg]
        self._found.update((each.id, each) for each in found)
        if asked is not None:
            self._compared += _compare(found, [row[12] for row in rows], asked.vector)
            _interact(found, [row[13] for row in rows], asked)

    def candidates(self) -> list[Candidate]:
        """Return all candidates that were compared."""
        _crowd(self._compared)
        return list(self._found.values())

    def _statement(self, finding: Finding) -> tuple[str, list[Any]]:
        lexical, parameters, join = "0::real", list[Any](), ""
        if finding.scored:
            lexical = "found.lexical"
        elif self._words is not None:
            lexical, parameters = lexical_score_sql(self._words)
            join = PLAIN_LEXEMES
        vectors = "NULL::bytea, NULL::bytea"
        if self._index is not None:
            vectors = "halfvec_send(v.vector), v.pieces"
            join += f" LEFT JOIN codesearch_vector v ON v.index_id = {int(self._index.pk)} AND v.text_hash = u.text_hash"
        return (
            f"SELECT {_COLUMNS}, {vectors}, {lexical} FROM ({finding.sql}) found JOIN codesearch_unit u ON u.id = found.id"
            f" JOIN codesearch_repository r ON r.id = u.repository_id {join}",
            [*parameters, *finding.parameters],
        )


def _compare(
    candidates: list[Candidate], vectors: list[bytes | None], query: Vectors
) -> list[tuple[Candidate, Vectors]]:
    """Set each candidate's cosine to the query, and return those that have a vector with it, float32
    [dimension].
    """
    having = [
        (candidate, vector)
        for candidate, vector in zip(candidates, vectors, strict=True)
        if vector is not None
    ]
    if not having:
        return []
    matrix = from_binary([vector for _, vector in having])
    for (candidate, _), cosine in zip(having, (matrix @ query).tolist(), strict=True):
        candidate.dense = cosine
    return [(candidate, row) for (candidate, _), row in zip(having, matrix, strict=True)]


def _crowd(compared: list[tuple[Candidate, Vectors]]) -> None:
    """Set each candidate's mean cosine to its nearest fellows.

    Some texts lie near every query (hubs: Radovanović, Nanopoulos and Ivanović 2010). Cross-domain similarity
    local scaling (Conneau et al. 2018) takes that away; the query's candidates are neighbourhood enough to
    measure it in.
    """
    if len(compared) <= _NEIGHBOURS:
        return
    matrix = np.stack([vector for _, vector in compared])
    cosines = matrix @ matrix.T
    np.fill_diagonal(cosines, -1.0)
    nearest = np.partition(cosines, -_NEIGHBOURS, axis=1)[:, -_NEIGHBOURS:].mean(axis=1)
    for (candidate, _), crowding in zip(compared, nearest.tolist(), strict=True):
        candidate.crowding = crowding


def _interact(candidates: list[Candidate], pieces: list[bytes | None], asked: QuestionVectors) -> None:
    """Set what late interaction adds for each candidate whose pieces are known."""
    having = [
        (candidate, each) for candidate, each in zip(candidates, pieces, strict=True) if each is not None
    ]
    if not having or asked.pieces is None:
        return
    (scores,) = asked.share * late_scores([asked.pieces], [each for _, each in having])
    for (candidate, _), score in zip(having, scores.tolist(), strict=True):
        candidate.late = score
