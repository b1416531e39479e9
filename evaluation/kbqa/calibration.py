"""How well being sure and being right go together, and the temperature that makes them."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np


def calibration_error(sureness: Sequence[tuple[float, bool]]) -> float:
    """Return the expected calibration error in ten bins (Guo et al. 2017): by how much being sure and being
    right differ.
    """
    bins: dict[int, list[tuple[float, bool]]] = {}
    for probability, right in sureness:
        bins.setdefault(min(9, int(10 * probability)), []).append((probability, right))
    gaps = (abs(sum(probability - right for probability, right in each)) for each in bins.values())
    total: float = sum(gaps)
    return total / max(1, len(sureness))


Judged = tuple[tuple[float, ...], bool]
"""How likely each reading of a question was, the best first, and whether that was right.

What is left of 1 is that there is no answer.
"""


def best_temperature(judged: Sequence[Judged], present: float) -> float:
    """Return the temperature under which the likelihood of being right is highest, if the present one was
    used.
    """
    right = np.array([each for _, each in judged])
    scores = [present * np.log(np.clip([*readings, 1 - sum(readings)], 1e-12, 1)) for readings, _ in judged]

    def loss(temperature: float) -> float:
        likely = np.array([1 / np.exp((each - each[0]) / temperature).sum() for each in scores]).clip(
            1e-6, 1 - 1e-6
        )
        return float(-np.where(right, np.log(likely), np.log(1 - likely)).mean())

    candidates: list[float] = np.geomspace(0.2, 8.0, 60).tolist()
    return min(candidates, key=loss)


def keep_temperature(folder: Path, judged: Sequence[Judged]) -> None:
    """Write into a decoder's folder the temperature under which its sureness fits best, given how sure and
    how right it was.
    """
    path = folder / "decoder.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["temperature"] = round(best_temperature(judged, float(config.get("temperature", 1.0))), 3)
    path.write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
