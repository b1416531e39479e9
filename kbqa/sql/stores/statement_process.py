"""The process that statements run in, one after another: tasks on standard input, answers on standard output.

Each is JSON after its length in eight bytes. The process has a limit of memory for its whole life and of time
for each task, both kept by the system: it ends, whatever it is in the middle of.
"""

import contextlib
import importlib
import json
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any, BinaryIO

from kbqa.sql.stores.sqlite import Visibility, sqlite_connection
from kbqa.sql.stores.values import value_json

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

GRACE_SECONDS = 0.5
"""How long an engine has to end a statement by itself before the process ends."""
CONNECT_SECONDS = 12.0
HEAD_BYTES = 8
_STEPS_BETWEEN_LOOKS = 10_000
_MAX_TEMPORARY_BYTES = 2_000_000_000
"""Of one file that SQLite sorts in."""
_OUT_OF_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)
"""Files are opened to be read: what cannot be written is what a statement sorts in."""
_ENGINES_KEPT = 8
_READS_ANYTHING = "searchapp_reads_anything"
"""The key of what a connection of PostgreSQL is told once."""


class StatementFailed(Exception):  # noqa: N818 - it is told, not raised, on the other side
    """A statement that failed; `kind` is `refused`, `time`, `memory`, `size` or `away`."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind, self.message = kind, message


def main() -> None:
    """Answer tasks until standard input ends; the argument is the limit of memory in bytes."""
    limit_resources(int(sys.argv[1]))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while (task := _read(sys.stdin.buffer)) is not None:
        end_after(task["seconds"])
        answer = _answer(task)
        end_after(0)
        answers.write(answer)
        answers.flush()


def limit_resources(memory: int) -> None:
    """Limit the memory of this process and the size of files that it writes, in bytes."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_FSIZE, (_MAX_TEMPORARY_BYTES, _MAX_TEMPORARY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def end_after(seconds: float) -> None:
    """Let the system end this process after so many seconds; 0 lets it live."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _read(stream: BinaryIO) -> Any:
    head = stream.read(HEAD_BYTES)
    return json.loads(stream.read(int.from_bytes(head, "big"))) if len(head) == HEAD_BYTES else None


def framed(message: Any) -> bytes:
    """A message with its length before it."""
    body = json.dumps(message, separators=(",", ":")).encode()
    return len(body).to_bytes(HEAD_BYTES, "big") + body


def _answer(task: dict[str, Any]) -> bytes:
    """The answer to a task, framed. Whatever goes wrong is told: what it means is known on the other side."""
    module, _, name = task["function"].partition(":")
    try:
        return framed({"value": getattr(importlib.import_module(module), name)(**task["arguments"])})
    except StatementFailed as failure:
        kind, message = failure.kind, failure.message
    except MemoryError:
        kind, message = "memory", ""
    except Exception as error:
        kind, message = _failure(error)
    return framed({"error": kind, "message": message})


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
) -> dict[str, Any]:
    """The columns and rows of a statement, rows as JSON.

    It ends after so many seconds from when the database is connected to; `rows` and `size`, in bytes, are
    what is read at most. SQLite `sorts_in_files` only where it is told to.

    Raises StatementFailed, and whatever the driver raises.
    """
    limits = _Limits(seconds, rows, size)
    if visibility is not None:
        with contextlib.closing(
            sqlite_connection(Path(url), _visible(visibility), sorts_in_files=sorts_in_files)
        ) as connection:
            return _sqlite(connection, sql, limits)
    with _connected(_engine(url)) as server:
        return _on_connection(server, server.connection.driver_connection, sql, limits)


def _visible(given: dict[str, Any]) -> Visibility:
    return Visibility(
        frozenset((table, column) for table, column in given["private"]),
        frozenset(given["views"]),
        None if given["tables"] is None else frozenset(given["tables"]),
        given["introspects"],
    )


def run_statements(url: str, statements: Sequence[str], **limits: Any) -> list[dict[str, Any] | None]:
    """What `run_statement` would give of several statements, which share a connection.

    They share the limits of time and size. One that is refused has `error` and `message`; None are those that
    it was too much for, and all after the first of these.
    """
    with _several(url, limits) as run:
        found: list[dict[str, Any] | None] = [None] * len(statements)
        for number, sql in enumerate(statements):
            try:
                answer = run(sql)
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
def _several(url: str, given: dict[str, Any]) -> Iterator[Callable[[str], dict[str, Any]]]:
    """What runs one statement after another, within what the ones before left of the limits."""
    limits = _Limits(given["seconds"], given["rows"], given["size"])
    if (visibility := given.get("visibility")) is not None:
        sorts = given.get("sorts_in_files", False)
        with contextlib.closing(
            sqlite_connection(Path(url), _visible(visibility), sorts_in_files=sorts)
        ) as connection:
            yield lambda sql: _sqlite(connection, sql, limits)
    else:
        engine = _engine(url)
        with _connected(engine) as server:
            raw: Any = server.connection.driver_connection

            def run(sql: str) -> dict[str, Any]:
                try:
                    return _on_connection(server, raw, sql, limits)
                finally:
                    raw.rollback()

            yield run


class _Limits:
    """The limits of one statement, or of several together, and the time at which they end."""

    def __init__(self, seconds: float, rows: int, size: int) -> None:
        self.seconds, self.rows, self.size = seconds, rows, size
        self.ends = 0.0

    def begin(self) -> None:
        """Begin to count the time, or go on."""
        self.ends = self.ends or time.monotonic() + self.seconds
        end_after(self.left + GRACE_SECONDS)

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return max(0.001, self.ends - time.monotonic())

    @property
    def are_over(self) -> bool:
        return time.monotonic() >= self.ends


@contextlib.contextmanager
def _timed(limits: _Limits) -> Iterator[None]:
    """Begin to count the time; an error after its end is that of the time."""
    limits.begin()
    try:
        yield
    except StatementFailed:
        raise
    except Exception as error:
        if limits.are_over:
            raise StatementFailed("time", "") from error
        raise


def _sqlite(connection: sqlite3.Connection, sql: str, limits: _Limits) -> dict[str, Any]:
    with _timed(limits):
        connection.set_progress_handler(lambda: limits.are_over, _STEPS_BETWEEN_LOOKS)
        cursor = connection.execute(sql)
        return _table([column[0] for column in cursor.description or ()], cursor, limits)


@lru_cache(_ENGINES_KEPT)
def _engine(url: str) -> "Engine":
    from sqlalchemy.engine import make_url

    from kbqa.sql.stores.connections import engine_at

    return engine_at(make_url(url))


def _on_connection(connection: "Connection", raw: Any, sql: str, limits: _Limits) -> dict[str, Any]:
    ways = {"postgresql": _postgresql, "mysql": _mysql, "mariadb": _mysql}
    dialect = connection.dialect
    try:
        with _timed(limits):
            return ways.get(dialect.name, _other)(connection, raw, sql, limits)
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


def _postgresql(connection: "Connection", raw: Any, sql: str, limits: _Limits) -> dict[str, Any]:
    """Run a statement of which the driver holds one row at a time; its time is counted as a whole."""
    from kbqa.sql.stores.postgresql import names_of_columns, read_anything

    milliseconds = max(1, int(1000 * limits.left))
    raw.execute(f"SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = {milliseconds}")
    if not connection.info.get(_READS_ANYTHING):
        read_anything(raw)
        connection.info[_READS_ANYTHING] = True
    with raw.cursor() as cursor, contextlib.closing(cursor.stream(sql)) as stream:
        first = next(stream, None)
        if first is None:
            return {"columns": names_of_columns(raw, sql), "rows": [], "truncated": False}
        columns = [column.name for column in cursor.description]
        return _table(columns, _chained(first, stream), limits)


def _mysql(connection: "Connection", raw: Any, sql: str, limits: _Limits) -> dict[str, Any]:
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
    table = _table([column[0] for column in cursor.description or ()], iter(cursor.fetchone, None), limits)
    if table["truncated"]:
        connection.invalidate()
    else:
        cursor.close()
    return table


def _other(connection: "Connection", raw: Any, sql: str, limits: _Limits) -> dict[str, Any]:
    """Run a statement on an engine that knows no limit of time: it is interrupted."""
    dialect = connection.dialect
    if dialect.paramstyle in ("format", "pyformat"):
        sql = sql.replace("%", "%%")
    stop = Timer(limits.seconds, _stop, [raw])
    stop.start()
    try:
        cursor = connection.execution_options(stream_results=True, max_row_buffer=1).exec_driver_sql(sql)
        return _table(list(cursor.keys()), cursor, limits)
    finally:
        stop.cancel()


def _stop(raw: Any) -> None:
    """End what a driver's connection does, by the first of its words for that: the last is to close it."""
    for name in ("interrupt", "cancel", "close"):
        if hasattr(raw, name):
            getattr(raw, name)()
            return


def _chained(first: Any, others: Iterable[Any]) -> Iterator[Any]:
    yield first
    yield from others


def _table(columns: list[str], rows: Iterable[Sequence[Any]], limits: _Limits) -> dict[str, Any]:
    """Columns, and rows as JSON, as far as the limits let them through."""
    taken: list[list[Any]] = []
    size = 0
    for row in rows:
        size += sum(map(_bytes_of, row))
        if size > limits.size and not taken:
            raise StatementFailed("size", "")
        if len(taken) == limits.rows or size > limits.size:
            return {"columns": columns, "rows": taken, "truncated": True}
        if limits.are_over:
            raise StatementFailed("time", "")
        taken.append([value_json(value) for value in row])
    limits.size -= size
    return {"columns": columns, "rows": taken, "truncated": False}


def _bytes_of(value: Any) -> int:
    """About how many bytes a value takes."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
    if value is None or isinstance(value, int | float):
        return 16
    return len(value) if isinstance(value, bytes | memoryview) else len(str(value))


if __name__ == "__main__":
    main()
