"""The actions of a transition system (Yin and Neubig 2018, TranX), and what a grammar owes a decoder.

An action is a keyword of the grammar, or a pointer: to a variable of the query, or to what a graph or a
database holds; which pointers those are, each language says in its own `grammar/actions`.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Protocol, Self

from kbqa.linking.words import Span


class Kind(StrEnum):
    """The kind of an action, or of the thing that it points to; each has an embedding of its own."""

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


FEATURES = 6
"""The most features that an action has; missing ones are 0."""


@dataclass(frozen=True)
class Action:
    """One thing that may come next. Actions are equal when their class and key are.

    `text` is what the network reads of it; `span` the question's characters (start, end) that mention it;
    `features` say how well they do; `context` is the texts of what surrounds it (an entity's properties),
    read as one.
    """

    kind: ClassVar[Kind]

    key: Hashable
    text: str = field(default="", compare=False)
    span: Span | None = field(default=None, compare=False)
    features: tuple[float, ...] = field(default=(), compare=False)
    context: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Keyword(Action):
    """A word of the grammar."""

    kind = Kind.KEYWORD

    key: str


@dataclass(frozen=True)
class VariablePointer(Action):
    """A variable of the query by its number, read as the action that introduced it."""

    kind = Kind.VARIABLE

    key: int
    introduced_by: Action | None = field(default=None, compare=False)


class State(Protocol):
    """A prefix of a query: what may follow, and whether the data allow it. States are never changed."""

    @property
    def step(self) -> str:
        """The kind of decision that is due; empty when the query is complete."""
        ...

    @property
    def answerable(self) -> bool:
        """Whether the question has an answer, as far as was decided."""
        ...

    def legal_actions(self) -> Sequence[Action]:
        """The actions that the grammar allows; the data may allow fewer."""
        ...

    def holds(self, actions: Sequence[Action]) -> list[bool]:
        """Whether a query that goes on with an action has an answer, for each of some actions."""
        ...

    def apply(self, action: Action) -> Self:
        """The state after an action. Raises ValueError for one that the grammar does not allow."""
        ...

    def requiring_answer(self) -> Self:
        """The same state, in which it is no legal action that the question has no answer."""
        ...
