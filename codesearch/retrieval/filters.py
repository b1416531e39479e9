"""Filters and literals → SQL conditions on served units (`u`) of repositories (`r`)."""

import difflib
import re
from dataclasses import dataclass
from typing import Any

from codesearch.models import Repository
from codesearch.retrieval.literals import FEW_FILES, files_with, unit_contains, units_with
from codesearch.retrieval.query import Filter, Literal, Query, QueryError

SERVED = "NOT r.deleting AND u.since <= r.serving AND (u.until IS NULL OR u.until > r.serving)"


@dataclass(frozen=True)
class Conditions:
    """SQL that can stand after WHERE, and its parameters.

    `slow` is what takes reading units' text, to be checked last and of as few units as will do; it knows of
    `u` only its `id`, `file_id`, `start_line` and `end_line`. `few` tells that few units are known to meet
    the conditions.
    """

    sql: str
    parameters: tuple[Any, ...] = ()
    slow: str = "TRUE"
    slow_parameters: tuple[Any, ...] = ()
    few: bool = False


def conditions_of(query: Query) -> Conditions:
    """Return the conditions of a query; text that has to stand there is looked up.

    Raises QueryError for an unknown repository.
    """
    parts = [SERVED]
    parameters: list[Any] = []
    for name in dict.fromkeys(each.field for each in query.filters):
        chosen = [each for each in query.filters if each.field == name]
        for negated in (False, True):
            group = [_CONDITIONS[name](each) for each in chosen if each.negated is negated]
            if group:
                alternatives = " OR ".join(sql for sql, _ in group)
                parts.append(f"{'NOT ' if negated else ''}({alternatives})")
                parameters += [value for _, value in group]
    return _with_literals(parts, parameters, query.literals)


def _with_literals(
    filters: list[str], filter_parameters: list[Any], literals: tuple[Literal, ...]
) -> Conditions:
    """Add the conditions that texts stand in a unit, or do not.

    Each text is looked for only where those before it leave units.
    """
    quick, parameters = [*filters], [*filter_parameters]
    slow, slow_parameters = ["TRUE"], list[Any]()
    few = False
    for literal in sorted(literals, key=lambda each: each.negated):
        files = files_with(literal.text, " AND ".join(quick), parameters)
        if len(files) <= FEW_FILES:
            quick.append(f"{'NOT ' if literal.negated else ''}u.id = ANY(%s)")
            parameters.append(units_with(literal.text, files))
            few = few or not literal.negated
        elif literal.negated:
            slow.append(f"NOT (u.file_id = ANY(%s) AND {unit_contains(literal.text)})")
            slow_parameters += [files, literal.text]
        else:
            quick.append("u.file_id = ANY(%s)")
            parameters.append(files)
            slow.append(unit_contains(literal.text))
            slow_parameters.append(literal.text)
    return Conditions(" AND ".join(quick), tuple(parameters), " AND ".join(slow), tuple(slow_parameters), few)


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
