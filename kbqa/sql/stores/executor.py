"""Running a checked statement: read-only at the engine's own level, with limits of time, rows and bytes."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from threading import Timer
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlglot import exp

from kbqa.sql.stores.connections import ConnectError
from searchapp.audit import recording as audit
from searchapp.errors import InvalidInput

SOURCE_OPTION = "searchapp_source"
"""The option of an engine that says which source it was made for."""
_STEPS_BETWEEN_LOOKS = 10_000
_MAX_VALUE_BYTES = 5_000_000
"""Bytes of one value that SQLite may make."""
_ROWS_AT_ONCE = 200
_HAVE_LIMITS = ("sqlite", "postgresql", "mysql", "mariadb")
"""Dialects whose engine ends a statement in time by itself."""


@dataclass(frozen=True)
class Limits:
    """The limits of one statement."""

    seconds: float = 10.0
    rows: int = 1_000
    bytes: int = 4_000_000


@dataclass(frozen=True)
class Result:
    """A statement's rows. `truncated` where there were more than the limits let through."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    truncated: bool = False
    milliseconds: float = 0.0


class ExecutionError(InvalidInput):
    """The database refused a statement, or it took too long; the message says which."""

    field = "sql"


class TimeLimitError(ExecutionError):
    """A statement took longer than it may."""


def source_of(engine: Engine) -> str:
    """The source that an engine was made for, as the audit log names it; empty for any other engine."""
    return str(engine.get_execution_options().get(SOURCE_OPTION, ""))


def _audited(run: Callable[..., Result]) -> Callable[..., Result]:
    @wraps(run)
    def recorded(engine: Engine, tree: exp.Query, limits: Limits, *, dialect: str) -> Result:
        sql = tree.sql(dialect=dialect, comments=False)
        with audit.recorded(audit.Action.DATABASE_QUERY, subject=source_of(engine), detail=sql) as entry:
            result = run(engine, tree, limits, dialect=dialect)
            entry.rows = len(result.rows)
        return result

    return recorded


@_audited
def execute(engine: Engine, tree: exp.Query, limits: Limits, *, dialect: str) -> Result:
    """Run a checked statement. Raises ExecutionError; ConnectError where the database is away."""
    begun = time.perf_counter()
    sql = tree.sql(dialect=dialect, comments=False)
    try:
        with _guarded(engine, limits) as guarded:
            # Rows come as they are asked for: a driver would otherwise bring all of them here first.
            connection = guarded.execution_options(stream_results=True, max_row_buffer=_ROWS_AT_ONCE)
            cursor = connection.exec_driver_sql(_without_parameters(sql, engine))
            columns = tuple(cursor.keys())
            rows, truncated = _fetched(cursor, limits)
    except SQLAlchemyError as error:
        if time.perf_counter() - begun >= limits.seconds:
            raise TimeLimitError(
                f"The query took longer than {limits.seconds:g} seconds. Ask for less, or add a condition."
            ) from error
        raise _refusal(error) from error
    return Result(columns, tuple(rows), truncated, 1000 * (time.perf_counter() - begun))


def explain(engine: Engine, tree: exp.Query, limits: Limits, *, dialect: str) -> None:
    """Let the database plan a statement without running it.

    Raises ExecutionError with what it says against it; ConnectError where it is away.
    """
    verb = "EXPLAIN QUERY PLAN" if dialect == "sqlite" else "EXPLAIN"
    statement = f"{verb} {tree.sql(dialect=dialect, comments=False)}"
    try:
        with _guarded(engine, limits) as connection:
            connection.exec_driver_sql(_without_parameters(statement, engine)).close()
    except SQLAlchemyError as error:
        raise _refusal(error) from error


def _without_parameters(sql: str, engine: Engine) -> str:
    """A statement as the driver's own text, in which a percent sign is no parameter."""
    return sql.replace("%", "%%") if engine.dialect.paramstyle in ("format", "pyformat") else sql


def _refusal(error: SQLAlchemyError) -> ExecutionError | ConnectError:
    """The error of a statement: what the database says against it, or that it is away."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return ConnectError(_reason(error), transient=True)
    return ExecutionError(_reason(error))


def _reason(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0][:300]


@contextmanager
def _guarded(engine: Engine, limits: Limits) -> Iterator[Connection]:
    """A connection in a transaction that cannot write and is limited in time; it is always rolled back."""
    with _connected(engine) as connection:
        _limit(connection, limits)
        stop = Timer(limits.seconds, _stop, [connection.connection.driver_connection])
        if engine.dialect.name not in _HAVE_LIMITS:
            stop.start()
        try:
            yield connection
        finally:
            stop.cancel()
            connection.rollback()


def _limit(connection: Connection, limits: Limits) -> None:
    """Make a transaction read-only and limit its time, where the engine can do so."""
    dialect = connection.engine.dialect
    if dialect.name == "sqlite":
        _limit_sqlite(connection, limits)
    elif dialect.name == "postgresql":
        connection.execute(text("SET TRANSACTION READ ONLY"))
        connection.execute(text(f"SET LOCAL statement_timeout = {int(1000 * limits.seconds)}"))
    elif dialect.name in ("mysql", "mariadb"):
        time_limit = f"MAX_EXECUTION_TIME = {int(1000 * limits.seconds)}"
        if getattr(dialect, "is_mariadb", False):
            time_limit = f"max_statement_time = {limits.seconds:g}"
        # Rows that nobody wants would have to be read nevertheless before the connection is let go.
        connection.execute(text(f"SET SESSION {time_limit}, sql_select_limit = {limits.rows + 1}"))


def _connected(engine: Engine) -> Connection:
    try:
        return engine.connect()
    except SQLAlchemyError as error:
        raise ConnectError(f"The database cannot be reached: {_reason(error)}", transient=True) from error


def _stop(raw: Any) -> None:
    """End what a driver's connection does, by the first of its words for that: the last is to close it."""
    for name in ("interrupt", "cancel", "close"):
        if hasattr(raw, name):
            getattr(raw, name)()
            return


def _limit_sqlite(connection: Connection, limits: Limits) -> None:
    raw: Any = connection.connection.driver_connection
    ends = time.monotonic() + limits.seconds
    raw.set_progress_handler(lambda: time.monotonic() > ends, _STEPS_BETWEEN_LOOKS)
    raw.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE_BYTES)


def _fetched(cursor: Any, limits: Limits) -> tuple[list[tuple[Any, ...]], bool]:
    rows: list[tuple[Any, ...]] = []
    size = 0
    while portion := cursor.fetchmany(min(_ROWS_AT_ONCE, limits.rows + 1 - len(rows))):
        for row in portion:
            size += sum(len(value) if isinstance(value, str | bytes) else 16 for value in row)
            if len(rows) == limits.rows or size > limits.bytes:
                return rows, True
            rows.append(tuple(row))
    return rows, False
