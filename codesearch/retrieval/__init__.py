"""Query → texts looked up → candidates → rerank → fusion, boosts, penalties → hits: see `pipeline.py`."""

from codesearch.retrieval.pipeline import Retriever, search, similar_units
from codesearch.retrieval.query import QueryError, parse_query
from codesearch.retrieval.results import Hit, SearchResult
from codesearch.retrieval.traces import TraceLine, trace_lines

__all__ = [
    "Hit",
    "QueryError",
    "Retriever",
    "SearchResult",
    "TraceLine",
    "parse_query",
    "search",
    "similar_units",
    "trace_lines",
]
