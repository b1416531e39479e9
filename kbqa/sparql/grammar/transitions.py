"""What comes of a choice."""

from collections.abc import Callable
from dataclasses import replace

from kbqa.decoding.actions import Action, Kind
from kbqa.sparql.grammar.legal_actions import aggregated_item
from kbqa.sparql.grammar.prefix import Prefix, open_branch, term_of
from kbqa.sparql.query import (
    RDF_TYPE,
    Aggregate,
    Average,
    Comparison,
    Edge,
    Having,
    Item,
    Period,
    Query,
    Term,
    Variable,
)


def _after_head(state: Prefix, choice: Action) -> Prefix:
    if choice.kind == Kind.KEYWORD:
        return _AFTER_HEAD_WORD[choice.key](state)
    if choice.kind == Kind.CLASS:
        edge = Edge(Variable(0), RDF_TYPE, choice.key)
        return replace(state, query=state.with_edge(edge), introduced=state.introduced or (choice,))
    return replace(state, step="RELATION", head=choice)


def _or(state: Prefix) -> Prefix:
    return (
        replace(state, query=open_branch(state.query))
        if state.group == "EITHER"
        else replace(state, step="OR")
    )


def _close(state: Prefix) -> Prefix:
    """Leave a part. Of alternatives, the variables stay that all of them have."""
    kept = state.shared() if state.group == "EITHER" else set()
    hidden = state.hidden | (set(range(state.opened, len(state.introduced))) - kept)
    return replace(state, group="", hidden=frozenset(hidden))


_AFTER_HEAD_WORD: dict[str, Callable[[Prefix], Prefix]] = {
    "ASK": lambda state: replace(state, asks=True),
    "NONE": lambda state: replace(state, step="", answerable=False),
    "END": lambda state: replace(state, step="" if state.asks else "COLUMN"),
    "NOT": lambda state: replace(
        state,
        group="NOT",
        opened=len(state.introduced),
        query=replace(state.query, negations=(*state.query.negations, ())),
    ),
    "EITHER": lambda state: replace(
        state, group="EITHER", opened=len(state.introduced), query=open_branch(state.query)
    ),
    "OPTIONAL": lambda state: replace(state, group="OPTIONAL"),
    "CLOSE": _close,
    "OR": _or,
}


def after_relation(state: Prefix, choice: Action) -> Prefix:
    """Return the state after a relation, a class or a comparison."""
    if choice.kind == Kind.KEYWORD:
        return replace(state, step="VALUE", comparison=Comparison(choice.key), part="filter")
    if choice.kind == Kind.CLASS:
        return replace(state, step="HEAD", query=state.with_edge(state.membership(choice)), head=None)
    return replace(state, step="TAIL", relation=choice)


def _after_tail(state: Prefix, choice: Action) -> Prefix:
    assert state.relation is not None
    introduced, optional = state.introduced, state.optional
    if choice.kind == Kind.KEYWORD:
        introduced = (*introduced, state.relation)
    if state.group == "OPTIONAL":
        optional |= {len(state.introduced)}
    query, group = (
        state.with_edge(state.edge(state.relation, choice)),
        "" if state.group == "OPTIONAL" else state.group,
    )
    return replace(
        state,
        step="HEAD",
        query=query,
        introduced=introduced,
        optional=optional,
        group=group,
        head=None,
        relation=None,
    )


def _after_alternative(state: Prefix, choice: Action) -> Prefix:
    return replace(state, step="HEAD", query=_with_alternative(state.query, choice))


def _after_value(state: Prefix, choice: Action) -> Prefix:
    assert state.comparison is not None
    if state.part == "having":
        assert state.item is not None
        query = replace(state.query, having=Having(state.item, state.comparison, choice.key))
        return replace(state, step="COLUMN", part="column", query=query, item=None, comparison=None)
    query = state.with_filter(compared(state, choice))
    return replace(state, step="HEAD", query=query, head=None, comparison=None, part="column")


def _after_column(state: Prefix, choice: Action) -> Prefix:
    if choice.kind == Kind.VARIABLE:
        return _with_item(state, Item(Variable(choice.key)))
    if choice.key == "STOP":
        return replace(state, step="")
    if choice.key in ("ASC", "DESC"):
        return replace(
            state, step="ORDER", part="order", query=replace(state.query, descending=choice.key == "DESC")
        )
    if choice.key == "HAVING":
        return replace(state, step="ORDER", part="having")
    return replace(state, step="OF", aggregate=Aggregate(choice.key))


def after_order(state: Prefix, choice: Action) -> Prefix:
    """Return the state after what is sorted by, or compared in groups."""
    if choice.kind == Kind.VARIABLE:
        return _with_item(state, Item(Variable(choice.key)))
    return replace(state, step="OF", aggregate=Aggregate(choice.key))


def _after_aggregated(state: Prefix, choice: Action) -> Prefix:
    return _with_item(replace(state, aggregate=None), aggregated_item(state, choice))


def after_comparison(state: Prefix, choice: Action) -> Prefix:
    """Return the state after a comparison of groups."""
    return replace(state, step="VALUE", comparison=Comparison(choice.key))


def _after_limit(state: Prefix, choice: Action) -> Prefix:
    limit = (
        {"ONE": 1, "UNLIMITED": None}[choice.key] if choice.kind == Kind.KEYWORD else int(choice.key.value)
    )
    return replace(state, step="", query=replace(state.query, limit=limit))


def _with_item(state: Prefix, item: Item) -> Prefix:
    if state.part == "order":
        return replace(state, step="LIMIT", query=replace(state.query, order=item))
    if state.part == "having":
        return replace(state, step="COMPARE", item=item)
    return replace(state, step="COLUMN", query=replace(state.query, columns=(*state.query.columns, item)))


def _with_alternative(query: Query, choice: Action) -> Query:
    *before, edge = query.edges
    return replace(query, edges=(*before, replace(edge, alternatives=(*edge.alternatives, term_of(choice)))))


def compared(state: Prefix, choice: Action) -> Term | Average | Period:
    """Return what the chosen head is compared with."""
    assert state.head is not None
    if choice.kind != Kind.KEYWORD:
        return term_of(choice)
    variable = Variable(state.head.key)
    return Average(next(edge for edge in state.query.edges if edge.object == variable))


FOLLOWING: dict[str, Callable[[Prefix, Action], Prefix]] = {
    "HEAD": _after_head,
    "RELATION": after_relation,
    "TAIL": _after_tail,
    "OR": _after_alternative,
    "VALUE": _after_value,
    "COLUMN": _after_column,
    "OF": _after_aggregated,
    "COMPARE": after_comparison,
    "ORDER": after_order,
    "LIMIT": _after_limit,
}
