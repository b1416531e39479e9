"""A query as the question that a person would ask."""

import re

from kbqa.sparql.answer.people import PEOPLE
from kbqa.sparql.answer.wording import headings, in_words
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.query import RDF_TYPE, Query

_COUNTED = re.compile(r"^The number of (?P<what>.+)\.$")
_EVERY = re.compile(r"^Every (?P<what>.+)\.$")
_CLUMSY = frozenset(("thing", "things", "value", "values", "boolean", "booleans", "url", "uri", "iri", "id"))
"""Words that nobody asks with."""
_THE = re.compile(r"^The (?P<what>.+)\.$")


def as_question(query: Query, graph: LiveGraph) -> str:
    """The question that a query answers, in plain English; empty for one that is not asked for simply.

    Raises StoreError.
    """
    words = in_words(query, graph.profile, lambda iri: graph.store_names([iri])[iri])
    if not query.columns or query.having or _CLUMSY.intersection(re.findall(r"\w+", words.lower())):
        return ""
    is_of_class = any(edge.predicate == RDF_TYPE for edge in query.edges)
    if match := _COUNTED.match(words) if is_of_class else None:
        return f"How many {match['what']} are there?"
    if match := _EVERY.match(words):
        return f"List every {match['what']}."
    if match := _THE.match(words):
        is_person = PEOPLE.intersection(headings(query, graph.profile)[0].split())
        verb = "is" if query.limit in (None, 1) else "are"
        return f"{'Who' if is_person else 'What'} {verb} the {match['what']}?"
    return ""
