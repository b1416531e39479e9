"""The pages of databases: ask, look, query, describe."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from frontend.forms import DatabaseForm, NoteForm
from frontend.views.access import known_session_name, readers, session_name, writers
from frontend.views.answers import AnswerPage, AnswerPages, AskPage, answered, asked_on_from
from frontend.views.errors import render_with_error
from frontend.views.rows import Rows, exports_of
from frontend.views.sources import Change, SourcePage, SourcePages
from kbqa.questions.phrases import quoted
from kbqa.questions.selectors import history, own
from kbqa.sql.public import (
    Column,
    ColumnRef,
    Database,
    DatabaseAnswer,
    DatabaseQuestion,
    FocusedColumn,
    KeptFocus,
    Result,
    Schema,
    SqlReading,
    Table,
    chart_of,
    format_called,
    gives_an_order,
    kept_answer_of,
    key_names,
    laid_out,
    response_of,
    selectors,
    sentence_of,
    served,
    services,
    written_table,
)
from searchapp.error_display import shown_in, shown_on
from searchapp.errors import SearchappError

_SHOWN_TABLES, _SHOWN_QUESTIONS = 60, 8
_MORE_FOCUS, _COMPLETED_TABLES = 20, 500


@dataclass(frozen=True)
class ShownTable:
    """A table of a schema: its columns, each with the one that it refers to."""

    table: Table
    columns: list[tuple[Column, ColumnRef | None]]


@dataclass(frozen=True)
class ShownFocus:
    """The columns that a question was read over, and the likeliest of those that were left out."""

    columns: list[FocusedColumn]
    kept: int
    of: int
    whole: bool
    given: bool


@dataclass
class DatabasePage(AskPage):
    """A database with what is in it."""

    source: Database
    schema: Schema | None = None
    tables: list[ShownTable] = field(default_factory=list)
    columns: int = 0
    more_tables: int = 0
    history: Sequence[DatabaseQuestion] = ()


@dataclass
class Choice(Rows):
    """A reading that is offered where none is sure, with its first rows."""

    index: int = 0
    words: str = ""
    probability: float = 0.0
    unused: str = ""
    why: str = ""
    found: str = ""


@dataclass
class DatabaseAnswerPage(Rows, AnswerPage):
    """An answer from a database."""

    source: Database
    question: DatabaseQuestion | None = None
    answer: DatabaseAnswer | None = None
    reading: SqlReading | None = None
    result: Result | None = None
    sentence: str = ""
    words: str = ""
    unused: str = ""
    """The words of the question that the reading has nothing of, as a list."""
    why: str = ""
    """Why nothing was found."""
    confirmed: datetime | None = None
    """When a person confirmed the answer; None where nobody did."""
    choices: list[Choice] = field(default_factory=list)
    """The readings to choose from where no answer is shown."""
    preview_rows: str = "frontend/partials/preview.html"
    """The template of the first rows of a choice."""
    sub_questions: Sequence[str] = ()
    focus: ShownFocus | None = None


@dataclass
class DatabaseQueryPage(Rows, SourcePage):
    """A statement that a person writes, and its rows."""

    source: Database
    sql: str = ""
    query_error: str = ""
    completions: dict[str, list[str]] = field(default_factory=dict)
    """The columns of each table, for the editor."""


@dataclass
class NotePage(SourcePage):
    """What a person writes about a table or column."""

    source: Database
    form: NoteForm
    table: str
    column: str


def _waits(database: Database) -> str:
    """What a database without a scan waits for."""
    is_own = database.source_kind == Database.SourceKind.INSTALLED
    return "It is scanned as soon as a repository has an index." if is_own else ""


PAGES = SourcePages(
    kind="database",
    list_name="databases",
    area="databases",
    heading="Databases",
    lead="Ask in words; see the SQL behind every answer. Nothing is ever written.",
    add_label="Connect a database",
    submit_label="Connect and scan",
    added="was connected and is being scanned.",
    nothing="No database has been connected yet.",
    delete_warning="Forgets {name} and what was asked of it. A server's own data stay.",
    sources=selectors.databases,
    form=DatabaseForm,
    changes={
        "scan": Change(services.scan_database, "Scan again", "Scanning the database anew."),
        "delete": Change(
            services.delete_database,
            "Delete",
            "Deleted. What is left of it here is being removed in the background.",
        ),
    },
    card="frontend/sources/database_card.html",
    status="frontend/sources/asked_status.html",
    shows_location=lambda database: database.source_kind == Database.SourceKind.URL,
    facts=_waits,
)


def _ask(request: HttpRequest, database: Database, text: str) -> DatabaseQuestion:
    previous, reading = asked_on_from(request)
    return services.ask(
        database,
        text,
        columns=request.GET.getlist("column"),
        previous=previous,
        reading=reading,
        remember_for=request.user,
        session=session_name(request),
    )[1]


def _fill(page: DatabaseAnswerPage, reading: SqlReading, result: Result | None) -> None:
    """Complete a page by the reading that it shows, and what that found if it was run."""
    answer = page.answer
    assert answer is not None
    page.focus = _shown_focus(answer.focus)
    if page.chosen is None and not answer.sure:
        page.choices = [_choice(number, answer.readings[number]) for number in answer.choices]
    if page.choices:
        page.reading = page.result = None
        return
    if answer.confirmed_at:
        page.confirmed = datetime.fromisoformat(answer.confirmed_at)
    page.shown_query = laid_out(reading.query, answer.dialect)
    address = reverse("database-query", args=[page.source.slug])
    page.query_address = f"{address}?{urlencode({'sql': page.shown_query})}"
    page.words, page.sub_questions = reading.words, reading.sub_questions
    page.unused, page.why = quoted(reading.unused), reading.why
    if result is not None:
        page.sentence = sentence_of(result, reading.label)
        page.take(result)
        page.exports = exports_of(page.source, reading.query)
        page.chart = chart_of(
            result,
            kind=page.wanted_chart,
            title=page.q,
            keys=_keys(page.source),
            ordered=gives_an_order(reading.query, answer.dialect),
        )


def _choice(number: int, reading: SqlReading) -> Choice:
    choice = Choice(
        index=number,
        words=reading.words or reading.query,
        probability=reading.probability,
        unused=quoted(reading.unused),
        why=reading.why,
        found=reading.found,
    )
    if reading.preview is not None:
        choice.take(reading.preview)
    return choice


ANSWERS = AnswerPages(
    pages=PAGES,
    model=DatabaseQuestion,
    ask=_ask,
    judge=services.judge,
    answer_of=kept_answer_of,
    run=services.run_another,
    page=DatabaseAnswerPage,
    fill=_fill,
    template="frontend/database_answer.html",
)


@readers
@require_safe
def database_page(request: HttpRequest, key: str) -> HttpResponse:
    """Ask a database; without a question, show what is in it."""
    page = DatabasePage(PAGES, PAGES.find(key), q=request.GET.get("q", ""))
    with shown_in(page.context, "question_error"):
        if page.q.strip():
            return answered(request, page.source, ANSWERS)
        if page.source.serving is not None:
            _show_contents(page, request)
    return render_with_error(request, "frontend/database.html", page.context)


@readers
@require_safe
def query_page(request: HttpRequest, key: str) -> HttpResponse:
    """Write SQL and run it, under the same safety as generated SQL."""
    sql = request.GET.get("sql", "")
    page = DatabaseQueryPage(PAGES, PAGES.find(key), sql=sql)
    with shown_in(page.context, "query_error"):
        source = served(page.source)
        page.completions = _completions(source.schema)
        page.sql = sql or _first_query(source.schema)
        if sql.strip():
            result = services.run_statement(source, sql)
            page.take(result)
            page.exports = exports_of(page.source, sql)
            page.chart = chart_of(
                result,
                kind=request.GET.get("chart", ""),
                keys=key_names(source.schema),
                ordered=gives_an_order(sql, source.schema.dialect),
            )
    return render_with_error(request, "frontend/database_query.html", page.context)


@readers
@require_safe
def export_page(request: HttpRequest, key: str) -> StreamingHttpResponse:
    """All rows of a statement as a file."""
    database = PAGES.find(key)
    form = format_called(request.GET.get("format", "csv"))
    return response_of(services.export(database, request.GET.get("sql", ""), form), database.slug)


@writers
def note_page(request: HttpRequest, key: str) -> HttpResponse:
    """Write what a table or column means, or keep its values private."""
    database = PAGES.find(key)
    table, column = request.GET.get("table", ""), request.GET.get("column", "")
    note = services.note_about(database, table, column)
    stated = {"description": note.description, "excluded": note.excluded} if note else {}
    form = NoteForm(request.POST or None, initial=stated)
    if request.method == "POST" and form.is_valid():
        with shown_on(form):
            services.describe(database, table=table, column=column, **form.cleaned_data)
            messages.success(request, f"Kept what {column or table} means; the next question knows.")
            return redirect(database)
    page = NotePage(PAGES, database, form, table, column)
    status = 422 if form.errors else 200
    return render(request, "frontend/database_note.html", page.context, status=status)


def _show_contents(page: DatabasePage, request: HttpRequest) -> None:
    database = page.source
    schema = page.schema = served(database).schema
    targets = {key.source: key.target for key in schema.keys}
    page.tables = [_shown_table(table, targets) for table in schema.tables[:_SHOWN_TABLES]]
    page.columns = sum(len(table.columns) for table in schema.tables)
    page.more_tables = max(0, len(schema.tables) - _SHOWN_TABLES)
    asked = own(database.questions.all(), request.user, known_session_name(request))
    page.history = list(history(asked, _SHOWN_QUESTIONS))


def _shown_table(table: Table, targets: dict[ColumnRef, ColumnRef]) -> ShownTable:
    refs = zip(table.refs(), table.columns, strict=True)
    return ShownTable(table, [(column, targets.get(ref)) for ref, column in refs])


def _keys(database: Database) -> frozenset[str]:
    """The columns that a database uses as keys; none of one that cannot be asked just now."""
    with suppress(SearchappError):
        return key_names(served(database).schema)
    return frozenset()


def _shown_focus(focus: KeptFocus) -> ShownFocus:
    kept = sum(column.kept for column in focus.columns)
    ranked = sorted(focus.columns, key=lambda column: not column.kept)
    return ShownFocus(ranked[: kept + _MORE_FOCUS], kept, focus.total, focus.whole, focus.given)


def _completions(schema: Schema) -> dict[str, list[str]]:
    """The tables with their columns, for the editor: by their short names, and with their schemas."""
    return {
        name: [column.name for column in table.columns if not column.excluded]
        for table in schema.tables[:_COMPLETED_TABLES]
        for name in (table.name, table.lasting_name)
    }


def _first_query(schema: Schema) -> str:
    """A query to begin with: the first rows of the first table; nothing of a database without tables."""
    if not schema.tables:
        return ""
    return f"SELECT *\nFROM {written_table(schema.tables[0], schema.dialect)}\nLIMIT 20"
