"""The query language: free text with filters, `"literal text"`, and `-` to exclude.

    parse a date repo:django lang:python -path:tests/** name:parse_* "fromisoformat"

A word with a colon is a filter only if it begins with one of the filters' names: `absl::Span` and `hooks:
PreRun` are text. Several lines are code, which has no filters.
"""

import difflib
import re
from dataclasses import dataclass, field, replace

from django.conf import settings

from codesearch.models import Unit
from codesearch.parsing import LANGUAGES, language_of
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
_SCOPE_MARKS = re.compile(r"\.|::|->|#|/")
# Scopes that name no class or package.
_SELF = frozenset({"self", "this", "cls", "super"})
_FILE = re.compile(r"[\w./+-]*[\w+-]\.\w{1,10}$")
_IDENTIFIER_LIKE = re.compile(r"^[A-Za-z_$][\w$]*(?:(?:\.|::|->|#|/)[A-Za-z_$][\w$]*)*(?:\(\))?$")
# A word before or behind a name that says what the name is of.
_CLASSES, _FUNCTIONS = frozenset({"class"}), frozenset({"function", "method"})
_VARIABLES = frozenset({"variable", "constant", "field", "property"})
DEFINITION_WORDS = {
    **dict.fromkeys(("class", "struct", "interface", "enum", "trait", "type", "union", "record"), _CLASSES),
    **dict.fromkeys(("func", "fn", "def", "function", "method", "fun", "sub"), _FUNCTIONS),
    **dict.fromkeys(("const", "constant", "var", "variable", "val", "field", "property"), _VARIABLES),
    "macro": frozenset({"macro", "function"}),
}
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
    scopes: tuple[tuple[str, str], ...] = ()
    """Symbols that were written with a scope, and the last part of it: `(App, caddyhttp)`."""
    kinds: frozenset[str] = frozenset()
    """Kinds of units that a word beside the symbol asks for, as in `class Field`; empty for any."""
    files: tuple[str, ...] = ()
    """Words that are names of files, or paths that end in one, in lower case."""
    is_code: bool = False

    @property
    def quoted(self) -> tuple[str, ...]:
        """Texts that have to stand in a unit."""
        return tuple(literal.text for literal in self.literals if not literal.negated)

    @property
    def is_symbol(self) -> bool:
        """Whether the query is nothing but one identifier, perhaps with its kind, or one file."""
        words = self.text.split()
        return bool(self.symbols or self.files) and (
            len(words) == 1 or (bool(self.kinds) and len(words) == 2)
        )

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
        return Query(text=raw, is_code=True)
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
    return replace(_named(text), text=searched, filters=tuple(filters), literals=tuple(literals))


def plain_query(text: str) -> Query:
    """Query of text alone, in which nothing is syntax.

    >>> plain_query("what is  lang:python").text
    'what is lang:python'
    """
    plain = " ".join(text.replace("\0", "").split())
    return replace(_named(plain.split()), text=plain)


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


def _named(words: list[str]) -> Query:
    """What words name: symbols with their scopes and kinds, and files; the query has no text yet.

    >>> query = _named(["where", "is", "Model.save()", "used?"])
    >>> query.symbols, query.scopes
    (('save',), (('save', 'model'),))
    >>> _named(["session"]).symbols, _named(["why", "it"]).symbols
    (('session',), ())
    >>> query = _named(["class", "Field"])
    >>> query.symbols, sorted(query.kinds), _named(["include/db.h"]).files
    (('Field',), ['class'], ('include/db.h',))
    """
    bare = [word.strip("`'\"?,;").rstrip(".:!") for word in words]
    files = tuple(dict.fromkeys(word.strip("./").lower() for word in bare if _is_file(word)))
    kinds, word = _definition_asked(bare)
    paths = [
        re.split(_SCOPE_MARKS, name.removesuffix("()"))
        for name in ([word] if word else bare)
        if _IDENTIFIER_LIKE.match(name) and (word or len(words) == 1 or _HAS_SHAPE.search(name))
        if name.strip("./").lower() not in files
    ]
    scopes = {path[-1]: path[-2].lower() for path in paths if len(path) > 1 and path[-2] not in _SELF}
    symbols = tuple(dict.fromkeys(path[-1] for path in paths))
    return Query("", symbols=symbols, scopes=tuple(scopes.items()), kinds=kinds, files=files)


def _definition_asked(words: list[str]) -> tuple[frozenset[str], str]:
    """The kinds and the name that two words ask for: `class Field`, `Field struct`; none of other words."""
    if len(words) == 2:
        for word, name in (words, words[::-1]):
            # In `type class`, the second is the name.
            if word in DEFINITION_WORDS and name not in DEFINITION_WORDS and _IDENTIFIER_LIKE.match(name):
                return DEFINITION_WORDS[word], name
    return frozenset(), ""


def _is_file(word: str) -> bool:
    """Whether a word is a file's name: it ends as those of some language do."""
    return bool(_FILE.match(word)) and language_of(word) is not None
