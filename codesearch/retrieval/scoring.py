"""Keys → candidates with every score: whichever way a unit was found, it is compared by words and by meaning."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection

from codesearch.indexing.vectors import from_binary
from codesearch.models import VectorIndex
from codesearch.retrieval.candidates import PLAIN_LEXEMES, WeightedWords, lexical_score_sql
from searchapp.encoders.base import Vectors

_NEIGHBOURS = 5
_COLUMNS = "u.id, r.name, u.path, u.language, u.kind, u.name, u.qualified_name, u.signature, u.start_line, u.end_line, u.documented, u.file_id"


@dataclass(slots=True)
class Candidate:
    """A served unit with its scores. `lexical` is between 0 and about 1, `dense` a cosine, None without a vector.

    `crowding` is the mean cosine to the nearest other candidates: high for units that are near to everything.
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
    crowding: float = 0.0
    score: float = 0.0
    defines: bool = False


def score_candidates(
    found: dict[int, float | None], words: WeightedWords | None, vector: Vectors | None, index: VectorIndex | None
) -> list[Candidate]:
    """Return the candidates of these keys; units that a build has removed in the meantime are left out.

    `found` maps each key to its score by words where that is known already; for the others it is computed.
    """
    if not found:
        return []
    known = {key: score for key, score in found.items() if score is not None}
    unknown = [key for key, score in found.items() if score is None]
    lexical, parameters = lexical_score_sql(words) if words is not None else ("0", [])
    vectors, join = "NULL::bytea", ""
    if vector is not None and index is not None:
        vectors = "halfvec_send(v.vector)"
        join = f"LEFT JOIN codesearch_vector v ON v.index_id = {int(index.pk)} AND v.text_hash = u.text_hash"
    source = f"FROM codesearch_unit u JOIN codesearch_repository r ON r.id = u.repository_id {join}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS}, {vectors}, {lexical} {source} {PLAIN_LEXEMES} WHERE u.id = ANY(%s)"
            f" UNION ALL SELECT {_COLUMNS}, {vectors}, NULL {source} WHERE u.id = ANY(%s)",
            [*parameters, unknown, list(known)],
        )
        rows = cursor.fetchall()
    ceiling = words.ceiling if words is not None else 1.0
    candidates = [Candidate(*row[:12], lexical=float(known[row[0]] if row[13] is None else row[13]) / ceiling) for row in rows]  # type: ignore[misc]
    if vector is not None:
        _compare(candidates, [row[12] for row in rows], vector)
    return candidates


def _compare(candidates: list[Candidate], vectors: list[bytes | None], query: Vectors) -> None:
    """Set each candidate's cosine to the query, and its mean cosine to its nearest fellows.

    Some texts lie near every query (hubs: Radovanović, Nanopoulos and Ivanović 2010). Cross-domain similarity local
    scaling (Conneau et al. 2018) takes that away; the query's candidates are neighbourhood enough to measure it in.
    """
    having = [(candidate, vector) for candidate, vector in zip(candidates, vectors, strict=True) if vector is not None]
    if not having:
        return
    matrix = from_binary([vector for _, vector in having])
    for (candidate, _), cosine in zip(having, (matrix @ query).tolist(), strict=True):
        candidate.dense = cosine
    if len(having) <= _NEIGHBOURS:
        return
    cosines = matrix @ matrix.T
    np.fill_diagonal(cosines, -1.0)
    nearest = np.partition(cosines, -_NEIGHBOURS, axis=1)[:, -_NEIGHBOURS:].mean(axis=1)
    for (candidate, _), crowding in zip(having, nearest.tolist(), strict=True):
        candidate.crowding = crowding
