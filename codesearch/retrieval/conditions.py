"""Filters and literals → SQL conditions on served units (`u`) of repositories (`r`)."""

import difflib
import re
from dataclasses import dataclass
from typing import Any

from codesearch.models import Repository
from codesearch.parsing.words import words_of_identifier
from codesearch.retrieval.query import Filter, Query, QueryError

SERVED = "NOT r.deleting AND u.since <= r.serving AND (u.until IS NULL OR u.until > r.serving)"


@dataclass(frozen=True)
class Conditions:
    """SQL that can stand after WHERE, and its parameters."""

    sql: str
    parameters: tuple[Any, ...] = ()


def conditions_of(query: Query) -> Conditions:
    """Return the conditions of a query. Raises QueryError for a repository that does not exist."""
    parts: list[str] = []
    parameters: list[Any] = []
    for name in dict.fromkeys(each.field for each in query.filters):
        chosen = [each for each in query.filters if each.field == name]
        for negated in (False, True):
            group = [_CONDITIONS[name](each) for each in chosen if each.negated is negated]
            if group:
                alternatives = " OR ".join(sql for sql, _ in group)
                parts.append(f"{'NOT ' if negated else ''}({alternatives})")
                parameters += [value for _, value in group]
    for literal in query.literals:
        sql, values = _literal(literal.text)
        parts.append(f"{'NOT ' if literal.negated else ''}({sql})")
        parameters += values
    return Conditions(" AND ".join([SERVED, *parts]), tuple(parameters))


# A unit's lines, cut from its file's content.
_UNIT_TEXT = (
    "(SELECT array_to_string((string_to_array(b.text, E'\\n'))[u.start_line:u.end_line], E'\\n')"
    " FROM codesearch_sourcefile f JOIN codesearch_blob b ON b.digest = f.blob_id WHERE f.id = u.file_id)"
)

_FILES_WITH_TEXT = (
    "SELECT f.id FROM codesearch_sourcefile f JOIN codesearch_blob b ON b.digest = f.blob_id WHERE position(lower(%s) in lower(b.text)) > 0"
)

# An identifier that ends inside the literal on both sides stands in the unit as it is; one at the literal's edge may be a part.
_WHOLE_IDENTIFIER = re.compile(r"(?<=[^\w$])[^\W_](?:[\w$]*[^\W_])?(?=[^\w$])")


def _literal(text: str) -> tuple[str, list[Any]]:
    """Return the condition that a unit contains a text.

    Reading text is slow: whole words are looked up first, and each file is read once before any of its units.
    """
    contains = f"u.file_id IN ({_FILES_WITH_TEXT}) AND position(lower(%s) in lower({_UNIT_TEXT})) > 0"
    found = dict.fromkeys(word for identifier in _WHOLE_IDENTIFIER.findall(text) for word in words_of_identifier(identifier))
    if not found:
        return contains, [text, text]
    return f"u.lexemes @@ %s::tsquery AND {contains}", [" & ".join(f"'{word}'" for word in found), text, text]


def _repository(each: Filter) -> tuple[str, Any]:
    names = list(Repository.objects.filter(deleting=False).values_list("id", "name"))
    pattern = re.compile(_glob(each.value), re.IGNORECASE)
    ids = [key for key, name in names if pattern.fullmatch(name)]
    if not ids and not each.negated:
        close = difflib.get_close_matches(each.value, [name for _, name in names], n=1, cutoff=0.4)
        advice = f"Did you mean repo:{close[0]}?" if close else "The repositories page lists what is there."
        raise QueryError(f"There is no repository named {each.value}. {advice}")
    return "u.repository_id = ANY(%s)", ids


def _path(each: Filter) -> tuple[str, Any]:
    """A path with wildcards matches from a folder's start to a name's end; one without matches anywhere."""
    if re.search(r"[*?]", each.value):
        return "u.path ~* %s", f"(^|/){_glob(each.value.lstrip('/'))}($|/)"
    return "position(lower(%s) in lower(u.path)) > 0", each.value


def _name(each: Filter) -> tuple[str, Any]:
    if re.search(r"[*?]", each.value):
        return "u.name ~* %s", f"^{_glob(each.value)}$"
    return "lower(u.name) = lower(%s)", each.value


_CONDITIONS = {
    "repo": _repository,
    "lang": lambda each: ("u.language = %s", each.value),
    "kind": lambda each: ("u.kind = %s", each.value),
    "path": _path,
    "name": _name,
}


def _glob(pattern: str) -> str:
    """Return a regular expression: `*` within a folder, `**` across folders, `?` one character."""
    pieces = re.split(r"(\*\*/?|\*|\?)", pattern)
    meaning = {"**": ".*", "**/": "(.*/)?", "*": "[^/]*", "?": "[^/]"}
    return "".join(meaning.get(piece, re.escape(piece)) for piece in pieces)
