"""Known queries without what adds nothing to their answers: edges that nothing depends on, classes that a
property implies.
"""

from collections import Counter
from dataclasses import replace

from kbqa.sparql.query import RDF_TYPE, Edge, Query, Variable
from kbqa.sparql.stores.base import GraphStore
from training.graph_answers import answers


def pruned(query: Query, store: GraphStore) -> Query:
    """The query with the fewest edges that keep the answers, taken away one by one."""
    if not query.columns:
        return query
    wanted = answers(query, store)
    for edge in sorted(query.edges, key=lambda each: each.predicate == RDF_TYPE):
        shorter = replace(query, edges=tuple(each for each in query.edges if each != edge))
        if shorter.edges and _is_spare(edge, query) and answers(shorter, store) == wanted:
            query = shorter
    return query


def _is_spare(edge: Edge, query: Query) -> bool:
    """Whether an edge only binds what is not used elsewhere, or gives a class to what other edges hold."""
    others = Counter(
        end
        for each in query.edges
        if each != edge
        for end in (each.subject, each.object)
        if isinstance(end, Variable)
    )
    if edge.predicate == RDF_TYPE:
        # The class of what the query is about is kept: it is what the question names.
        return isinstance(edge.subject, Variable) and others[edge.subject] > 0 and edge != _first_class(query)
    used = {
        item.variable
        for item in (*query.columns, query.order, query.having.item if query.having else None)
        if item
    }
    used |= {each.variable for each in query.filters}
    leaf = edge.object if isinstance(edge.object, Variable) and not others[edge.object] else None
    return (
        leaf is not None
        and leaf not in used
        and isinstance(edge.subject, Variable)
        and others[edge.subject] > 0
    )


def _first_class(query: Query) -> Edge | None:
    return next((edge for edge in query.edges if edge.predicate == RDF_TYPE), None)
