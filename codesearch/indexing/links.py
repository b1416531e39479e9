"""The references of a build: each file's names are linked to what they mean in all files, and stored."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from django.db import connection, transaction

from codesearch.references.facts import Facts, decoded
from codesearch.references.links import Linker

_FACTS_AT_HAND = 4_000
_FILES_AT_ONCE = 200

Row = tuple[int, str, int]
"""A row's number, the path of its file, and the build that it is from."""


def link_files(repository: int, build: int, progress: Callable[[int, int, str], None]) -> None:
    """Link the files of a build that is not served yet; rows that stay as they were are not written."""
    rows = _rows(repository)
    if not _has_changed(repository, build):
        return
    languages = {path: language for _, path, language, _ in rows}
    numbers = {path: number for number, path, _, _ in rows}
    load = lru_cache(maxsize=_FACTS_AT_HAND)(lambda path: _facts(numbers[path]))
    linker = Linker(load, languages)
    for path in languages:
        linker.take(path, load(path))
    done = 0
    for portion in _portions([(number, path, since) for number, path, _, since in rows]):
        _write(repository, build, [(row, *_linked(linker, row[1])) for row in portion])
        done += len(portion)
        progress(done, len(rows), f"Linking {done:,} of {len(rows):,} files")


def _linked(linker: Linker, path: str) -> tuple[bytes, list[int]]:
    linked = linker.linked(path)
    return linked.encoded(), linked.numbers(path)


def _rows(repository: int) -> list[tuple[int, str, str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.id, f.path, f.language, r.since FROM codesearch_filereferences r"
            " JOIN codesearch_sourcefile f ON f.id = r.file_id"
            " WHERE r.repository_id = %s AND r.until IS NULL ORDER BY f.path",
            [repository],
        )
        return list(cursor.fetchall())


def _has_changed(repository: int, build: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM codesearch_sourcefile WHERE repository_id = %s"
            " AND (since = %s OR until = %s))",
            [repository, build, build],
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def _facts(number: int) -> Facts:
    with connection.cursor() as cursor:
        cursor.execute("SELECT facts FROM codesearch_filereferences WHERE id = %s", [number])
        row = cursor.fetchone()
    assert row is not None
    return decoded(bytes(row[0]))


def _portions(rows: list[Row]) -> Iterator[list[Row]]:
    for start in range(0, len(rows), _FILES_AT_ONCE):
        yield rows[start : start + _FILES_AT_ONCE]


def _write(repository: int, build: int, linked: list[tuple[Row, bytes, list[int]]]) -> None:
    """Fill the rows of this build; replace older ones whose links have changed."""
    new = [(links, targets, row[0]) for row, links, targets in linked if row[2] == build]
    old = {row[0]: (links, targets) for row, links, targets in linked if row[2] != build}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany("UPDATE codesearch_filereferences SET links = %s, targets = %s WHERE id = %s", new)
        for number in _changed(cursor, old):
            cursor.execute(
                "UPDATE codesearch_filereferences SET until = %s WHERE id = %s RETURNING file_id, facts",
                [build, number],
            )
            file, facts = cursor.fetchone() or (0, b"")
            cursor.execute(
                "INSERT INTO codesearch_filereferences (repository_id, file_id, facts, links, targets, since)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                [repository, file, facts, *old[number], build],
            )


def _changed(cursor: Any, old: dict[int, tuple[bytes, list[int]]]) -> list[int]:
    if not old:
        return []
    cursor.execute("SELECT id, links FROM codesearch_filereferences WHERE id = ANY(%s)", [list(old)])
    return [number for number, links in cursor.fetchall() if bytes(links) != old[number][0]]
