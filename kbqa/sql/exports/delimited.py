"""Rows as CSV: UTF-8, as RFC 4180 writes it, without what a spreadsheet would run as a formula."""

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Any

from kbqa.sql.answer.values import number_name
from kbqa.sql.exports.notes import broken_note, limit_note
from kbqa.sql.stores.streaming import RowStream
from searchapp import spreadsheets
from searchapp.errors import SearchappError


def csv_of(stream: RowStream) -> Iterator[bytes]:
    """The names of the columns and the rows; where rows are missing, a last line says so."""
    yield _lines([[spreadsheets.cell(column) for column in stream.columns]])
    try:
        for portion in stream.portions():
            yield _lines([_cell(value) for value in row] for row in portion)
    except SearchappError as error:
        yield _lines([[broken_note(error)]])
        raise
    if note := limit_note(stream):
        yield _lines([[note]])


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def _cell(value: Any) -> str:
    """A value as a cell; numbers that are none are written as they are shown."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and not math.isfinite(value):
        return number_name(value)
    return spreadsheets.cell(value)
