"""Databases in the admin, what people write about their columns, and what was asked of them."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from unfold.admin import TabularInline
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from kbqa.questions.admin import QuestionAdmin
from kbqa.sql.models import ColumnNote, Database, DatabaseQuestion, GlossaryEntry, Scan
from kbqa.sql.sources import schedule, selectors, services
from kbqa.sql.sources.server_form import ServerFields
from kbqa.sql.stores.server_parts import PARTS
from searchapp.error_display import shown_on
from searchapp.jobs.models import Job
from searchapp.source_admin import AUDIENCE_FIELDS, SourceAdmin, SourceAdminForm, VersionInline

_IS_SERVER, _IS_UPLOAD = "source_kind == 'url'", "source_kind == 'upload'"
_SERVER_FIELDS = (*PARTS, "url", "test", "schemas", "unreachable")
_WIDGETS: dict[type[forms.Widget], type[forms.Widget]] = {
    forms.TextInput: UnfoldAdminTextInputWidget,
    forms.PasswordInput: UnfoldAdminPasswordWidget,
    forms.Select: UnfoldAdminSelectWidget,
    forms.CheckboxSelectMultiple: UnfoldAdminCheckboxSelectMultipleWidget,
    forms.CheckboxInput: UnfoldBooleanSwitchWidget,
}
"""The admin's own widgets, in the place of those of a plain form."""


class TestButton(forms.Widget):
    """The button that tries a connection and saves nothing."""

    template_name = "kbqa/admin/test_connection.html"


class DatabaseAdminForm(SourceAdminForm, ServerFields):
    """Checks the source as every other way in does; a server is tried before it is kept."""

    SECRET = "url"
    UPLOAD, UPLOAD_KIND = "file", Database.SourceKind.UPLOAD
    CHECKED = ("source_kind", "location", "url", "schemas")

    file = forms.FileField(required=False, help_text="For an uploaded file: an SQLite database.")
    test = forms.Field(required=False, label="", widget=TestButton)

    class Meta:
        model = Database
        fields = ("name", "source_kind", "url", "schemas", "scan_every", *AUDIENCE_FIELDS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scan_every"].required = False
        for name in ServerFields.base_fields:
            _dress(self.fields[name])
        self.begin_server(self._stored_database())

    def _stored_database(self) -> Database | None:
        found: Database | None = Database.objects.filter(pk=self.instance.pk).first()
        return found

    def clean(self) -> dict[str, Any]:
        """Make the address of its parts, and check the source."""
        cleaned = self.cleaned_data
        stored = self._stored_database()
        cleaned["scan_every"] = cleaned.get("scan_every") or (
            stored.scan_every if stored else Database.ScanEvery.NEVER
        )
        if cleaned.get("source_kind") == Database.SourceKind.URL:
            return self._clean_server(cleaned)
        return super().clean()

    def _clean_server(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        with shown_on(self):
            cleaned["url"] = self.server_url(cleaned)
        return cleaned if self.errors else super().clean()

    def store(self, upload: "UploadedFile[Any]") -> str:
        """The name under which an SQLite file is kept. Raises InvalidInput."""
        return services.store_file(upload)

    def suggested_name(self, location: str) -> str:
        """A name for a database that was given none."""
        return services.suggested_name(location)

    def check_source(self, source: Database) -> None:
        """Check a database, and try a server that is new or has changed. Raises InvalidInput."""
        cleaned, stored = self.cleaned_data, type(source).objects.filter(pk=source.pk).first()
        is_same = stored is not None and stored.schemas == source.schemas and self.is_stored(source.url)
        self.try_server(lambda trial: services.check_database(source, trial), cleaned, is_same=is_same)

    def address(self, cleaned: dict[str, Any]) -> str:
        """A server's address without its password."""
        return str(cleaned["url"].split("@")[-1].partition("?")[0])


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
    fieldsets = (
        (None, {"fields": ("name", "source_kind", "file")}),
        ("Server", {"fields": (*_SERVER_FIELDS, "kept", "listed")}),
        ("Scans", {"fields": ("scan_every", "last_scan")}),
        ("Who may see it", {"fields": AUDIENCE_FIELDS}),
    )
    readonly_fields = ("last_scan",)
    conditional_fields: ClassVar = {
        "file": _IS_UPLOAD,
        "groups": "visibility == 'groups'",
        **dict.fromkeys(_SERVER_FIELDS, _IS_SERVER),
    }

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **more: Any) -> HttpResponse:
        """Say that a connection works that was only to be tried."""
        form = context["adminform"].form
        if form.is_bound and form.worked:
            messages.success(request, form.worked)
        shown: HttpResponse = super().render_change_form(request, context, **more)
        return shown

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

    @admin.display(description="Last scan")
    def last_scan(self, database: Database) -> str:
        """When it was read, and what kept a later scan from being served."""
        last, serving = (schedule.last_scan(database), database.serving) if database.pk else (None, None)
        read = f"What was read on {_moment(serving.finished)} is served." if serving else ""
        if last is not None and last.state == Job.State.FAILED:
            return f"The scan of {_moment(last.created)} failed: {last.shown_error} {read}".strip()
        return read or "Not scanned yet."

    @admin.display(description="Tables")
    def tables(self, database: Database) -> int:
        """The number of served tables."""
        return len(database.serving.schema["tables"]) if database.serving else 0

    @admin.action(description="Scan again")
    def scan(self, request: HttpRequest, queryset: QuerySet[Database]) -> None:
        """Start scans."""
        self.refresh_all(request, queryset)


def _dress(field: forms.Field) -> None:
    """Give a plain field the admin's own widget."""
    dressed = _WIDGETS.get(type(field.widget))
    if dressed is not None:
        field.widget = dressed(attrs={**field.widget.attrs, **field.widget_attrs(field.widget)})
        if isinstance(field, forms.ChoiceField):
            field.choices = field.choices  # the widget has them from its field


def _moment(moment: datetime | None) -> str:
    return date_format(localtime(moment), "j F Y, H:i") if moment else "an unknown day"


@admin.register(DatabaseQuestion)
class DatabaseQuestionAdmin(QuestionAdmin):
    """Questions on databases."""
