"""The page of a database's glossary: what people call what is in it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from frontend.forms import GlossaryForm
from frontend.views.access import readers, writers
from frontend.views.databases import PAGES
from frontend.views.errors import render_with_error
from frontend.views.sources import SourcePage
from kbqa.sql.public import Database, GlossaryEntry, glossary, served
from searchapp.error_display import shown_in, shown_on

_COMPLETED_TABLES = 500


@dataclass
class GlossaryPage(SourcePage):
    """What people call what is in a database."""

    source: Database
    form: GlossaryForm
    entries: Sequence[GlossaryEntry] = ()
    glossary_error: str = ""
    completions: dict[str, list[str]] = field(default_factory=dict)
    """The names of tables and of columns."""


@readers
def glossary_page(request: HttpRequest, key: str) -> HttpResponseBase:
    """Show what people call what is in a database; whoever may write defines words and forgets them."""
    database = PAGES.find(key)
    page = GlossaryPage(PAGES, database, GlossaryForm())
    if request.method == "POST":
        return _change_glossary(request, page)
    with shown_in(page.context, "glossary_error"):
        _show_glossary(page)
    return render_with_error(request, "frontend/database_glossary.html", page.context)


@writers
def _change_glossary(request: HttpRequest, page: GlossaryPage) -> HttpResponse:
    forgotten = request.POST.get("forget", "")
    if forgotten.isdecimal():
        glossary.forget(page.source, int(forgotten[:9]))
        return redirect("database-glossary", page.source.slug)
    page.form = GlossaryForm(request.POST)
    if page.form.is_valid():
        with shown_on(page.form):
            entry = glossary.define(page.source, **page.form.cleaned_data)
            messages.success(request, f"Kept what “{entry.word}” means; the next question knows.")
            return redirect("database-glossary", page.source.slug)
    _show_glossary(page)
    return render(request, "frontend/database_glossary.html", page.context, status=422)


def _show_glossary(page: GlossaryPage) -> None:
    page.entries = glossary.entries_of(page.source)
    schema = served(page.source).schema
    page.completions = {
        "tables": [table.name for table in schema.tables[:_COMPLETED_TABLES]],
        "columns": sorted({ref.column for ref in schema.refs() if not schema.column(ref).excluded}),
    }
