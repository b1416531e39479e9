"""All rows of a statement as files: what is in them, and how they end."""

import csv
import io
import json
import sqlite3
import tracemalloc
import zipfile
from datetime import date, datetime
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from kbqa.sql.exports import services as exports
from kbqa.sql.exports import workbook
from kbqa.sql.exports.services import FORMATS, Export
from kbqa.sql.sources import services
from kbqa.sql.stores import processes
from kbqa.sql.stores.executor import ExecutionError, Limits, TimeLimitError
from kbqa.sql.stores.streaming import RowStream
from searchapp.audit.models import Entry

MANY = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {}) SELECT x, 'row ' || x FROM n"


class Rows(RowStream):
    """Rows that no statement gave."""

    def __init__(self, columns, rows, *, truncated=False, error=None):
        self.columns, self.taken, self.truncated = tuple(columns), len(rows), truncated
        self._rows, self._error = rows, error

    def portions(self):
        yield self._rows
        if self._error:
            raise self._error

    def close(self):
        pass


def exported(name: str, stream: RowStream) -> bytes:
    return b"".join(Export(stream, FORMATS[name], {"SQL": "SELECT 1"}))


def cells(data: bytes, sheet: int = 1) -> list[list[tuple[str, str]]]:
    """The rows of a sheet: of each cell its type and what it holds."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.testzip() is None
        tree = ElementTree.fromstring(file.read(f"xl/worksheets/sheet{sheet}.xml"))
        shared = ElementTree.fromstring(file.read("xl/sharedStrings.xml")) if sheet < 0 else []
    assert not list(shared)
    return [
        [(cell.get("t", "n"), "".join(cell.itertext())) for cell in row] for row in tree.iter(f"{space}row")
    ]
