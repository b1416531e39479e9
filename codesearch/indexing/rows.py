"""Rows of files and units, written with COPY."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, cast

from django.db import connection, transaction

from codesearch.indexing.texts import lexemes
from codesearch.models import Repository
from codesearch.parsing import ParsedFile
from codesearch.parsing.dense_text import dense_text, text_hash

_UNIT_COLUMNS = (
    "repository_id", "file_id", "path", "language", "kind", "name", "qualified_name", "signature",
    "start_line", "end_line", "documented", "text_hash", "lexemes", "length", "since",
)  # fmt: skip


@dataclass(frozen=True)
class NewFile:
    """A file that a build adds."""

    path: str
    digest: bytes
    text: str
    parsed: ParsedFile


def write_files(repository: Repository, build: int, files: Sequence[NewFile]) -> int:
    """Write files with their units as part of build `build`, all or none; return the number of units."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO codesearch_blob (digest, text) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [(file.digest, file.text) for file in files],
        )
        cursor.execute(
            "INSERT INTO codesearch_sourcefile (repository_id, path, language, blob_id, lines, since)"
            " SELECT %s, path, language, digest, lines, %s"
            " FROM unnest(%s::text[], %s::text[], %s::bytea[], %s::int[])"
            " AS file (path, language, digest, lines) RETURNING path, id",
            [
                repository.pk,
                build,
                [file.path for file in files],
                [file.parsed.language for file in files],
                [file.digest for file in files],
                [file.text.count("\n") + 1 for file in files],
            ],
        )
        file_ids = dict(cursor.fetchall())
        rows = [row for file in files for row in _unit_rows(repository.pk, file_ids[file.path], build, file)]
        copy_rows(cursor, "codesearch_unit", _UNIT_COLUMNS, rows)
    return len(rows)


def copy_rows(cursor: Any, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows with PostgreSQL's COPY."""
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with cast("AbstractContextManager[Any]", cursor.copy(statement)) as copy:
        for row in rows:
            copy.write_row(row)


def _unit_rows(repository_id: int, file_id: int, build: int, file: NewFile) -> Iterable[tuple[Any, ...]]:
    for unit in file.parsed.units:
        unit_lexemes = lexemes(unit, file.path)
        yield (
            repository_id,
            file_id,
            file.path,
            file.parsed.language,
            unit.kind,
            unit.name,
            unit.qualified_name,
            unit.signature,
            unit.start_line,
            unit.end_line,
            bool(unit.documentation),
            text_hash(dense_text(unit).text) if unit.encoded else None,
            unit_lexemes.literal,
            unit_lexemes.length,
            build,
        )
