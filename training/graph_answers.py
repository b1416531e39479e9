"""What known queries answer on a graph."""

from collections import Counter

from kbqa.sparql.query import Query, pattern_text, query_text
from kbqa.sparql.stores.base import GraphStore, RdfTerm


def answers(query: Query, store: GraphStore) -> "Counter[tuple[RdfTerm | None, ...]]":
    """The rows of a query, each with how often it occurs."""
    return Counter(store.select(query_text(query)).rows)


def has_answer(query: Query, store: GraphStore) -> bool:
    """Whether a pattern has a solution, and its groups, if they are restricted, one that is left.

    An ASK needs none.
    """
    if not query.columns:
        return True
    if not store.any_solution([f"SELECT * WHERE {{ {pattern_text(query)} }}"])[0]:
        return False
    return query.having is None or bool(store.select(query_text(query), limit=1).rows)
