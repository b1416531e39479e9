"""How a query was decided, step by step, whatever its language."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from kbqa.decoding.actions import Action
from kbqa.decoding.beam import DerivationStep


@dataclass(frozen=True)
class ShownStep:
    """A step as a page shows it."""

    step: str
    choice: str
    offered: int
    refused: int
    probability: float


def shown_steps(
    taken: Iterable[DerivationStep], names: Mapping[str, str], text: Callable[[Action], str]
) -> list[ShownStep]:
    """Return steps with their names and choices in words."""
    return [
        ShownStep(names[each.step], text(each.choice), each.offered, each.refused, each.probability)
        for each in taken
    ]
