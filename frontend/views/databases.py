"""The pages of databases: ask, look, query, describe, connect."""

import csv
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from codesearch import selectors as code
from frontend.forms import DatabaseForm, NoteForm
from frontend.readings import told_apart
from frontend.views.access import readers, writers
from kbqa.sparql.sources.services import QuestionError
from kbqa.sql.answer.chart import chart_of
from kbqa.sql.answer.explanation import in_words, steps_of, sub_questions
from kbqa.sql.answer.formatting import laid_out, sentence_of, shown
from kbqa.sql.answer.pipeline import Answer
from kbqa.sql.answer.reading import Reading
from kbqa.sql.answer.registry import NotReadyError, served
from kbqa.sql.focus.schema_focus import Focus
from kbqa.sql.models import Database, DatabaseQuestion
from kbqa.sql.schema import Schema
from kbqa.sql.sources import selectors, services
from kbqa.sql.stores.connections import ConnectError
from kbqa.sql.stores.executor import ExecutionError, Result
from kbqa.sql.stores.validator import StatementError
from searchapp.encoders import EncoderError
from searchapp.jobs.models import Job

_CHANGES = {
    "scan": (services.scan_database, "Scanning the database anew."),
    "delete": (
        services.delete_database,
        "Deleted. What is left of it here is being removed in the background.",
    ),
}
_FORM_FIELDS = {"url": "address", "location": "file"}
_SHOWN_ROWS, _SHOWN_TABLES, _MORE_FOCUS, _COMPLETED_TABLES = 1_000, 60, 20, 500
_NUMBERS = (int, float, Decimal)


@readers
@require_safe
def list_page(request: HttpRequest) -> HttpResponse:
    """List the databases; for htmx the list alone."""
    found = list(selectors.databases())
    newest = code.newest_jobs([database.subject for database in found])
    rows: list[dict[str, Any]] = [
        {"database": database, "job": newest.get(database.subject)} for database in found
    ]
    context = {
        "rows": rows,
        "area": "databases",
        "any_active": any(row["job"] and row["job"].is_active for row in rows),
    }
    template = "frontend/partials/databases.html" if request.htmx else "frontend/databases.html"  # type: ignore[attr-defined]
    return render(request, template, context)


@writers
def add_page(request: HttpRequest) -> HttpResponse:
    """Connect a database."""
    form = DatabaseForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            database = _add(form.cleaned_data)
        except ValidationError as error:
            _show_errors(form, error)
        else:
            messages.success(request, f"{database.name} was connected and is being scanned.")
            return redirect(database)
    return render(
        request,
        "frontend/add_database.html",
        {"form": form, "area": "databases"},
        status=422 if form.errors else 200,
    )


@readers
@require_safe
def database_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask a database; without a question, show what is in it."""
    database = get_object_or_404(selectors.databases(), slug=slug)
    question = request.GET.get("q", "")
    context: dict[str, Any] = {"database": database, "area": "databases", "q": question, **_job(database)}
    if database.serving is not None:
        context |= _answered(request, database, question) if question.strip() else _contents(database)
    return render(request, "frontend/database.html", context, status=context.get("status", 200))


@readers
@require_safe
def status_part(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the part of the page that changes while a scan runs."""
    database = get_object_or_404(selectors.databases(), slug=slug)
    found = _job(database)
    response = render(request, "frontend/partials/database_status.html", {"database": database, **found})
    if found["job"] is None or not found["job"].is_active:
        response.headers["HX-Refresh"] = "true"
    return response


