"""Query → candidates (lexical, dense, symbols) → scores → ranking → hits."""

from codesearch.retrieval.pipeline import Hit, Retriever, SearchResult, search, similar_units
from codesearch.retrieval.query import QueryError, parse_query

__all__ = ["Hit", "QueryError", "Retriever", "SearchResult", "parse_query", "search", "similar_units"]
