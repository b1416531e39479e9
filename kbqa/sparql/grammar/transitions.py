"""The state after an action, for each step."""

from collections.abc import Callable
from dataclasses import replace

from kbqa.decoding.actions import Action, Keyword, VariablePointer
from kbqa.sparql.grammar.actions import (
    ClassPointer,
    EntityPointer,
    ForwardPointer,
    NumberPointer,
    RelationPointer,
    Step,
    ValuePointer,
    Word,
    not_legal,
    term_of,
)
from kbqa.sparql.grammar.legal_actions import aggregated_item
from kbqa.sparql.grammar.prefix import Part, Prefix, open_branch
from kbqa.sparql.query import (
    Aggregate,
    Average,
    Comparison,
    Having,
    Item,
    Period,
    Query,
    Term,
    Variable,
)


def _after_head(state: Prefix, action: Action) -> Prefix:
    match action:
        case Keyword(key=word):
            return _AFTER_HEAD_WORD[Word(word)](state)
        case ClassPointer(key=iri):
            query = state.with_edge(state.linked.graph.membership(Variable(0), iri))
            return replace(state, query=query, introduced=state.introduced or (action,))
        case EntityPointer() | ValuePointer() | VariablePointer():
            return replace(state, step=Step.RELATION, head=action)
    raise not_legal(action)


def _or(state: Prefix) -> Prefix:
    if state.group == Word.EITHER:
        return replace(state, query=open_branch(state.query))
    return replace(state, step=Step.OR)


def _close(state: Prefix) -> Prefix:
    """Leave a part. Of alternatives, the variables stay that all of them have."""
    shared = state.shared() if state.group == Word.EITHER else set()
    hidden = state.hidden | (set(range(state.opened, len(state.introduced))) - shared)
    return replace(state, group=None, hidden=frozenset(hidden))


def _open(state: Prefix, group: Word, query: Query) -> Prefix:
    return replace(state, group=group, opened=len(state.introduced), query=query)


def _open_negation(state: Prefix) -> Prefix:
    return _open(state, Word.NOT, replace(state.query, negations=(*state.query.negations, ())))


_AFTER_HEAD_WORD: dict[Word, Callable[[Prefix], Prefix]] = {
    Word.ASK: lambda state: replace(state, asks=True),
    Word.NONE: lambda state: replace(state, step=Step.DONE, answerable=False),
    Word.END: lambda state: replace(state, step=Step.DONE if state.asks else Step.COLUMN),
    Word.NOT: _open_negation,
    Word.EITHER: lambda state: _open(state, Word.EITHER, open_branch(state.query)),
    Word.OPTIONAL: lambda state: replace(state, group=Word.OPTIONAL),
    Word.CLOSE: _close,
    Word.OR: _or,
}


def after_relation(state: Prefix, action: Action) -> Prefix:
    """The state after a relation, a class or a comparison."""
    match action:
        case Keyword(key=word):
            return replace(state, step=Step.VALUE, comparison=Comparison(word), part=Part.FILTER)
        case ClassPointer():
            return replace(state, step=Step.HEAD, query=state.with_edge(state.membership(action)), head=None)
        case RelationPointer():
            return replace(state, step=Step.TAIL, relation=action)
    raise not_legal(action)


def _after_tail(state: Prefix, action: Action) -> Prefix:
    assert state.relation is not None
    introduced, optional = state.introduced, state.optional
    query = state.with_edge(state.edge(state.relation, action))
    if action == Keyword(Word.NEW):
        if isinstance(state.relation, ForwardPointer) and state.linked.graph.has_numerals(state.relation.key):
            query = replace(query, numerals=query.numerals | {Variable(len(introduced))})
        introduced = (*introduced, state.relation)
    is_optional = state.group == Word.OPTIONAL
    if is_optional:
        optional |= {len(state.introduced)}
    return replace(
        state,
        step=Step.HEAD,
        query=query,
        introduced=introduced,
        optional=optional,
        group=None if is_optional else state.group,
        head=None,
        relation=None,
    )


