"""What was searched for, taken apart: free text, and conditions that each hit must meet.

    parse a date repo:django lang:python -path:tests/** name:parse_* "fromisoformat" /to_\\w+/

A word with a colon is a filter only if it begins with one of the filters' names: `absl::Span` and `hooks:
PreRun` are text. Several lines are code; filters may stand alone in its first or last line.
"""

import re
from dataclasses import dataclass, field

from django.conf import settings

from codesearch.retrieval.conditions import (
    AllOf,
    AnyOf,
    Condition,
    Filter,
    Literal,
    leaves,
    positive_literals,
)
from codesearch.retrieval.fields import QueryError
from codesearch.retrieval.syntax import Parsed, filters_of_line, parsed

__all__ = ["Filter", "Literal", "Query", "QueryError", "parse_query", "plain_query"]

_MOST_CONDITIONS = 50
_IDENTIFIER_LIKE = re.compile(r"^[A-Za-z_$][\w$]*(?:(?:\.|::|->|#|/)[A-Za-z_$][\w$]*)*(?:\(\))?$")
_HAS_SHAPE = re.compile(r"_|[a-z][A-Z]|::|->|\w\.\w|#|\(\)$|^[A-Z]\w*[a-z]\w*[A-Z]")


@dataclass(frozen=True)
class Query:
    """A query taken apart. `text` is what is searched by meaning and words."""

    text: str
    filters: tuple[Filter, ...] = ()
    """Those that hold for the whole query: positive ones of a field are alternatives."""
    literals: tuple[Literal, ...] = ()
    symbols: tuple[str, ...] = field(default=())
    """Words that look like identifiers, without their scope: what a defining unit would be named."""
    is_code: bool = False
    groups: tuple[AnyOf | AllOf, ...] = ()
    """Alternatives and what stands in brackets."""
    notices: tuple[str, ...] = ()
    """What of the query was not understood, as sentences."""

    @property
    def condition(self) -> AllOf:
        """Everything that a hit must meet."""
        parts: list[Condition] = [*self.literals, *self.groups]
        for name in dict.fromkeys(condition.field for condition in self.filters):
            of_field = [condition for condition in self.filters if condition.field == name]
            positive = tuple(condition for condition in of_field if not condition.negated)
            parts += [AnyOf(positive)] if positive else []
            parts += [condition for condition in of_field if condition.negated]
        return AllOf(tuple(parts))

    @property
    def patterns(self) -> tuple[Literal, ...]:
        """Texts and regular expressions by which hits are found, each once."""
        return tuple(dict.fromkeys(positive_literals(self.condition)))

    @property
    def quoted(self) -> tuple[str, ...]:
        """Texts by which hits are found."""
        return tuple(literal.text for literal in self.patterns if not literal.regular)

    @property
    def is_symbol(self) -> bool:
        """Whether the query is nothing but one identifier."""
        return bool(self.symbols) and len(self.text.split()) == 1

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to search for."""
        return not self.text and not self.filters and not self.literals and not self.groups


def parse_query(raw: str) -> Query:
    """Take a query apart. Raises QueryError.

    >>> query = parse_query('parse_date repo:django -path:tests "fromisoformat"')
    >>> query.text, query.symbols, query.quoted
    ('parse_date fromisoformat', ('parse_date',), ('fromisoformat',))
    >>> [(condition.field, condition.value, condition.negated) for condition in query.filters]
    [('repo', 'django', False), ('path', 'tests', True)]
    """
    raw = raw.replace("\0", "").strip()
    if len(raw) > settings.SEARCH_MAX_QUERY_CHARACTERS:
        raise QueryError(
            f"The query has {len(raw):,} characters; at most {settings.SEARCH_MAX_QUERY_CHARACTERS:,} are"
            " searched. Paste the part that matters."
        )
    if "\n" in raw:
        return _code(raw)
    found = parsed(raw)
    number = sum(1 for _ in leaves(AllOf((*found.filters, *found.literals, *found.groups))))
    if number > _MOST_CONDITIONS:
        raise QueryError(
            f"The query has {number} filters and texts; at most {_MOST_CONDITIONS} are searched."
        )
    # What must stand there literally is also what the person looks for.
    quoted = [literal.text for literal in _positive(found) if not literal.regular]
    searched = " ".join([*found.words, *quoted]).strip()
    return Query(
        text=searched,
        filters=tuple(found.filters),
        literals=tuple(found.literals),
        symbols=_symbols(found.words),
        groups=tuple(found.groups),
        notices=tuple(dict.fromkeys(found.notices)),
    )


def plain_query(text: str) -> Query:
    """Query of text alone, in which nothing is syntax.

    >>> plain_query("what is  lang:python").text
    'what is lang:python'
    """
    plain = " ".join(text.replace("\0", "").split())
    return Query(plain, symbols=_symbols(plain.split()))


def _code(raw: str) -> Query:
    """Pasted code; a first or last line that has nothing but filters narrows it."""
    lines = raw.split("\n")
    filters: list[Filter] = []
    for position in (0, -1):
        of_line = filters_of_line(lines[position]) if len(lines) > 1 else []
        if of_line:
            filters += of_line
            del lines[position]
    return Query(text="\n".join(lines).strip("\n"), filters=tuple(filters), is_code=True)


def _positive(found: Parsed) -> list[Literal]:
    return list(positive_literals(AllOf((*found.literals, *found.groups))))


def _symbols(words: list[str]) -> tuple[str, ...]:
    """Names that words stand for: identifiers by their shape, or the one word of a one-word query.

    >>> _symbols(["where", "is", "Model.save()", "used?"]), _symbols(["session"]), _symbols(["why", "it"])
    (('save',), ('session',), ())
    """
    names = []
    for word in words:
        bare = word.strip("`'\"?,;").rstrip(".:!")
        if _IDENTIFIER_LIKE.match(bare) and (len(words) == 1 or _HAS_SHAPE.search(bare)):
            names.append(re.split(r"\.|::|->|#|/", bare.removesuffix("()"))[-1])
    return tuple(dict.fromkeys(names))
