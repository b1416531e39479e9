"""Which choices the graph still has an answer with."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from kbqa.decoding.actions import Action, Kind, keyword
from kbqa.sparql.grammar.legal_actions import OFFERS, followed, offer_alternatives, offer_values
from kbqa.sparql.grammar.prefix import Prefix, term_of
from kbqa.sparql.grammar.transitions import after_comparison, after_order, after_relation, compared
from kbqa.sparql.query import Aggregate, Comparison, Edge, Having, Query, Variable

_FEW = 4
"""How many choices the graph is asked about at once where one that holds is enough."""
Check = Callable[[Prefix, Sequence[Action]], list[bool]]


def _check_heads(state: Prefix, choices: Sequence[Action]) -> list[bool]:
    """Only another end of an edge needs looking ahead: there must be one to choose."""
    if state.group:
        return [True] * len(choices)
    return [
        choice.key != "OR" or _some(_check_alternatives, state, offer_alternatives(state))
        for choice in choices
    ]


def _check_relations(state: Prefix, choices: Sequence[Action]) -> list[bool]:
    """A question whether something is so may have the answer no: what it asserts need not hold."""
    if state.asks:
        return [_may_be_asked(state, choice) for choice in choices]
    found = dict.fromkeys(choices, False)
    for choice in choices:
        if choice.kind == Kind.KEYWORD:
            after = after_relation(state, choice)
            found[choice] = _some(_check_values, after, offer_values(after))
    classes = [choice for choice in choices if choice.kind == Kind.CLASS]
    found |= zip(classes, _check_edges(state, [state.membership(each) for each in classes]), strict=True)
    relations = [choice for choice in choices if choice.kind in (Kind.FORWARD, Kind.BACKWARD)]
    if state.group == "NOT":
        found |= {choice: _has_tail(after_relation(state, choice)) for choice in relations}
    else:
        new = keyword("NEW")
        again = [each for each in relations if followed(state, each)]
        found |= {choice: _has_tail(after_relation(state, choice)) for choice in again}
        first = [each for each in relations if each not in again]
        found |= zip(
            first, _solved(state, [state.with_edge(state.edge(each, new)) for each in first]), strict=True
        )
    return [found[choice] for choice in choices]


def _may_be_asked(state: Prefix, choice: Action) -> bool:
    if choice.kind == Kind.KEYWORD:
        return bool(offer_values(replace(state, comparison=Comparison(choice.key))))
    return choice.kind != Kind.CLASS or state.membership(choice) not in state.joined()


def _has_tail(state: Prefix) -> bool:
    return _some(_check_tails, state, OFFERS[state.step](state))


def _check_tails(state: Prefix, choices: Sequence[Action]) -> list[bool]:
    """What a question asks about need not be so, but must be of a kind that the relation has at this end."""
    relation = state.relation
    assert relation is not None
    if state.asks:
        entities = [choice for choice in choices if choice.kind == Kind.ENTITY]
        fitting = dict(
            zip(entities, state.world.graph.fits(relation, [each.key for each in entities]), strict=True)
        )
        return [
            fitting.get(choice, True) and state.edge(relation, choice) not in state.joined()
            for choice in choices
        ]
    return _check_edges(state, [state.edge(relation, choice) for choice in choices])


def _check_edges(state: Prefix, edges: Sequence[Edge]) -> list[bool]:
    """Tell which edges the query may be given: those that it lacks, and with which it has a solution."""
    holds = _solved(state, [state.with_edge(edge) for edge in edges])
    return [each and edge not in state.joined() for edge, each in zip(edges, holds, strict=True)]


def _solved(state: Prefix, queries: Sequence[Query]) -> list[bool]:
    return state.world.graph.holds(list(map(state.looked_for, queries)))


def _check_alternatives(state: Prefix, choices: Sequence[Action]) -> list[bool]:
    *before, edge = state.query.edges
    swapped = []
    for choice in choices:
        term = term_of(choice)
        ends = (edge.subject, term) if isinstance(edge.subject, Variable) else (term, edge.object)
        swapped.append(replace(state.query, edges=(*before, Edge(ends[0], edge.predicate, ends[1]))))
    extended = [replace(edge, alternatives=(*edge.alternatives, term_of(choice))) for choice in choices]
    return [
        each and more not in before
        for more, each in zip(extended, state.world.graph.holds(swapped), strict=True)
    ]


def _check_values(state: Prefix, choices: Sequence[Action]) -> list[bool]:
    if state.asks:
        return [True] * len(choices)
    assert state.comparison is not None
    if state.part == "having":
        assert state.item is not None
        conditions = [
            replace(state.query, having=Having(state.item, state.comparison, choice.key))
            for choice in choices
        ]
        return state.world.graph.answers(conditions)
    return _solved(state, [state.with_filter(compared(state, choice)) for choice in choices])


def _check_aggregated(state: Prefix, choices: Sequence[Action]) -> list[bool]:
    """A sum or mean needs numbers."""
    if state.aggregate not in (Aggregate.SUM, Aggregate.AVG):
        return [True] * len(choices)
    return state.world.graph.numeric(state.query, [Variable(choice.key) for choice in choices])


def _check_aggregates(state: Prefix, choices: Sequence[Action]) -> list[bool]:
    sums = {str(Aggregate.SUM), str(Aggregate.AVG)}
    return [
        choice.key not in sums or _some(_check_aggregated, after_order(state, choice), state.certain())
        for choice in choices
    ]


def _check_comparisons(state: Prefix, choices: Sequence[Action]) -> list[bool]:
    after = [after_comparison(state, choice) for choice in choices]
    return [_some(_check_values, each, offer_values(each)) for each in after]


def _some(check: Check, state: Prefix, choices: Sequence[Action]) -> bool:
    """Tell whether any of the choices holds; the graph is asked about a few at a time, since mostly one of
    the first does.
    """
    return any(any(check(state, choices[place : place + _FEW])) for place in range(0, len(choices), _FEW))


CHECKS: dict[str, Check] = {
    "HEAD": _check_heads,
    "RELATION": _check_relations,
    "TAIL": _check_tails,
    "OR": _check_alternatives,
    "VALUE": _check_values,
    "OF": _check_aggregated,
    "COLUMN": _check_aggregates,
    "ORDER": _check_aggregates,
    "COMPARE": _check_comparisons,
}