def _after_alternative(state: Prefix, action: Action) -> Prefix:
    *before, edge = state.query.edges
    extended = replace(edge, alternatives=(*edge.alternatives, term_of(action)))
    return replace(state, step=Step.HEAD, query=replace(state.query, edges=(*before, extended)))


def _after_value(state: Prefix, action: Action) -> Prefix:
    assert state.comparison is not None
    if state.part == Part.HAVING:
        assert state.item is not None
        query = replace(state.query, having=Having(state.item, state.comparison, term_of(action)))
        return replace(state, step=Step.COLUMN, part=Part.COLUMN, query=query, item=None, comparison=None)
    query = state.with_filter(compared(state, action))
    return replace(state, step=Step.HEAD, query=query, head=None, comparison=None, part=Part.COLUMN)


def _after_column(state: Prefix, action: Action) -> Prefix:
    match action:
        case VariablePointer(key=index):
            return _with_item(state, Item(Variable(index)))
        case Keyword(key=Word.STOP):
            return replace(state, step=Step.DONE)
        case Keyword(key=Word.ASC | Word.DESC as word):
            query = replace(state.query, descending=word == Word.DESC)
            return replace(state, step=Step.ORDER, part=Part.ORDER, query=query)
        case Keyword(key=Word.HAVING):
            return replace(state, step=Step.ORDER, part=Part.HAVING)
    return _begin_aggregate(state, action)


def after_order(state: Prefix, action: Action) -> Prefix:
    """The state after what is sorted by, or compared in groups."""
    if isinstance(action, VariablePointer):
        return _with_item(state, Item(Variable(action.key)))
    return _begin_aggregate(state, action)


def _begin_aggregate(state: Prefix, action: Action) -> Prefix:
    if isinstance(action, Keyword):
        return replace(state, step=Step.OF, aggregate=Aggregate(action.key))
    raise not_legal(action)


def _after_aggregated(state: Prefix, action: Action) -> Prefix:
    return _with_item(replace(state, aggregate=None), aggregated_item(state, action))


def after_comparison(state: Prefix, action: Action) -> Prefix:
    """The state after a comparison of groups."""
    if isinstance(action, Keyword):
        return replace(state, step=Step.VALUE, comparison=Comparison(action.key))
    raise not_legal(action)


def _after_limit(state: Prefix, action: Action) -> Prefix:
    match action:
        case Keyword(key=Word.ONE):
            limit: int | None = 1
        case Keyword(key=Word.UNLIMITED):
            limit = None
        case NumberPointer(key=number):
            limit = int(number.value)
        case _:
            raise not_legal(action)
    return replace(state, step=Step.DONE, query=replace(state.query, limit=limit))


def _with_item(state: Prefix, item: Item) -> Prefix:
    if state.part == Part.ORDER:
        return replace(state, step=Step.LIMIT, query=replace(state.query, order=item))
    if state.part == Part.HAVING:
        return replace(state, step=Step.COMPARE, item=item)
    query = replace(state.query, columns=(*state.query.columns, item))
    return replace(state, step=Step.COLUMN, query=query)


def compared(state: Prefix, action: Action) -> Term | Average | Period:
    """The value that the chosen head is compared with: a constant, or the mean of its property."""
    if isinstance(action, NumberPointer):
        return action.key
    if action != Keyword(Word.AVERAGE):
        return term_of(action)
    return Average(next(edge for edge in state.query.edges if edge.object == state.head_variable()))


TRANSITIONS: dict[Step, Callable[[Prefix, Action], Prefix]] = {
    Step.HEAD: _after_head,
    Step.RELATION: after_relation,
    Step.TAIL: _after_tail,
    Step.OR: _after_alternative,
    Step.VALUE: _after_value,
    Step.COLUMN: _after_column,
    Step.OF: _after_aggregated,
    Step.COMPARE: after_comparison,
    Step.ORDER: after_order,
    Step.LIMIT: _after_limit,
}
