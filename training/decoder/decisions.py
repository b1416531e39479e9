"""What an oracle says of one step: what the decoder is taught."""

from dataclasses import dataclass

from kbqa.decoding.actions import Action


@dataclass(frozen=True)
class Decision:
    """One step: its kind, the actions that are legal there, and which of them is right."""

    step: str
    legal: tuple[Action, ...]
    gold: int

    @property
    def action(self) -> Action:
        """The right action."""
        return self.legal[self.gold]
