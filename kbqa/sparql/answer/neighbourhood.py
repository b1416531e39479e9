"""The neighbourhood of a node: its edges, both ways, and the code that it stands for."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode

from kbqa.sparql.answer.cells import Cell, shown_rows
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.models import Graph
from searchapp.sharing.graph_sources import node_address

MAX_EDGES = 100


@dataclass(frozen=True)
class Neighbourhood:
    """A node's name and its edges.

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


def neighbourhood_of(node: NamedNode, graph: Graph, live: LiveGraph) -> Neighbourhood | None:
    """The neighbourhood of a node; None where no edge has it. Raises StoreError."""
    leaving = live.store.select(f"SELECT ?p ?o WHERE {{ {node} ?p ?o }}", limit=MAX_EDGES)
    entering = live.store.select(f"SELECT ?s ?p WHERE {{ ?s ?p {node} }}", limit=MAX_EDGES)
    if not leaving.rows and not entering.rows:
        return None
    return Neighbourhood(
        node.value,
        live.store_names([node])[node],
        shown_rows(leaving, live),
        shown_rows(entering, live),
        leaving.cut or entering.cut,
        node_address(graph.source_kind, graph.location, node.value),
    )
