"""Conditions → SQL on served units (`u`) or files (`f`) of repositories (`r`)."""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from codesearch.indexing.trigrams import trigram_bits
from codesearch.models import Repository
from codesearch.retrieval.conditions import AllOf, Condition, Filter, Literal
from codesearch.retrieval.fields import QueryError
from codesearch.retrieval.query import Query
from codesearch.retrieval.regular_expressions import AllOf as AllNeeded
from codesearch.retrieval.regular_expressions import Needed
from searchapp.visibility import visible_sql

Sql = tuple[str, Sequence[Any]]
"""A condition and its parameters."""
LeafSql = Callable[[Filter | Literal], Sql]

OF_FILES = frozenset({"repo", "lang", "path"})
"""Filters that hold for all units of a file, or for none."""
_TRUE: Sql = ("TRUE", ())
_FALSE: Sql = ("FALSE", ())
# More bits of a text's signature narrow no further.
_MOST_BITS = 24


@dataclass(frozen=True)
class Conditions:
    """SQL on units that can stand after WHERE, and its parameters."""

    sql: str
    parameters: tuple[Any, ...] = ()
    few: bool = False
    """Whether few units are known to meet the conditions."""
    none: bool = False
    """Whether none is known to."""


def served(*further: str, parameters: tuple[Any, ...] = ()) -> Conditions:
    """The conditions of the units that the reader may find: served, of repositories that are visible to them.

    `further` are more conditions, with their parameters.
    """
    sql, values = served_sql("u")
    return Conditions(" AND ".join((sql, *further)), (*values, *parameters))


def served_sql(table: str) -> Sql:
    """As `served`, for units (`u`) or files (`f`)."""
    visible, values = visible_sql(Repository, "r")
    is_served = f"{table}.since <= r.serving AND ({table}.until IS NULL OR {table}.until > r.serving)"
    return f"NOT r.deleting AND {is_served} AND {visible}", values


def conditions_of(query: Query, with_text: Mapping[Literal, list[int]] | None = None) -> Conditions:
    """Conditions of a query, of whose texts `with_text` has the keys of the units in which they stand.

    Several positive filters of a field are alternatives, each negated one excludes. Raises QueryError for an
    unknown repository.
    """

    def of_leaf(leaf: Filter | Literal) -> Sql:
        if isinstance(leaf, Literal):
            return "u.id = ANY(%s)", [(with_text or {}).get(replace(leaf, negated=False), [])]
        return filter_sql(leaf, "u")

    parts = [sql_of(part, of_leaf) for part in query.condition.parts]
    found = served()
    return Conditions(
        " AND ".join([found.sql, *(sql for sql, _ in parts)]),
        (*found.parameters, *(value for _, values in parts for value in values)),
    )


def sql_of(condition: Condition, of_leaf: LeafSql) -> Sql:
    """SQL of a condition, by that of its leaves, which leaves their minus out."""
    if isinstance(condition, Filter | Literal):
        sql, parameters = of_leaf(condition)
    else:
        word = " AND " if isinstance(condition, AllOf) else " OR "
        parts = [sql_of(part, of_leaf) for part in condition.parts]
        sql = f"({word.join(part for part, _ in parts) or 'TRUE'})"
        parameters = [value for _, values in parts for value in values]
    return (f"NOT {sql}" if condition.negated else sql), parameters


def files_sql(condition: Condition, *, bounded: bool) -> Sql:
    """SQL that holds for all files (`f`, with their text as `b`) that have to be read for a condition.

    `bounded` tells that hits have one of its texts that are not excluded; otherwise every file with any of
    its texts is read.
    """
    return _could_hold(condition, positive=True, narrowed=bounded)


def _could_hold(condition: Condition, *, positive: bool, narrowed: bool) -> Sql:
    """SQL that holds wherever a condition could be true (or, not `positive`, could be false)."""
    positive ^= condition.negated
    if isinstance(condition, Filter):
        if condition.field not in OF_FILES:
            return _TRUE
        sql, parameters = filter_sql(condition, "f")
        return (sql if positive else f"NOT {sql}"), parameters
    if isinstance(condition, Literal):
        return signature_sql(condition.needed) if positive and narrowed else _TRUE
    parts = [_could_hold(part, positive=positive, narrowed=narrowed) for part in condition.parts]
    return _combined(parts, is_all=isinstance(condition, AllOf) is positive)


