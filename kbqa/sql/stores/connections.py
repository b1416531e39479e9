"""Connections to databases that cannot write: at the engine's own level, whatever statement comes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import NullPool
from sqlglot import Dialect

from kbqa.sql.schema import Schema
from kbqa.sql.stores.sqlite import Visibility, sqlite_connection
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


class ConnectError(Unavailable):
    """A database cannot be connected to; `transient` where its server is away."""


def sqlite_engine(path: Path, *, introspects: bool = False, schema: Schema | None = None) -> Engine:
    """An engine on an SQLite file that is opened read-only; an authorizer refuses all but reading.

    Of a `schema`, the columns that are kept private cannot be read. `introspects` also permits what describes
    the schema.
    """
    visibility = replace(_visibility(schema), introspects=introspects)
    return create_engine(
        URL.create("sqlite", database=str(path.absolute())),
        creator=lambda: sqlite_connection(path, visibility),
        poolclass=NullPool,
        execution_options={"visibility": visibility},
    )


def _visibility(schema: Schema | None) -> Visibility:
    """What statements on a schema may read; without one, all data."""
    tables = schema.tables if schema else ()
    private = frozenset(
        (table.name.lower(), column.name.lower())
        for table in tables
        for column in table.columns
        if column.excluded
    )
    return Visibility(private, frozenset(table.name.lower() for table in tables if table.view))


def server_engine(url: str) -> Engine:
    """An engine on a database server with read-only sessions. Raises ConnectError.

    Of a dialect that the settings add, only the driver can say so, where it has a word for that; everything
    is rolled back in any case.
    """
    return engine_at(parsed_url(url))


def engine_at(parsed: URL) -> Engine:
    """An engine on a database server at an address with its driver."""
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
    arguments = {"connect_timeout": CONNECT_SECONDS, "local_infile": False}
    engine = create_engine(url, poolclass=NullPool, connect_args=arguments)

    @event.listens_for(engine, "connect")
    def read_only(connection: Any, _: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
            # A difference below zero of columns without a sign is a number, not an error.
            cursor.execute("SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_UNSIGNED_SUBTRACTION')")

    return engine


def parsed_url(url: str) -> URL:
    """A database server's address with the driver that is used for it. Raises ConnectError."""
    try:
        parsed = make_url(url.strip())
    except ArgumentError as error:
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
