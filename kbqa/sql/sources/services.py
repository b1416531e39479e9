"""Services of databases: connect, scan, describe, ask, query, delete."""

import re
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from kbqa.language_model import configured_server
from kbqa.questions.errors import QuestionError
from kbqa.questions.selectors import judged, training_examples
from kbqa.questions.services import keep, keep_judgement, normalized
from kbqa.sql.answer import pipeline
from kbqa.sql.answer.following import Previous
from kbqa.sql.answer.generator import LocalGenerator
from kbqa.sql.answer.kept_answer import (
    SqlReading,
    kept_answer,
    kept_answer_of,
    kept_json,
    previous_of,
    run_reading,
)
from kbqa.sql.answer.language_model import Demonstration
from kbqa.sql.answer.pipeline import Answer
from kbqa.sql.answer.registry import configured_generator
from kbqa.sql.exports import services as exports
from kbqa.sql.models import ColumnNote, Database, DatabaseQuestion
from kbqa.sql.names import definition_texts, definitions_of
from kbqa.sql.schema import ColumnRef, Schema
from kbqa.sql.sources import jobs
from kbqa.sql.sources.connecting import UNTRIED, Trial, check_server
from kbqa.sql.sources.glossary import forget_private
from kbqa.sql.stores.databases import Source, file_of, note_on, served, uploads, with_notes
from kbqa.sql.stores.executor import Limits, Result, execute, source_of
from kbqa.sql.stores.validator import StatementError, checked
from searchapp import sources
from searchapp.audit import recording as audit
from searchapp.errors import InvalidInput
from searchapp.jobs.models import Job
from searchapp.jobs.services import cancel_jobs_of
from searchapp.uploads import keep_upload
from searchapp.visibility import Audience, Restricted

_MAX_EXAMPLES = 500
_SQLITE_HEAD = b"SQLite format 3\0"


def add_database(
    *,
    name: str,
    source_kind: str,
    location: str = "",
    url: str = "",
    schemas: Sequence[str] = (),
    audience: Audience | None = None,
    trial: Trial = UNTRIED,
) -> tuple[Database, Job]:
    """Connect a database and start its first scan; a server may be tried before.

    Raises InvalidInput with the field that is wrong, and BusyError where it could not be tried in time.
    """
    database = checked_database(
        name=name, source_kind=source_kind, location=location, url=url, schemas=schemas, trial=trial
    )
    sources.save_new(database, audience)
    return database, scan_database(database)


def checked_database(
    *,
    name: str,
    source_kind: str,
    location: str = "",
    url: str = "",
    schemas: Sequence[str] = (),
    trial: Trial = UNTRIED,
) -> Database:
    """A database as `add_database` would keep it, which is not kept. Raises what that does."""
    name = name.strip() or suggested_name(url or location)
    database = Database(
        slug=sources.slug_of(name, Database.KIND),
        name=name[:100],
        source_kind=source_kind,
        location=location.strip(),
        url=url.strip(),
        schemas=list(schemas),
    )
    check_database(database, trial)
    return database


def check_database(database: Database, trial: Trial = UNTRIED) -> None:
    """Check a database's name and source, and take the password out of what is shown.

    Raises InvalidInput with the field that is wrong, and BusyError where it could not be tried in time.
    """
    sources.check_name(database)
    if Database.objects.filter(slug=database.slug).exclude(pk=database.pk).exists():
        raise sources.name_taken(database)
    if database.source_kind == Database.SourceKind.URL:
        check_server(database, trial)
    elif database.source_kind == Database.SourceKind.INSTALLED:
        database.location = database.location or f"{uuid.uuid4().hex}.sqlite"
    elif not file_of(database).is_file():
        raise InvalidInput(f"There is no file {database.location}.", field="location")
    elif not _is_sqlite(file_of(database)):
        raise InvalidInput(f"{Path(database.location).name} is not an SQLite database.", field="location")


def scan_database(database: Database) -> Job:
    """Start a scan, or return the one that is at work on the database."""
    return sources.start(database, jobs.SCAN, "Scan")


def scan_installed(sender: object, **_: object) -> None:
    """Scan the database of this installation's packages again: a source has a new version."""
    for database in Database.objects.filter(source_kind=Database.SourceKind.INSTALLED, deleting=False):
        scan_database(database)


