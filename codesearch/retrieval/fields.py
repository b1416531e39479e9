"""The filters by name: those of this search, and what they are called elsewhere."""

import difflib
import re

from codesearch.models import Unit
from codesearch.parsing import LANGUAGES
from codesearch.parsing.passages import TEXT_LABELS
from codesearch.retrieval.conditions import Filter, Literal
from codesearch.retrieval.regular_expressions import RegularExpressionError, compile_expression
from searchapp.errors import InvalidInput

FIELDS = ("repo", "lang", "path", "kind", "name")
FILE = "file"
"""The kind of a hit where a text stands in no unit."""
KINDS = [*map(str, Unit.Kind.values), FILE]
_EXAMPLES = {
    "repo": "repo:django",
    "lang": "lang:python",
    "path": "path:src/**",
    "kind": "kind:class",
    "name": "name:get_*",
    "content": 'content:"is not iterable"',
    "re": r"re:parse_\w+",
    "case": "case:yes",
}
_PEERS = {
    "repository": "repo",
    "language": "lang",
    "file": "path",
    "filename": "path",
    "ext": "path",
    "extension": "path",
    "symbol": "name",
    "type": "kind",
    "regex": "re",
}
"""What other searches call the filters."""
_ONLY_ELSEWHERE = frozenset(
    """after archived author before committer context count fork is org owner patterntype rev select timeout
    user visibility""".split()  # noqa: SIM905
)
"""Filters of other searches that mean nothing here."""
_LANGUAGES = {
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
    "sh": "shell",
    "zsh": "shell",
}
# A path that is written as other searches want it: as a regular expression.
_EXPRESSION_OF_PATH = re.compile(r"^\^|\$$|\\[.wdsb]|\.\*|[(|\[]")
_LONGEST_VALUE = 300


class QueryError(InvalidInput):
    """Something in a query makes no sense; the message says what would."""

    field = "q"


def field_of(written: str) -> str | None:
    """The field that a name means, None if it is none."""
    name = written.lower()
    return name if name in _EXAMPLES else _PEERS.get(name)


def known_value(written: str, value: str) -> bool:
    """Whether a value is one of the field: what other searches call `type` may be other than a kind."""
    return written.lower() != "type" or value.lower() in KINDS


def is_yes(value: str) -> bool | None:
    """What a value of `case:` says, None if it is neither yes nor no."""
    return {"yes": True, "true": True, "no": False, "false": False}.get(value.lower())


def about_unknown(word: str) -> str:
    """What to say of a word that looks like a filter and is none; empty if it does not look like one."""
    name, colon, value = word.removeprefix("-").partition(":")
    lowered = name.lower()
    if not colon or not name.isalpha():
        return ""
    if lowered in FIELDS and not value:
        return f"{lowered}: has no value and was searched as text; write for example {_EXAMPLES[lowered]}."
    if not value or value.startswith((":", "//")):
        return ""
    known = [*_EXAMPLES, *_PEERS]
    if lowered in _ONLY_ELSEWHERE or lowered in known:
        return f"{word[:50]} is no filter here and was searched as text."
    close = difflib.get_close_matches(lowered, known, n=1, cutoff=0.75)
    return f"{name}: is no filter and was searched as text. Did you mean {close[0]}:?" if close else ""


def literal_of(text: str, *, negated: bool = False, regular: bool = False) -> Literal:
    """A text or regular expression that has to stand there. Raises QueryError."""
    if not text:
        raise QueryError(f"re: needs a value, for example {_EXAMPLES['re']}.")
    if regular:
        check_expression(text)
    return Literal(text, negated, regular)


def check_expression(pattern: str) -> None:
    """Raise QueryError unless a regular expression can be searched for."""
    try:
        expression = compile_expression(pattern, cased=True)
    except RegularExpressionError as error:
        raise QueryError(
            f"The regular expression {pattern[:100]} is not understood: {error}."
            " Its syntax is RE2's, without references and look-around; quotes find text as it stands."
        ) from error
    if expression.search(b"") is not None:
        raise QueryError(f"The regular expression {pattern[:100]} matches nothing at all, and so everywhere.")


def filters_of(written: str, value: str, *, negated: bool, regular: bool) -> list[Filter]:
    """The filters of a value or of values with commas between them. Raises QueryError."""
    name = field_of(written) or written
    if not value.strip(", "):
        raise QueryError(f"{name}: needs a value, for example {_EXAMPLES[name]}.")
    if len(value) > _LONGEST_VALUE:
        raise QueryError(f"The value of {name}: is too long.")
    if name == "path":
        return [_path(written.lower(), value, negated=negated, regular=regular)]
    if regular:
        check_expression(value)
        return [Filter(name, value, negated, regular=True)]
    return [Filter(name, _checked(name, part), negated) for part in value.split(",") if part]


def _path(written: str, value: str, *, negated: bool, regular: bool) -> Filter:
    if written in ("ext", "extension"):
        return Filter("path", f"*.{value.lstrip('.')}", negated)
    if regular or (written == "file" and _EXPRESSION_OF_PATH.search(value)):
        check_expression(value)
        return Filter("path", value, negated, regular=True)
    path = value.replace("\\", "/")
    return Filter("path", f"/{path[2:]}" if path.startswith("./") else path, negated)


def _checked(name: str, value: str) -> str:
    if name == "lang":
        languages = [*dict.fromkeys(language.name for language in LANGUAGES), *TEXT_LABELS]
        return _choice(name, _LANGUAGES.get(value.lower(), value.lower()), value, languages)
    if name == "kind":
        return _choice(name, value.lower(), value, KINDS)
    return value


def _choice(name: str, value: str, written: str, choices: list[str]) -> str:
    if value in choices:
        return value
    close = difflib.get_close_matches(value, choices, n=1)
    advice = f"Did you mean {name}:{close[0]}?" if close else f"Choose one of {', '.join(choices)}."
    raise QueryError(f"{name}:{written[:50]} is not known. {advice}")
