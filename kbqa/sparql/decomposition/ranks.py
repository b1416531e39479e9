"""Ordinals: the second longest, the third film to be released; and all that share a place."""

import re
from collections.abc import Iterator
from dataclasses import replace

from kbqa.linking.words import fold
from kbqa.sparql.decomposition.parts import Composed, Part, Reader, composed
from kbqa.sparql.query import Query

_ORDINALS = ("second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_SUPERLATIVE = r"(?:[a-z]+est|most|least|worst|last)"
_PLACED = re.compile(
    rf"\b(?P<place>{'|'.join(_ORDINALS)}|\d{{1,3}}(?:st|nd|rd|th))[ -](?P<superlative>{_SUPERLATIVE})\b",
    re.IGNORECASE,
)
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
                yield composed(replace(part.query, limit=None, place=place), [part], words, trust=0.95)
        return


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