def share_anew(sender: object, *, source: Restricted, **_: object) -> None:
    """Write the facts of this installation anew once others may see them, or a repository that they tell of.

    Until then nothing of the old ones is served, nor what was answered by them.
    """
    for database in Database.objects.filter(source_kind=Database.SourceKind.INSTALLED, deleting=False):
        if source.KIND == "repository" or source == database:
            # In this order: a scan that is about to be published notices that it is cancelled, or is undone.
            cancel_jobs_of(database.subject)
            Database.objects.filter(pk=database.pk).update(serving=None)
            forget_answers(database)
            scan_database(database)


def delete_database(database: Database) -> Job:
    """Hide a database at once, cancel what works on it, and remove what is kept of it in the background."""
    return sources.delete(database, jobs.DELETE)


def store_file(upload: "UploadedFile[Any]") -> str:
    """Keep an uploaded SQLite file and return its stored name.

    Raises InvalidInput for what is none, or too large.
    """
    sources.check_size(upload, settings.DATABASE_MAX_FILE_BYTES, "file")
    head = upload.read(len(_SQLITE_HEAD))
    upload.seek(0)
    if head != _SQLITE_HEAD:
        raise InvalidInput(f"{upload.name} is not an SQLite database.", field="file")
    return keep_upload(upload, uploads())


def suggested_name(location: str) -> str:
    """A name for a database that has none: the last part of its address or path."""
    return sources.last_part(location).rsplit(".", 1)[0][:100] or "database"


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE_HEAD)) == _SQLITE_HEAD


def ask(
    database: Database,
    question: str,
    *,
    columns: Sequence[str] = (),
    previous: UUID | None = None,
    reading: int = 0,
    remember_for: Any = None,
    session: str = "",
) -> tuple[Answer, DatabaseQuestion]:
    """Answer a question from a database, and keep the answer in the history of a person or a session.

    With `columns`, each as `table.column`, the answer is made of them alone. With the link of a `previous`
    question, it may change a reading of that. Raises QuestionError, NotReady, ConnectError, EncoderError.
    """
    question = normalized(question)
    source = served(database)
    generator, server = configured_generator(), configured_server()
    answer = pipeline.ask(
        question,
        source,
        generator,
        server=server,
        examples=nearest_examples(database, question, generator) if server else [],
        columns=_columns(source, columns),
        confirmed=judged(database.questions.all()),
        previous=_previous(database, previous, reading),
        limits=_limits(),
    )
    best = answer.best
    row = DatabaseQuestion(
        database=database,
        text=question,
        sql=best.sql if best else "",
        confidence=best.probability if best else 0.0,
        milliseconds=answer.milliseconds,
        answer=kept_json(kept_answer(answer)),
    )
    return answer, keep(row, remember_for, session)


def _previous(database: Database, link: UUID | None, number: int) -> Previous | None:
    """What is asked on from, if it is an answer from the same database that is still kept."""
    question = database.questions.filter(link=link).first() if link else None
    return previous_of(question, number) if question else None


def run_another(question: DatabaseQuestion, reading: SqlReading) -> Result:
    """The rows of another reading of an answered question; nothing is decoded or kept.

    Raises StatementError, ExecutionError, NotReady, ConnectError.
    """
    return run_reading(reading, served(question.database), _limits())


def _columns(source: Source, names: Sequence[str]) -> list[ColumnRef]:
    tables = source.asked.tables
    known = {
        f"{name}.{ref.column}".lower(): ref
        for table in tables
        for name in {table.full_name, table.name}
        for ref in table.refs()
    }
    unknown = [name for name in names if name.lower() not in known]
    if unknown:
        raise QuestionError(f"There is no column {unknown[0]}. Columns are written as table.column.")
    return [known[name.lower()] for name in names]


def nearest_examples(
    database: Database, question: str, generator: LocalGenerator, number: int = 3
) -> list[Demonstration]:
    """The questions that people confirmed or corrected on a database, those most like this one."""
    known = training_examples(database.questions.all())[:_MAX_EXAMPLES]
    likeness = generator.likeness(question, [example["question"] for example in known])
    ranked = sorted(zip(likeness, known, strict=True), key=lambda entry: -entry[0])
    return [Demonstration(example["question"], example["sql"]) for _, example in ranked[:number]]