def signature_sql(needed: Needed) -> Sql:
    """SQL that holds for texts (`b`) whose signature has what is needed, and for those without one."""
    sql, parameters = _signature_has(needed)
    if (sql, parameters) == _TRUE:
        return _TRUE
    return f"(b.trigrams IS NULL OR {sql})", parameters


def _signature_has(needed: Needed) -> Sql:
    if isinstance(needed, str):
        bits = trigram_bits(needed)[:_MOST_BITS]
        has = [f"get_bit(b.trigrams, {bit} & (8 * octet_length(b.trigrams) - 1)) = 1" for bit in bits]
        return (f"({' AND '.join(has)})", []) if has else _TRUE
    return _combined([_signature_has(part) for part in needed.parts], is_all=isinstance(needed, AllNeeded))


def _combined(parts: Sequence[Sql], *, is_all: bool) -> Sql:
    """Parts that must all hold, or of which one must; what always holds is left out."""
    if is_all:
        parts = [part for part in parts if part != _TRUE]
    elif _TRUE in parts:
        return _TRUE
    if not parts:
        return _TRUE if is_all else _FALSE
    word = " AND " if is_all else " OR "
    return f"({word.join(sql for sql, _ in parts)})", [value for _, values in parts for value in values]


def filter_sql(condition: Filter, table: str) -> Sql:
    """SQL of a filter without its minus on units (`u`) or files (`f`). Raises QueryError."""
    sql, value = _CONDITIONS[condition.field](condition)
    return sql.replace("{table}", table), [value]


def _repository(condition: Filter) -> tuple[str, Any]:
    names = list(Repository.objects.filter(deleting=False).values_list("id", "name"))
    pattern = re.compile(_glob(condition.value), re.IGNORECASE)
    ids = [key for key, name in names if pattern.fullmatch(name)]
    if not ids:
        # As others write them: with an owner, or between the marks of a regular expression.
        last = condition.value.strip("^$").rsplit("/", 1)[-1].replace("\\", "").lower()
        ids = [key for key, name in names if name.lower() == last]
    if not ids and not condition.negated:
        close = difflib.get_close_matches(condition.value, [name for _, name in names], n=1, cutoff=0.4)
        advice = f"Did you mean repo:{close[0]}?" if close else "The repositories page lists what is there."
        raise QueryError(f"There is no repository named {condition.value}. {advice}")
    return "{table}.repository_id = ANY(%s)", ids


def _path(condition: Filter) -> tuple[str, Any]:
    """A path with wildcards matches from a folder's start to a name's end; one without matches anywhere.

    One that begins with a slash begins at the repository's root.
    """
    value, rooted = condition.value.lstrip("/"), condition.value.startswith("/")
    if condition.regular:
        return f"{{table}}.path {_like(condition)} %s", condition.value
    if re.search(r"[*?]", value):
        return f"{{table}}.path {_like(condition)} %s", f"{'^' if rooted else '(^|/)'}{_glob(value)}($|/)"
    if rooted:
        return f"{{table}}.path {_like(condition)} %s", f"^{re.escape(value)}"
    if condition.cased:
        return "(position(%s in {table}.path) > 0)", value
    return "(position(lower(%s) in lower({table}.path)) > 0)", value


def _name(condition: Filter) -> tuple[str, Any]:
    if condition.regular:
        return f"u.name {_like(condition)} %s", condition.value
    if re.search(r"[*?]", condition.value):
        return f"u.name {_like(condition)} %s", f"^{_glob(condition.value)}$"
    return ("u.name = %s" if condition.cased else "lower(u.name) = lower(%s)"), condition.value


def _like(condition: Filter) -> str:
    return "~" if condition.cased else "~*"


_CONDITIONS: dict[str, Callable[[Filter], tuple[str, Any]]] = {
    "repo": _repository,
    "lang": lambda condition: ("{table}.language = %s", condition.value),
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
