"""Small graphs in memory."""

from pyoxigraph import NamedNode, RdfFormat, Store

from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.ingest.profiler import profile_graph
from kbqa.sparql.profile import Naming
from kbqa.sparql.stores import OxigraphStore

PREFIXES = """
@prefix : <http://x.example/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def iri(name: str) -> NamedNode:
    return NamedNode(f"http://x.example/{name}")


def store_of(turtle: str) -> OxigraphStore:
    store = Store()
    store.load((PREFIXES + turtle).encode(), format=RdfFormat.TURTLE)
    return OxigraphStore(store, "1")


def live_graph_of(turtle: str, naming: Naming | None = None) -> LiveGraph:
    opened = store_of(turtle)
    return LiveGraph(opened, profile_graph(opened, naming))
