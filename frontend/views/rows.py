"""The rows of a result as a page shows them, and the files that all of them are exported as."""

import math
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from kbqa.sql.public import FORMATS, Chart, Database, Result, shown

_SHOWN_ROWS = 1_000
_NUMBERS = (int, float, Decimal)


@dataclass(frozen=True)
class ShownFormat:
    """A kind of file that all rows are exported as, by a link."""

    label: str
    address: str
    most_rows: int


@dataclass
class Rows:
    """The rows of a result as a page shows them."""

    columns: list[tuple[str, bool]] = field(default_factory=list)
    """Names, and whether a column holds nothing but numbers."""
    rows: list[list[tuple[str, str | None]]] = field(default_factory=list)
    """Texts; of numbers, also what a script reads."""
    number: int = 0
    truncated: bool = False
    took: float = 0.0
    chart: Chart | None = None
    exports: list[ShownFormat] = field(default_factory=list)
    ran: bool = False

    def take(self, result: Result) -> None:
        """Put a result into the page."""
        rows = result.rows[:_SHOWN_ROWS]
        numeric = [_is_numeric([row[column] for row in rows]) for column in range(len(result.columns))]
        self.columns = list(zip(result.columns, numeric, strict=True))
        self.rows = [list(map(_cell, row, numeric)) for row in rows]
        self.number, self.truncated, self.took = len(result.rows), result.truncated, result.milliseconds
        self.ran = True


def exports_of(database: Database, sql: str) -> list[ShownFormat]:
    """The files that all rows of a statement are exported as, by links."""
    address = reverse("database-export", args=[database.slug])
    return [
        ShownFormat(form.label, f"{address}?{urlencode({'format': form.name, 'sql': sql})}", form.limit)
        for form in FORMATS.values()
    ]


def _is_numeric(values: list[Any]) -> bool:
    return all(value is None or isinstance(value, _NUMBERS) for value in values)


def _cell(value: Any, is_number: bool) -> tuple[str, str | None]:
    return shown(value), _sortable(value) if is_number else None


def _sortable(value: Any) -> str:
    """A number as a script reads it; a missing one is sorted by nothing."""
    if _is_no_number(value):
        return shown(value)
    return "" if value is None else str(value)


def _is_no_number(value: Any) -> bool:
    """Whether a value is NaN or infinite."""
    return isinstance(value, float) and not math.isfinite(value)
