"""The neighbourhood of a node: its edges, both ways, and the code that it stands for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pyoxigraph import BlankNode, NamedNode

from kbqa.sparql.answer.blank_nodes import BlankTexts
from kbqa.sparql.answer.cells import Cell, shown_rows
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.models import Graph
from kbqa.sparql.profile import Profile
from kbqa.sparql.stores.base import Solutions
from searchapp.sharing.graph_sources import node_address

MAX_EDGES = 100


@dataclass(frozen=True)
class Neighbourhood:
    """A node's name, its IRI unless it is a blank node, and its edges.

    Those that leave it are (predicate, object), those that enter it (subject, predicate).
    """

    iri: str
    name: str
    leaving: Sequence[Sequence[Cell]]
    entering: Sequence[Sequence[Cell]]
    cut: bool
    """Whether there are more edges."""
    code: str = ""
    """The address of the code that it stands for; empty where it stands for none."""


def neighbourhood_of(node: NamedNode | BlankNode, graph: Graph, live: LiveGraph) -> Neighbourhood | None:
    """The neighbourhood of a node; None where no edge has it. Raises StoreError."""
    leaving, entering = _edges_of_blank(node, live) if isinstance(node, BlankNode) else _edges_of(node, live)
    if not leaving.rows and not entering.rows:
        return None
    is_blank = isinstance(node, BlankNode)
    return Neighbourhood(
        "" if is_blank else node.value,
        BlankTexts([node], live).text(node)
        if isinstance(node, BlankNode)
        else live.store_names([node])[node],
        _with_units(leaving, shown_rows(leaving, live), live.profile),
        shown_rows(entering, live),
        leaving.cut or entering.cut,
        "" if is_blank else node_address(graph.source_kind, graph.location, node.value),
    )


def _edges_of(node: NamedNode, live: LiveGraph) -> tuple[Solutions, Solutions]:
    leaving = live.store.select(f"SELECT ?p ?o WHERE {{ {node} ?p ?o }}", limit=MAX_EDGES)
    return leaving, live.store.select(f"SELECT ?s ?p WHERE {{ ?s ?p {node} }}", limit=MAX_EDGES)


def _edges_of_blank(node: BlankNode, live: LiveGraph) -> tuple[Solutions, Solutions]:
    """The edges of a blank node, which no query can name."""
    leaving = live.store.held_by([node], MAX_EDGES + 1).get(node, [])
    entering = live.store.leading_to(node, MAX_EDGES + 1)
    return (
        Solutions(("p", "o"), [*leaving[:MAX_EDGES]], len(leaving) > MAX_EDGES),
        Solutions(("s", "p"), [*entering[:MAX_EDGES]], len(entering) > MAX_EDGES),
    )


def _with_units(edges: Solutions, rows: Sequence[Sequence[Cell]], profile: Profile) -> list[list[Cell]]:
    """The rows of predicates and objects, with the units that the predicates' names tell."""
    return [
        [predicate, replace(value, unit=profile.units.get(edge[0], ""))]  # type: ignore[arg-type]
        for edge, (predicate, value) in zip(edges.rows, rows, strict=True)
    ]
