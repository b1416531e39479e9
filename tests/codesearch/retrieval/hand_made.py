"""Candidates and vectors made by hand."""

from typing import Any

import numpy as np

from codesearch.encoding import quantised
from codesearch.retrieval.candidates import Candidate
from searchapp.encoders.base import Vectors


def candidate(key: int = 1, **fields: Any) -> Candidate:
    """A function in a file of its own, unless fields say otherwise."""
    return Candidate(
        **{
            "id": key,
            "repository": "shop",
            "path": f"shop/file{key}.py",
            "language": "python",
            "kind": "function",
            "name": f"f{key}",
            "qualified_name": f"f{key}",
            "signature": "()",
            "start_line": 1,
            "end_line": 9,
            "documented": False,
            "file_id": key,
        }
        | fields
    )


def vector(*numbers: float) -> Vectors:
    """A vector, float32."""
    return np.array(numbers, dtype=np.float32)


def tokens(*rows: tuple[float, ...], importance: float = 1.0) -> bytes:
    """A unit's token embeddings as they are stored."""
    return quantised(vector(*rows).reshape(len(rows), -1), np.full((len(rows), 1), importance)).tobytes()


def scores(candidates: list[Candidate]) -> list[float]:
    """Their scores, in order."""
    return [candidate.score for candidate in candidates]
