"""A scan of a database in stages: schema, cells, definitions, publish.

Each may be interrupted and run again; the old scan serves on.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from django.conf import settings

from kbqa.sql.decoder import configured_model
from kbqa.sql.ingest.cells import CellReport, Reading, count_rows, read_cells, told_by_cells
from kbqa.sql.ingest.installed import write_installed
from kbqa.sql.ingest.introspection import IntrospectionError, read_described
from kbqa.sql.models import ColumnDigest, Database, Scan
from kbqa.sql.names import cell_names, definition_texts, definitions_of
from kbqa.sql.schema import Schema
from kbqa.sql.stores.connections import ConnectError
from kbqa.sql.stores.databases import engine_of, file_of, with_notes
from searchapp.jobs.context import JobContext
from searchapp.jobs.errors import JobError
from searchapp.versions import Lifecycle
from searchapp.visibility import reading_as

_MAX_COMPLAINTS = 50
_SCHEMA = 10
"""How many times as long as a table the schema may take to be read."""
_STAGE = 60
"""How many times as long all tables together may take to be counted, and all columns to be read."""


def scan_schema(context: JobContext) -> None:
    """Stage one: connect, and read tables, columns, keys and row counts."""
    database = LIFECYCLE.source_of(context)
    scan = LIFECYCLE.open_or_resume(database)
    context.progress(0, 1, "Reading the schema")
    try:
        if database.source_kind == Database.SourceKind.INSTALLED:
            with reading_as(database.audience_reader):
                write_installed(file_of(database))
        seconds = _SCHEMA * settings.DATABASE_SCAN_SECONDS
        schema, said = read_described(engine_of(database), seconds, context.check_cancelled, database.schemas)
        rows, unread = count_rows(_reading(database, context), schema)
    except (IntrospectionError, ConnectError) as error:
        # A server may come back; a file that cannot be read stays so.
        raise JobError(
            f"The database cannot be read: {error.message[:300]}",
            transient=error.transient and database.source_kind == Database.SourceKind.URL,
        ) from error
    if not schema.tables:
        raise JobError("The database has no tables that can be read.")
    counted = tuple(replace(table, rows=rows.get(table.name)) for table in schema.tables)
    scan.parsed_schema = replace(schema, tables=counted)
    scan.complaints = [*said, *unread][:_MAX_COMPLAINTS]
    scan.save()


def scan_cells(context: JobContext) -> None:
    """Stage two: read the values that questions may mention, and write those of the columns that changed.

    Excluded columns are not read.
    """
    database = LIFECYCLE.source_of(context)
    scan = LIFECYCLE.current(database)
    names, report = cell_names(database.pk, scan.number), CellReport()
    names.delete()
    schema = with_notes(_counted(scan.parsed_schema), list(database.notes.all()))
    before = database.serving
    known = {key: digest.hash for key, digest in before.parsed_digests.items()} if before else {}

    def progress(done: int, total: int) -> None:
        context.progress(done, total, f"Reading cells, column {done:,}")

    reading = _reading(database, context)
    try:
        names.write(read_cells(reading.engine, schema, report, progress, known, reading))
    except ConnectError as error:
        raise JobError(f"The database cannot be read: {error.message[:300]}", transient=True) from error
    scan.load = before.load if before and before.digests else scan.number
    scan.parsed_digests, scan.parsed_codes = report.digests, report.codes
    scan.parsed_schema = told_by_cells(scan.parsed_schema, report)
    scan.cells = sum(digest.values for digest in report.digests.values())
    scan.complaints = [*scan.complaints, *report.complaints][:_MAX_COMPLAINTS]
    scan.save()


def _reading(database: Database, context: JobContext) -> Reading:
    """How a stage of a scan reads a database. Raises ConnectError."""
    seconds = settings.DATABASE_SCAN_SECONDS
    ends = time.monotonic() + _STAGE * seconds
    return Reading(engine_of(database), seconds, context.check_cancelled, ends)


def _counted(schema: Schema) -> Schema:
    """A schema without the tables whose rows could not be counted: their values would take as long."""
    return replace(schema, tables=tuple(table for table in schema.tables if table.rows is not None))


def scan_definitions(context: JobContext) -> None:
    """Stage three: give what each column is called and said to be a vector, where it has none."""
    database = LIFECYCLE.source_of(context)
    schema = with_notes(LIFECYCLE.current(database).parsed_schema, list(database.notes.all()))
    texts = definition_texts(schema.tables)
    definitions_of(database.pk).write(
        texts,
        configured_model().encode,
        lambda done, total: context.progress(done, total, f"Reading names, {done:,}"),
    )


def publish(context: JobContext) -> None:
    """Last stage: serve the scan, in one step, and clear away what is too old to be asked."""
    database = LIFECYCLE.source_of(context)
    scan = LIFECYCLE.current(database)

    def prepare(locked: Database, scan: Scan) -> None:
        # Whoever cancels it because others may see it now also takes this row.
        context.check_cancelled()
        _bring_up_to_date(locked, scan)

    LIFECYCLE.publish(database, scan, prepare)
    context.progress(1, 1, f"{len(scan.schema['tables']):,} tables")


def _bring_up_to_date(database: Database, scan: Scan) -> None:
    """Put the values of the columns that changed in the place of what the served scan knows of them."""
    before = database.serving
    if before is None or scan.load == scan.number:
        return
    digests = scan.parsed_digests
    gone = [key for key, digest in before.parsed_digests.items() if not _is_same(digests.get(key), digest)]
    names = cell_names(scan.database_id, scan.load)
    names.forget(gone)
    names.take(cell_names(scan.database_id, scan.number))


def _is_same(digest: ColumnDigest | None, before: ColumnDigest) -> bool:
    return digest is not None and digest.hash == before.hash


def _forget(scan: Scan) -> None:
    cell_names(scan.database_id, scan.number).delete()


def _clear(database: Database, scan: Scan, usable: Sequence[Scan], _: Sequence[Scan]) -> None:
    """Remove the vectors of columns that are gone, and the cell values that only older scans have."""
    schema = with_notes(scan.parsed_schema, list(database.notes.all()))
    definitions_of(database.pk).keep_only(definition_texts(schema.tables))
    needed = {scan.load, *(replaced.load for replaced in usable)}
    for load in set(database.scans.values_list("load", flat=True)) - needed:
        cell_names(database.pk, load).delete()


LIFECYCLE = Lifecycle(
    Database, Scan, lost="There is no scan to go on with; start a new one.", forget=_forget, clear=_clear
)
abandon = LIFECYCLE.abandon


def delete(context: JobContext) -> None:
    """Remove a database from here with everything that is kept of it. A database server's own data stay."""
    database = LIFECYCLE.deleted_or_not(context)
    if database is None:
        return
    cell_names(database.pk, 0).delete(all_loads=True)
    if database.source_kind in (Database.SourceKind.UPLOAD, Database.SourceKind.INSTALLED):
        Path(file_of(database)).unlink(missing_ok=True)
    database.delete()
