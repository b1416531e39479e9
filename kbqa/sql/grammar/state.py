"""The state that a decoder walks through."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kbqa.decoding.actions import Action
from kbqa.sql.grammar.actions import Step, table_of
from kbqa.sql.grammar.legal_actions import LEGAL_ACTIONS
from kbqa.sql.grammar.prefix import LinkedQuestion, Prefix
from kbqa.sql.grammar.transitions import TRANSITIONS
from kbqa.sql.query import Query


@dataclass(frozen=True)
class SqlState:
    """A prefix of a query with what may follow it."""

    prefix: Prefix

    @property
    def step(self) -> Step:
        """The kind of decision that is due; empty when the query is complete."""
        return self.prefix.step

    @property
    def answerable(self) -> bool:
        """Whether the question has an answer, as far as was decided."""
        return self.prefix.answerable

    @property
    def query(self) -> Query:
        """The query as far as it is written."""
        return self.prefix.query

    def legal_actions(self) -> Sequence[Action]:
        """The actions that the grammar allows here."""
        return list(LEGAL_ACTIONS[self.step](self.prefix))

    def holds(self, actions: Sequence[Action]) -> list[bool]:
        """Whether keys connect an action with the tables that the query has, for each of some."""
        present, schema = self.prefix.table, self.prefix.linked.schema
        if present is None:
            return [True] * len(actions)
        return [(table := table_of(action)) is None or schema.connected(present, table) for action in actions]

    def apply(self, action: Action) -> "SqlState":
        """The state after an action. Raises ValueError for one that is not legal."""
        return SqlState(TRANSITIONS[self.step](self.prefix, action))

    def requiring_answer(self) -> "SqlState":
        """The same state, in which it is no legal action that the question has no answer."""
        return SqlState(replace(self.prefix, allow_no_answer=False))


def start(linked: LinkedQuestion, *, allow_no_answer: bool = True) -> SqlState:
    """The state of a query of which nothing is written."""
    return SqlState(Prefix(linked, allow_no_answer=allow_no_answer))
