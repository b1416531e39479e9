"""All rows of a statement, a portion at a time, from a process beside those that answer questions."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine
from sqlglot import exp

from kbqa.sql.stores.executor import (
    BYTES_AS_JSON,
    RUN,
    Limits,
    TimeLimitError,
    arguments_of,
    error_of,
    source_of,
)
from kbqa.sql.stores.processes import call_in_parts
from kbqa.sql.stores.statement_process import CONNECT_SECONDS, StatementFailed
from kbqa.sql.stores.statement_rows import PORTION_BYTES
from kbqa.sql.stores.values import value_from
from searchapp.audit import recording as audit
from searchapp.errors import SearchappError

_BYTES_OF_PORTION = 16_000_000
"""What the form of a portion's rows takes at most beside their values: each has at least 16 bytes."""


@dataclass(frozen=True)
class StreamLimits:
    """The limits of a statement whose rows are streamed.

    The first row has to come as soon as in a statement of `first`, whose bytes each row may have.
    """

    first: Limits
    seconds: float
    rows: int


class RowStream:
    """The columns of a statement, and its rows, which are read once.

    `taken` is how many of them were read so far; `truncated`, known at the end, says whether there are more
    than the limits let through.
    """

    def __init__(self, engine: Engine, tree: exp.Query, limits: StreamLimits, dialect: str) -> None:
        """Run a checked statement until it has a row. Raises ExecutionError, ConnectError, BusyError."""
        self.truncated = False
        self.taken = 0
        self._limits = limits
        self._sql = tree.sql(dialect=dialect, comments=False)
        self._source, self._request = source_of(engine), audit.present_request()
        self._parts: Any = self._read(engine)
        self.columns: tuple[str, ...] = tuple(next(self._parts))

    def portions(self) -> Iterator[list[tuple[Any, ...]]]:
        """The rows, in lists of those that came together. Raises ExecutionError, ConnectError."""
        yield from self._parts

    def close(self) -> None:
        """End the statement."""
        self._parts.close()

    def _read(self, engine: Engine) -> Iterator[Any]:
        """The columns, then the rows in portions; what became of them is recorded."""
        try:
            yield from self._told(engine)
        except Exception as error:
            if self._request is not None:
                audit.record_failure(audit.Action.DATABASE_QUERY, error, **self._known())
            raise
        except GeneratorExit:
            self._record(outcome=audit.Outcome.FAILED, error="Whoever wanted the rows went away.")
            raise
        self._record()

    def _told(self, engine: Engine) -> Iterator[Any]:
        limits = self._limits
        arguments = arguments_of(engine, limits.first, sql=self._sql) | {
            "seconds": limits.seconds,
            "rows": limits.rows,
            "first_seconds": limits.first.seconds,
        }
        most = BYTES_AS_JSON * (limits.first.bytes + PORTION_BYTES) + _BYTES_OF_PORTION
        parts = call_in_parts(RUN, arguments, seconds=limits.seconds + CONNECT_SECONDS, max_bytes=most)
        try:
            _, columns = next(parts)
            yield columns
            for is_last, told in parts:
                if is_last:
                    self.truncated = told["truncated"]
                else:
                    self.taken += len(told)
                    yield [tuple(map(value_from, row)) for row in told]
        except StatementFailed as failure:
            raise self._error_of(failure) from failure

    def _error_of(self, failure: StatementFailed) -> SearchappError:
        if failure.kind == "time" and self.taken:
            return TimeLimitError(
                f"The rows took longer than the {self._limits.seconds:g} seconds that an export may take."
            )
        return error_of(failure, self._limits.first)

    def _record(self, **ended: Any) -> None:
        if self._request is not None:
            audit.record(audit.Action.DATABASE_QUERY, **self._known(), **ended)

    def _known(self) -> dict[str, Any]:
        """What the audit log has of the statement, however it ends."""
        return {
            "subject": self._source,
            "detail": self._sql,
            "rows": self.taken,
            "request": self._request,
        }
