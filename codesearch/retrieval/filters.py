"""Filters and literals → SQL conditions on served units (`u`) of repositories (`r`)."""

import difflib
import re
from dataclasses import dataclass
from typing import Any

from codesearch.models import Repository
from codesearch.retrieval.literals import FEW_FILES, files_with, unit_contains, units_with
from codesearch.retrieval.query import Filter, Literal, Query, QueryError
from searchapp.visibility import visible_sql

_SERVED = "NOT r.deleting AND u.since <= r.serving AND (u.until IS NULL OR u.until > r.serving)"


@dataclass(frozen=True)
class Conditions:
    """SQL that can stand after WHERE, and its parameters."""

    sql: str
    parameters: tuple[Any, ...] = ()
    slow: str = "TRUE"
    """What takes reading units' text, to be checked last and of as few units as will do.

    It knows of `u` only its `id`, `file_id`, `start_line` and `end_line`.
    """
    slow_parameters: tuple[Any, ...] = ()
    few: bool = False
    """Whether few units are known to meet the conditions."""


def served(*further: str, parameters: tuple[Any, ...] = ()) -> Conditions:
    """The conditions of the units that the reader may find: served, of repositories that are visible to them.

    `further` are more conditions, with their parameters.
    """
    visible, values = visible_sql(Repository, "r")
    return Conditions(" AND ".join((_SERVED, visible, *further)), (*values, *parameters))


def conditions_of(query: Query) -> Conditions:
    """Conditions of a query; text that has to stand there is looked up.

    Several positive filters of a field are alternatives, each negated one excludes. Raises QueryError for an
    unknown repository.
    """
    found = served()
    parts, parameters = [found.sql], [*found.parameters]
    for name in dict.fromkeys(condition.field for condition in query.filters):
        of_field = [condition for condition in query.filters if condition.field == name]
        for negated in (False, True):
            group = [_CONDITIONS[name](condition) for condition in of_field if condition.negated is negated]
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
    for literal in sorted(literals, key=lambda literal: literal.negated):
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


def _repository(condition: Filter) -> tuple[str, Any]:
    names = list(Repository.objects.filter(deleting=False).values_list("id", "name"))
    pattern = re.compile(_glob(condition.value), re.IGNORECASE)
    ids = [key for key, name in names if pattern.fullmatch(name)]
    if not ids and not condition.negated:
        close = difflib.get_close_matches(condition.value, [name for _, name in names], n=1, cutoff=0.4)
        advice = f"Did you mean repo:{close[0]}?" if close else "The repositories page lists what is there."
        raise QueryError(f"There is no repository named {condition.value}. {advice}")
    return "u.repository_id = ANY(%s)", ids


def _path(condition: Filter) -> tuple[str, Any]:
    """A path with wildcards matches from a folder's start to a name's end; one without matches anywhere."""
    if re.search(r"[*?]", condition.value):
        return "u.path ~* %s", f"(^|/){_glob(condition.value.lstrip('/'))}($|/)"
    return "position(lower(%s) in lower(u.path)) > 0", condition.value


def _name(condition: Filter) -> tuple[str, Any]:
    if re.search(r"[*?]", condition.value):
        return "u.name ~* %s", f"^{_glob(condition.value)}$"
    return "lower(u.name) = lower(%s)", condition.value


_CONDITIONS = {
    "repo": _repository,
    "lang": lambda condition: ("u.language = %s", condition.value),
    "kind": lambda condition: ("u.kind = %s", condition.value),
    "path": _path,
    "name": _name,
}


def _glob(pattern: str) -> str:
    """Regular expression of a pattern: `*` within a folder, `**` across folders, `?` one character.

    >>> _glob("src/**/*.p?")
    'src/(.*/)?[^/]*\\\\.p[^/]'
    """
    parts = re.split(r"(\*\*/?|\*|\?)", pattern)
    meaning = {"**": ".*", "**/": "(.*/)?", "*": "[^/]*", "?": "[^/]"}
    return "".join(meaning.get(part, re.escape(part)) for part in parts)
