"""What a decoder chooses from, and what a grammar must offer for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class Kind(StrEnum):
    """What a choice points to; each kind has an embedding of its own."""

    KEYWORD = "keyword"
    VARIABLE = "variable"
    ENTITY = "entity"
    CLASS = "class"
    FORWARD = "forward"
    BACKWARD = "backward"
    VALUE = "value"
    NUMBER = "number"
    TABLE = "table"
    COLUMN = "column"


@dataclass(frozen=True)
class Action:
    """One thing that may come next. Choices are equal when their kind and key are.

    `text` is what the network reads of it; `span` the question's characters (start, end) that mention it;
    `features` say how well they do; `context` is the texts of what surrounds it (an entity's properties),
    read as one.
    """

    kind: Kind
    key: Any
    text: str = field(default="", compare=False)
    span: tuple[int, int] | None = field(default=None, compare=False)
    features: tuple[float, ...] = field(default=(), compare=False)
    context: tuple[str, ...] = field(default=(), compare=False)
    introduced_by: "Action | None" = field(default=None, compare=False)


def keyword(word: str) -> Action:
    """Return the choice of a keyword."""
    return Action(Kind.KEYWORD, word)


FEATURES = 6
"""How many features a choice may have; missing ones are 0."""


@dataclass(frozen=True)
class Step:
    """One decision: its kind, what could be chosen, and which of it is right."""

    step: str
    legal: tuple[Action, ...]
    gold: int


class State(Protocol):
    """A prefix of a query: what may follow, and whether the data allow it. States are never changed."""

    @property
    def step(self) -> str:
        """Name the kind of decision that is due; empty when the query is complete."""
        ...

    @property
    def answerable(self) -> bool:
        """Tell whether the question has an answer, as far as was decided."""
        ...

    def legal_actions(self) -> Sequence[Action]:
        """Return what the grammar allows; the data may allow less."""
        ...

    def holds(self, choices: Sequence[Action]) -> list[bool]:
        """Tell for each choice whether a query that goes on with it has an answer."""
        ...

    def apply(self, choice: Action) -> "State":
        """Return the state after a choice."""
        ...
