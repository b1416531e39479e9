"""A scan of a database in stages: schema, cells, definitions, publish.

Each may be interrupted and run again; the old scan serves on.
"""

from dataclasses import replace
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from sqlalchemy.exc import SQLAlchemyError

from kbqa.sql.answer.registry import (
    cell_names,
    configured_generator,
    definitions_of,
    engine_of,
    file_of,
    with_notes,
)
from kbqa.sql.answer.schema_linking import definition_texts
from kbqa.sql.ingest.cells import CellReport, count_rows, read_cells
from kbqa.sql.ingest.installed import write_installed
from kbqa.sql.ingest.introspection import IntrospectionError, may_write, read_schema
from kbqa.sql.models import Database, Scan
from kbqa.sql.schema import schema_from_json
from searchapp.jobs.context import JobContext
from searchapp.jobs.errors import JobError

_KEPT_SCANS = 2
_MAX_COMPLAINTS = 50
_WRITER = "The role may write. Nothing is written from here, but one that may only read is safer."


def scan_schema(context: JobContext) -> None:
    """Stage one: connect, and read tables, columns, keys and row counts."""
    database = database_of(context)
    scan = database.scans.filter(state=Scan.State.RUNNING).first() or _new_scan(database)
    context.progress(0, 1, "Reading the schema")
    try:
        if database.source_kind == Database.SourceKind.INSTALLED:
            write_installed(file_of(database))
        schema = read_schema(engine_of(database, introspects=True))
        engine = engine_of(database)
        rows, writes = count_rows(engine, schema), may_write(engine)
    except (IntrospectionError, SQLAlchemyError) as error:
        # A server may come back; a file that cannot be read stays so.
        raise JobError(
            f"The database cannot be read: {str(error)[:300]}",
            transient=database.source_kind == Database.SourceKind.URL,
        ) from error
    if not schema.tables:
        raise JobError("The database has no tables that can be read.")
    scan.schema = replace(
        schema, tables=tuple(replace(table, rows=rows.get(table.name)) for table in schema.tables)
    ).as_json()
    unread = [f"{table.name}: it cannot be read." for table in schema.tables if table.name not in rows]
    scan.complaints = [*([_WRITER] if writes else []), *unread][:_MAX_COMPLAINTS]
    scan.save()


def scan_cells(context: JobContext) -> None:
    """Stage two: read the values that questions may mention, but for excluded columns; those of columns that
    changed are written.
    """
    database = database_of(context)
    scan = running_scan(database)
    names, report = cell_names(database.pk, scan.number), CellReport()
    names.delete()
    schema = with_notes(schema_from_json(scan.schema), list(database.notes.all()))
    before = database.serving
    known = {place: digest for place, (digest, _) in before.digests.items()} if before else {}

    def progress(done: int, total: int) -> None:
        context.progress(done, total, f"Reading cells, column {done:,}")

    try:
        names.write(read_cells(engine_of(database), schema, report, progress, known))
    except SQLAlchemyError as error:
        raise JobError(f"The database cannot be read: {str(error)[:300]}", transient=True) from error
    scan.load = before.load if before and before.digests else scan.number
    scan.digests, scan.cells = report.digests, sum(number for _, number in report.digests.values())
    scan.codes = [
        {"table": ref.table, "column": ref.column, "values": list(values)}
        for ref, values in report.codes.items()
    ]
    scan.complaints = [*scan.complaints, *report.complaints][:_MAX_COMPLAINTS]
    scan.save()


def scan_definitions(context: JobContext) -> None:
    """Stage three: give what each column is called and said to be a vector, where it has none."""
    database = database_of(context)
    schema = with_notes(schema_from_json(running_scan(database).schema), list(database.notes.all()))
    texts = definition_texts(schema.tables)
    definitions_of(database.pk).write(
        texts,
        configured_generator().encode,
        lambda done, total: context.progress(done, total, f"Reading names, {done:,}"),
    )


def publish(context: JobContext) -> None:
    """Last stage: serve the scan, in one step, and clear away what is too old to be asked."""
    database = database_of(context)
    scan = running_scan(database)
    with transaction.atomic():
        locked = Database.objects.select_for_update().get(pk=database.pk)
        _bring_up_to_date(scan, locked.serving)
        locked.scans.filter(state=Scan.State.SERVING).update(state=Scan.State.REPLACED)
        scan.state, scan.finished = Scan.State.SERVING, timezone.now()
        scan.save()
        locked.serving = scan
        locked.save(update_fields=["serving"])
    definitions_of(database.pk).keep_only(
        definition_texts(with_notes(schema_from_json(scan.schema), list(database.notes.all())).tables)
    )
    kept = database.scans.filter(state=Scan.State.REPLACED)[: _KEPT_SCANS - 1]
    for load in set(database.scans.values_list("load", flat=True)) - {
        scan.load,
        *(each.load for each in kept),
    }:
        cell_names(database.pk, load).delete()
    context.progress(1, 1, f"{len(scan.schema['tables']):,} tables")


def _bring_up_to_date(scan: Scan, before: Scan | None) -> None:
    """Put the values of the columns that changed in the place of what was known of them."""
    if before is None or scan.load == scan.number:
        return
    gone = [
        place for place, (digest, _) in before.digests.items() if scan.digests.get(place, [""])[0] != digest
    ]
    names = cell_names(scan.database_id, scan.load)
    names.forget(gone)
    names.take(cell_names(scan.database_id, scan.number))


def abandon(context: JobContext) -> None:
    """After a failure or a cancellation: forget what the scan wrote; the served one was never touched."""
    database = Database.objects.filter(pk=context.job.arguments["database"]).first()
    if database is None:
        return
    for scan in database.scans.filter(state=Scan.State.RUNNING):
        cell_names(database.pk, scan.number).delete()
        scan.state, scan.finished = Scan.State.ABANDONED, timezone.now()
        scan.save(update_fields=["state", "finished"])


def delete(context: JobContext) -> None:
    """Remove a database from here with everything that is kept of it. A database server's own data stay."""
    database = Database.objects.filter(pk=context.job.arguments["database"]).first()
    if database is None:
        return
    cell_names(database.pk, 0).delete(all_loads=True)
    if database.source_kind in (Database.SourceKind.UPLOAD, Database.SourceKind.INSTALLED):
        Path(file_of(database)).unlink(missing_ok=True)
    database.delete()


def database_of(context: JobContext) -> Database:
    """Return the database that a job works on. Raises JobError if it is gone."""
    database = Database.objects.filter(pk=context.job.arguments["database"], deleting=False).first()
    if database is None:
        raise JobError("The database has been deleted.")
    return database


def running_scan(database: Database) -> Scan:
    """Return the scan that is at work. Raises JobError if there is none."""
    scan = database.scans.filter(state=Scan.State.RUNNING).first()
    if scan is None:
        raise JobError("There is no scan to go on with; start a new one.")
    return scan


def _new_scan(database: Database) -> Scan:
    newest = database.scans.order_by("-number").first()
    return Scan.objects.create(database=database, number=newest.number + 1 if newest else 1)