def run_sql(database: Database, sql: str) -> tuple[Result, Source]:
    """The rows of a statement that a person wrote, and what it was asked of.

    Raises StatementError, ExecutionError, NotReady, ConnectError.
    """
    source = served(database)
    return run_statement(source, sql), source


def run_statement(source: Source, sql: str) -> Result:
    """The rows of a statement that a person wrote, under the same safety as generated SQL.

    Raises StatementError, ExecutionError.
    """
    asked = source_of(source.engine)
    with audit.failures_recorded(audit.Action.DATABASE_QUERY, subject=asked, detail=sql):
        tree = checked(sql, source.schema)
    return execute(source.engine, tree, _limits(), dialect=source.schema.dialect)


def export(database: Database, sql: str, form: exports.Format) -> exports.Export:
    """All rows of a statement that a person wrote, as a file, under the same safety.

    Raises StatementError, ExecutionError, NotReady, ConnectError, BusyError.
    """
    return exports.export(served(database), sql, form, _limits())


def _limits() -> Limits:
    return Limits(
        settings.DATABASE_QUERY_SECONDS, settings.DATABASE_MAX_ROWS, settings.DATABASE_MAX_RESULT_BYTES
    )


def judge(
    question: DatabaseQuestion, *, good: bool, correction: str = "", by: Any = None
) -> DatabaseQuestion:
    """Keep what a person thinks of an answer; a correction is the SQL that would have been right.

    Raises InvalidInput.
    """
    if correction:
        try:
            source = served(question.database)
            checked(correction, source.schema)
        except StatementError as error:
            raise InvalidInput(error.message, field="correction") from error
    answer = kept_answer_of(question)
    return keep_judgement(question, good=good, correction=correction, by=by, answer=answer)


def forget_answers(database: Database) -> None:
    """Forget what was answered: kept rows may hold values that have become private.

    So may statements that name a column which nobody may read any more: they are forgotten, too.
    """
    database.questions.update(answer=None)
    scan = database.serving
    if scan is None:
        return
    schema = with_notes(scan.parsed_schema, list(database.notes.all()))
    private = {ref.column.lower() for ref in schema.refs() if schema.column(ref).excluded}
    if not private:
        return
    named = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, sorted(private)))})(?!\w)", re.IGNORECASE)
    for field in ("sql", "correction"):
        found = database.questions.exclude(**{field: ""}).values_list("pk", field)
        gone = [pk for pk, sql in found.iterator() if named.search(sql) and not _may_be_run(sql, schema)]
        database.questions.filter(pk__in=gone).update(**{field: ""})


def _may_be_run(sql: str, schema: Schema) -> bool:
    try:
        checked(sql, schema)
    except StatementError:
        return False
    return True


def keep_private(database: Database) -> None:
    """Forget what may hold values of columns that have become private: answers, and words for such values."""
    forget_answers(database)
    forget_private(database)


def note_about(database: Database, table: str, column: str) -> ColumnNote | None:
    """What somebody wrote about a table or column, if anybody did."""
    notes = list(database.notes.all())
    exact = next((note for note in notes if (note.table, note.column) == (table, column)), None)
    scan = database.serving
    tables = scan.parsed_schema.tables_called(table) if scan else ()
    return note_on(notes, tables[0], column) if len(tables) == 1 else exact


def describe(database: Database, *, table: str, column: str, description: str, excluded: bool) -> ColumnNote:
    """Keep what a person writes about a table or column; what is excluded is forgotten at once.

    Raises InvalidInput.
    """
    source = served(database)
    try:
        described = source.schema.table(table)
        if column:
            described.column(column)
    except KeyError:
        name = f"{table}.{column}" if column else table
        raise InvalidInput(f"There is no {name} in {database.name}.", field="column") from None
    note, _ = ColumnNote.objects.update_or_create(
        database=database,
        table=described.lasting_name if described.qualified else table,
        column=column,
        defaults={"description": description.strip(), "excluded": excluded},
    )
    if excluded:
        keep_private(database)
    source = served(database)
    definitions_of(database.pk).write(
        definition_texts([source.schema.table(table)]), configured_generator().encode
    )
    return note
