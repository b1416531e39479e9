"""The query language: free text with filters, `"literal text"`, and `-` to exclude.

    parse a date repo:django lang:python -path:tests/** name:parse_* "fromisoformat"

A word with a colon is a filter only if it begins with one of the filters' names: `absl::Span` and `hooks:
PreRun` are text. Several lines are code, which has no syntax; filters before it narrow it.
"""

import difflib
import re
from dataclasses import dataclass, field

from django.conf import settings

from codesearch.models import Unit
from codesearch.parsing import LANGUAGES
from codesearch.parsing.passages import TEXT_LABELS
from searchapp.errors import InvalidInput

FIELDS = ("repo", "lang", "path", "kind", "name")
_ALIASES = {
    "py": "python",
    "js": "javascript",
    "jsx": "javascript",
    "ts": "typescript",
    "tsx": "typescript",
    "golang": "go",
    "rb": "ruby",
    "rs": "rust",
    "c++": "cpp",
    "cxx": "cpp",
    "c#": "csharp",
    "cs": "csharp",
    "md": "markdown",
    "yml": "yaml",
    "bash": "shell",
}
_TOKEN = re.compile(
    r"""(?P<minus>-)?(?P<field>repo|lang|path|kind|name):(?!:)"""
    r"""(?:"(?P<quoted>[^"]*)"|(?P<value>[^\s"]\S*))(?=\s|$)"""
    r"""|(?P<not>-)?"(?P<literal>[^"]+)"(?=\s|$)"""
    r"""|(?P<text>\S+)""",
    re.IGNORECASE,
)
_IDENTIFIER_LIKE = re.compile(r"^[A-Za-z_$][\w$]*(?:(?:\.|::|->|#|/)[A-Za-z_$][\w$]*)*(?:\(\))?$")
_HAS_SHAPE = re.compile(r"_|[a-z][A-Z]|::|->|\w\.\w|#|\(\)$|^[A-Z]\w*[a-z]\w*[A-Z]")


class QueryError(InvalidInput):
    """A filter's value makes no sense; the message says what would."""

    field = "q"


@dataclass(frozen=True)
class Filter:
    """One filter; several positive ones of a field are alternatives, each negated one excludes."""

    field: str
    value: str
    negated: bool = False


@dataclass(frozen=True)
class Literal:
    """Text that a unit must contain as it stands (ignoring case), or must not."""

    text: str
    negated: bool = False


@dataclass(frozen=True)
class Query:
    """A query taken apart. `text` is what is searched by meaning and words."""

    text: str
    filters: tuple[Filter, ...] = ()
    literals: tuple[Literal, ...] = ()
    symbols: tuple[str, ...] = field(default=())
    """Words that look like identifiers, without their scope: what a defining unit would be named."""
    is_code: bool = False

    @property
    def quoted(self) -> tuple[str, ...]:
        """Texts that have to stand in a unit."""
        return tuple(literal.text for literal in self.literals if not literal.negated)

    @property
    def is_symbol(self) -> bool:
        """Whether the query is nothing but one identifier."""
        return bool(self.symbols) and len(self.text.split()) == 1

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to search for."""
        return not self.text and not self.quoted and not self.filters


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
        return _pasted(raw)
    filters: list[Filter] = []
    literals: list[Literal] = []
    text: list[str] = []
    for match in _TOKEN.finditer(raw):
        if match["field"]:
            filters += _filters(
                match["field"].lower(),
                match["quoted"] if match["value"] is None else match["value"],
                bool(match["minus"]),
            )
        elif match["literal"]:
            literals.append(Literal(match["literal"], bool(match["not"])))
        else:
            text.append(match["text"])
    words = " ".join(text)
    # What must stand there literally is also what the person looks for.
    searched = " ".join([words, *(literal.text for literal in literals if not literal.negated)]).strip()
    return Query(searched, tuple(filters), tuple(literals), _symbols(text), is_code=False)


def _pasted(raw: str) -> Query:
    """Pasted code, which has no syntax of its own; filters before its first word narrow it.

    >>> query = _pasted("repo:django lang:python\\nfor x in y:\\n    z(x)")
    >>> query.text, [condition.value for condition in query.filters], query.is_code
    ('for x in y:\\n    z(x)', ['django', 'python'], True)
    """
    filters: list[Filter] = []
    position = 0
    while (match := _TOKEN.match(raw, position)) is not None and match["field"]:
        value = match["quoted"] if match["value"] is None else match["value"]
        filters += _filters(match["field"].lower(), value, bool(match["minus"]))
        position = match.end() + len(raw[match.end() :]) - len(raw[match.end() :].lstrip())
    return Query(text=raw[position:], filters=tuple(filters), is_code="\n" in raw[position:])


def plain_query(text: str) -> Query:
    """Query of text alone, in which nothing is syntax.

    >>> plain_query("what is  lang:python").text
    'what is lang:python'
    """
    plain = " ".join(text.replace("\0", "").split())
    return Query(plain, symbols=_symbols(plain.split()))


def _filters(name: str, value: str, negated: bool) -> list[Filter]:
    values = [part for part in value.split(",") if part] if name in ("repo", "lang", "kind") else [value]
    if not values or not value.strip():
        raise QueryError(f"{name}: needs a value, for example {_example(name)}.")
    return [Filter(name, _checked(name, part), negated) for part in values]


def _checked(name: str, value: str) -> str:
    if name == "lang":
        languages = [*dict.fromkeys(language.name for language in LANGUAGES), *TEXT_LABELS]
        return _choice(name, _ALIASES.get(value.lower(), value.lower()), value, languages)
    if name == "kind":
        return _choice(name, value.lower(), value, [str(kind) for kind in Unit.Kind.values])
    if len(value) > 300:
        raise QueryError(f"The value of {name}: is too long.")
    return value


def _choice(name: str, value: str, written: str, choices: list[str]) -> str:
    if value in choices:
        return value
    close = difflib.get_close_matches(value, choices, n=1)
    advice = f"Did you mean {name}:{close[0]}?" if close else f"Choose one of {', '.join(choices)}."
    raise QueryError(f"{name}:{written[:50]} is not known. {advice}")


def _example(name: str) -> str:
    return {
        "repo": "repo:django",
        "lang": "lang:python",
        "path": "path:src/**",
        "kind": "kind:class",
        "name": "name:get_*",
    }[name]


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
