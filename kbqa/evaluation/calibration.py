"""How well being sure and being right go together."""

from collections.abc import Sequence


def calibration_error(sureness: Sequence[tuple[float, bool]]) -> float:
    """Return the expected calibration error in ten bins (Guo et al. 2017): by how much being sure and being right differ."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for probability, right in sureness:
        bins.setdefault(min(9, int(10 * probability)), []).append((probability, right))
    gaps = (abs(sum(probability - right for probability, right in each)) for each in bins.values())
    total: float = sum(gaps)
    return total / max(1, len(sureness))
