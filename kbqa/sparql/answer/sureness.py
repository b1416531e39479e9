"""How sure an answer is: from what the decoder thought of it, and from what it leaves of the question.

The decoder judges a query choice by choice, among those that it found. Whether it is right at all shows in
what it could not see: words that nothing explains, properties that no word is near, answers of another kind.
A log-linear model over a few counts (Platt 1999) makes one probability of them.
"""

from typing import NamedTuple

import numpy as np

_MIN_SHARE = 1e-4


class Features(NamedTuple):
    """What tells how sure a reading is."""

    always: float = 1.0
    log_odds: float = 0.0
    """The log odds of the reading among all that the decoder found."""
    runs_left_out: float = 0.0
    """How many runs of words nothing that is used explains."""
    names_left_out: float = 0.0
    """How many whole names of things and values are not used."""
    numbers_left_out: float = 0.0
    unsupported: float = 0.0
    """How far the property that the question says least of is from every word, from 0 to 1."""
    unexplained: float = 0.0
    """The same as `unsupported`, where words are left out that may be of just that property."""
    misfit: float = 0.0
    """1 where what was found cannot be an answer."""


WEIGHTS = Features(
    always=1.64,
    log_odds=0.27,
    runs_left_out=-1.44,
    names_left_out=-0.76,
    numbers_left_out=-1.85,
    unsupported=-2.25,
    unexplained=-0.2,
    misfit=-4.57,
)
"""The weights that fit the readings of 306 questions best (logistic regression, L2).

They are the 160 of `benchmarks/asked`, 100 of Spider4SPARQL's dev set, and 46 without an answer on the graphs
of `benchmarks/asked`.
"""


def log_odds(share: float) -> float:
    """The log odds of a share, bounded."""
    bounded = min(max(share, _MIN_SHARE), 1 - _MIN_SHARE)
    return float(np.log(bounded / (1 - bounded)))


def probability(features: Features) -> float:
    """How likely a reading is right."""
    return float(1 / (1 + np.exp(-np.dot(features, WEIGHTS))))
