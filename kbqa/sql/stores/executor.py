"""Running statements: in processes of their own, read-only, with limits of time, memory, rows and bytes."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine
from sqlglot import exp

from kbqa.sql.stores.connections import ConnectError, connection_of
from kbqa.sql.stores.processes import call
from kbqa.sql.stores.statement_process import CONNECT_SECONDS, StatementFailed
from kbqa.sql.stores.values import value_from
from searchapp.audit import recording as audit
from searchapp.errors import InvalidInput

RUN = "kbqa.sql.stores.statement_process:run_statement"
"""The function that runs a statement, in a process of its own."""
_RUN_SEVERAL = "kbqa.sql.stores.statement_process:run_statements"
SOURCE_OPTION = "searchapp_source"
"""The option of an engine that says which source it was made for."""
_TAKES_SEVERAL = ("sqlite", "postgresql", "mysql", "mariadb")
"""Engines that run several statements in one connection."""
BYTES_AS_JSON = 4
"""How many bytes of JSON a byte of a value becomes at most, but for letters that few texts have."""
_BYTES_OF_ROW = 10_000


@dataclass(frozen=True)
class Limits:
    """The limits of one statement.

    SQLite sorts in memory unless it may do so in files, of two gigabytes each.
    """

    seconds: float = 10.0
    rows: int = 1_000
    bytes: int = 4_000_000
    sorts_in_files: bool = False


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


class MemoryLimitError(ExecutionError):
    """A statement needed more memory than it may have, or has a row that is larger than a whole result."""


def source_of(engine: Engine) -> str:
    """The source that an engine was made for, as the audit log names it; empty for any other engine."""
    return str(engine.get_execution_options().get(SOURCE_OPTION, ""))


def execute(engine: Engine, tree: exp.Query, limits: Limits, *, dialect: str) -> Result:
    """Run a checked statement.

    Raises ExecutionError; ConnectError where the database is away, BusyError where too many others run.
    """
    sql = tree.sql(dialect=dialect, comments=False)
    with audit.recorded(audit.Action.DATABASE_QUERY, subject=source_of(engine), detail=sql) as entry:
        result = run(engine, sql, limits)
        entry.rows = len(result.rows)
    return result


def run(
    engine: Engine, sql: str, limits: Limits, check_cancelled: Callable[[], None] = lambda: None
) -> Result:
    """Run the text of a statement, as it stands, on what an engine connects to.

    Raises ExecutionError, ConnectError, BusyError, and whatever `check_cancelled` raises.
    """
    begun = time.perf_counter()
    try:
        table = _called(RUN, arguments_of(engine, limits, sql=sql), limits, check_cancelled)
    except StatementFailed as failure:
        if failure.kind == "time" and time.perf_counter() - begun > limits.seconds + CONNECT_SECONDS / 2:
            raise ConnectError(
                "The database's server does not answer. Is it up?", transient=True
            ) from failure
        raise error_of(failure, limits) from failure
    return _result(table, 1000 * (time.perf_counter() - begun))


def run_several(
    engine: Engine,
    statements: Sequence[str],
    limits: Limits,
    check_cancelled: Callable[[], None] = lambda: None,
) -> list[Result | ExecutionError | None]:
    """The rows of several statements that share a connection and limits, or why one was refused.

    None are those that it was too much for: they may do by themselves. All are where an engine takes them one
    by one only.

    Raises ConnectError, BusyError, and whatever `check_cancelled` raises.
    """
    if engine.dialect.name not in _TAKES_SEVERAL:
        return [None] * len(statements)
    arguments = arguments_of(engine, limits, statements=list(statements))
    try:
        tables = _called(_RUN_SEVERAL, arguments, limits, check_cancelled)
    except StatementFailed:
        return [None] * len(statements)
    return list(map(_result_or_error, tables))


def arguments_of(engine: Engine, limits: Limits, **asked: Any) -> dict[str, Any]:
    """What the process that runs statements needs to know beside what is `asked`."""
    return {
        **connection_of(engine),
        **asked,
        "seconds": limits.seconds,
        "rows": limits.rows,
        "size": limits.bytes,
        "sorts_in_files": limits.sorts_in_files,
    }


def _called(
    function: str, arguments: dict[str, Any], limits: Limits, check_cancelled: Callable[[], None]
) -> Any:
    """What a function gives that runs statements within limits, which they share."""
    return call(
        function,
        arguments,
        seconds=limits.seconds + CONNECT_SECONDS,
        max_bytes=BYTES_AS_JSON * limits.bytes + _BYTES_OF_ROW * (limits.rows + 1),
        check_cancelled=check_cancelled,
    )


def _result_or_error(table: dict[str, Any] | None) -> Result | ExecutionError | None:
    if table is None:
        return None
    return ExecutionError(table["message"]) if "error" in table else _result(table)


def _result(table: dict[str, Any], milliseconds: float = 0.0) -> Result:
    rows = tuple(tuple(map(value_from, row)) for row in table["rows"])
    return Result(tuple(table["columns"]), rows, table["truncated"], milliseconds)


def error_of(failure: StatementFailed, limits: Limits) -> ExecutionError | ConnectError:
    """The error that tells a person of a failure."""
    match failure.kind:
        case "time":
            return TimeLimitError(
                f"The query took longer than {limits.seconds:g} seconds. Ask for less, or add a condition."
            )
        case "memory":
            return MemoryLimitError("The query needed more memory than it may have. Ask for less at once.")
        case "size":
            return MemoryLimitError(
                f"A row of the result has more than {limits.bytes:,} bytes. Ask for fewer or shorter columns."
            )
        case "away":
            return ConnectError(failure.message or "The database went away. Try again.", transient=True)
    return ExecutionError(failure.message)
