"""Mean Angular Margin: how uniformly vectors spread over the sphere."""

import numpy as np

from searchapp.encoders.base import Vectors

_ROWS_AT_ONCE = 1024


def mean_angular_margin(vectors: Vectors) -> float:
    """The Mean Angular Margin of unit vectors [n, dimension].

    MAM = 1 / (n (n - 1)) · Σ_{i ≠ j} cos(v_i, v_j): the mean cosine of the angles between different vectors.
    GNN-Coder names the measure and reads lower as more discriminative; this is the formula that fits that
    reading. 0 means that vectors are spread as random directions are. Raises ValueError for fewer than two
    vectors.
    """
    number = len(vectors)
    if number < 2:
        raise ValueError("A margin needs two vectors.")
    # The sum over all pairs is the squared length of the sum; the n cosines of vectors with themselves are
    # taken off.
    total = np.zeros(vectors.shape[1], dtype=np.float64)
    diagonal = 0.0
    for start in range(0, number, _ROWS_AT_ONCE):
        rows = vectors[start : start + _ROWS_AT_ONCE].astype(np.float64)
        total += rows.sum(0)
        diagonal += float((rows * rows).sum())
    return float((total @ total - diagonal) / (number * (number - 1)))
