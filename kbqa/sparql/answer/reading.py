"""One way to understand a question of a graph, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyoxigraph import NamedNode

from kbqa.decoding.beam import DerivationStep
from kbqa.sparql.answer.sureness import Features
from kbqa.sparql.query import Query
from kbqa.sparql.stores.base import Solutions


@dataclass(frozen=True)
class Reading:
    """One way to understand a question.

    Once it was run, `solutions` is what a SELECT found, `holds` what an ASK answered.
    """

    query: Query
    text: str
    probability: float
    """The probability that its answer is right."""
    derivation: tuple[DerivationStep, ...]
    solutions: Solutions | None = None
    holds: bool | None = None
    share: float = 1.0
    """How likely it is among all that the decoder found."""
    composed: bool = False
    """Whether it was put together of readings of simpler questions, from which its probability follows."""
    words: str = ""
    """The query in words; empty where nobody told it."""
    unused: tuple[str, ...] = ()
    """The words of the question that it has nothing of."""
    features: Features | None = None
    confirmed: bool = False
    """Whether people confirmed its text, of which the query is not known."""
    named: Mapping[NamedNode, str] = field(default_factory=dict)
    """What the things are called that it names."""

    @property
    def ran(self) -> bool:
        """Whether it was run."""
        return self.solutions is not None or self.holds is not None

    @property
    def found(self) -> object:
        """What it found, as something that is equal where the answers are."""
        if self.solutions is None:
            return self.holds
        return tuple(sorted(map(str, self.solutions.rows)))
