"""Databases as the rest asks them: their served scan, with what people wrote about columns, and a connection
that only reads.
"""

import threading
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

from django.conf import settings
from sqlalchemy import Engine

from kbqa.decoding.pointer_network import load_decoder
from kbqa.linking.names import Names
from kbqa.linking.text_vectors import TextVectors
from kbqa.sql.answer.generator import MODEL_FOLDER, LocalGenerator
from kbqa.sql.answer.pipeline import Source
from kbqa.sql.answer.schema_linking import CellNames
from kbqa.sql.focus.cross_encoder.inference import load_cross_encoder
from kbqa.sql.models import ColumnNote, Database, Definition, Scan
from kbqa.sql.schema import ColumnRef, Schema, Table, schema_from_json
from kbqa.sql.stores.connections import ConnectError, server_engine, sqlite_engine
from searchapp.errors import NotReady

_MAX_OPEN = 16
_open: "OrderedDict[int, tuple[Schema, dict[ColumnRef, tuple[str, ...]]]]" = OrderedDict()
_lock = threading.Lock()


def served(database: Database) -> tuple[Scan, Source]:
    """Return the served scan of a database, ready to be asked. Raises NotReady, ConnectError."""
    scan = Scan.objects.filter(pk=database.serving_id or 0).first()
    if scan is None:
        raise NotReady(f"{database.name} has not been scanned yet.")
    return scan, source_of(database, scan)


def source_of(database: Database, scan: Scan) -> Source:
    """Return a scan of a database, ready to be asked. Raises ConnectError."""
    schema, codes = _read(scan) if scan.state == Scan.State.SERVING else _parsed(scan)
    noted = with_notes(schema, list(database.notes.all()))
    private = {ref for ref in noted.refs() if noted.column(ref).excluded}
    shown = {ref: values for ref, values in codes.items() if ref not in private}
    return Source(
        noted,
        CellNames(cell_names(database.pk, scan.load), shown),
        engine_of(database),
        definitions_of(database.pk),
    )


def engine_of(database: Database, *, introspects: bool = False) -> Engine:
    """Return a connection to a database that cannot write. Raises ConnectError."""
    if database.source_kind == Database.SourceKind.URL:
        return server_engine(database.url)
    path = file_of(database)
    if not path.is_file():
        raise ConnectError(f"The file {path.name} is gone.")
    return sqlite_engine(path, introspects=introspects)


def file_of(database: Database) -> Path:
    """Return where the file of an SQLite database lies."""
    if database.source_kind == Database.SourceKind.FILE:
        return Path(database.location)
    return uploads() / Path(database.location).name


def uploads() -> Path:
    """Return the folder of uploaded and made databases."""
    return Path(settings.MEDIA_ROOT) / "databases"


def cell_names(database: int, load: int) -> Names:
    """Return the cell values of one scan of a database."""
    return Names("kbqa_cell", "kbqa_cellword", "database_id", database, load)


def definitions_of(database: int) -> TextVectors:
    """Return what a database's columns are called and said to be, as vectors."""
    return TextVectors(Definition, {"database_id": database})


def with_notes(schema: Schema, notes: list[ColumnNote]) -> Schema:
    """Return a schema with what people wrote about its tables and columns in place of what the database says."""
    about = {(note.table.lower(), note.column.lower()): note for note in notes}
    if not about:
        return schema

    def noted(table: Table) -> Table:
        columns = tuple(
            replace(column, description=note.description or column.description, excluded=note.excluded)
            if (note := about.get((table.name.lower(), column.name.lower()))) is not None
            else column
            for column in table.columns
        )
        own = about.get((table.name.lower(), ""))
        return replace(
            table, columns=columns, description=(own.description if own else "") or table.description
        )

    return replace(schema, tables=tuple(map(noted, schema.tables)))


def _read(scan: Scan) -> tuple[Schema, dict[ColumnRef, tuple[str, ...]]]:
    with _lock:
        found = _open.get(scan.pk)
        if found is None:
            found = _open[scan.pk] = _parsed(scan)
            while len(_open) > _MAX_OPEN:
                _open.popitem(last=False)
        _open.move_to_end(scan.pk)
        return found


def _parsed(scan: Scan) -> tuple[Schema, dict[ColumnRef, tuple[str, ...]]]:
    codes = {ColumnRef(each["table"], each["column"]): tuple(each["values"]) for each in scan.codes}
    return schema_from_json(scan.schema), codes


def configured_generator() -> LocalGenerator:
    """Return what the settings choose to write SQL without a server. Raises EncoderError."""
    chosen = settings.SQL_DECODER
    if chosen["backend"] == "huggingface":
        from kbqa.decoding.sequence_model import load_sequence_model

        return LocalGenerator(
            load_decoder(MODEL_FOLDER),
            sequence_model=load_sequence_model(chosen["model"]),
            cross_encoder=load_cross_encoder,
        )
    folder = Path(chosen["model"]).expanduser() if chosen["model"] else MODEL_FOLDER
    return LocalGenerator(
        load_decoder(folder), cross_encoder=load_cross_encoder, seconds=settings.DATABASE_READING_SECONDS
    )
