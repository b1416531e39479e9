"""Rows as a workbook of Excel: numbers and dates as such, texts as texts, which no spreadsheet runs.

It is written to a temporary file, a row in memory at a time, and is there only when it is complete.
"""

import datetime
import math
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import IO, Any, cast

from xlsxwriter import Workbook
from xlsxwriter.format import Format as CellFormat
from xlsxwriter.worksheet import Worksheet

from kbqa.sql.answer.values import number_name
from kbqa.sql.exports.notes import limit_note
from kbqa.sql.exports.objects import distinct
from kbqa.sql.stores.streaming import RowStream

MAX_ROWS = 1_048_575
"""What a sheet has beside the names of the columns."""
_MAX_TEXT = 32_767
_MAX_EXACT_DIGITS = 15
"""Of a number in a cell: Excel has no others."""
_FIRST_DATE = datetime.date(1900, 3, 1)
"""Excel counts a day that never was before it."""
_PORTION = 65_536
_DATE, _MOMENT, _TIME, _SPAN = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "hh:mm:ss", "[h]:mm:ss"
_WRITTEN_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?")
_OPTIONS = {"constant_memory": True, "default_date_format": _DATE}
_WIDTHS = (10, 40)


def workbook_of(stream: RowStream, facts: Mapping[str, str]) -> "WorkbookFile":
    """A workbook with a sheet of rows, and one of notes with what is known of them.

    Raises ExecutionError, ConnectError, and OSError where the disk is full.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever reads it closes it
    try:
        with tempfile.TemporaryDirectory() as folder:
            workbook = Workbook(file, _OPTIONS | {"tmpdir": folder})
            workbook.use_zip64()
            sheet = _Sheet(workbook, stream)
            sheet.write_all()
            sheet.write_notes(facts)
            workbook.close()
    except BaseException:
        file.close()
        raise
    return WorkbookFile(file)


class WorkbookFile:
    """A workbook that is complete; reading it ends it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.size = file.seek(0, 2)
        file.seek(0)

    def __iter__(self) -> Iterator[bytes]:
        with self._file:
            while portion := self._file.read(_PORTION):
                yield portion

    def close(self) -> None:
        """Forget it."""
        self._file.close()


class _Sheet:
    """The sheet of rows of a workbook."""

    def __init__(self, workbook: Workbook, stream: RowStream) -> None:
        self._workbook, self._stream = workbook, stream
        self._sheet: Worksheet = workbook.add_worksheet("Rows")
        self._formats: dict[str, CellFormat] = {}
        self._bold = workbook.add_format({"bold": True})
        self._cut = 0

    def write_all(self) -> None:
        """Write the names of the columns, which stay in sight, and the rows."""
        columns = distinct(self._stream.columns)
        self._sheet.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            least, most = _WIDTHS
            self._sheet.set_column(place, place, max(least, min(len(column) + 2, most)))
        for place, column in enumerate(columns):
            self._sheet.write_string(0, place, self._text(column), self._bold)
        number = 0
        for portion in self._stream.portions():
            for row in portion:
                number += 1
                for place, value in enumerate(row):
                    if value is not None:
                        self._write(number, place, value)

    def write_notes(self, facts: Mapping[str, str]) -> None:
        """Write what is known of the rows; it is seen first where some of them are missing, or were cut."""
        notes: Worksheet = self._workbook.add_worksheet("Notes")
        notes.set_column(0, 0, 16)
        notes.set_column(1, 1, 100)
        missing = limit_note(self._stream)
        cut = f"{self._cut:,} texts were cut at {_MAX_TEXT:,} letters, which a cell has at most."
        told = {
            **facts,
            "Rows": f"{self._stream.taken:,}",
            **({"Missing": missing} if missing else {}),
            **({"Cut": cut} if self._cut else {}),
        }
        for row, (name, fact) in enumerate(told.items()):
            notes.write_string(row, 0, name, self._bold)
            notes.write_string(row, 1, _cut(fact))
        if missing or self._cut:
            notes.activate()

    def _write(self, row: int, place: int, value: Any) -> None:
        form, number = _as_number(value)
        if number is None:
            self._sheet.write_string(row, place, self._text(_as_text(value)))
        elif isinstance(number, bool):
            self._sheet.write_boolean(row, place, number)
        elif isinstance(number, int | float):
            self._sheet.write_number(row, place, number, self._format(form))
        else:
            self._sheet.write_datetime(row, place, number, self._format(form))

    def _format(self, form: str) -> CellFormat | None:
        if not form:
            return None
        if form not in self._formats:
            self._formats[form] = self._workbook.add_format({"num_format": form})
        return self._formats[form]

    def _text(self, text: str) -> str:
        self._cut += len(text) > _MAX_TEXT
        return _cut(text)


def _cut(text: str) -> str:
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT - 1]}…"


def _as_text(value: Any) -> str:
    if isinstance(value, float):
        return number_name(value)
    return value.hex() if isinstance(value, bytes) else str(value)


def _as_number(value: Any) -> tuple[str, Any]:
    """A value as a cell counts with it, and how it is shown; None for what is only a text to Excel.

    >>> _as_number(Decimal("1.50")), _as_number(10**20), _as_number("2024-02-30")
    (('0.00', 1.5), ('', None), ('', None))
    """
    for kind, convert in _CONVERTERS.items():
        if isinstance(value, kind):
            return convert(value)
    return "", None


def _of_int(value: int) -> tuple[str, Any]:
    return "", value if isinstance(value, bool) or len(str(abs(value))) <= _MAX_EXACT_DIGITS else None


def _of_float(value: float) -> tuple[str, Any]:
    return "", value if math.isfinite(value) else None


def _of_decimal(value: Decimal) -> tuple[str, Any]:
    digits, places = value.as_tuple().digits, value.as_tuple().exponent
    if not isinstance(places, int) or len(digits) > _MAX_EXACT_DIGITS or abs(places) > _MAX_EXACT_DIGITS:
        return "", None
    return f"0.{'0' * -places}" if places < 0 else "", float(value)


def _of_date(value: datetime.date) -> tuple[str, Any]:
    """A date, or a moment as it reads: Excel knows no time zones."""
    if isinstance(value, datetime.datetime):
        plain = value.replace(tzinfo=None)
        return (_MOMENT, plain) if plain.date() >= _FIRST_DATE else ("", None)
    return (_DATE, value) if value >= _FIRST_DATE else ("", None)


def _of_text(value: str) -> tuple[str, Any]:
    """A date that stands as a text, as SQLite has all of them."""
    if not _WRITTEN_DATE.fullmatch(value):
        return "", None
    try:
        moment = datetime.datetime.fromisoformat(value)
    except ValueError:
        return "", None
    return _of_date(moment.date() if len(value) == len("2000-01-01") else moment)


def _of_span(value: datetime.timedelta) -> tuple[str, Any]:
    return (_SPAN, value) if value >= datetime.timedelta() else ("", None)


_CONVERTERS: Mapping[type, Callable[[Any], tuple[str, Any]]] = cast(
    "Mapping[type, Callable[[Any], tuple[str, Any]]]",
    {
        int: _of_int,
        float: _of_float,
        Decimal: _of_decimal,
        datetime.date: _of_date,
        datetime.time: lambda value: (_TIME, value.replace(tzinfo=None)),
        datetime.timedelta: _of_span,
        str: _of_text,
    },
)
