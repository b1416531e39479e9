"""Connections to databases that cannot write: at the engine's own level, whatever statement comes."""

import socket
import sqlite3
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import NullPool
from sqlglot import Dialect

from kbqa.sql.stores.server_address import NUMBER, checked_url, without_number
from searchapp.addresses import AddressError
from searchapp.errors import Unavailable

CONNECT_SECONDS = 10
_DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
}
_READ_ONLY: dict[str, dict[str, Any]] = {
    "duckdb": {"read_only": True, "config": {"enable_external_access": "false"}}
}
"""The arguments that make connections of further drivers read-only."""
_SQLGLOT = {"postgresql": "postgres", "mariadb": "mysql", "mssql": "tsql"}
"""Sqlglot's names of dialects, where SQLAlchemy's are others."""
_READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
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


class ConnectError(Unavailable):
    """A database cannot be connected to; `transient` where its server is away."""


def sqlite_engine(path: Path, *, introspects: bool = False) -> Engine:
    """An engine on an SQLite file that is opened read-only; an authorizer refuses all but reading.

    `introspects` also permits the pragmas that describe the schema.
    """

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=CONNECT_SECONDS, check_same_thread=False
        )
        connection.text_factory = lambda data: data.decode("utf-8", errors="replace")
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.set_authorizer(_authorizer(introspects))
        return connection

    return create_engine("sqlite://", creator=connect, poolclass=NullPool)


def _authorizer(introspects: bool) -> Callable[..., int]:
    def decide(action: int, first: str | None, second: str | None, *_: Any) -> int:
        if action == sqlite3.SQLITE_FUNCTION:
            return sqlite3.SQLITE_DENY if (second or "").lower() in _REFUSED_FUNCTIONS else sqlite3.SQLITE_OK
        if action in _READS:
            return sqlite3.SQLITE_OK
        permitted = {*_SCHEMA_PRAGMAS, *_ASKED_BY_SQLALCHEMY} if introspects else _ASKED_BY_SQLALCHEMY
        told = action == sqlite3.SQLITE_PRAGMA and (first or "").lower() in permitted
        return sqlite3.SQLITE_OK if told and (introspects or second is None) else sqlite3.SQLITE_DENY

    return decide


def server_engine(url: str) -> Engine:
    """An engine on a database server with read-only sessions. Raises ConnectError.

    Of a dialect that the settings add, only the driver can say so, where it has a word for that; everything
    is rolled back in any case.
    """
    parsed = reachable_url(url)
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        given = str(parsed.query.get("options", ""))
        options = f"{given} -c default_transaction_read_only=on -c lock_timeout=2000".strip()
        arguments = {"connect_timeout": CONNECT_SECONDS, "options": options}
        return create_engine(parsed, poolclass=NullPool, connect_args=arguments)
    if backend not in _DRIVERS:
        return create_engine(parsed, poolclass=NullPool, connect_args=_READ_ONLY.get(backend, {}))
    return _mysql_engine(parsed)


def _mysql_engine(url: URL) -> Engine:
    """An engine on a MySQL or MariaDB server with read-only sessions."""
    url, taken = without_number(url)
    arguments: dict[str, Any] = {"connect_timeout": CONNECT_SECONDS, "local_infile": False}
    if taken.get("ssl_verify_identity", "").lower() == "true":
        arguments["ssl"] = ssl.create_default_context()
    engine = create_engine(url, poolclass=NullPool, connect_args=arguments)

    @event.listens_for(engine, "do_connect")
    def connect_by_number(dialect: Any, _: Any, given: Any, named: dict[str, Any]) -> Any:
        connection = dialect.loaded_dbapi.connect(*given, **named, defer_connect=True)
        number = taken.get(NUMBER, connection.host)
        try:
            connection.connect(socket.create_connection((number, connection.port), CONNECT_SECONDS))
        except OSError as error:
            raise dialect.loaded_dbapi.OperationalError(2003, f"{connection.host}: {error}") from error
        return connection

    @event.listens_for(engine, "connect")
    def read_only(connection: Any, _: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
            # A difference below zero of columns without a sign is a number, not an error.
            cursor.execute("SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_UNSIGNED_SUBTRACTION')")

    return engine


def reachable_url(url: str) -> URL:
    """A database server's address as it is connected to: its host may be, and is named by its number.

    Raises ConnectError.
    """
    try:
        return checked_url(parsed_url(url))
    except AddressError as error:
        raise ConnectError(error.message, transient=error.transient) from error


def parsed_url(url: str) -> URL:
    """A database server's address with the driver that is used for it. Raises ConnectError."""
    try:
        parsed = make_url(url.strip())
    except (ArgumentError, ValueError) as error:
        raise ConnectError(
            "This is not a database address. Write for example postgresql://user:password@host/database."
        ) from error
    backend = parsed.get_backend_name()
    if backend in _DRIVERS:
        return parsed.set(drivername=_DRIVERS[backend])
    if backend not in settings.DATABASE_DIALECTS:
        supported = ", ".join(("postgresql", "mysql", "mariadb", *settings.DATABASE_DIALECTS))
        raise ConnectError(f"{backend} is not supported; use one of {supported}, or upload an SQLite file.")
    if sqlglot_dialect(backend) not in Dialect.classes:
        raise ConnectError(f"The SQL of {backend} cannot be read and checked here.")
    try:
        parsed.get_dialect()
    except NoSuchModuleError as error:
        raise ConnectError(f"The driver for {backend} is not installed here.") from error
    return parsed


def sqlglot_dialect(name: str) -> str:
    """Sqlglot's name for the SQL of one of SQLAlchemy's dialects."""
    return _SQLGLOT.get(name, name)
