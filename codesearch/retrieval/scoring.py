"""Keys → candidates with every score: whichever way a unit was found, it is compared by words and by meaning."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from codesearch.models import VectorIndex
from codesearch.retrieval.candidates import WeightedWords, lexical_score_sql
from searchapp.encoders.base import Vectors

_COLUMNS = "u.id, r.name, u.path, u.language, u.kind, u.name, u.qualified_name, u.signature, u.start_line, u.end_line, u.documented, u.file_id"


@dataclass(slots=True)
class Candidate:
    """A served unit with its scores. `lexical` is between 0 and about 1, `dense` a cosine, None without a vector."""

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
    score: float = 0.0
    defines: bool = False


def score_candidates(ids: list[int], words: WeightedWords | None, vector: Vectors | None, index: VectorIndex | None) -> list[Candidate]:
    """Return the candidates of these keys; units that a build has removed in the meantime are left out."""
    if not ids:
        return []
    lexical, parameters = lexical_score_sql(words) if words is not None else ("0::real", [])
    dense, join, dense_parameters = "NULL::real", "", list[Any]()
    if vector is not None and index is not None:
        dimension = int(index.dimension)
        dense = f"-(v.vector::halfvec({dimension}) <#> %s::halfvec({dimension}))"
        dense_parameters = ["[" + ",".join(f"{value:.5f}" for value in vector) + "]"]
        join = f"LEFT JOIN codesearch_vector v ON v.index_id = {int(index.pk)} AND v.text_hash = u.text_hash"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS}, {lexical}, {dense} FROM codesearch_unit u JOIN codesearch_repository r ON r.id = u.repository_id {join}"
            " WHERE u.id = ANY(%s)",
            [*parameters, *dense_parameters, ids],
        )
        ceiling = words.ceiling if words is not None else 1.0
        return [Candidate(*row[:-2], lexical=float(row[-2]) / ceiling, dense=row[-1]) for row in cursor.fetchall()]
