"""The process that statements run in, one after another: tasks on standard input, answers on standard output.

Each is JSON after its length in eight bytes. The process has a limit of memory for its whole life and of time
for each task, both kept by the system: it ends, whatever it is in the middle of. A task may ask to be told
what is found in parts, before its answer.
"""

import contextlib
import importlib
import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any, BinaryIO

from kbqa.sql.stores.sqlite import Visibility, sqlite_connection
from kbqa.sql.stores.statement_rows import (
    StatementFailed,
    StatementLimits,
    Take,
    end_after,
    in_portions,
    put_off_end,
    timed,
    whole,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

__all__ = [
    "CONNECT_SECONDS",
    "HEAD_BYTES",
    "StatementFailed",
    "framed",
    "main",
    "run_statement",
    "run_statements",
]

CONNECT_SECONDS = 12.0
HEAD_BYTES = 8
_STEPS_BETWEEN_LOOKS = 10_000
_MAX_TEMPORARY_BYTES = 2_000_000_000
"""Of one file that SQLite sorts in."""
_OUT_OF_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)
"""Files are opened to be read: what cannot be written is what a statement sorts in."""
_ENGINES_KEPT = 8
_STOPPING_SECONDS = 5.0
"""How long a process may take to stop a statement by another connection."""
_READS_ANYTHING = "searchapp_reads_anything"
"""The key of what a connection of PostgreSQL is told once."""


def main() -> None:
    """Answer tasks until standard input ends; the argument is the limit of memory in bytes."""
    limit_resources(int(sys.argv[1]))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while (task := _read(sys.stdin.buffer)) is not None:
        end_after(task["seconds"])
        answer = _answer(task, answers)
        end_after(0)
        _tell(answers, answer)


