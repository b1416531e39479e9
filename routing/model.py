"""The router's weights, and the probability of each source: a conditional logit (McFadden 1974).

Of sources with features x of a question with vector v, source i is right with probability proportional to
exp(w·x + u·v [i is code] ): `w` weighs what they have in common, `u` is what questions about code sound like.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from routing.features import NAMES

MODEL_FILE = Path(__file__).parent / "router.json"
"""The weights with their card; `manage.py train_router` writes it."""


@dataclass(frozen=True)
class RouterModel:
    """Weights of features [len(NAMES)], and of a question's vector for code [384]."""

    weights: NDArray[np.float64]
    code: NDArray[np.float64]

    def probabilities(
        self, rows: NDArray[np.float64], vector: NDArray[np.float32], is_code: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The probability of each of the sources with feature `rows` [sources, features]; they sum to 1."""
        scores = rows @ self.weights + is_code * float(self.code @ vector)
        likely = np.exp(scores - scores.max(initial=-np.inf))
        return np.asarray(likely / likely.sum())


@lru_cache(maxsize=1)
def load_model() -> RouterModel:
    """The bundled weights."""
    data = json.loads(MODEL_FILE.read_text())
    return RouterModel(
        np.array([data["weights"][name] for name in NAMES]), np.array(data["code"], dtype=np.float64)
    )
