"""All rows of a statement as files: what is in them, and how they end."""

import csv
import io
import json
import tracemalloc
import zipfile
from datetime import date, datetime
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from kbqa.process_pool import ProcessPool
from kbqa.sql.exports.services import FORMATS, Export
from kbqa.sql.exports.services import export as begin
from kbqa.sql.stores import processes
from kbqa.sql.stores.executor import Limits, TimeLimitError
from kbqa.sql.stores.processes import ExportProcess
from kbqa.sql.stores.streaming import RowStream

MANY = (
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {}) "
    "SELECT x AS number, 'some text that stands in row ' || x AS text FROM n"
)
SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


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


def exported(name, stream):
    return b"".join(Export(stream, FORMATS[name], {"SQL": "SELECT 1"}))


def sheet(data, number):
    """The rows of a sheet: of each cell its type, its number format, and what it holds."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        tree = ElementTree.fromstring(file.read(f"xl/worksheets/sheet{number}.xml"))
        styles = ElementTree.fromstring(file.read("xl/styles.xml"))
        texts = (
            ["".join(each.itertext()) for each in ElementTree.fromstring(file.read("xl/sharedStrings.xml"))]
            if "xl/sharedStrings.xml" in file.namelist()
            else []
        )
    forms = {each.get("numFmtId"): each.get("formatCode") for each in styles.iter(f"{SPACE}numFmt")}
    uses = [forms.get(each.get("numFmtId"), "") for each in styles.find(f"{SPACE}cellXfs")]

    def cell(each):
        kind, held = each.get("t", "n"), "".join(each.itertext())
        return kind, uses[int(each.get("s", 0))], texts[int(held)] if kind == "s" else held

    return [[cell(each) for each in row] for row in tree.iter(f"{SPACE}row")]


VALUES = [
    (7, ("n", "", "7")),
    (12345678901234567890, ("inlineStr", "", "12345678901234567890")),
    (Decimal("1234.50"), ("n", "0.00", "1234.5")),
    (Decimal("0.12345678901234567"), ("inlineStr", "", "0.12345678901234567")),
    (date(2024, 3, 1), ("n", "yyyy-mm-dd", "45352")),
    ("2024-03-01", ("n", "yyyy-mm-dd", "45352")),
    (datetime(2024, 3, 1, 12), ("n", "yyyy-mm-dd hh:mm:ss", "45352.5")),
    ("2024-03-01 12:00:00", ("n", "yyyy-mm-dd hh:mm:ss", "45352.5")),
    ("2024-02-30", ("inlineStr", "", "2024-02-30")),
    (date(1850, 1, 1), ("inlineStr", "", "1850-01-01")),
    (True, ("b", "", "1")),
    ("=1+1", ("inlineStr", "", "=1+1")),
    ("00123", ("inlineStr", "", "00123")),
    (float("inf"), ("inlineStr", "", "Infinity")),
    (b"\x00\xff", ("inlineStr", "", "00ff")),
]


@pytest.mark.parametrize(("value", "cell"), VALUES, ids=[repr(value) for value, _ in VALUES])
def test_a_workbook_has_values_as_what_they_are(value, cell):
    assert sheet(exported("xlsx", Rows(["it"], [(value,)])), 1)[1] == [cell]


def test_empty_values_are_empty_cells():
    rows = [(None, 1), (2, None)]
    found = sheet(exported("xlsx", Rows(["a", "b"], rows)), 1)
    assert [[held for _, _, held in row] for row in found] == [["a", "b"], ["1"], ["2"]]
    assert exported("csv", Rows(["a", "b"], rows)) == b"a,b\r\n,1\r\n2,\r\n"
    assert json.loads(exported("json", Rows(["a", "b"], rows))) == [{"a": None, "b": 1}, {"a": 2, "b": None}]


def test_what_a_cell_cannot_hold_is_cut_and_said():
    data = exported("xlsx", Rows(["long"], [("x" * 40_000,)]))
    assert len(sheet(data, 1)[1][0][2]) == 32_767
    assert any("1 texts were cut" in row[1][2] for row in sheet(data, 2))


def test_csv_is_as_its_standard_says_and_has_no_formulas():
    rows = [
        ('say "a, b"\nc', 3, Decimal("1.50"), True),
        ("=1+1", -5, None, False),
        ("-1", float("-inf"), b"\xff", None),
    ]
    data = exported("csv", Rows(["text", "=n", "d", "b"], rows))
    assert data.startswith(b"text,'=n,d,b\r\n")
    assert list(csv.reader(io.StringIO(data.decode(), newline="")))[1:] == [
        ['say "a, b"\nc', "3", "1.50", "true"],
        ["'=1+1", "-5", "", "false"],
        ["'-1", "-Infinity", "ff", ""],
    ]


def test_json_has_all_columns_also_of_one_name():
    rows = [("a", Decimal("1.50"), 2**70, float("nan")), ("b", None, 1, 0.5)]
    objects = json.loads(exported("json", Rows(["name", "name", "n", "f"], rows)))
    assert objects[0] == {"name": "a", "name 2": "1.50", "n": 2**70, "f": "NaN"}
    assert json.loads(exported("json", Rows(["a"], []))) == []


def test_more_rows_than_a_file_may_have_are_told_of():
    rows = [(1,), (2,)]
    line = exported("csv", Rows(["n"], rows, truncated=True)).decode().splitlines()[-1]
    assert "Only the first 2 rows" in line
    assert (
        "Only the first 2 rows"
        in json.loads(exported("json", Rows(["n"], rows, truncated=True)))[2]["export note"]
    )
    notes = {row[0][2]: row[1][2] for row in sheet(exported("xlsx", Rows(["n"], rows, truncated=True)), 2)}
    assert notes["Missing"].startswith("Only the first 2 rows")
    assert "Missing" not in {row[0][2] for row in sheet(exported("xlsx", Rows(["n"], rows)), 2)}


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_that_breaks_off_is_no_whole_one(name):
    broken, got = Rows(["n"], [(1,)], error=TimeLimitError("It took too long.")), []
    with pytest.raises(TimeLimitError):
        got.extend(Export(broken, FORMATS[name], {}))
    told = b"".join(got).decode()
    if name == "xlsx":
        assert told == ""
        return
    assert "rows are missing: It took too long." in told.splitlines()[-1]
    if name == "json":
        with pytest.raises(json.JSONDecodeError):
            json.loads(told)


def export(shop, sql, name, seconds=20):
    return begin(shop, sql, FORMATS[name], Limits(seconds=seconds))


@pytest.fixture
def _small_processes(monkeypatch):
    """Let statements have little memory, which all rows at once would not fit into."""
    pool = ProcessPool(ExportProcess, 1, 160_000_000)
    monkeypatch.setattr(processes, "export_processes", lambda: pool)
    yield
    pool.close()


@pytest.mark.usefixtures("_small_processes")
@pytest.mark.parametrize("name", FORMATS)
def test_memory_does_not_grow_with_the_rows(shop, name):
    number = 300_000 if name == "csv" else 30_000
    tracemalloc.start()
    size = sum(map(len, export(shop, MANY.format(number), name)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 5 * number
    assert peak < 4_000_000, peak


def test_the_first_rows_come_before_the_last_are_read(shop):
    begun = export(shop, MANY.format(10**9), "csv")
    content = iter(begun)
    assert next(content) == b"number,text\r\n"
    assert next(content).startswith(b"1,some text")
    begun.close()


def test_rows_are_limited_and_so_is_the_time(shop, settings):
    settings.DATABASE_EXPORT_ROWS = 1_500
    lines = b"".join(export(shop, MANY.format(2_000), "csv")).decode().splitlines()
    assert (len(lines), lines[1_500][:5]) == (1_502, "1500,")
    assert "Only the first 1,500 rows" in lines[-1]
    assert len(b"".join(export(shop, MANY.format(1_500), "csv")).splitlines()) == 1_501
    settings.DATABASE_EXPORT_ROWS, settings.DATABASE_EXPORT_SECONDS = 10**9, 1
    got = []
    with pytest.raises(TimeLimitError):
        got.extend(export(shop, MANY.format(10**9), "csv"))
    assert b"rows are missing: The rows took longer than the 1 seconds" in got[-1]


def test_the_first_row_has_the_time_of_a_statement(shop):
    endless = MANY.format(10**9).replace("SELECT x AS number", "SELECT max(x) AS number")
    with pytest.raises(TimeLimitError, match=r"longer than 0\.4 seconds"):
        export(shop, endless, "csv", seconds=0.4)


def test_whoever_stops_reading_ends_the_statement(shop, settings):
    settings.DATABASE_EXPORT_PROCESSES = 1
    for _ in range(3):
        begun = export(shop, MANY.format(10**9), "csv")
        next(iter(begun))
        begun.close()
    assert len(b"".join(export(shop, "SELECT name FROM city", "csv")).splitlines()) == 4


def test_a_workbook_has_no_more_rows_than_a_sheet(shop, settings):
    settings.DATABASE_EXPORT_ROWS = 5_000_000
    assert {name: form.limit for name, form in FORMATS.items()} == {
        "csv": 5_000_000, "json": 5_000_000, "xlsx": 1_048_575,
    }  # fmt: skip
