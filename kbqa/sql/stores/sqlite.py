"""SQLite files as they are read here: nothing is written, and an authorizer decides what may be reached.

Needs nothing but the standard library, so that a process that runs one statement starts quickly.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WAIT_SECONDS = 10
_MAX_VALUE_BYTES = 5_000_000
"""Bytes of one value that SQLite may read or make."""
_DISTRUST = ("PRAGMA trusted_schema = OFF", "PRAGMA cell_size_check = ON", "PRAGMA mmap_size = 0")
"""What SQLite's authors advise for files of unknown origin: views run no function with effects, pages are
checked before they are used, and a file that shrinks ends no process."""
_READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE}
_REFUSED_FUNCTIONS = {
    "load_extension",
    "readfile",
    "writefile",
    "edit",
    "fts3_tokenizer",
    "randomblob",
    "zeroblob",
}
"""Functions of SQLite that reach files or take any amount of memory."""
_SCHEMA_PRAGMAS = {
    "table_info",
    "table_xinfo",
    "table_list",
    "foreign_key_list",
    "index_list",
    "index_info",
    "index_xinfo",
}
_ASKED_BY_SQLALCHEMY = {"read_uncommitted"}
"""Asked of the first connection; without a value it only tells."""
_SYSTEM = "sqlite_"
"""How the names of SQLite's own tables begin; no other table may be called so."""


@dataclass(frozen=True)
class Visibility:
    """What of a file a statement may read, all names in small letters."""

    private: frozenset[tuple[str, str]] = frozenset()
    """Tables and columns that are refused, but to views of the database, whose columns have own names."""
    views: frozenset[str] = frozenset()
    tables: frozenset[str] | None = None
    """All that may be read where something is private: what indexes keep of it is in no schema."""
    introspects: bool = False
    """Whether the tables and pragmas that describe the schema may be read, too."""


ALL_DATA = Visibility()


def sqlite_connection(
    path: Path, visibility: Visibility = ALL_DATA, *, sorts_in_files: bool = False
) -> sqlite3.Connection:
    """A connection to an SQLite file that is opened read-only; an authorizer refuses all but reading.

    What it sorts in is memory, of which a process has little, unless it `sorts_in_files`.

    Raises sqlite3.Error.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=WAIT_SECONDS, check_same_thread=False
    )
    connection.text_factory = lambda data: data.decode("utf-8", errors="replace")
    for pragma in _DISTRUST:
        connection.execute(pragma)
    connection.execute(f"PRAGMA temp_store = {'FILE' if sorts_in_files else 'MEMORY'}")
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE_BYTES)
    connection.set_authorizer(_authorizer(visibility))
    return connection


def _authorizer(visibility: Visibility) -> Callable[..., int]:
    def permits(action: int, first: str, second: str | None, reader: str) -> bool:
        if action == sqlite3.SQLITE_READ:
            return _may_read(first, (second or "").lower(), reader, visibility)
        if action == sqlite3.SQLITE_FUNCTION:
            return (second or "").lower() not in _REFUSED_FUNCTIONS
        if action == sqlite3.SQLITE_PRAGMA:
            told = first in _ASKED_BY_SQLALCHEMY and second is None
            return told or (visibility.introspects and first in _SCHEMA_PRAGMAS | _ASKED_BY_SQLALCHEMY)
        return action in _READS

    def decide(action: int, first: str | None, second: str | None, _: Any, reader: str | None) -> int:
        allowed = permits(action, (first or "").lower(), second, (reader or "").lower())
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

    return decide


def _may_read(table: str, column: str, reader: str, visibility: Visibility) -> bool:
    """Whether a column may be read; `reader` is the view that reads it, "" for the statement itself."""
    if visibility.introspects:
        return True
    if table.startswith(_SYSTEM):
        return False
    is_known = visibility.tables is None or table in visibility.tables
    return (is_known and (table, column) not in visibility.private) or reader in visibility.views
