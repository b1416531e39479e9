"""Fitting the router: a conditional logit with a ridge, by L-BFGS."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from routing.features import NAMES, asked, features
from routing.model import RouterModel
from routing.profiles import DIMENSION, encode, profiled
from routing.sources import CODE
from training.router.sources import FileSource

_RIDGE, _RIDGE_OF_VECTOR = 0.02, 4.0
"""The strength of the ridge on the weights of features, and on those of a question's vector."""


@dataclass(frozen=True)
class Case:
    """A question among sources: feature rows [sources, features], which are code, its vector, the right."""

    rows: NDArray[np.float64]
    is_code: NDArray[np.float64]
    vector: NDArray[np.float32]
    right: int


def cases(
    questions: Sequence[tuple[str, str]], sources: Sequence[FileSource], among: int, seed: int = 0
) -> list[Case]:
    """Cases of (question, label of its source), each among so many sources, drawn by chance."""
    drawn = random.Random(seed)
    profiles = dict(
        zip((source.label for source in sources), profiled([source.about for source in sources]), strict=True)
    )
    by_label = {source.label: source for source in sources}
    vectors = encode([text for text, _ in questions])
    made = []
    for (text, right), vector in zip(questions, vectors, strict=True):
        labels = [right, *_others(right, list(by_label), among, drawn)]
        question = asked(text, vector)
        rows = features(
            question,
            [profiles[label] for label in labels],
            [by_label[label].held(question) for label in labels],
        )
        is_code = np.array([by_label[label].about.kind == CODE for label in labels], float)
        made.append(Case(rows, is_code, vector, 0))
    return made


def _others(right: str, labels: Sequence[str], among: int, drawn: random.Random) -> list[str]:
    """Sources beside the right one: its code's graph or its graph's code always, the others by chance."""
    package = right.partition(":")[2].removesuffix(" code")
    twins = [
        label
        for label in labels
        if label != right and label.partition(":")[2] in (package, f"{package} code")
    ]
    others = [label for label in labels if label != right and label not in twins]
    return [*twins, *drawn.sample(others, min(among - 1 - len(twins), len(others)))]


def fit(made: Sequence[Case]) -> RouterModel:
    """The weights under which the right sources are the likeliest."""
    number = len(NAMES)

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, code = parameters[:number], parameters[number:]
        total, gradient = 0.0, np.zeros_like(parameters)
        for case in made:
            scores = case.rows @ weights + case.is_code * float(code @ case.vector)
            likely = np.exp(scores - scores.max())
            likely /= likely.sum()
            total -= float(np.log(likely[case.right] + 1e-12))
            wrong = likely.copy()
            wrong[case.right] -= 1
            gradient[:number] += wrong @ case.rows
            gradient[number:] += float(wrong @ case.is_code) * case.vector
        ridge = np.concatenate([np.full(number, _RIDGE), np.full(DIMENSION, _RIDGE_OF_VECTOR)])
        return total + float((ridge * parameters**2).sum()), gradient + 2 * ridge * parameters

    found = minimize(
        loss, np.zeros(number + DIMENSION), jac=True, method="L-BFGS-B", options={"maxiter": 300}
    )
    return RouterModel(found.x[:number], found.x[number:])