@readers
@require_safe
def query_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Write SQL and run it, under the same safety as generated SQL; with `format=csv`, the rows as a file."""
    database = get_object_or_404(selectors.databases(), slug=slug)
    sql = request.GET.get("sql", "")
    context: dict[str, Any] = {
        "database": database,
        "area": "databases",
        "sql": sql or _first_query(database),
        "status": 200,
    }
    if sql.strip():
        try:
            result, _ = services.run_sql(database, sql)
        except (StatementError, ExecutionError) as error:
            context |= {"query_error": str(error), "status": 422}
        except (NotReadyError, ConnectError) as error:
            context |= {"query_error": str(error), "status": 503}
        else:
            if request.GET.get("format") == "csv":
                return _csv(database, result)
            context |= _table(result)
    context["completions"] = _completions(database)
    return render(request, "frontend/database_query.html", context, status=context["status"])


@writers
def note_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Write what a table or column means, or keep its values private."""
    database = get_object_or_404(selectors.databases(), slug=slug)
    table, column = request.GET.get("table", ""), request.GET.get("column", "")
    note = database.notes.filter(table=table, column=column).first()
    stated = {"description": note.description, "excluded": note.excluded} if note else {}
    form = NoteForm(request.POST or None, initial=stated)
    if request.method == "POST" and form.is_valid():
        try:
            services.describe(database, table=table, column=column, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error.messages)  # type: ignore[arg-type]
        else:
            messages.success(request, f"Kept what {column or table} means; the next question knows.")
            return redirect(database)
    context = {"database": database, "area": "databases", "form": form, "table": table, "column": column}
    return render(request, "frontend/database_note.html", context, status=422 if form.errors else 200)


@readers
@require_POST
def judge(request: HttpRequest, slug: str, question: int) -> HttpResponse:
    """Keep what a person thinks of an answer, and the SQL that would have been right."""
    kept = get_object_or_404(DatabaseQuestion, pk=question, database__slug=slug)
    context: dict[str, Any] = {
        "kept": kept,
        "judge_url": reverse("judge-database-question", args=[slug, question]),
    }
    try:
        services.judge(
            kept,
            good=request.POST.get("verdict") == "good",
            correction=request.POST.get("correction", "").strip(),
        )
    except ValidationError as error:
        return render(
            request, "frontend/partials/judgement.html", context | {"errors": error.messages}, status=422
        )
    return render(request, "frontend/partials/judgement.html", context)


@writers
@require_POST
def change(request: HttpRequest, slug: str, change: str) -> HttpResponse:
    """Scan or delete a database."""
    if change not in _CHANGES:
        raise Http404
    function, message = _CHANGES[change]
    function(get_object_or_404(selectors.databases(), slug=slug))
    messages.success(request, message)
    return redirect("databases") if change == "delete" else redirect("database", slug=slug)


def _add(cleaned: dict[str, Any]) -> Database:
    kind, name = cleaned["source_kind"], cleaned["name"]
    if kind == Database.SourceKind.UPLOAD:
        name, location = (
            name or services.suggested_name(cleaned["file"].name),
            services.store_file(cleaned["file"]),
        )
        return services.add_database(name=name, source_kind=kind, location=location)[0]
    return services.add_database(name=name, source_kind=kind, url=cleaned["address"])[0]


def _show_errors(form: DatabaseForm, error: ValidationError) -> None:
    for field, found in error.message_dict.items():
        shown_field = _FORM_FIELDS.get(field, field)
        for message in found:
            form.add_error(shown_field if shown_field in form.fields else None, message)


def _job(database: Database) -> dict[str, Job | None]:
    return {"job": code.newest_jobs([database.subject]).get(database.subject)}


def _contents(database: Database) -> dict[str, Any]:
    assert database.serving is not None
    try:
        _, source = served(database)
    except (NotReadyError, ConnectError) as error:
        return {"question_error": str(error), "status": 503}
    tables = source.schema.tables
    return {
        "schema": source.schema,
        "tables": [_described(source.schema, place) for place in range(min(len(tables), _SHOWN_TABLES))],
        "columns": sum(len(table.columns) for table in tables),
        "more_tables": max(0, len(tables) - _SHOWN_TABLES),
        "history": selectors.history(database, 8),
    }


def _described(schema: Schema, place: int) -> dict[str, Any]:
    table = schema.tables[place]
    targets = {key.source: key.target for key in schema.keys}
    refs = zip(table.refs(), table.columns, strict=True)
    return {
        "table": table,
        "columns": [{"column": column, "target": targets.get(ref)} for ref, column in refs],
    }


