"""Rows as people and programs read them: values as text or JSON, and an answer as a sentence."""

import math
from dataclasses import asdict
from typing import Any

import sqlglot
from sqlglot.errors import SqlglotError

from kbqa.sql.answer.values import number_name, plain_rows
from kbqa.sql.schema import readable
from kbqa.sql.stores.executor import Result

_MAX_BINARY_LENGTH = 24
_MAX_SAID = 5
"""How many values a sentence lists at most."""
_MIN_DECIMAL = 1e-4


def shown(value: Any) -> str:
    """A value as a page shows it.

    >>> shown(None), shown(1234.5), shown(1e-7), shown(bytes([0, 255])), shown(float("-inf"))
    ('', '1,234.5', '1e-07', '2 bytes: 00 ff', '-Infinity')
    """
    if value is None:
        return ""
    if isinstance(value, bytes | memoryview):
        data = bytes(value)
        cut = "…" if len(data) > _MAX_BINARY_LENGTH else ""
        return f"{len(data):,} bytes: {data[:_MAX_BINARY_LENGTH].hex(' ')}{cut}"
    if isinstance(value, float) and not math.isfinite(value):
        return number_name(value)
    if isinstance(value, float):
        decimal_places = abs(value) >= _MIN_DECIMAL or value == 0
        return f"{value:,.4f}".rstrip("0").rstrip(".") if decimal_places else f"{value:g}"
    return str(value)


def json_result(result: Result) -> dict[str, Any]:
    """A result with values that JSON has: binary as base64, exact numbers and dates as text."""
    return {**asdict(result), "rows": plain_rows(result.rows)}


def laid_out(sql: str, dialect: str) -> str:
    """SQL with a line for each clause; as it stands where it cannot be read."""
    try:
        return sqlglot.parse_one(sql, dialect=dialect).sql(dialect=dialect, pretty=True)
    except (SqlglotError, RecursionError):
        return sql


def sentence_of(result: Result, label: str = "") -> str:
    """The answer as a sentence, where it is short enough for one; else how much there is.

    `label` is what its only column is called in words.
    """
    if not result.rows:
        return "Nothing was found."
    if len(result.rows) == 1 and len(result.columns) == 1:
        text = label or readable(result.columns[0])
        return f"{text[:1].upper()}{text[1:]}: {shown(result.rows[0][0]) or 'nothing'}."
    if len(result.columns) == 1 and len(result.rows) <= _MAX_SAID and not result.truncated:
        return f"{', '.join(shown(row[0]) or 'nothing' for row in result.rows)}."
    number = f"{len(result.rows):,} {'rows' if len(result.rows) != 1 else 'row'}"
    return f"{'More than ' if result.truncated else ''}{number}."
