"""Whether what was found can be an answer, by the words of the question: no network overrules that."""

import re
from collections.abc import Callable, Sequence

from pyoxigraph import BlankNode, Literal, NamedNode

from kbqa.linking.words import fold
from kbqa.sparql.dates import DATE_TYPES
from kbqa.sparql.decomposition.joining import things_in
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.profile import NUMERIC
from kbqa.sparql.query import Query
from kbqa.sparql.stores.base import RdfTerm, Solutions

_MEDIA = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|tiff?|mp[34]|ogg|wav|pdf)$", re.IGNORECASE)
_PERIODS = frozenset((*DATE_TYPES, "gYearMonth", "gMonthDay", "time", "duration", "dayTimeDuration"))
_OTHER_KINDS = frozenset(("boolean", *NUMERIC, *_PERIODS))
_LOOKED_AT = 50
_CALLED = re.compile(r"\b(?:name|names|named|called|known as|label|title|spelled|spelt)\b", re.IGNORECASE)


def can_be_answer(question: str, query: Query, solutions: Solutions, graph: LiveGraph) -> bool:
    """Whether some of what a query found is of a kind that the question asks for, and not what it names.

    Where nothing was found, there is nothing to say against it.
    """
    rows = solutions.rows[:_LOOKED_AT]
    terms = [term for row in rows for term in row if term is not None]
    if not terms:
        return True
    fits = next((check for word, check in _KINDS if word.search(question)), None)
    is_of_kind = fits is None or any(map(fits, terms))
    return is_of_kind and not _is_said(question, query, terms, graph)


def _is_somebody(term: RdfTerm) -> bool:
    """Whether a term may be somebody: no number, no date, no address of a picture."""
    if isinstance(term, Literal):
        return _kind(term) not in _OTHER_KINDS and not _MEDIA.search(term.value)
    return not (isinstance(term, NamedNode) and _MEDIA.search(term.value))


def _is_somewhere(term: RdfTerm) -> bool:
    is_other = isinstance(term, Literal) and (_kind(term) in _PERIODS or _kind(term) == "boolean")
    return not is_other and _is_no_picture(term)


def _is_no_picture(term: RdfTerm) -> bool:
    return not (isinstance(term, NamedNode | Literal) and _MEDIA.search(term.value))


def _is_time(term: RdfTerm) -> bool:
    """Whether a term may tell a time: a date, or words with a number in them; an event may, too."""
    if isinstance(term, Literal):
        return _kind(term) in _PERIODS or any(map(str.isdigit, term.value))
    return isinstance(term, NamedNode | BlankNode) and _is_no_picture(term)


def _is_number(term: RdfTerm) -> bool:
    is_other = isinstance(term, Literal) and (_kind(term) in _PERIODS or _kind(term) == "boolean")
    return isinstance(term, Literal) and not is_other and any(map(str.isdigit, term.value))


def _kind(term: Literal) -> str:
    return term.datatype.value.rsplit("#", 1)[-1]


_KINDS: Sequence[tuple[re.Pattern[str], Callable[[RdfTerm], bool]]] = (
    (re.compile(r"^who(?:m|se)?\b(?! many)", re.IGNORECASE), _is_somebody),
    (re.compile(r"^when\b", re.IGNORECASE), _is_time),
    (re.compile(r"^how many\b", re.IGNORECASE), _is_number),
    (re.compile(r"^where\b", re.IGNORECASE), _is_somewhere),
)
"""What the first word of a question asks for."""


def _is_said(question: str, query: Query, terms: Sequence[RdfTerm], graph: LiveGraph) -> bool:
    """Whether all that was found is what the question names itself, or its name."""
    if _CALLED.search(question):
        return False
    named = things_in(query)
    words = f" {fold(question)} "
    if all(isinstance(term, NamedNode) for term in terms):
        return bool(named) and all(term in named for term in terms)
    if not named or not all(isinstance(term, Literal) for term in terms):
        return False
    names = {fold(name) for name in graph.store_names(named).values()}
    return all(
        (said := fold(term.value)) in names and f" {said} " in words
        for term in terms
        if isinstance(term, Literal)
    )
