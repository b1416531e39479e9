"""Query → candidates (lexical, dense, symbols) → scores → ranking → hits."""

from codesearch.retrieval.query import QueryError, parse_query
from codesearch.retrieval.searching import Hit, Retriever, SearchResult, search, similar_units

__all__ = ["Hit", "QueryError", "Retriever", "SearchResult", "parse_query", "search", "similar_units"]
