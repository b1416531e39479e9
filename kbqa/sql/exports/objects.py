"""Rows as JSON: an array of objects, a line each, with values as the API gives them."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from kbqa.sql.answer.values import plain_rows
from kbqa.sql.exports.notes import broken_note, limit_note
from kbqa.sql.stores.streaming import RowStream
from searchapp.errors import SearchappError

NOTE = "export note"
"""The only name in a last object that is no row but says that there are more."""


def json_of(stream: RowStream) -> Iterator[bytes]:
    """The array. One that broke off is not closed, and ends with an object that says why."""
    names = distinct(stream.columns)
    separator = ""
    yield b"[\n"
    try:
        for portion in stream.portions():
            if portion:
                rows = [_object(names, row) for row in plain_rows(portion)]
                yield (separator + ",\n".join(rows)).encode("utf-8", "replace")
                separator = ",\n"
    except SearchappError as error:
        yield (separator + _object([NOTE], [broken_note(error)])).encode("utf-8", "replace")
        raise
    if note := limit_note(stream):
        yield (separator + _object([NOTE], [note])).encode()
    yield b"\n]\n"


def distinct(columns: Sequence[str]) -> list[str]:
    """The names of columns, each once: another of the same name has a number behind it.

    >>> distinct(["name", "age", "name", "name"])
    ['name', 'age', 'name 2', 'name 3']
    """
    found: list[str] = []
    for column in columns:
        name, number = column, 2
        while name in found:
            name, number = f"{column} {number}", number + 1
        found.append(name)
    return found


def _object(names: Sequence[str], values: Sequence[Any]) -> str:
    return json.dumps(dict(zip(names, values, strict=True)), ensure_ascii=False, separators=(", ", ": "))
