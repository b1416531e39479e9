"""Ordinals: the second longest, the third film to be released; and all that share a place."""

import re
from collections.abc import Iterator
from dataclasses import replace

from kbqa.linking.words import fold
from kbqa.sparql.dates import DATE_TYPES
from kbqa.sparql.decomposition.parts import Composed, Part, Reader, composed
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.query import Query

_ORDINALS = ("second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_SUPERLATIVE = r"(?:[a-z]+est|most|least|worst|last)"
_PLACED = re.compile(
    rf"\b(?P<place>{'|'.join(_ORDINALS)}|\d{{1,3}}(?:st|nd|rd|th))[ -](?P<superlative>{_SUPERLATIVE})\b",
    re.IGNORECASE,
)
_AGE = re.compile(r"\b(?:oldest|eldest|youngest)\b", re.IGNORECASE)
_IN_ORDER = re.compile(
    rf"\b(?P<place>{'|'.join(_ORDINALS)}|\d{{1,3}}(?:st|nd|rd|th)) (?=[a-z])", re.IGNORECASE
)


def at_a_place(question: str, reader: Reader) -> Iterator[Composed]:
    """The second longest: what comes second in the order of the longest."""
    for pattern, instead in ((_PLACED, r"\g<superlative>"), (_IN_ORDER, "first ")):
        match = pattern.search(question)
        if match is None or _is_in_a_name(match["place"], question, reader):
            continue
        place = _place_of(match["place"].lower())
        simpler = question[: match.start()] + match.expand(instead) + question[match.end() :]
        for part in reader.read(simpler):
            if is_first(part.query):
                words = f"the {match['place'].lower()} of them"
                query = replace(_in_order_of_age(simpler, part.query, reader.graph), limit=None, place=place)
                yield composed(query, [part], words, trust=0.95)
        return


def by_age(question: str, reader: Reader) -> Iterator[Composed]:
    """The oldest by the day of birth: it is the first."""
    if not _AGE.search(question):
        return
    parts = reader.read(question)
    queries = [_in_order_of_age(question, part.query, reader.graph) for part in parts]
    if any(query != part.query for query, part in zip(queries, parts, strict=True)):
        for query, part in zip(queries, parts, strict=True):
            yield composed(query, [part], "in the order of their ages", trust=0.95)


def _in_order_of_age(question: str, query: Query, graph: LiveGraph) -> Query:
    """A query that sorts by a date, so that the oldest are the first, and the youngest the last."""
    match, order = _AGE.search(question), query.order
    if match is None or order is None:
        return query
    led = [edge.predicate for edge in query.edges if edge.object == order.variable]
    is_dated = any(graph.range_of(predicate) in DATE_TYPES for predicate in led)
    return replace(query, descending=match.group().lower() == "youngest") if is_dated else query


def is_first(query: Query) -> bool:
    """Whether a query is for the first of an order."""
    sorts = query.order is not None and query.limit == 1 and query.place is None and not query.branches
    is_told = query.order is not None and (query.order.aggregate is None or bool(query.grouped))
    return sorts and is_told and not (query.order and query.order.aggregate is None and query.grouped)


def with_ties(part: Part) -> Part | None:
    """A reading for the first of an order, with all that share its place; None for other readings."""
    if not is_first(part.query):
        return None
    return replace(part, query=replace(part.query, limit=None, place=1))


def _place_of(ordinal: str) -> int:
    """The number of an ordinal: 2 of second, 12 of 12th."""
    return _ORDINALS.index(ordinal) + 2 if ordinal in _ORDINALS else int(ordinal[:-2])


def _is_in_a_name(ordinal: str, question: str, reader: Reader) -> bool:
    """Whether something that the question names has an ordinal in its name."""
    return any(ordinal.lower() in fold(named.said).split() for named in reader.named(question))
