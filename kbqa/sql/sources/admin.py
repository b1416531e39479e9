"""Databases in the admin: connect, scan, describe columns, delete; questions and what people thought of the
answers.
"""

import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin, TabularInline

from kbqa.sql.models import ColumnNote, Database, DatabaseQuestion, Scan
from kbqa.sql.sources import selectors, services
from searchapp.error_display import shown_on

if TYPE_CHECKING:
    _DatabaseModelForm = forms.ModelForm[Database]
else:
    _DatabaseModelForm = forms.ModelForm


class DatabaseAdminForm(_DatabaseModelForm):
    """Checks the source as every other way in does."""

    url = forms.CharField(
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="For a server: postgresql://user:password@host/database. Stored encrypted; leave empty to keep the stored one.",
    )
    file = forms.FileField(required=False, help_text="For an uploaded file: an SQLite database.")

    class Meta:
        model = Database
        fields = ("name", "source_kind", "url")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = False

    def clean(self) -> dict[str, Any]:
        """Store an uploaded file and check the source."""
        cleaned: dict[str, Any] = super().clean() or {}
        cleaned["url"] = cleaned.get("url") or (self.instance.url if self.instance.pk else "")
        location, upload = self.instance.location, cleaned.get("file")
        with shown_on(self):
            if upload is not None and cleaned.get("source_kind") == Database.SourceKind.UPLOAD:
                cleaned["name"] = cleaned.get("name") or services.suggested_name(upload.name)
                location = services.store_file(upload)
            cleaned["name"] = cleaned.get("name") or services.suggested_name(cleaned["url"].split("@")[-1])
            checked = Database(
                pk=self.instance.pk,
                name=cleaned["name"],
                source_kind=cleaned.get("source_kind") or "",
                location=location,
                url=cleaned["url"],
                slug=self.instance.slug or services.slug_of(cleaned["name"]),
            )
            services.check_database(checked)
            cleaned["slug"], cleaned["location"] = checked.slug, checked.location
        return cleaned


class ScanInline(TabularInline):  # type: ignore[misc]
    """The scans of a database, to look at."""

    model = Scan
    fields = ("number", "state", "cells", "started", "finished")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: scans are jobs."""
        return False


class NoteInline(TabularInline):  # type: ignore[misc]
    """What people write about tables and columns."""

    model = ColumnNote
    fields = ("table", "column", "description", "excluded")
    extra = 1


@admin.register(Database)
class DatabaseAdmin(ModelAdmin):  # type: ignore[misc]
    """Adding or changing a database scans it; deleting forgets it in the background."""

    form = DatabaseAdminForm
    list_display = ("name", "source_kind", "location", "tables", "created")
    list_filter = ("source_kind",)
    search_fields = ("name", "location")
    inlines = (NoteInline, ScanInline)
    actions = ("scan",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Database]:
        """Leave out what is being deleted."""
        return selectors.databases()

    @admin.display(description="Tables")
    def tables(self, database: Database) -> int:
        """Return how many tables are served."""
        return len(database.serving.schema["tables"]) if database.serving else 0

    @admin.action(description="Scan again")
    def scan(self, request: HttpRequest, queryset: QuerySet[Database]) -> None:
        """Start scans."""
        for database in queryset:
            services.scan_database(database)
        messages.success(request, "The databases are being scanned.")

    def save_model(self, request: HttpRequest, obj: Database, form: Any, change: bool) -> None:
        """Save what was checked."""
        obj.slug, obj.name, obj.location = (
            form.cleaned_data[field] for field in ("slug", "name", "location")
        )
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Scan once the notes are kept, so that no excluded value is read."""
        super().save_related(request, form, formsets, change)
        services.scan_database(form.instance)

    def delete_model(self, request: HttpRequest, obj: Database) -> None:
        """Delete in the background."""
        services.delete_database(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Database]) -> None:
        """Delete in the background."""
        for database in queryset:
            services.delete_database(database)


@admin.register(DatabaseQuestion)
class DatabaseQuestionAdmin(ModelAdmin):  # type: ignore[misc]
    """What was asked of databases. Judged questions can be exported to train on."""

    list_display = ("text", "database", "verdict", "confidence", "asked")
    list_filter = ("verdict", "database")
    search_fields = ("text", "sql")
    readonly_fields = ("database", "text", "sql", "confidence", "milliseconds", "asker", "asked")
    actions = ("export",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: questions come from asking."""
        return False

    @admin.action(description="Export as training examples")
    def export(self, request: HttpRequest, queryset: QuerySet[DatabaseQuestion]) -> HttpResponse:
        """Return the judged ones among the chosen as JSON lines."""
        lines = (
            json.dumps(each, ensure_ascii=False) + "\n" for each in selectors.training_examples(queryset)
        )
        return HttpResponse(
            "".join(lines),
            content_type="application/jsonl",
            headers={"Content-Disposition": 'attachment; filename="questions.jsonl"'},
        )
