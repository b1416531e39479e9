"""Where graphs live: pyoxigraph's folders, and SPARQL 1.1 endpoints."""

from kbqa.sparql.stores.base import GraphStore, QueryError, Solutions, StoreError
from kbqa.sparql.stores.endpoint import EndpointStore
from kbqa.sparql.stores.oxigraph import OxigraphStore
from kbqa.sparql.stores.served import ServedStore

__all__ = [
    "EndpointStore",
    "GraphStore",
    "OxigraphStore",
    "QueryError",
    "ServedStore",
    "Solutions",
    "StoreError",
]
