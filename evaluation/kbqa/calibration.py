"""Calibration: how well stated probabilities agree with what is right, and the temperature that fits them."""

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

_BINS = 10

Judged = tuple[tuple[float, ...], bool]
"""The probabilities of a question's readings, the best first, and whether the first is right.

What is left of 1 is the probability that there is no answer.
"""


def calibration_error(confidences: Sequence[tuple[float, bool]]) -> float:
    """Expected calibration error in ten bins (Guo et al. 2017), from 0 to 1, of (probability, is right).

    The mean over all questions of each bin's distance between mean probability and share of right answers.

    >>> calibration_error([(1.0, True), (1.0, True)]), calibration_error([(1.0, False)])
    (0.0, 1.0)
    >>> round(calibration_error([(0.95, True), (0.95, False), (0.35, False)]), 4)
    0.4167
    >>> calibration_error([])
    0.0
    """
    gaps = np.zeros(_BINS)
    for probability, right in confidences:
        gaps[min(_BINS - 1, int(_BINS * probability))] += probability - right
    return float(np.abs(gaps).sum()) / max(1, len(confidences))


def least_probability(confidences: Sequence[tuple[float, bool]], share: float) -> float:
    """The least probability from which on a share of the answers is right, of (probability, is right).

    It holds with the share's standard error taken off, as other questions will differ. 1 where there is none.

    >>> least_probability([(0.9, True)] * 50 + [(0.6, True)] * 30 + [(0.6, False)] * 10, 0.8)
    0.6
    >>> least_probability([(0.9, False)], 0.5)
    1.0
    """
    ranked = sorted(confidences, reverse=True)
    least, right = 1.0, 0
    for number, (probability, is_right) in enumerate(ranked, start=1):
        right += is_right
        found = right / number
        if found - math.sqrt(found * (1 - found) / number) >= share:
            least = probability
    return least


def best_temperature(judged: Sequence[Judged], present: float) -> float:
    """The temperature under which what is right is likeliest, where `present` was used for `judged`.

    Temperature scaling (Guo et al. 2017): of 60 candidates from 0.2 to 8.

    >>> overconfident = [((0.9, 0.08), True)] * 60 + [((0.9, 0.08), False)] * 40
    >>> best_temperature(overconfident, present=1.0) > 1.5
    True
    >>> best_temperature([((0.6, 0.3), True)] * 100, present=1.0) < 1
    True
    """
    right = np.array([is_right for _, is_right in judged])
    scores = [
        present * np.log(np.clip([*probabilities, 1 - sum(probabilities)], 1e-12, 1))
        for probabilities, _ in judged
    ]

    def loss(temperature: float) -> float:
        best = np.array([1 / np.exp((score - score[0]) / temperature).sum() for score in scores])
        best = best.clip(1e-6, 1 - 1e-6)
        return float(-np.where(right, np.log(best), np.log(1 - best)).mean())

    candidates: list[float] = np.geomspace(0.2, 8.0, 60).tolist()
    return min(candidates, key=loss)


def keep_temperature(folder: Path, judged: Sequence[Judged]) -> None:
    """Write the temperature that fits `judged` into a decoder's folder."""
    path = folder / "decoder.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["temperature"] = round(best_temperature(judged, float(config.get("temperature", 1.0))), 3)
    path.write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
