"""What people and programs do with databases: connect, scan, describe, ask, query, delete."""

import uuid
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from kbqa.language_model import configured_server
from kbqa.questions.errors import MAX_QUESTION_CHARACTERS, QuestionError
from kbqa.sql.answer import pipeline
from kbqa.sql.answer.generator import LocalGenerator
from kbqa.sql.answer.language_model import Confirmed
from kbqa.sql.answer.pipeline import Answer, Source
from kbqa.sql.answer.registry import configured_generator, definitions_of, file_of, served, uploads
from kbqa.sql.answer.schema_linking import definition_texts
from kbqa.sql.models import ColumnNote, Database, DatabaseQuestion
from kbqa.sql.schema import ColumnRef
from kbqa.sql.sources import jobs, selectors
from kbqa.sql.stores.connections import ConnectError, parsed_url
from kbqa.sql.stores.executor import Limits, Result, execute
from kbqa.sql.stores.validator import StatementError, checked
from searchapp.errors import InvalidInput
from searchapp.jobs.models import Job
from searchapp.jobs.services import cancel_jobs_of, start_job
from searchapp.uploads import keep_upload

_MAX_EXAMPLES = 500
_SQLITE_HEAD = b"SQLite format 3\0"


def add_database(*, name: str, source_kind: str, location: str = "", url: str = "") -> tuple[Database, Job]:
    """Connect a database and start its first scan. Raises InvalidInput with the field that is wrong."""
    name = name.strip() or suggested_name(url or location)
    database = Database(
        slug=slug_of(name),
        name=name[:100],
        source_kind=source_kind,
        location=location.strip(),
        url=url.strip(),
    )
    check_database(database)
    try:
        with transaction.atomic():
            database.save()
    except IntegrityError:
        raise InvalidInput(f"There is a database named {name} already.", field="name") from None
    return database, scan_database(database)


def check_database(database: Database) -> None:
    """Check a database's name and source, and take the password out of what is shown.

    Raises InvalidInput with the field that is wrong.
    """
    if Database.objects.filter(slug=database.slug).exclude(pk=database.pk).exists():
        raise InvalidInput(f"There is a database named {database.name} already.", field="name")
    if database.source_kind == Database.SourceKind.URL:
        try:
            parsed = parsed_url(database.url)
        except ConnectError as error:
            raise InvalidInput(error.message, field="url") from error
        database.location = f"{parsed.get_backend_name()}://{parsed.host or ''}{f':{parsed.port}' if parsed.port else ''}/{parsed.database or ''}"
    elif database.source_kind == Database.SourceKind.INSTALLED:
        database.location = database.location or f"{uuid.uuid4().hex}.sqlite"
    elif not file_of(database).is_file():
        raise InvalidInput(f"There is no file {database.location}.", field="location")
    elif not _is_sqlite(file_of(database)):
        raise InvalidInput(f"{Path(database.location).name} is no SQLite database.", field="location")


def scan_database(database: Database) -> Job:
    """Start a scan, or return the one that is at work on the database."""
    return start_job(
        kind=jobs.SCAN,
        subject=database.subject,
        title=f"Scan {database.name}",
        arguments={"database": database.pk},
    )


def scan_installed(sender: object, **_: object) -> None:
    """Scan the database of this installation's packages again: a source has a new version."""
    for database in Database.objects.filter(source_kind=Database.SourceKind.INSTALLED, deleting=False):
        scan_database(database)


def delete_database(database: Database) -> Job:
    """Hide a database at once, cancel what works on it, and remove what is kept of it in the background."""
    Database.objects.filter(pk=database.pk).update(deleting=True)
    cancel_jobs_of(database.subject)
    return start_job(
        kind=jobs.DELETE,
        subject=database.subject,
        title=f"Delete {database.name}",
        arguments={"database": database.pk},
    )


def store_file(upload: "UploadedFile[Any]") -> str:
    """Keep an uploaded SQLite file and return its stored name.

    Raises InvalidInput for what is none, or too large.
    """
    if (upload.size or 0) > settings.DATABASE_MAX_FILE_BYTES:
        raise InvalidInput(
            f"The file is larger than {settings.DATABASE_MAX_FILE_BYTES:,} bytes.", field="file"
        )
    head = upload.read(len(_SQLITE_HEAD))
    upload.seek(0)
    if head != _SQLITE_HEAD:
        raise InvalidInput(f"{upload.name} is no SQLite database.", field="file")
    return keep_upload(upload, uploads())


