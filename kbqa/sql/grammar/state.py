"""The state that a decoder walks through."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from kbqa.decoding.actions import Action, Kind
from kbqa.sql.grammar.legal_actions import OFFERS
from kbqa.sql.grammar.prefix import LinkedQuestion, Prefix, table_of
from kbqa.sql.grammar.transitions import FOLLOWING


@dataclass(frozen=True)
class SqlState(Prefix):
    """A prefix of a query with what may follow it."""

    def legal_actions(self) -> Sequence[Action]:
        """Return what the grammar allows here."""
        return list(OFFERS[self.step](self))

    def holds(self, choices: Sequence[Action]) -> list[bool]:
        """Tell for each choice whether keys connect it with the tables that the query has."""
        present = self.table
        if present is None:
            return [True] * len(choices)
        schema = self.world.schema
        return [
            choice.kind not in (Kind.TABLE, Kind.COLUMN) or schema.connected(present, table_of(choice))
            for choice in choices
        ]

    def apply(self, choice: Action) -> "SqlState":
        """Return the state after a choice."""
        return cast(SqlState, FOLLOWING[self.step](self, choice))


def start(world: LinkedQuestion, *, insists: bool = False) -> SqlState:
    """Return the state of a query of which nothing is written."""
    return SqlState(world, insists=insists)
