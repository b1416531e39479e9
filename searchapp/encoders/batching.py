"""Batches that waste little: identical texts once, similar lengths together, a token budget for each."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from searchapp.encoders.base import Vectors

Batch = NDArray[np.int64]
"""Indices into the list of lengths."""


def unique(texts: Sequence[str]) -> tuple[list[str], NDArray[np.int64]]:
    """The distinct texts by first appearance, and for each text the index of its distinct one."""
    positions: dict[str, int] = {}
    inverse = np.fromiter(
        (positions.setdefault(text, len(positions)) for text in texts), dtype=np.int64, count=len(texts)
    )
    return list(positions), inverse


def batches(lengths: Sequence[int], token_budget: int) -> Iterator[Batch]:
    """Index arrays, longest texts first, so that (longest in batch) × (texts in batch) is in the budget.

    Longest first means that memory peaks at once, not at the end of a long run.
    """
    order = np.argsort(-np.asarray(lengths, dtype=np.int64), kind="stable")
    start = 0
    while start < len(order):
        size = max(1, token_budget // max(1, int(lengths[order[start]])))
        yield order[start : start + size]
        start += size


def encode_in_batches(
    texts: Sequence[str],
    dimension: int,
    lengths_of: Callable[[list[str]], Sequence[int]],
    encode_batch: Callable[[Batch], Vectors],
    token_budget: int,
) -> Vectors:
    """Encode each distinct text once and return the vectors in the order of `texts`.

    `lengths_of` tokenises the distinct texts and returns their numbers of tokens; `encode_batch` takes
    indices of distinct texts and returns their vectors, float32 [batch, dimension].
    """
    distinct, inverse = unique(texts)
    vectors = np.empty((len(distinct), dimension), dtype=np.float32)
    for batch in batches(lengths_of(distinct), token_budget):
        vectors[batch] = encode_batch(batch)
    return vectors[inverse]


def unit_length(vectors: NDArray[np.floating]) -> Vectors:
    """Scale each row to unit length; a row of zeros stays."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12), dtype=np.float32)
