"""The cell values of a database file, indexed for the time that it is trained or measured on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kbqa.linking.names import Names
from kbqa.sql.ingest.cells import CellReport, read_cells
from kbqa.sql.models import Database
from kbqa.sql.names import CellNames
from kbqa.sql.schema import Schema
from kbqa.sql.stores.connections import sqlite_engine


@contextmanager
def indexed_cells(schema: Schema, file: Path | None, report: CellReport | None = None) -> Iterator[CellNames]:
    """Index the cell values of an SQLite file for the block; there are none without a file.

    What else the cells tell goes into `report`.
    """
    if file is None:
        yield CellNames()
        return
    row = Database.objects.create(
        slug=f"training-{Database.objects.count()}", name=file.stem, source_kind=Database.SourceKind.FILE
    )
    names = Names("kbqa_cell", "kbqa_cellword", "database_id", row.pk, 1)
    report = report if report is not None else CellReport()
    try:
        names.write(read_cells(sqlite_engine(file), schema, report))
        yield CellNames(names, report.codes)
    finally:
        names.delete()
