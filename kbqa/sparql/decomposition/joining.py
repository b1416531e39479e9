"""Queries that are put together: variables renumbered, one thing in the place of another."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from pyoxigraph import NamedNode

from kbqa.sparql.query import (
    RDF_TYPE,
    Average,
    Branch,
    Choice,
    Edge,
    Filter,
    Having,
    Item,
    Node,
    Query,
    Value,
    Variable,
)

NodeMap = Callable[[Node], Node]


def answer_of(query: Query) -> Variable | None:
    """The variable that is the whole answer of a query; None where an answer is something else."""
    match query.columns:
        case (Item(variable=Variable() as variable, aggregate=None, operation=None),):
            return variable
    return None


def is_plain(query: Query) -> bool:
    """Whether a query's pattern is all of it, so that it may be a part of another pattern."""
    is_whole = query.order is None and query.limit is None and query.having is None and not query.branches
    return is_whole and answer_of(query) is not None


def size_of(query: Query) -> int:
    """How many variables a query has: the number of the next one."""
    nodes = [end for edge in _edges_of(query) for end in (edge.subject, edge.object)]
    nodes += [choice.variable for choice in query.choices]
    return max((node.index + 1 for node in nodes if isinstance(node, Variable)), default=0)


def _edges_of(query: Query) -> list[Edge]:
    return [*query.every_edge, *(edge for group in query.negations for edge in group)]


def things_in(query: Query) -> list[NamedNode]:
    """The things that a query's edges begin or end at; of classes, nothing."""
    ends = [
        end
        for edge in query.edges
        if edge.predicate != RDF_TYPE and not edge.alternatives
        for end in (edge.subject, edge.object)
    ]
    return list(dict.fromkeys(end for end in ends if isinstance(end, NamedNode)))


def replaced(query: Query, one: Node, by: Node) -> Query:
    """A query with a thing, or a variable, in the place of another."""
    return mapped(query, lambda node: by if node == one else node)


def shifted(query: Query, number: int) -> Query:
    """A query whose variables begin at a number."""
    return mapped(query, lambda node: _shifted(node, number))


def _shifted(node: Node, number: int) -> Node:
    is_numbered = isinstance(node, Variable) and not isinstance(node, Value)
    return Variable(node.index + number) if is_numbered else node  # type: ignore[union-attr]


def mapped(query: Query, node_of: NodeMap) -> Query:
    """A query whose nodes are others."""

    def edge(of: Edge) -> Edge:
        return replace(of, subject=node_of(of.subject), object=node_of(of.object))

    def variable(of: Variable) -> Variable:
        mapped_to = node_of(of)
        return mapped_to if isinstance(mapped_to, Variable) else of

    def condition(of: Filter) -> Filter:
        value = of.value
        if isinstance(value, Average):
            value = Average(edge(value.edge))
        elif isinstance(value, Variable):
            value = variable(value)
        return replace(of, variable=variable(of.variable), value=value)

    def item(of: Item) -> Item:
        operand = variable(of.operand) if of.operand else None
        return replace(of, variable=variable(of.variable) if of.variable else None, operand=operand)

    def group(of: Having) -> Having:
        value = variable(of.value) if isinstance(of.value, Variable) else of.value
        return replace(of, item=item(of.item), value=value)

    return replace(
        query,
        edges=tuple(map(edge, query.edges)),
        filters=tuple(map(condition, query.filters)),
        negations=tuple(tuple(map(edge, each)) for each in query.negations),
        columns=tuple(map(item, query.columns)),
        having=group(query.having) if query.having else None,
        order=item(query.order) if query.order else None,
        branches=tuple(
            Branch(tuple(map(edge, each.edges)), tuple(map(condition, each.filters)))
            for each in query.branches
        ),
        optionals=tuple(map(edge, query.optionals)),
        numerals=frozenset(map(variable, query.numerals)),
        choices=tuple(Choice(variable(each.variable), each.terms) for each in query.choices),
    )


def merged(one: Query, other: Query) -> Query:
    """The patterns of two queries as one, with the columns of the first."""
    return replace(
        one,
        edges=tuple(dict.fromkeys((*one.edges, *other.edges))),
        filters=tuple(dict.fromkeys((*one.filters, *other.filters))),
        negations=tuple(dict.fromkeys((*one.negations, *other.negations))),
        optionals=tuple(dict.fromkeys((*one.optionals, *other.optionals))),
        numerals=one.numerals | other.numerals,
        choices=tuple(dict.fromkeys((*one.choices, *other.choices))),
        values=(*one.values, *other.values),
    )


def side_by_side(queries: Sequence[Query]) -> tuple[Query, list[Variable]]:
    """A query with the patterns of some, and where in it the answer of each is.

    What sums up, sorts or cuts stays a query within the query, of which the one value is taken.
    """
    whole, answers = Query(), list[Variable]()
    for query in queries:
        answer = answer_of(query)
        if answer is not None and is_plain(query):
            begun = size_of(whole)
            whole = replace(merged(whole, shifted(query, begun)), columns=())
            answers.append(Variable(answer.index + begun))
        else:
            answers.append(Value(len(whole.values)))
            whole = replace(whole, values=(*whole.values, query))
    return whole, answers


def intersected(one: Query, other: Query) -> Query | None:
    """What both of two queries find; None where an answer of one is no single thing."""
    answer, of_other = answer_of(one), answer_of(other)
    if answer is None or of_other is None:
        return None
    begun = size_of(one)
    moved = replaced(shifted(other, begun), Variable(of_other.index + begun), answer)
    return merged(one, moved)
