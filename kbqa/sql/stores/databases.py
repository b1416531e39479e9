"""Databases as the engine reads them: the served scan, people's notes, and a connection that cannot write."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from sqlalchemy import Engine

from kbqa.linking.text_vectors import TextVectors
from kbqa.sql.glossary import Glossary, glossary_of
from kbqa.sql.models import Codes, ColumnNote, Database, Scan
from kbqa.sql.names import CellNames, cell_names, definitions_of
from kbqa.sql.schema import Column, Schema, Table
from kbqa.sql.stores.connections import ConnectError, server_engine, sqlite_engine
from kbqa.sql.stores.executor import SOURCE_OPTION
from searchapp.jobs.selectors import not_ready
from searchapp.shared import SharedCache

_MAX_OPEN = 16
_open = SharedCache[tuple[Any, ...], tuple[Schema, Codes]](_MAX_OPEN)


@dataclass(frozen=True)
class Source:
    """A database as questions see it."""

    schema: Schema
    cells: CellNames
    engine: Engine
    definitions: TextVectors | None = None
    glossary: Glossary = field(default_factory=Glossary)

    @cached_property
    def asked(self) -> Schema:
        """The schema as questions are read over it: with the metrics that people defined."""
        return self.glossary.computed(self.schema)


def served(database: Database) -> Source:
    """The served scan of a database, ready to be asked. Raises NotReady, ConnectError."""
    scan = Scan.objects.filter(pk=database.serving_id or 0).first()
    if scan is None:
        raise not_ready(database.subject, f"{database.name} has not been scanned yet.")
    return source_of(database, scan)


def source_of(database: Database, scan: Scan) -> Source:
    """A scan of a database, ready to be asked. Raises ConnectError."""
    schema, codes = _remembered(scan) if scan.state == Scan.State.SERVING else _parsed(scan)
    noted = with_notes(schema, list(database.notes.all()))
    private = {ref for ref in noted.refs() if noted.column(ref).excluded}
    public = {ref: values for ref, values in codes.items() if ref not in private}
    return Source(
        noted,
        CellNames(cell_names(database.pk, scan.load, private), public),
        engine_of(database, schema=noted).execution_options(**{SOURCE_OPTION: f"database: {database.name}"}),
        definitions_of(database.pk),
        glossary_of(database.glossary.all(), noted),
    )


def engine_of(database: Database, *, introspects: bool = False, schema: Schema | None = None) -> Engine:
    """A connection to a database that cannot write; in a file, nor read what its schema keeps private.

    Raises ConnectError.
    """
    if database.source_kind == Database.SourceKind.URL:
        return server_engine(database.url)
    path = file_of(database)
    if not path.is_file():
        raise ConnectError(f"The file {path.name} is gone.")
    return sqlite_engine(path, introspects=introspects, schema=schema)


def file_of(database: Database) -> Path:
    """Path of the file of an SQLite database."""
    if database.source_kind == Database.SourceKind.FILE:
        return Path(database.location)
    return uploads() / Path(database.location).name


def uploads() -> Path:
    """The folder of uploaded and made databases."""
    return Path(settings.MEDIA_ROOT) / "databases"


def with_notes(schema: Schema, notes: list[ColumnNote]) -> Schema:
    """A schema with what people wrote about its tables and columns in place of what the database says.

    What views draw from a column that is kept private is private, too.
    """
    by_place = {(note.table.lower(), note.column.lower()): note for note in notes}
    if not by_place:
        return schema

    def noted(table: Table) -> Table:
        columns = tuple(
            _noted(column, _note_on(by_place, table, column.name.lower())) for column in table.columns
        )
        of_table = _note_on(by_place, table, "")
        description = of_table.description if of_table else ""
        return replace(table, columns=columns, description=description or table.description)

    return replace(schema, tables=tuple(map(noted, schema.tables))).hidden_at_sources()


def note_on(notes: Iterable[ColumnNote], table: Table, column: str = "") -> ColumnNote | None:
    """The note on a table or on one of its columns."""
    return _note_on(
        {(note.table.lower(), note.column.lower()): note for note in notes}, table, column.lower()
    )


def _note_on(by_place: Mapping[tuple[str, str], ColumnNote], table: Table, column: str) -> ColumnNote | None:
    """The note that names a table most fully.

    One that names no schema is about the tables of all: what was private stays so when others are added.
    """
    return next((note for name in table.names if (note := by_place.get((name, column)))), None)


def _noted(column: Column, note: ColumnNote | None) -> Column:
    """A column with what a person wrote about it."""
    if note is None:
        return column
    return replace(column, description=note.description or column.description, excluded=note.excluded)


def _remembered(scan: Scan) -> tuple[Schema, Codes]:
    """Schema and codes of a scan, parsed once for as long as it is among those asked last."""
    # The number of a row alone says too little: it is given again after a database is brought back.
    key = (scan.pk, scan.database_id, scan.number, scan.started, scan.finished)
    return _open.get(key, lambda: _parsed(scan))


def _parsed(scan: Scan) -> tuple[Schema, Codes]:
    return scan.parsed_schema, scan.parsed_codes
