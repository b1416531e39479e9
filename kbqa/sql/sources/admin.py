"""Databases in the admin, what people write about their columns, and what was asked of them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline

from kbqa.questions.admin import QuestionAdmin
from kbqa.sql.models import ColumnNote, Database, DatabaseQuestion, GlossaryEntry, Scan
from kbqa.sql.sources import selectors, services
from searchapp.jobs.models import Job
from searchapp.source_admin import AUDIENCE_FIELDS, SourceAdmin, SourceAdminForm, VersionInline


class DatabaseAdminForm(SourceAdminForm):
    """Checks the source as every other way in does."""

    SECRET = "url"
    UPLOAD, UPLOAD_KIND = "file", Database.SourceKind.UPLOAD
    CHECKED = ("source_kind", "location", "url")

    url = forms.CharField(
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="For a server: postgresql://user:password@host/database. Stored encrypted; leave empty to "
        "keep the stored one.",
    )
    file = forms.FileField(required=False, help_text="For an uploaded file: an SQLite database.")

    class Meta:
        model = Database
        fields = ("name", "source_kind", "url", *AUDIENCE_FIELDS)

    def store(self, upload: "UploadedFile[Any]") -> str:
        """The name under which an SQLite file is kept. Raises InvalidInput."""
        return services.store_file(upload)

    def suggested_name(self, location: str) -> str:
        """A name for a database that was given none."""
        return services.suggested_name(location)

    def check_source(self, source: Database) -> None:
        """Check a database. Raises InvalidInput."""
        services.check_database(source)

    def address(self, cleaned: dict[str, Any]) -> str:
        """A server's address without its password."""
        return str(cleaned["url"].split("@")[-1])


class ScanInline(VersionInline):
    """The scans of a database, to look at."""

    model = Scan
    fields = ("number", "state", "cells", "complaints", "started", "finished")


class NoteInline(TabularInline):  # type: ignore[misc]
    """People's notes on tables and columns."""

    model = ColumnNote
    fields = ("table", "column", "description", "excluded")
    extra = 1


class GlossaryInline(TabularInline):  # type: ignore[misc]
    """What people call things; words are defined on the page of the glossary, where they are checked."""

    model = GlossaryEntry
    fields = ("word", "kind", "table", "column", "meaning")
    readonly_fields = fields
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a word is checked when it is defined."""
        return False


@admin.register(Database)
class DatabaseAdmin(SourceAdmin):
    """Adding or changing a database scans it; deleting forgets it in the background."""

    form = DatabaseAdminForm
    list_display = ("name", "source_kind", "location", "visibility", "tables", "created", "work")
    inlines = (NoteInline, GlossaryInline, ScanInline)
    actions = ("scan", "close", "cancel")

    def refresh_source(self, source: Database) -> Job:
        """Start a scan."""
        return services.scan_database(source)

    def delete_source(self, source: Database) -> Job:
        """Start the removal of a database."""
        return services.delete_database(source)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Forget what was answered if a column has become private."""
        super().save_related(request, form, formsets, change)
        notes = (note for formset in formsets if formset.model is ColumnNote for note in formset.forms)
        if any(note.has_changed() and note.cleaned_data.get("excluded") for note in notes):
            services.keep_private(form.instance)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Database]:
        """The databases with their served scans."""
        return selectors.databases()

    @admin.display(description="Tables")
    def tables(self, database: Database) -> int:
        """The number of served tables."""
        return len(database.serving.schema["tables"]) if database.serving else 0

    @admin.action(description="Scan again")
    def scan(self, request: HttpRequest, queryset: QuerySet[Database]) -> None:
        """Start scans."""
        self.refresh_all(request, queryset)


@admin.register(DatabaseQuestion)
class DatabaseQuestionAdmin(QuestionAdmin):
    """Questions on databases."""
