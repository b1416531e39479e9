"""What of a graph an answer rests on: its query's pattern with the solutions put in, as nodes and edges."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.query import Edge, Node, Query, Variable, pattern_text
from kbqa.sparql.stores.base import RdfTerm

MAX_SOLUTIONS = 40

Bound = Mapping[str, RdfTerm | None]


@dataclass(frozen=True)
class PictureNode:
    """A term: its name, its IRI where it has one, and whether the question named it, or it is an answer."""

    key: str
    text: str
    iri: str
    role: str


@dataclass(frozen=True)
class PictureEdge:
    """A triple between two nodes, by their keys."""

    source: str
    target: str
    text: str


@dataclass(frozen=True)
class Picture:
    """Nodes and edges; `cut` where there are more solutions than are drawn."""

    nodes: tuple[PictureNode, ...]
    edges: tuple[PictureEdge, ...]
    cut: bool


def picture_of(query: Query, graph: LiveGraph) -> Picture:
    """Return the picture of a query's first solutions. Raises StoreError."""
    solutions = graph.store.select(_pattern_query(query), limit=MAX_SOLUTIONS)
    triples = dict.fromkeys(
        triple
        for row in solutions.rows
        for number, edge in enumerate(query.every_edge)
        for triple in _triples(edge, number, dict(zip(solutions.variables, row, strict=True)))
    )
    answers = {
        str(item.variable).strip("?")
        for item in query.columns
        if item.variable is not None and item.aggregate is None
    }
    found = {
        term
        for row in solutions.rows
        for name, term in zip(solutions.variables, row, strict=True)
        if name in answers and term is not None
    }
    terms = dict.fromkeys(end for subject, _, value in triples for end in (subject, value))
    named = {
        term
        for edge in query.every_edge
        for term in (edge.subject, edge.object, *edge.alternatives)
        if not isinstance(term, Variable)
    }
    names = graph.store_names([term for term in terms if isinstance(term, NamedNode)])
    predicates = graph.profile.texts
    nodes = tuple(
        PictureNode(
            str(term),
            _text(term, names),
            term.value if isinstance(term, NamedNode) else "",
            _role(term, named, found),
        )
        for term in terms
    )
    edges = tuple(
        PictureEdge(str(subject), str(value), predicates.get(predicate, "is a"))
        for subject, predicate, value in triples
    )
    return Picture(nodes, edges, solutions.cut)


def _pattern_query(query: Query) -> str:
    order = query.order
    sorted_by = (
        f" ORDER BY {'DESC' if query.descending else 'ASC'}({order.variable})"
        if order and order.variable and not order.aggregate
        else ""
    )
    limit = MAX_SOLUTIONS + 1 if query.limit is None or query.grouped else min(query.limit, MAX_SOLUTIONS + 1)
    return f"SELECT * WHERE {{ {pattern_text(query)} }}{sorted_by} LIMIT {limit}"


def _triples(edge: Edge, number: int, bound: Bound) -> Iterator[tuple[RdfTerm, NamedNode, RdfTerm]]:
    """Yield an edge's triple in a solution; its alternatives stand in a variable of its own."""
    subject, value = _term(edge.subject, bound), _term(edge.object, bound)
    if edge.alternatives:
        chosen = bound.get(f"any{number}")
        subject, value = (subject, chosen) if isinstance(edge.subject, Variable) else (chosen, value)
    if subject is not None and value is not None:
        yield subject, edge.predicate, value


def _term(node: Node, bound: Bound) -> RdfTerm | None:
    return bound.get(str(node).strip("?")) if isinstance(node, Variable) else node


def _text(term: RdfTerm, names: Mapping[NamedNode, str]) -> str:
    if isinstance(term, NamedNode):
        return names[term]
    return term.value if isinstance(term, Literal) else str(term)


def _role(term: RdfTerm, named: set[NamedNode | Literal], answers: set[RdfTerm]) -> str:
    return "named" if term in named else "answer" if term in answers else ""
