"""Answers that fit into an agent's context: pages of rows, and texts, that end somewhere."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

MAX_CHARACTERS = 20_000
"""Of the rows or lines of one answer, as JSON: about 5,000 tokens."""
MAX_TEXT = 1_000
"""Of one text within them."""
MAX_NAME = 200
MAX_OFFSET = 10_000

Offset = Annotated[
    int, Field(ge=0, le=MAX_OFFSET, description="How many to leave out: `next_offset` of the page before.")
]
Limit = Annotated[int, Field(ge=1, le=100, description="How many at most.")]


def page_of(rows: Sequence[Any], offset: int, *, name: str = "results", more: bool = False) -> dict[str, Any]:
    """As many rows of a page as fit, under a name, with `next_offset`: null at the end.

    `rows` are those from `offset` on, and `more` tells whether others follow them. At least one is kept.

    >>> page_of(["a", "b"], 20, more=True)
    {'results': ['a', 'b'], 'next_offset': 22}
    """
    kept: list[Any] = []
    room = MAX_CHARACTERS
    for row in rows:
        room -= len(json.dumps(row, ensure_ascii=False, default=str))
        if room < 0 and kept:
            more = True
            break
        kept.append(row)
    return {name: kept, "next_offset": offset + len(kept) if more else None}


def cut_rows(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Rows of a table with cells so short that each row fits."""
    return [[cut(cell, max(20, MAX_CHARACTERS // (2 * len(row)))) for cell in row] for row in rows]


def cut_names(columns: Sequence[str]) -> list[str]:
    """The names of columns, which may be whole expressions."""
    return [str(cut(name, MAX_NAME)) for name in columns]


def cut(value: Any, longest: int = MAX_TEXT) -> Any:
    """A value, if it is a text no longer than this; what is left out is said.

    >>> cut("abcdef", 3)
    'abc… (6 characters)'
    """
    longest = min(longest, MAX_TEXT)
    if isinstance(value, str) and len(value) > longest:
        return f"{value[:longest]}… ({len(value):,} characters)"
    return value
