"""Queries as JSON, which a follow-up question takes up again."""

from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any

from pyoxigraph import Literal, NamedNode

from kbqa.sparql import query as shapes
from kbqa.sparql.query import Query
from kbqa.sparql.terms import parse_term

_SHAPES = {name: shape for name, shape in vars(shapes).items() if isinstance(shape, type)}
"""What a query consists of, by its name."""


def query_json(query: Query) -> Any:
    """The JSON of a query; what has its default is left out."""
    return _json(query)


def query_from(data: Any) -> Query | None:
    """The query of its JSON; None for what is none, or of another version."""
    try:
        query = _value(data)
    except (KeyError, TypeError, ValueError):
        return None
    return query if isinstance(query, Query) else None


def _json(value: Any) -> Any:
    if isinstance(value, NamedNode | Literal):
        return {"term": str(value)}
    if isinstance(value, StrEnum):
        return {"word": type(value).__name__, "is": value.value}
    if isinstance(value, frozenset):
        return {"all": sorted(map(_json, value), key=str)}
    if isinstance(value, tuple):
        return list(map(_json, value))
    if is_dataclass(value) and not isinstance(value, type):
        changed = ((each.name, getattr(value, each.name), each.default) for each in fields(value))
        return {
            "a": type(value).__name__,
            **{name: _json(own) for name, own, usual in changed if own != usual},
        }
    return value


def _value(data: Any) -> Any:
    if isinstance(data, list):
        return tuple(map(_value, data))
    if not isinstance(data, dict):
        return data
    if "term" in data:
        return parse_term(data["term"])
    if "word" in data:
        return _SHAPES[data["word"]](data["is"])
    if "all" in data:
        return frozenset(map(_value, data["all"]))
    return _SHAPES[data["a"]](**{name: _value(own) for name, own in data.items() if name != "a"})