def limit_resources(memory: int) -> None:
    """Limit the memory of this process and the size of files that it writes, in bytes."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_FSIZE, (_MAX_TEMPORARY_BYTES, _MAX_TEMPORARY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(stream: BinaryIO) -> Any:
    head = stream.read(HEAD_BYTES)
    return json.loads(stream.read(int.from_bytes(head, "big"))) if len(head) == HEAD_BYTES else None


def framed(message: Any) -> bytes:
    """A message with its length before it."""
    body = json.dumps(message, separators=(",", ":")).encode()
    return len(body).to_bytes(HEAD_BYTES, "big") + body


def _tell(answers: BinaryIO, message: Any) -> None:
    answers.write(framed(message))
    answers.flush()


def _answer(task: dict[str, Any], answers: BinaryIO) -> dict[str, Any]:
    """The answer to a task. Whatever goes wrong is told: what it means is known on the other side."""
    module, _, name = task["function"].partition(":")
    arguments = task["arguments"]
    if task.get("in_parts"):
        arguments |= {"tell": lambda part: _tell(answers, {"part": part})}
    try:
        return {"value": getattr(importlib.import_module(module), name)(**arguments)}
    except StatementFailed as failure:
        kind, message = failure.kind, failure.message
    except MemoryError:
        kind, message = "memory", ""
    except Exception as error:
        kind, message = _failure(error)
    return {"error": kind, "message": message}


def _failure(error: Exception) -> tuple[str, str]:
    """The kind of a failure and what its engine says, in one line."""
    told = getattr(error, "orig", None) or error
    # Drivers of MySQL have a number before what they say.
    said = told.args[1] if len(told.args) == 2 and isinstance(told.args[0], int) else told
    reason = (str(said).strip().splitlines() or [type(error).__name__])[0]
    out_of_room = getattr(error, "sqlite_errorcode", None) in _OUT_OF_ROOM
    return "memory" if out_of_room or "out of memory" in reason.lower() else "refused", reason[:300]


def run_statement(
    url: str,
    sql: str,
    *,
    seconds: float,
    rows: int,
    size: int,
    visibility: dict[str, Any] | None = None,
    sorts_in_files: bool = False,
    first_seconds: float | None = None,
    tell: Callable[[Any], None] | None = None,
) -> dict[str, Any]:
    """The columns and rows of a statement, rows as JSON; `tell` is told them in portions.

    It ends after so many seconds from when the database is connected to, or `first_seconds` where it has no
    row until then; `rows` and `size`, in bytes, are what is read at most, `size` of a row where they are told
    in portions. SQLite `sorts_in_files` only where it is told to.

    Raises StatementFailed, and whatever the driver raises.
    """
    limits = StatementLimits(seconds, rows, size, first_seconds)
    take = whole(limits) if tell is None else in_portions(limits, tell)
    with _connected_to(url, visibility, sorts_in_files) as run:
        return run(sql, limits, take)


def run_statements(
    url: str,
    statements: Sequence[str],
    *,
    seconds: float,
    rows: int,
    size: int,
    visibility: dict[str, Any] | None = None,
    sorts_in_files: bool = False,
) -> list[dict[str, Any] | None]:
    """What `run_statement` would give of several statements, which share a connection.

    They share the limits of time and size. One that is refused has `error` and `message`; None are those that
    it was too much for, and all after the first of these.
    """
    limits = StatementLimits(seconds, rows, size)
    take = whole(limits)
    found: list[dict[str, Any] | None] = [None] * len(statements)
    with _connected_to(url, visibility, sorts_in_files) as run:
        for number, sql in enumerate(statements):
            try:
                answer = run(sql, limits, take)
            except (StatementFailed, MemoryError):
                break
            except Exception as error:
                kind, message = _failure(error)
                if kind != "refused":
                    break
                answer = {"error": kind, "message": message}
            if answer.get("truncated"):
                break
            found[number] = answer
    return found


@contextlib.contextmanager
def _connected_to(
    url: str, visibility: dict[str, Any] | None, sorts_in_files: bool
) -> Iterator[Callable[[str, StatementLimits, Take], dict[str, Any]]]:
    """What runs statements on a database, one after another in one connection."""
    if visibility is not None:
        with contextlib.closing(
            sqlite_connection(Path(url), _visible(visibility), sorts_in_files=sorts_in_files)
        ) as file:
            yield partial(_sqlite, file)
    else:
        with _connected(_engine(url)) as server:
            yield partial(_on_server, server, server.connection.driver_connection)


def _visible(given: dict[str, Any]) -> Visibility:
    return Visibility(
        frozenset((table, column) for table, column in given["private"]),
        frozenset(given["views"]),
        None if given["tables"] is None else frozenset(given["tables"]),
        given["introspects"],
    )


def _sqlite(connection: sqlite3.Connection, sql: str, limits: StatementLimits, take: Take) -> dict[str, Any]:
    with timed(limits):
        connection.set_progress_handler(lambda: limits.are_over, _STEPS_BETWEEN_LOOKS)
        cursor = connection.execute(sql)
        return take([column[0] for column in cursor.description or ()], cursor)


@lru_cache(_ENGINES_KEPT)
def _engine(url: str) -> "Engine":
    from sqlalchemy.engine import make_url

    from kbqa.sql.stores.connections import engine_at

    return engine_at(make_url(url))


def _on_server(
    connection: "Connection", raw: Any, sql: str, limits: StatementLimits, take: Take
) -> dict[str, Any]:
    ways = {"postgresql": _postgresql, "mysql": _mysql, "mariadb": _mysql}
    dialect = connection.dialect
    try:
        with timed(limits), _stopped_without_rows(connection.engine, raw, limits):
            return ways.get(dialect.name, _other)(connection, raw, sql, limits, take)
    except Exception as error:
        if not isinstance(error, StatementFailed) and dialect.is_disconnect(error, raw, None):  # type: ignore[arg-type]
            raise StatementFailed("away", _failure(error)[1]) from error
        raise


def _connected(engine: "Engine") -> "Connection":
    from sqlalchemy.exc import SQLAlchemyError

    try:
        return engine.connect()
    except SQLAlchemyError as error:
        message = f"The database cannot be reached: {_failure(error)[1]}"
        raise StatementFailed("away", message) from error


@contextlib.contextmanager
def _stopped_without_rows(engine: "Engine", raw: Any, limits: StatementLimits) -> Iterator[None]:
    """Stop a statement on its server whose first row does not come in time, where it may take longer then."""

    def stop() -> None:
        if not limits.has_rows:
            _stop(engine, raw)

    if limits.first_seconds >= limits.seconds:
        yield
        return
    timer = Timer(limits.first_seconds, stop)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _postgresql(
    connection: "Connection", raw: Any, sql: str, limits: StatementLimits, take: Take
) -> dict[str, Any]:
    """Run a statement of which the driver holds one row at a time; its time is counted as a whole."""
    from kbqa.sql.stores.postgresql import names_of_columns, read_anything

    raw.rollback()  # what a statement before left in the connection
    milliseconds = max(1, int(1000 * limits.left))
    raw.execute(f"SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = {milliseconds}")
    if not connection.info.get(_READS_ANYTHING):
        read_anything(raw)
        connection.info[_READS_ANYTHING] = True
    with raw.cursor() as cursor, contextlib.closing(cursor.stream(sql)) as stream:
        first = next(stream, None)
        if first is None:
            return take(names_of_columns(raw, sql), ())
        return take([column.name for column in cursor.description], _chained(first, stream))


def _mysql(
    connection: "Connection", raw: Any, sql: str, limits: StatementLimits, take: Take
) -> dict[str, Any]:
    from pymysql.cursors import SSCursor  # type: ignore[import-untyped]

    is_mariadb = getattr(connection.dialect, "is_mariadb", False)
    time_limit = f"MAX_EXECUTION_TIME = {max(1, int(1000 * limits.left))}"
    if is_mariadb:
        time_limit = f"max_statement_time = {limits.left:.3f}"
    with raw.cursor() as cursor:
        # Rows that nobody wants would have to be read nevertheless before the connection is let go.
        cursor.execute(f"SET SESSION {time_limit}, sql_select_limit = {limits.rows + 1}")
    cursor = SSCursor(raw)
    cursor.execute(sql)
    table = take([column[0] for column in cursor.description or ()], iter(cursor.fetchone, None))
    if table["truncated"]:
        connection.invalidate()
    else:
        cursor.close()
    return table


def _other(
    connection: "Connection", raw: Any, sql: str, limits: StatementLimits, take: Take
) -> dict[str, Any]:
    """Run a statement on an engine that knows no limit of time: it is interrupted."""
    dialect = connection.dialect
    if dialect.paramstyle in ("format", "pyformat"):
        sql = sql.replace("%", "%%")
    stop = Timer(limits.left, _stop, [connection.engine, raw])
    stop.start()
    try:
        cursor = connection.execution_options(stream_results=True, max_row_buffer=1).exec_driver_sql(sql)
        return take(list(cursor.keys()), cursor)
    finally:
        stop.cancel()


def _stop(engine: "Engine", raw: Any) -> None:
    """End what a driver's connection does, by the first of its words for that: the last is to close it.

    MySQL is told by another connection.
    """
    if engine.dialect.name in ("mysql", "mariadb"):
        # To connect takes longer than the grace; without its process nobody would stop the statement.
        put_off_end(_STOPPING_SECONDS)
        with engine.connect() as other:
            other.exec_driver_sql(f"KILL QUERY {raw.thread_id()}")
        return
    for name in ("interrupt", "cancel", "close"):
        if hasattr(raw, name):
            getattr(raw, name)()
            return


def _chained(first: Any, others: Iterable[Any]) -> Iterator[Any]:
    yield first
    yield from others


if __name__ == "__main__":
    main()
