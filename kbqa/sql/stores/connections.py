"""Connections to databases that cannot write: at the engine's own level, whatever statement comes."""

import socket
import ssl
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
from kbqa.sql.stores.server_address import NUMBER, checked_url, without_number
from kbqa.sql.stores.sqlite import ALL_DATA, Visibility, sqlite_connection
from searchapp.addresses import AddressError
from searchapp.errors import Unavailable

CONNECT_SECONDS = 10
_DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
}
_POSTGRESQL_OPTIONS = (
    "-c default_transaction_read_only=on -c lock_timeout=2000 -c standard_conforming_strings=on"
)
"""Whatever the server's configuration says. With backslashes that escape, the server would find the end of a
text elsewhere than who checked the statement."""
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
    views = frozenset(table.name.lower() for table in tables if table.view)
    return Visibility(private, views, frozenset(table.name.lower() for table in tables) if private else None)


def server_engine(url: str) -> Engine:
    """An engine on a database server with read-only sessions. Raises ConnectError.

    Of a dialect that the settings add, only the driver can say so, where it has a word for that; everything
    is rolled back in any case.
    """
    return engine_at(reachable_url(url))


def engine_at(parsed: URL, *, connect_seconds: int = CONNECT_SECONDS) -> Engine:
    """An engine on a database server at an address that `reachable_url` gave."""
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        given = str(parsed.query.get("options", ""))
        options = f"{given} {_POSTGRESQL_OPTIONS}".strip()
        arguments = {"connect_timeout": connect_seconds, "options": options}
        return _server(parsed, parsed, arguments)
    if backend not in _DRIVERS:
        return _server(parsed, parsed, _READ_ONLY.get(backend, {}))
    return _mysql_engine(parsed, connect_seconds)


def _server(url: URL, address: URL, arguments: dict[str, Any]) -> Engine:
    """An engine at a URL of its driver, made of an address by which another process makes the same one."""
    options = {"address": address.render_as_string(hide_password=False)}
    return create_engine(url, poolclass=NullPool, connect_args=arguments, execution_options=options)


def _mysql_engine(address: URL, connect_seconds: int) -> Engine:
    """An engine on a MySQL or MariaDB server with read-only sessions."""
    url, taken = without_number(address)
    arguments: dict[str, Any] = {"connect_timeout": connect_seconds, "local_infile": False}
    if taken.get("ssl_verify_identity", "").lower() == "true":
        arguments["ssl"] = ssl.create_default_context()
    elif taken.get("ssl_required", "").lower() == "true":
        arguments["ssl"] = _unchecked_context()
    engine = _server(url, address, arguments)

    @event.listens_for(engine, "do_connect")
    def connect_by_number(dialect: Any, _: Any, given: Any, named: dict[str, Any]) -> Any:
        connection = dialect.loaded_dbapi.connect(*given, **named, defer_connect=True)
        number = taken.get(NUMBER, connection.host)
        try:
            connection.connect(socket.create_connection((number, connection.port), connect_seconds))
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


def _unchecked_context() -> ssl.SSLContext:
    """Encryption that takes any certificate: who only listens learns nothing."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def connection_of(engine: Engine) -> dict[str, Any]:
    """What another process needs to connect to the same database in the same way."""
    if engine.dialect.name != "sqlite":
        return {"url": engine.get_execution_options()["address"]}
    visibility: Visibility = engine.get_execution_options().get("visibility", ALL_DATA)
    described = {
        "private": sorted(visibility.private),
        "views": sorted(visibility.views) if visibility.private else [],
        "tables": None if visibility.tables is None else sorted(visibility.tables),
        "introspects": visibility.introspects,
    }
    return {"url": engine.url.database, "visibility": described}


def reachable_url(url: str) -> URL:
    """A database server's address as it is connected to: its host may be, and is named by its number.

    Raises ConnectError.
    """
    try:
        return checked_url(parsed_url(url))
    except AddressError as error:
        field = "" if error.field == AddressError.field else error.field
        raise ConnectError(error.message, field=field, transient=error.transient) from error


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
