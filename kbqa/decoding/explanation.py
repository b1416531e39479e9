"""The steps in which a query was decided, whatever its language."""

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
    derivation: Iterable[DerivationStep], names: Mapping[str, str], text: Callable[[Action], str]
) -> list[ShownStep]:
    """The steps of a derivation with their names and actions in words."""
    return [
        ShownStep(names[step.step], text(step.action), step.offered, step.refused, step.probability)
        for step in derivation
    ]
