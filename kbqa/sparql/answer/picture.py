"""The picture of an answer: its query's pattern with the solutions put in, as nodes and edges."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode

from kbqa.sparql.answer.cells import shown_rows
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.query import (
    RDF_TYPE,
    Edge,
    Node,
    Query,
    Reach,
    Variable,
    order_text,
    pattern_text,
    place_text,
)
from kbqa.sparql.stores.base import RdfTerm, Solutions

MAX_SOLUTIONS = 40

Bound = Mapping[str, RdfTerm | None]
BoundTriple = tuple[RdfTerm, NamedNode, RdfTerm]


@dataclass(frozen=True)
class PictureNode:
    """A term: its name, what its page is asked for by, and its role: named in the question, or an answer."""

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


@dataclass(frozen=True)
class Pattern:
    """The data of a picture: a SELECT of all of a query's variables, its edges, and its answers."""

    select: str
    edges: tuple[Edge, ...]
    answers: frozenset[str]
    """The names of the variables that are answers."""
    doubtful: int = 0
    """How many of the edges, the last ones, not every solution has."""

    @property
    def named(self) -> set[NamedNode | Literal]:
        """The terms that the question itself named."""
        ends = (end for edge in self.edges for end in (edge.subject, edge.object, *edge.alternatives))
        return {end for end in ends if not isinstance(end, Variable)}


def pattern_of(query: Query) -> Pattern:
    """The pattern of a query."""
    answers = (item.variable for item in query.columns if item.aggregate is None)
    return Pattern(
        _pattern_query(query),
        query.every_edge,
        frozenset(str(variable).strip("?") for variable in answers if variable is not None),
        len(query.every_edge) - len(query.edges),
    )


def picture_of(pattern: Pattern, graph: LiveGraph) -> Picture:
    """The picture of a pattern's first solutions. Raises StoreError."""
    solutions = graph.store.select(pattern.select, limit=MAX_SOLUTIONS)
    bindings = [dict(zip(solutions.variables, row, strict=True)) for row in solutions.rows]
    triples = _true_triples(pattern, bindings, graph)
    answers = {bound[name] for bound in bindings for name in pattern.answers & bound.keys()} - {None}
    terms = dict.fromkeys(end for subject, _, value in triples for end in (subject, value))
    texts = _texts_of(terms, graph)
    nodes = tuple(_node(term, texts[term], pattern.named, answers) for term in terms)
    edges = tuple(
        PictureEdge(str(subject), str(value), _text_of(predicate, pattern, graph))
        for subject, predicate, value in triples
    )
    return Picture(nodes, edges, solutions.cut)


def _text_of(predicate: NamedNode, pattern: Pattern, graph: LiveGraph) -> str:
    """What an edge of a picture says; of one that stands for several steps, that it does."""
    text = graph.profile.every_text.get(predicate, "is a")
    takes_many = any(edge.predicate == predicate and edge.reach == Reach.MANY for edge in pattern.edges)
    return f"{text}, in one step or more" if takes_many and predicate != RDF_TYPE else text


def _node(
    term: RdfTerm, text: str, named: set[NamedNode | Literal], answers: set[RdfTerm | None]
) -> PictureNode:
    iri = term.value if isinstance(term, NamedNode) else str(term) if isinstance(term, BlankNode) else ""
    role = "named" if term in named else "answer" if term in answers else ""
    return PictureNode(str(term), text, iri, role)


def _pattern_query(query: Query) -> str:
    """A SELECT of all variables of a query, with its order and limit where these are of single solutions."""
    order, limit = query.order, MAX_SOLUTIONS + 1
    placed = "" if query.grouped else " ".join(place_text(query))
    text = f"SELECT * WHERE {{ {pattern_text(query)} {placed} }}"
    if order and order.variable and not order.aggregate:
        text += f" ORDER BY {order_text(query, order)}"
    if query.limit is not None and not query.grouped:
        limit = min(query.limit, limit)
    return f"{text} LIMIT {limit}"


def _true_triples(pattern: Pattern, bindings: Sequence[Bound], graph: LiveGraph) -> list[BoundTriple]:
    """The triples of all solutions; the graph is asked about those of edges that not every solution has."""
    certain: dict[BoundTriple, bool] = {}
    for bound in bindings:
        for number, edge in enumerate(pattern.edges):
            for triple in _triples(edge, number, bound):
                is_certain = number < len(pattern.edges) - pattern.doubtful
                certain[triple] = certain.get(triple, False) or is_certain
    doubtful = [triple for triple, is_certain in certain.items() if not is_certain]
    bodies = [f"SELECT * WHERE {{ {' '.join(map(str, triple))} }}" for triple in doubtful]
    holds = dict(zip(doubtful, graph.store.any_solution(bodies), strict=True))
    return [triple for triple in certain if holds.get(triple, True)]


def _triples(edge: Edge, number: int, bound: Bound) -> Iterator[BoundTriple]:
    """An edge's triple in a solution; its alternatives stand in a variable of its own."""
    subject, value = _term(edge.subject, bound), _term(edge.object, bound)
    if edge.alternatives:
        chosen = bound.get(f"any{number}")
        subject, value = (subject, chosen) if isinstance(edge.subject, Variable) else (chosen, value)
    if subject is not None and value is not None:
        yield subject, edge.predicate, value


def _term(node: Node, bound: Bound) -> RdfTerm | None:
    return bound.get(str(node).strip("?")) if isinstance(node, Variable) else node


def _texts_of(terms: Collection[RdfTerm], graph: LiveGraph) -> dict[RdfTerm, str]:
    """What each term is called. Raises StoreError."""
    cells = shown_rows(Solutions(("term",), [(term,) for term in terms]), graph)
    return {term: cell.text for term, (cell,) in zip(terms, cells, strict=True)}
