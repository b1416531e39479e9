"""The state that a decoder walks through."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kbqa.decoding.actions import Action
from kbqa.sparql.grammar.actions import Step
from kbqa.sparql.grammar.checks import CHECKS
from kbqa.sparql.grammar.legal_actions import LEGAL_ACTIONS
from kbqa.sparql.grammar.prefix import LinkedQuestion, Prefix
from kbqa.sparql.grammar.transitions import TRANSITIONS
from kbqa.sparql.query import Query

_CONDITIONS = (Step.RELATION, Step.TAIL, Step.VALUE)
"""The steps that end a condition which may leave nothing."""


@dataclass(frozen=True)
class SparqlState:
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
    def failed(self) -> bool:
        """Whether the last condition leaves nothing."""
        return self.prefix.failed

    @property
    def query(self) -> Query:
        """The query as far as it is written."""
        return self.prefix.query

    def legal_actions(self) -> Sequence[Action]:
        """The actions that the grammar allows here."""
        return LEGAL_ACTIONS[self.step](self.prefix)

    def holds(self, actions: Sequence[Action]) -> list[bool]:
        """Whether the graph has an answer to a query that goes on with an action, for each of some."""
        check = CHECKS.get(self.step)
        return [True] * len(actions) if check is None else check(self.prefix, actions)

    def apply(self, action: Action) -> "SparqlState":
        """The state after an action. Raises ValueError for one that is not legal."""
        after = TRANSITIONS[self.step](self.prefix, action)
        if self.prefix.may_fail and after.query != self.prefix.query and self.step in _CONDITIONS:
            (is_solved,) = after.linked.graph.holds([after.query])
            after = replace(after, failed=not is_solved)
        return SparqlState(after)

    def requiring_answer(self) -> "SparqlState":
        """The same state, in which it is no legal action that the question has no answer."""
        return SparqlState(replace(self.prefix, allow_no_answer=False))


def start(linked: LinkedQuestion, *, allow_no_answer: bool = True) -> SparqlState:
    """The state before the first action."""
    return SparqlState(Prefix(linked, allow_no_answer=allow_no_answer))
