"""Known queries without what adds nothing to their answers.

That is edges that nothing depends on, and classes that a property implies.
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
    for edge in sorted(query.edges, key=lambda candidate: candidate.predicate == RDF_TYPE):
        shorter = replace(query, edges=tuple(other for other in query.edges if other != edge))
        if shorter.edges and _is_spare(edge, query) and answers(shorter, store) == wanted:
            query = shorter
    return query


def _is_spare(edge: Edge, query: Query) -> bool:
    """Whether an edge only binds what is not used elsewhere, or gives a class to what other edges hold."""
    other_edges = [other for other in query.edges if other != edge]
    uses = Counter(end for other in other_edges for end in (other.subject, other.object))
    if edge.predicate == RDF_TYPE:
        # The class of what the query is about is kept: it is what the question names.
        return isinstance(edge.subject, Variable) and uses[edge.subject] > 0 and edge != _first_class(query)
    having = query.having.item if query.having else None
    used = {item.variable for item in (*query.columns, query.order, having) if item}
    used |= {condition.variable for condition in query.filters}
    if not isinstance(edge.object, Variable) or not isinstance(edge.subject, Variable):
        return False
    is_leaf = not uses[edge.object] and edge.object not in used
    return is_leaf and uses[edge.subject] > 0


def _first_class(query: Query) -> Edge | None:
    return next((edge for edge in query.edges if edge.predicate == RDF_TYPE), None)
