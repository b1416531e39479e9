"""Checks that the graph still has an answer after an action."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from kbqa.decoding.actions import Action, Keyword, VariablePointer
from kbqa.sparql.grammar.actions import (
    ClassPointer,
    EntityPointer,
    ForwardPointer,
    RelationPointer,
    Step,
    ValuePointer,
    Word,
    not_legal,
    term_of,
)
from kbqa.sparql.grammar.legal_actions import LEGAL_ACTIONS, followed, legal_alternatives, legal_values
from kbqa.sparql.grammar.prefix import Part, Prefix
from kbqa.sparql.grammar.transitions import after_comparison, after_order, after_relation, compared
from kbqa.sparql.query import Aggregate, Comparison, Edge, Having, Query, Variable

_FEW = 4
"""How many actions the graph is asked about at once where one that holds is enough."""
Check = Callable[[Prefix, Sequence[Action]], list[bool]]


def _check_heads(state: Prefix, actions: Sequence[Action]) -> list[bool]:
    """Only another end of an edge needs looking ahead: there must be one to choose."""
    if state.group:
        return [True] * len(actions)
    return [
        action != Keyword(Word.OR) or _some(_check_alternatives, state, legal_alternatives(state))
        for action in actions
    ]


def _check_relations(state: Prefix, actions: Sequence[Action]) -> list[bool]:
    """A question whether something is so may have the answer no: what it asserts need not hold."""
    if state.asks:
        return [_may_be_asked(state, action) for action in actions]
    holds = dict.fromkeys(actions, False)
    for action in actions:
        if isinstance(action, Keyword):
            after = after_relation(state, action)
            holds[action] = _some(_check_values, after, legal_values(after))
    classes = [action for action in actions if isinstance(action, ClassPointer)]
    holds |= zip(
        classes, _check_edges(state, [state.membership(pointer) for pointer in classes]), strict=True
    )
    if state.may_fail:
        mentioned = [pointer for pointer in classes if pointer.features.exact]
        holds |= {pointer: state.membership(pointer) not in state.joined() for pointer in mentioned}
    relations = [action for action in actions if isinstance(action, RelationPointer)]
    again = [one for one in relations if state.group == Word.NOT or followed(state, one)]
    holds |= {relation: _has_tail(after_relation(state, relation)) for relation in again}
    first = [relation for relation in relations if relation not in again]
    new = [state.with_edge(state.edge(relation, Keyword(Word.NEW))) for relation in first]
    holds |= zip(first, _solved(state, new), strict=True)
    if state.may_fail:
        holds |= {relation: holds[relation] or _may_lead_nowhere(state, relation) for relation in first}
    return [holds[action] for action in actions]


def _may_lead_nowhere(state: Prefix, relation: RelationPointer) -> bool:
    """Whether a relation that nothing here has may be asked for: of a thing, or with a value that it has."""
    if not isinstance(state.head, VariablePointer):
        return True
    if isinstance(relation, ForwardPointer) and any(
        value.key[0] == relation.key for value in state.linked.values
    ):
        return True
    entities = [entity.key for entity in state.linked.entities if entity.features.exact][:_FEW]
    return any(state.linked.graph.fits(relation, entities))


def _may_be_asked(state: Prefix, action: Action) -> bool:
    if isinstance(action, Keyword):
        return bool(legal_values(replace(state, comparison=Comparison(action.key))))
    return not isinstance(action, ClassPointer) or state.membership(action) not in state.joined()


def _has_tail(state: Prefix) -> bool:
    return _some(_check_tails, state, LEGAL_ACTIONS[state.step](state))


def _check_tails(state: Prefix, actions: Sequence[Action]) -> list[bool]:
    """Tails that the graph has; in a question with yes or no, those of a kind that the relation leads to."""
    relation = state.relation
    assert relation is not None
    if not state.asks:
        found = _check_edges(state, [state.edge(relation, action) for action in actions])
        return _or_failing(state, relation, actions, found) if state.may_fail else found
    entities = [action for action in actions if isinstance(action, EntityPointer)]
    fits = state.linked.graph.fits(relation, [entity.key for entity in entities])
    fitting = dict[Action, bool](zip(entities, fits, strict=True))
    return [
        fitting.get(action, True) and state.edge(relation, action) not in state.joined() for action in actions
    ]


def _or_failing(
    state: Prefix, relation: RelationPointer, tails: Sequence[Action], found: Sequence[bool]
) -> list[bool]:
    """Tails that the graph has, and those of a kind that the relation leads to."""
    entities = [tail for tail in tails if isinstance(tail, EntityPointer)]
    fits = state.linked.graph.fits(relation, [entity.key for entity in entities])
    fitting = dict[Action, bool](zip(entities, fits, strict=True))
    return [
        holds or (fitting.get(tail, isinstance(tail, ValuePointer)) and not _is_known(state, relation, tail))
        for tail, holds in zip(tails, found, strict=True)
    ]


def _is_known(state: Prefix, relation: RelationPointer, tail: Action) -> bool:
    return state.edge(relation, tail) in state.joined()


def _check_edges(state: Prefix, edges: Sequence[Edge]) -> list[bool]:
    """Whether the query may get each edge: it lacks the edge, and has a solution with it."""
    holds = _solved(state, [state.with_edge(edge) for edge in edges])
    return [is_solved and edge not in state.joined() for edge, is_solved in zip(edges, holds, strict=True)]


def _solved(state: Prefix, queries: Sequence[Query]) -> list[bool]:
    return state.linked.graph.holds(list(map(state.looked_for, queries)))


def _check_alternatives(state: Prefix, actions: Sequence[Action]) -> list[bool]:
    *before, edge = state.query.edges
    swapped = []
    for action in actions:
        term = term_of(action)
        ends = (edge.subject, term) if isinstance(edge.subject, Variable) else (term, edge.object)
        swapped.append(replace(state.query, edges=(*before, Edge(ends[0], edge.predicate, ends[1]))))
    extended = [replace(edge, alternatives=(*edge.alternatives, term_of(action))) for action in actions]
    holds = state.linked.graph.holds(swapped)
    return [is_solved and more not in before for more, is_solved in zip(extended, holds, strict=True)]


def _check_values(state: Prefix, actions: Sequence[Action]) -> list[bool]:
    if state.asks or state.may_fail:
        return [True] * len(actions)
    assert state.comparison is not None
    if state.part == Part.HAVING:
        assert state.item is not None
        conditions = [
            replace(state.query, having=Having(state.item, state.comparison, term_of(action)))
            for action in actions
        ]
        return state.linked.graph.answers(conditions)
    return _solved(state, [state.with_filter(compared(state, action)) for action in actions])


def _check_aggregated(state: Prefix, actions: Sequence[Action]) -> list[bool]:
    """A sum or mean needs numbers."""
    if state.aggregate not in (Aggregate.SUM, Aggregate.AVG):
        return [True] * len(actions)
    return state.linked.graph.numeric(state.query, [_variable(action) for action in actions])


def _variable(action: Action) -> Variable:
    if isinstance(action, VariablePointer):
        return Variable(action.key)
    raise not_legal(action)


def _check_aggregates(state: Prefix, actions: Sequence[Action]) -> list[bool]:
    sums = (Keyword(Aggregate.SUM), Keyword(Aggregate.AVG))
    return [
        action not in sums or _some(_check_aggregated, after_order(state, action), state.certain())
        for action in actions
    ]


def _check_comparisons(state: Prefix, actions: Sequence[Action]) -> list[bool]:
    after = [after_comparison(state, action) for action in actions]
    return [_some(_check_values, state_after, legal_values(state_after)) for state_after in after]


def _some(check: Check, state: Prefix, actions: Sequence[Action]) -> bool:
    """Whether any of the actions holds.

    The graph is asked about a few at a time, since mostly one of the first does.
    """
    return any(any(check(state, actions[first : first + _FEW])) for first in range(0, len(actions), _FEW))


CHECKS: dict[Step, Check] = {
    Step.HEAD: _check_heads,
    Step.RELATION: _check_relations,
    Step.TAIL: _check_tails,
    Step.OR: _check_alternatives,
    Step.VALUE: _check_values,
    Step.OF: _check_aggregated,
    Step.COLUMN: _check_aggregates,
    Step.ORDER: _check_aggregates,
    Step.COMPARE: _check_comparisons,
}
