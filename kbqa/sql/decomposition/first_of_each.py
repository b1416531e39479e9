"""The first of each group: the dearest product of each category, the two best customers of every country."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from kbqa.sql.dates import counts_years
from kbqa.sql.decomposition.base import Whole, named_within, without
from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.grammar.actions import ColumnPointer, TablePointer
from kbqa.sql.query import Item, Query, Term
from kbqa.sql.schema import ColumnRef, ColumnType, Schema, readable

_EACH = re.compile(
    r"(?:,? ?\b(?:(?:in|of|for|by|within|from|at|on|to|with) (?:each|every)|per)"
    r"|^(?:for |in )?(?:each|every)) (?P<what>[\w -]+?)"
    r"(?=$|[?.,;:]| (?:by|with|that|who|which|going|according|based|in|of|from|since|and)\b)",
    re.IGNORECASE,
)
_FIRST = re.compile(
    r"\b(?:(?:top|best|worst|first|last|most|least|fewest)|(?!(?:inter|requ|for|hon|mod|t)est\b)\w{2,}est)\b"
    r"(?! (?:(?:family |given )?names?|first|last)\b)",
    re.IGNORECASE,
)
"""Superlatives, but not `highest first`, which sorts."""
_SORTED = re.compile(r",? ?\b\w+ first\b", re.IGNORECASE)
_NAMES = ("name", "title", "label")
_MAX_KEYS = 3


def first_of_each(question: str, linked: LinkedQuestion) -> Whole | None:
    """The rows that come first in each group; the part is the question for the first of all."""
    for match in _EACH.finditer(question):
        rest = without(question, match.span())
        keys = _keys(linked, match.span("what"))
        if keys and _FIRST.search(_SORTED.sub("", rest)):
            return Whole((rest,), partial(_compose, keys))
    return None


def _keys(linked: LinkedQuestion, span: tuple[int, int]) -> list[ColumnRef]:
    """What may tell the groups apart: a column that is named, or the names of a table's rows."""
    named = named_within(linked, span)
    columns = [pointer.key for pointer in named if isinstance(pointer, ColumnPointer)]
    tables = [_name_of(pointer.key, linked.schema) for pointer in named if isinstance(pointer, TablePointer)]
    return list(dict.fromkeys([*filter(None, tables), *columns]))[:_MAX_KEYS]


def _name_of(table: str, schema: Schema) -> ColumnRef | None:
    """The column that the rows of a table are called by: its names, else what tells its rows apart."""
    columns = schema.table(table).columns
    by_name = [each for each in columns if set(_NAMES) & set(readable(each.name).split())]
    unique = [each for each in columns if schema.is_unique(ColumnRef(table, each.name))]
    telling = sorted(unique, key=lambda each: (not counts_years(each), each.kind != ColumnType.TEXT))
    found = next(iter((*by_name, *telling)), None)
    return None if found is None else ColumnRef(table, found.name)


def _compose(keys: Sequence[ColumnRef], queries: Sequence[Query]) -> Iterator[Query]:
    """The first rows of a reading once for each value of a key, which is shown before them."""
    (query,) = queries
    if query.limit is None or not query.order or query.each or query.distinct or query.operation is not None:
        return
    for key in keys:
        if key in query.group:
            continue
        shown = [item for item in query.items if item != Item(Term(key))]
        items = (Item(Term(key)), *shown)
        yield replace(query, items=items, each=(key,), group=(*query.group, key) if query.group else ())
