"""Where graphs live: pyoxigraph's folders, and SPARQL 1.1 endpoints."""

from kbqa.sparql.stores.base import GraphStore, QueryError, Solutions, StoreError
from kbqa.sparql.stores.endpoint import EndpointStore
from kbqa.sparql.stores.oxigraph import OxigraphStore

__all__ = ["EndpointStore", "GraphStore", "OxigraphStore", "QueryError", "Solutions", "StoreError"]
