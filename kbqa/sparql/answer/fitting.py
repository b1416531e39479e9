"""Whether what was found can be the answer at all: its kind fits, and it is not the question itself.

Who is no number and no picture, where is nobody, when has a date, how many is a number; and nothing is its
own answer.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from pyoxigraph import Literal, NamedNode

from kbqa.linking.words import fold
from kbqa.sparql.answer.people import PEOPLE
from kbqa.sparql.profile import NUMERIC
from kbqa.sparql.query import Query
from kbqa.sparql.stores.base import RdfTerm

_BEGINNING = r"^(?:and |but |so |please |tell me |by |to |for |with |of |from |at |in |on |since |until )*"
_KINDS: Sequence[tuple[str, str]] = (
    ("number", r"how many\b"),
    ("amount", r"how (?:much|tall|heavy|long|old|high|deep|wide|far|big|large|fast|expensive|often)\b"),
    ("time", r"(?:when|(?:what|which) (?:year|date|day|month))\b"),
    ("place", r"where\b"),
    ("person", r"(?:who|whom)\b"),
    ("thing", r"(?:what|which|list|show|name|give)\b"),
)
_ASKED = [(kind, re.compile(_BEGINNING + words, re.IGNORECASE)) for kind, words in _KINDS]
_FILE = re.compile(r"\.(?:jpe?g|png|gif|svg|webp|pdf|mp[34]|ogg|webm|html?)(?:[?#].*)?$", re.IGNORECASE)
_ADDRESS = re.compile(r"^(?:https?|ftp|mailto):", re.IGNORECASE)
_CALLED = re.compile(r"\b(?:names?|named|called|known as|label|title|spelled|spelt)\b", re.IGNORECASE)
"""Words of questions for what something is called."""
_TIMES = frozenset(("date", "dateTime", "gYear", "gYearMonth", "time"))
_LOOKED_AT = 20
"""How many rows tell of which kind all are."""


class Found(NamedTuple):
    """A row's first term: what it is called, and the words of its classes."""

    term: RdfTerm
    text: str
    classes: frozenset[str]


def asked_kind(question: str) -> str:
    """The kind of answer that a question's first words ask for; empty where they tell none.

    >>> asked_kind("In which year was it?"), asked_kind("Who sings?"), asked_kind("Is it so?")
    ('time', 'person', '')
    """
    return next((kind for kind, pattern in _ASKED if pattern.search(question)), "")


def fits(question: str, query: Query, found: Sequence[Found], named: Mapping[RdfTerm, str]) -> bool:
    """Whether what a query found may be an answer; `named` are the things that it names, as they are called.

    None found, or yes or no, fits unless the question asks for something.
    """
    kind = asked_kind(question)
    if not query.columns:
        return not kind
    rows = found[:_LOOKED_AT]
    if not rows:
        return True
    is_counted = any(item.aggregate for item in query.columns)
    if not is_counted and not _CALLED.search(question) and all(_is_named(each, named) for each in rows):
        return False
    check = _CHECKS.get(kind)
    return check is None or any(check(each) for each in rows) or (kind == "number" and is_counted)


def _is_named(found: Found, named: Mapping[RdfTerm, str]) -> bool:
    """Whether something is what the question names, or what that is called."""
    return found.term in named or fold(found.text) in {fold(text) for text in named.values()}


def _datatype(term: RdfTerm) -> str:
    return term.datatype.value.rsplit("#", 1)[-1] if isinstance(term, Literal) else ""


def _is_number(found: Found) -> bool:
    return _datatype(found.term) in NUMERIC or bool(re.match(r"[-+]?\d", found.text))


def _is_amount(found: Found) -> bool:
    """A number, or a text or node that has one: 5 kg, PT2H."""
    return _datatype(found.term) != "boolean" and any(map(str.isdigit, found.text))


def _is_time(found: Found) -> bool:
    return _datatype(found.term) in _TIMES or any(map(str.isdigit, found.text))


def _is_address(found: Found) -> bool:
    """A file, or the address of a page: what no person and no place is."""
    text = found.term.value if isinstance(found.term, NamedNode | Literal) else ""
    is_page = isinstance(found.term, Literal) and bool(_ADDRESS.match(text))
    return is_page or _datatype(found.term) == "anyURI" or bool(_FILE.search(text))


def _is_bare_value(found: Found) -> bool:
    kind = _datatype(found.term)
    return kind in NUMERIC or kind in _TIMES or kind == "boolean"


def _may_be_person(found: Found) -> bool:
    return not _is_bare_value(found) and not _is_address(found)


def _may_be_place(found: Found) -> bool:
    return _may_be_person(found) and not PEOPLE & found.classes


_CHECKS: Mapping[str, Callable[[Found], bool]] = {
    "number": _is_number,
    "amount": _is_amount,
    "time": _is_time,
    "place": _may_be_place,
    "person": _may_be_person,
}
