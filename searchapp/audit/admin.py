"""The audit log in the admin: to be read, filtered and exported, never changed."""

import csv
from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from unfold.admin import ModelAdmin

from searchapp.audit.models import Entry
from searchapp.audit.recording import Action, record
from searchapp.spreadsheets import cell

_COLUMNS = ("time", "action", "outcome", "account", "key", "address", "subject", "rows", "detail", "error")


class _Line:
    """A file that gives back the line that is written into it."""

    def write(self, line: str) -> str:
        """The line."""
        return line


@admin.register(Entry)
class EntryAdmin(ModelAdmin):  # type: ignore[misc]
    """Entries, for superusers and those who were given the right to view them."""

    list_display = ("time", "account", "address", "action", "outcome", "subject", "shown_detail", "rows")
    list_filter = ("action", "outcome", "time")
    search_fields = ("account", "address", "subject", "detail", "key")
    date_hierarchy = "time"
    fields = readonly_fields = _COLUMNS
    actions: ClassVar = ["export_as_csv"]
    show_full_result_count = False

    @admin.display(description="Detail")
    def shown_detail(self, entry: Entry) -> str:
        """The beginning of what it says."""
        return entry.detail[:80]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:
        """Refuse."""
        return False

    @admin.action(description="Export as CSV", permissions=("view",))
    def export_as_csv(self, request: HttpRequest, queryset: QuerySet[Entry]) -> StreamingHttpResponse:
        """The chosen entries as a file; that somebody has it is recorded."""
        record(Action.EXPORT, subject="audit log")
        return StreamingHttpResponse(
            _lines(queryset),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="audit.csv"'},
        )


def _lines(queryset: QuerySet[Entry]) -> Iterator[Any]:
    writer = csv.writer(_Line())
    yield writer.writerow(_COLUMNS)
    for entry in queryset.iterator(chunk_size=1000):
        yield writer.writerow([cell(getattr(entry, column)) for column in _COLUMNS])
