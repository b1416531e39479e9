"""What may come next, as far as the grammar goes."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from pyoxigraph import Literal

from kbqa.decoding.actions import Action, Kind, keyword
from kbqa.sparql.dates import DATE_TYPES, dated_value, is_dated
from kbqa.sparql.grammar.prefix import MAX_BRANCHES, MAX_COLUMNS, MAX_VARIABLES, Prefix, has_nothing, term_of
from kbqa.sparql.query import RDF_TYPE, Aggregate, Branch, Comparison, Edge, Item, Query, Term, Variable

_AGGREGATES = tuple(Aggregate)
_ORDERED = (Comparison.LESS, Comparison.GREATER, Comparison.AT_MOST, Comparison.AT_LEAST)


def _offer_heads(state: Prefix) -> Sequence[Action]:
    if state.group:
        return _GROUP_HEADS[state.group](state)
    query, found = state.query, [keyword("END")]
    if has_nothing(query):
        begin = _beginnings(state)
        # Who insists on a reading looks for the nearest one, and that is no choice between several.
        others = [] if state.insists else [keyword("NONE"), *([keyword("EITHER")] if begin else [])]
        return begin if state.asks else [keyword("ASK"), *begin, *others]
    if query.optionals:
        return [*found, *_optional(state)]
    if _may_have_alternatives(query):
        found.append(keyword("OR"))
    variables = state.variables() if state.has_room else []
    if variables:
        found += variables
        found += [] if query.negations else [keyword("NOT")]
        found += (
            [] if query.negations or query.filters or query.branches or state.asks else [keyword("EITHER")]
        )
    return [*found, *_optional(state)]


def _beginnings(state: Prefix) -> list[Action]:
    return [*state.world.entities, *state.world.classes, *state.world.values]


def _optional(state: Prefix) -> list[Action]:
    may_be = state.has_room and not state.asks and state.certain() and len(state.introduced) < MAX_VARIABLES
    return [keyword("OPTIONAL")] if may_be else []


def _may_have_alternatives(query: Query) -> bool:
    """Tell whether the last edge may lead to one thing or another."""
    return (
        not (query.filters or query.negations or query.branches) and constant_end(query.edges[-1]) is not None
    )


def _offer_negated(state: Prefix) -> list[Action]:
    if not state.query.negations[-1]:
        return state.variables()
    own = [each for each in state.variables() if each.key >= state.opened]
    return [keyword("CLOSE"), *(own if state.has_room else [])]


def _offer_either(state: Prefix) -> list[Action]:
    """An alternative begins as a query does, where nothing is common to all; each is another one, and they
    share a variable.
    """
    query = state.query
    *others, branch = query.branches
    is_empty, found = branch == Branch(), list[Action]()
    if not is_empty and branch not in others:
        found += [keyword("OR")] if len(query.branches) < MAX_BRANCHES and state.has_room else []
        found += [keyword("CLOSE")] if others and state.shared() else []
    if state.has_room or not found:
        found += _beginnings(state) if is_empty and not query.edges else []
        found += state.variables()
    return found


_GROUP_HEADS: dict[str, Callable[[Prefix], list[Action]]] = {
    "NOT": _offer_negated,
    "EITHER": _offer_either,
    "OPTIONAL": Prefix.certain,
}


def _offer_relations(state: Prefix) -> Sequence[Action]:
    assert state.head is not None
    head, graph = state.head, state.world.graph
    if head.kind in (Kind.ENTITY, Kind.VALUE):
        return graph.relations_of(term_of(head))
    found = list(graph.relations_after(state.introduced[head.key]))
    introduced_by = state.introduced[head.key]
    if introduced_by.kind != Kind.CLASS and state.group != "OPTIONAL":
        found += state.world.classes
        found += [] if state.group == "NOT" else map(keyword, Comparison)
    return found


def _offer_tails(state: Prefix) -> Sequence[Action]:
    assert state.relation is not None
    assert state.head is not None
    relation, head = state.relation, state.head
    found = (
        [keyword("NEW")] if len(state.introduced) < MAX_VARIABLES and not followed(state, relation) else []
    )
    if state.group == "OPTIONAL":
        return found
    variables = [each for each in state.certain() if each.key != head.key or head.kind != Kind.VARIABLE]
    if state.group == "EITHER" and head.kind != Kind.VARIABLE:
        return [*found, *variables]  # between two constants there is nothing to find
    found += state.world.entities
    if relation.kind == Kind.FORWARD:
        found += [value for value in state.world.values if value.key[0] == relation.key]
    found += variables
    if state.asks and relation.kind == Kind.FORWARD:
        found += state.world.numbers
    return found


def followed(state: Prefix, relation: Action) -> bool:
    """Tell whether the relation was followed from the same head to a variable before: once more says nothing,
    and multiplies the solutions.
    """
    assert state.head is not None
    head = state.node(state.head)
    ends = [
        (edge.subject, edge.object) if relation.kind == Kind.FORWARD else (edge.object, edge.subject)
        for edge in state.joined()
        if edge.predicate == relation.key
    ]
    return state.group != "NOT" and any(one == head and isinstance(other, Variable) for one, other in ends)


def offer_alternatives(state: Prefix) -> Sequence[Action]:
    """Return what else the last edge may lead to."""
    edge = state.query.edges[-1]
    used = {constant_end(edge), *edge.alternatives}
    same = [value for value in state.world.values if value.key[0] == edge.predicate]
    return [choice for choice in (*state.world.entities, *same) if term_of(choice) not in used]


def offer_values(state: Prefix) -> Sequence[Action]:
    """Return what the chosen head, or a group, may be compared with."""
    world, comparison = state.world, state.comparison
    if state.part == "having":
        return world.numbers
    assert state.head is not None
    by = state.introduced[state.head.key]
    values = [value for value in world.values if value.key[0] == by.key]
    if comparison == Comparison.CONTAINS:
        return [*values, *world.numbers]
    numbers = _fitting(world.numbers, world.graph.range_of(by.key), comparison)
    if comparison == Comparison.UNEQUAL:
        return [*numbers, *values, *world.entities]
    has_mean = (
        comparison in _ORDERED
        and not state.group
        and any(edge.object == Variable(state.head.key) for edge in state.query.edges)
    )
    average = (
        [keyword("AVERAGE")]
        if has_mean and by.kind == Kind.FORWARD and world.graph.has_numbers(by.key)
        else []
    )
    return [*numbers, *values, *average]


def _fitting(numbers: Sequence[Action], datatype: str, comparison: Comparison | None) -> list[Action]:
    """Return the numbers and dates of a question as what a property has."""
    if datatype in DATE_TYPES:
        dated = [(number, dated_value(number.key.value, datatype, comparison)) for number in numbers]
        return [replace(number, key=value) for number, value in dated if value is not None]
    return [
        replace(number, key=Literal(number.key.value)) if is_dated(number.key.value) else number
        for number in numbers
    ]


def _offer_columns(state: Prefix) -> Sequence[Action]:
    query = state.query
    more = len(query.columns) < MAX_COLUMNS
    chosen = {item.variable for item in query.columns if not item.aggregate}
    there = state.variables() if query.columns else state.certain()  # what may be missing says nothing alone
    found = [each for each in there if Variable(each.key) not in chosen] if more and not query.having else []
    found += _aggregates(state) if more and not query.having else ()
    if query.columns:
        found += map(
            keyword, ("STOP", "ASC", "DESC") if _offer_order(replace(state, part="order")) else ("STOP",)
        )
        found += (
            [keyword("HAVING")]
            if not query.having and state.world.numbers and any(not item.aggregate for item in query.columns)
            else []
        )
    return found


def _aggregates(state: Prefix) -> list[Action]:
    """Return the aggregates that there is something for."""
    return [keyword(each) for each in _AGGREGATES if _offer_aggregated(replace(state, aggregate=each))]


def _offer_aggregated(state: Prefix) -> Sequence[Action]:
    """A column is not written twice; what may be missing can only be counted."""
    whole = [keyword("ALL")] if state.aggregate == Aggregate.COUNT else []
    there = state.query.columns if state.part == "column" else ()
    counts = state.aggregate in (Aggregate.COUNT, Aggregate.COUNT_DISTINCT)
    return [
        each
        for each in (*whole, *(state.variables() if counts else state.certain()))
        if aggregated_item(state, each) not in there
    ]


def _offer_comparisons(state: Prefix) -> Sequence[Action]:
    return [keyword(each) for each in Comparison if each != Comparison.CONTAINS]


def _offer_order(state: Prefix) -> Sequence[Action]:
    grouped = any(item.aggregate for item in state.query.columns) or state.query.having
    plain = [each for each in state.variables() if not grouped or Variable(each.key) in state.query.grouped]
    aggregates = [] if state.part == "order" and not state.query.grouped and grouped else _aggregates(state)
    return aggregates if state.part == "having" else [*plain, *aggregates]


def _offer_limits(state: Prefix) -> Sequence[Action]:
    counts = [
        number
        for number in state.world.numbers
        if number.key.value.isdecimal() and 0 < int(number.key.value) <= 1000
    ]
    return [keyword("ONE"), keyword("UNLIMITED"), *counts]


def aggregated_item(state: Prefix, choice: Action) -> Item:
    """Return a column, or what is sorted by, of what an aggregate is of."""
    return Item(None if choice.kind == Kind.KEYWORD else Variable(choice.key), state.aggregate)


def constant_end(edge: Edge) -> Term | None:
    """Return the end of an edge that is no variable, if the other one is."""
    if edge.predicate == RDF_TYPE:
        return None
    constants = [end for end in (edge.subject, edge.object) if not isinstance(end, Variable)]
    return constants[0] if len(constants) == 1 else None


OFFERS: dict[str, Callable[[Prefix], Sequence[Action]]] = {
    "HEAD": _offer_heads,
    "RELATION": _offer_relations,
    "TAIL": _offer_tails,
    "OR": offer_alternatives,
    "VALUE": offer_values,
    "COLUMN": _offer_columns,
    "OF": _offer_aggregated,
    "COMPARE": _offer_comparisons,
    "ORDER": _offer_order,
    "LIMIT": _offer_limits,
}