def suggested_name(location: str) -> str:
    """Return a name for a database that has none: the last part of its address or path."""
    path = urlsplit(location).path if "://" in location else location
    name = PurePosixPath(path.rstrip("/")).name
    return name.rsplit(".", 1)[0][:100] or "database"


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE_HEAD)) == _SQLITE_HEAD


def slug_of(name: str) -> str:
    """Return a database's name for addresses."""
    return slugify(name)[:60] or f"database-{uuid.uuid4().hex[:6]}"


def ask(
    database: Database, question: str, *, columns: Sequence[str] = (), remember_for: Any = None
) -> tuple[Answer, DatabaseQuestion]:
    """Answer a question from a database, and keep it in the history. Raises QuestionError, NotReady,
    ConnectError, EncoderError.

    With `columns`, each as `table.column`, the answer is made of them alone.
    """
    question = " ".join(question.replace("\0", " ").split())
    if not question:
        raise QuestionError("Ask something, for example one of the questions shown below.")
    if len(question) > MAX_QUESTION_CHARACTERS:
        raise QuestionError(
            f"A question has at most {MAX_QUESTION_CHARACTERS:,} characters; this one has {len(question):,}."
        )
    _, source = served(database)
    generator, server = configured_generator(), configured_server()
    examples = nearest_examples(database, question, generator) if server else []
    answer = pipeline.ask(
        question,
        source,
        generator,
        server=server,
        examples=examples,
        columns=_columns(source, columns),
        limits=_limits(),
    )
    asker = remember_for if getattr(remember_for, "is_authenticated", False) else None
    kept = DatabaseQuestion.objects.create(
        database=database,
        text=question,
        sql=answer.best.sql if answer.best else "",
        confidence=answer.best.probability if answer.best else 0.0,
        milliseconds=answer.milliseconds,
        asker=asker,
    )
    return answer, kept


def _columns(source: Source, names: Sequence[str]) -> list[ColumnRef]:
    known = {str(ref).lower(): ref for ref in source.schema.refs()}
    unknown = [name for name in names if name.lower() not in known]
    if unknown:
        raise QuestionError(f"There is no column {unknown[0]}. Columns are written as table.column.")
    return [known[name.lower()] for name in names]


def nearest_examples(
    database: Database, question: str, generator: LocalGenerator, number: int = 3
) -> list[Confirmed]:
    """Return the questions that people confirmed or corrected on a database, the likest to this one."""
    known = selectors.training_examples(database.questions.all())[:_MAX_EXAMPLES]
    likeness = generator.likeness(question, [example["question"] for example in known])
    ranked = sorted(zip(likeness, known, strict=True), key=lambda entry: -entry[0])
    return [Confirmed(example["question"], example["sql"]) for _, example in ranked[:number]]


def run_sql(database: Database, sql: str) -> tuple[Result, Source]:
    """Run a statement that a person wrote, under the same safety.

    Raises StatementError, ExecutionError, NotReady, ConnectError.
    """
    _, source = served(database)
    return execute(
        source.engine, checked(sql, source.schema), _limits(), dialect=source.schema.dialect
    ), source


def _limits() -> Limits:
    return Limits(
        settings.DATABASE_QUERY_SECONDS, settings.DATABASE_MAX_ROWS, settings.DATABASE_MAX_RESULT_BYTES
    )


def judge(question: DatabaseQuestion, *, good: bool, correction: str = "") -> DatabaseQuestion:
    """Keep what a person thinks of an answer; a correction is the SQL that would have been right.

    Raises InvalidInput.
    """
    if correction:
        try:
            _, source = served(question.database)
            checked(correction, source.schema)
        except StatementError as error:
            raise InvalidInput(error.message, field="correction") from error
    question.verdict = DatabaseQuestion.Verdict.GOOD if good else DatabaseQuestion.Verdict.BAD
    question.correction = correction
    question.save(update_fields=["verdict", "correction"])
    return question


def describe(database: Database, *, table: str, column: str, description: str, excluded: bool) -> ColumnNote:
    """Keep what a person writes about a table or column; what is excluded is forgotten at once.

    Raises InvalidInput.
    """
    _, source = served(database)
    try:
        found = source.schema.table(table)
        if column:
            found.column(column)
    except KeyError:
        raise InvalidInput(
            f"There is no {table}{'.' + column if column else ''} in {database.name}.", field="column"
        ) from None
    note, _ = ColumnNote.objects.update_or_create(
        database=database,
        table=table,
        column=column,
        defaults={"description": description.strip(), "excluded": excluded},
    )
    _, source = served(database)
    definitions_of(database.pk).write(
        definition_texts([source.schema.table(table)]), configured_generator().encode
    )
    return note
