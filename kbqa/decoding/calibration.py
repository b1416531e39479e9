"""Scores of hypotheses → the probability that each is right."""

from collections.abc import Sequence

import numpy as np


def probabilities(scores: Sequence[float], temperature: float = 1.0) -> list[float]:
    """The probability of each hypothesis among those that the beam found, from log-probabilities [n].

    These are divided by a `temperature` that was fitted so that hypotheses are as often right as their
    probabilities say (Guo et al. 2017). The beam left out other spellings of the same, and worse hypotheses.

    >>> from math import log
    >>> [round(share, 3) for share in probabilities([log(0.6), log(0.2)])]
    [0.75, 0.25]
    >>> [round(share, 3) for share in probabilities([log(0.6), log(0.2)], temperature=2.0)]
    [0.634, 0.366]
    >>> probabilities([])
    []
    """
    scaled = np.array(scores) / temperature
    shares = np.exp(scaled - scaled.max(initial=-np.inf))
    return [float(share) for share in shares / shares.sum()]