def _answered(request: HttpRequest, database: Database, question: str) -> dict[str, Any]:
    columns = request.GET.getlist("column")
    try:
        answer, kept = services.ask(database, question, columns=columns, remember_for=request.user)
    except QuestionError as error:
        return {"question_error": str(error), "status": 422}
    except (NotReadyError, ConnectError, EncoderError) as error:
        return {"question_error": str(error), "status": 503}
    chosen = _chosen(request, answer)
    reading = answer.readings[chosen] if answer.readings else None
    return {
        "answer": answer,
        "kept": kept,
        "chosen": chosen,
        "focus": _shown_focus(answer.focus),
        "carried": "".join(f"&{urlencode({'column': name})}" for name in columns),
        "judge_url": reverse("judge-database-question", args=[database.slug, kept.pk]),
        **(_reading(database, answer, reading) if reading else {}),
    }


def _reading(database: Database, answer: Answer, reading: Reading) -> dict[str, Any]:
    readings = told_apart(answer.readings, lambda each: in_words(each.query) if each.query else each.sql)
    shown_sql = laid_out(reading.sql, answer.focus.linked.schema.dialect)
    query_address = f"{reverse('database-query', args=[database.slug])}?{urlencode({'sql': shown_sql})}"
    return {
        "reading": reading,
        "shown_sql": shown_sql,
        "sentence": sentence_of(reading),
        "query_address": query_address,
        "words": in_words(reading.query) if reading.query else "",
        "sub_questions": sub_questions(reading.query) if reading.query else reading.parts,
        "steps": steps_of(reading),
        "readings": readings,
        **(_table(reading.result) if reading.result else {}),
    }


def _table(result: Result) -> dict[str, Any]:
    rows = result.rows[:_SHOWN_ROWS]
    numeric = [
        all(isinstance(row[place], _NUMBERS) or row[place] is None for row in rows)
        for place in range(len(result.columns))
    ]
    cells = [
        [
            (shown(value), _sortable(value) if figures else None)
            for value, figures in zip(row, numeric, strict=True)
        ]
        for row in rows
    ]
    return {
        "columns": list(zip(result.columns, numeric, strict=True)),
        "rows": cells,
        "number": len(result.rows),
        "truncated": result.truncated,
        "ran": True,
        "chart": chart_of(result),
        "took": result.milliseconds,
    }


def _sortable(value: Any) -> str:
    """Return a number as a script reads it; a missing one is sorted by nothing."""
    return "" if value is None else str(value)


def _shown_focus(focus: Focus) -> dict[str, Any]:
    """Return the columns that were kept, and the likeliest of those that were not."""
    kept = set(focus.linked.column_pointers)
    targets = {key.source: key.target for key in focus.linked.schema.keys}
    ranked = sorted(focus.columns, key=lambda ref: (ref not in kept, -focus.columns[ref]))[
        : len(kept) + _MORE_FOCUS
    ]
    columns = [
        {
            "ref": ref,
            "percent": round(100 * focus.columns[ref]),
            "kept": ref in kept,
            "target": targets.get(ref),
        }
        for ref in ranked
    ]
    return {
        "columns": columns,
        "kept": len(kept),
        "of": len(focus.columns),
        "whole": focus.whole,
        "given": focus.given,
    }


def _chosen(request: HttpRequest, answer: Answer) -> int:
    text = request.GET.get("reading", "0")
    number = int(text) if text.isdecimal() else 0
    return number if number < len(answer.readings) else 0


def _completions(database: Database) -> dict[str, list[str]]:
    """Return the tables with their columns, for the editor."""
    try:
        _, source = served(database)
    except (NotReadyError, ConnectError):
        return {}
    return {
        table.name: [column.name for column in table.columns if not column.excluded]
        for table in source.schema.tables[:_COMPLETED_TABLES]
    }


def _first_query(database: Database) -> str:
    if database.serving is None:
        return "SELECT 1"
    _, source = served(database)
    name = source.schema.tables[0].name
    return f"SELECT *\nFROM {name}\nLIMIT 20" if name.isidentifier() else f'SELECT *\nFROM "{name}"\nLIMIT 20'


def _csv(database: Database, result: Result) -> HttpResponse:
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{database.slug}.csv"'},
    )
    writer = csv.writer(response)
    writer.writerow(result.columns)
    writer.writerows([_plain(value) for value in row] for row in result.rows)
    return response


def _plain(value: Any) -> str:
    """Return a value as text; what a spreadsheet would take for a formula is kept from being one."""
    text = (
        bytes(value).hex() if isinstance(value, bytes | memoryview) else "" if value is None else str(value)
    )
    return f"'{text}" if isinstance(value, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
