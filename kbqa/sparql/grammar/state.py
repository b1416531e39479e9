"""The state that a decoder walks through."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from kbqa.decoding.actions import Action
from kbqa.sparql.grammar.checks import CHECKS
from kbqa.sparql.grammar.legal_actions import OFFERS
from kbqa.sparql.grammar.prefix import LinkedQuestion, Prefix
from kbqa.sparql.grammar.transitions import FOLLOWING


@dataclass(frozen=True)
class SparqlState(Prefix):
    """A prefix of a query with what may follow it."""

    def legal_actions(self) -> Sequence[Action]:
        """Return what the grammar allows here."""
        return OFFERS[self.step](self)

    def holds(self, choices: Sequence[Action]) -> list[bool]:
        """Tell for each choice whether the graph has an answer to a query that goes on with it."""
        check = CHECKS.get(self.step)
        return [True] * len(choices) if check is None else check(self, choices)

    def apply(self, choice: Action) -> "SparqlState":
        """Return the state after a choice."""
        return cast(SparqlState, FOLLOWING[self.step](self, choice))


def start(world: LinkedQuestion, *, insists: bool = False) -> SparqlState:
    """Return the state before the first choice."""
    return SparqlState(world, insists=insists)
