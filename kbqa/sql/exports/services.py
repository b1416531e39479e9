"""Exports of all rows of a statement: the formats, and how one is begun."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.http import StreamingHttpResponse
from django.utils import timezone

from kbqa.sql.exports import workbook
from kbqa.sql.exports.delimited import csv_of
from kbqa.sql.exports.objects import json_of
from kbqa.sql.stores.databases import Source
from kbqa.sql.stores.executor import Limits, source_of
from kbqa.sql.stores.streaming import RowStream, StreamLimits
from kbqa.sql.stores.validator import checked
from searchapp.audit import recording as audit
from searchapp.errors import InvalidInput

Content = Callable[[RowStream, Mapping[str, str]], Iterable[bytes]]


@dataclass(frozen=True)
class Format:
    """A kind of file; `most_rows` are what it can hold, 0 for any number."""

    name: str
    label: str
    media_type: str
    content: Content
    most_rows: int = 0

    @property
    def limit(self) -> int:
        """How many rows an export of it has at most."""
        return min(self.most_rows or settings.DATABASE_EXPORT_ROWS, settings.DATABASE_EXPORT_ROWS)


FORMATS = {
    each.name: each
    for each in (
        Format("csv", "CSV", "text/csv", lambda stream, _: csv_of(stream)),
        Format("json", "JSON", "application/json", lambda stream, _: json_of(stream)),
        Format(
            "xlsx",
            "Excel",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            workbook.workbook_of,
            workbook.MAX_ROWS,
        ),
    )
}
"""The formats by name; the first is the one that nobody asked for."""


def format_called(name: str) -> Format:
    """A format by its name. Raises InvalidInput."""
    if name not in FORMATS:
        raise InvalidInput(f"There is no format {name}. Use one of {', '.join(FORMATS)}.", field="format")
    return FORMATS[name]


class Export:
    """A file that is written while it is read; whoever stops reading it closes it."""

    def __init__(self, stream: RowStream, form: Format, facts: Mapping[str, str]) -> None:
        """Begin it. Raises ExecutionError, ConnectError."""
        self.form = form
        self._stream = stream
        self._content = form.content(stream, facts)

    def __iter__(self) -> Iterator[bytes]:
        """What it consists of. Raises ExecutionError, ConnectError."""
        yield from self._content

    @property
    def size(self) -> int | None:
        """How many bytes it has; None where nobody knows yet."""
        return self._content.size if isinstance(self._content, workbook.WorkbookFile) else None

    def close(self) -> None:
        """End it, and the statement."""
        if hasattr(self._content, "close"):
            self._content.close()
        self._stream.close()


def export(source: Source, sql: str, form: Format, first: Limits) -> Export:
    """All rows of a statement that a person wrote, as a file which is written while they come.

    The first row has to come within the limits of a statement whose rows are shown, `first`. That somebody
    exports is recorded before it comes: nobody has rows of which the log knows nothing.

    Raises StatementError, ExecutionError, ConnectError, BusyError.
    """
    asked = source_of(source.engine)
    with audit.failures_recorded(audit.Action.DATABASE_QUERY, subject=asked, detail=sql):
        tree = checked(sql, source.schema)
    if audit.requested():
        audit.record(audit.Action.EXPORT, subject=asked, detail=sql)
    limits = StreamLimits(first, settings.DATABASE_EXPORT_SECONDS, form.limit)
    stream = RowStream(source.engine, tree, limits, source.schema.dialect)
    facts = {"Source": asked, "SQL": sql, "Written": f"{timezone.localtime():%Y-%m-%d %H:%M %Z}"}
    try:
        return Export(stream, form, facts)
    except BaseException:
        stream.close()
        raise


def response_of(export: Export, name: str) -> StreamingHttpResponse:
    """An export as a response that is saved under a name."""
    form = export.form
    encoding = "; charset=utf-8" if form.media_type == "text/csv" else ""
    response = StreamingHttpResponse(
        export,
        content_type=f"{form.media_type}{encoding}",
        headers={"Content-Disposition": f'attachment; filename="{name}.{form.name}"'},
    )
    if export.size is not None:
        response.headers["Content-Length"] = str(export.size)
    return response
