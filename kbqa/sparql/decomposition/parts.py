"""What operators work with: the reader of simpler questions, their readings, and what is put together."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pyoxigraph import NamedNode

from kbqa.decoding.actions import Action, Kind
from kbqa.decoding.beam import DerivationStep
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.query import Query

COMPOSED = "COMPOSED"
"""The step at which readings are put together."""


@dataclass(frozen=True)
class Composition(Action):
    """How readings are put together, in words."""

    kind = Kind.KEYWORD

    key: str


@dataclass(frozen=True)
class Named:
    """A thing that a question may name, and the words by which it does."""

    thing: NamedNode
    said: str


@dataclass(frozen=True)
class Part:
    """A reading of a question, or of a part of one, and how likely it is right.

    Of one that has `failed`, the last condition leaves nothing.
    """

    query: Query
    probability: float
    derivation: tuple[DerivationStep, ...] = ()
    failed: bool = False


@dataclass(frozen=True)
class Composed(Part):
    """A query that was put together of readings; `notice` is a remark for people on how."""

    notice: str = field(default="", kw_only=True)


class Reader(Protocol):
    """Reads questions on one graph. Whatever it was asked once costs nothing again."""

    graph: LiveGraph

    def read(self, question: str) -> Sequence[Part]:
        """Readings of a question, the best first. Raises StoreError, EncoderError."""
        ...

    def named(self, question: str) -> Sequence[Named]:
        """The things that a question may name, the best first. Raises StoreError, EncoderError."""
        ...


Operator = Callable[[str, Reader], Iterator[Composed]]
"""Takes a question apart and yields queries for it. Raises StoreError, EncoderError."""


def composed(
    query: Query, parts: Sequence[Part], words: str, *, trust: float = 0.9, notice: str = ""
) -> Composed:
    """A query that parts were put together to; it is right where all of them are, and the operator is.

    `trust` is how often that is so.
    """
    probability = trust
    for part in parts:
        probability *= part.probability
    step = DerivationStep(COMPOSED, Composition(words, words), 1, 0, trust)
    first, *others = [part.derivation for part in parts] or [()]
    steps = (*first, step, *(each for derivation in others for each in derivation))
    return Composed(query, probability, steps, notice=notice)
