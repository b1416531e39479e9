"""All results of a query, in portions, from a process of their own that waits while nobody takes them."""

import json
import os
import selectors
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import IO, Any

from django.conf import settings

from kbqa.sparql.stores.base import QueryTimeout
from kbqa.sparql.stores.guarded import (
    STREAM_PLACES,
    TOLD_BYTES,
    Guard,
    ended,
    limits_of,
    process_command,
    process_environment,
    refusal,
    too_long,
)
from searchapp.audit import recording as audit

_LENGTH_BYTES = 4
_AT_ONCE = 1 << 16


class ResultStream:
    """The result of a query as a file that is written while it is read; whoever stops reading it closes it.

    A file that breaks off, by a limit say, ends with the error and is not complete: it has no closing
    brackets, and the connection that it is sent by is cut. So nobody takes a part for the whole.
    """

    def __init__(self, task: Mapping[str, Any], subject: str, detail: str) -> None:
        """Run the query of a task until it has a row. Raises QueryError, StoreError.

        `subject` and `detail` are what the audit log has of it.
        """
        self._known: dict[str, Any] = {
            "subject": subject,
            "detail": detail,
            "request": audit.present_request(),
        }
        self._parts: Generator[bytes, None, None] = self._recorded(
            {**task, "kind": "stream", "limit": settings.GRAPH_EXPORT_ROWS}
        )
        self.content_type = next(self._parts).decode()

    def __iter__(self) -> Iterator[bytes]:
        """The body. Raises QueryError, StoreError."""
        yield from self._parts

    def close(self) -> None:
        """End the query."""
        self._parts.close()

    def _recorded(self, task: Mapping[str, Any]) -> Generator[bytes, None, None]:
        """The media type and the body; what became of them is recorded."""
        is_recorded = self._known["request"] is not None
        try:
            number = yield from _told(task)
        except Exception as error:
            if is_recorded:
                audit.record_failure(audit.Action.GRAPH_QUERY, error, **self._known)
            raise
        except GeneratorExit:
            if is_recorded:
                away = "Whoever wanted the rows went away."
                audit.record(
                    audit.Action.GRAPH_QUERY, outcome=audit.Outcome.FAILED, error=away, **self._known
                )
            raise
        if is_recorded:
            audit.record(audit.Action.GRAPH_QUERY, rows=number, **self._known)


def _told(task: Mapping[str, Any]) -> Generator[bytes, None, int]:
    """The media type of a result and the portions of its body; returns how many rows or triples it had.

    Raises QueryError, StoreError.
    """
    guard = Guard.of_streams()
    with STREAM_PLACES.one(), tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as told:
        given.write(json.dumps({**task, **limits_of(guard)}).encode())
        given.seek(0)
        with _process(given, told) as process:
            reader = _Reader(process, guard, told)
            first = replace(guard, seconds=Guard.of_queries().seconds)
            head = reader.line(first)
            if "refused" in head:
                raise refusal(head, guard, "query")
            yield head["content_type"].encode()
            while portion := reader.portion():
                yield portion
            end = reader.line(guard)
    if "refused" in end:
        raise refusal(end, guard, "query")
    return int(end["number"])


@contextmanager
def _process(given: IO[bytes], told: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """The process of a stream, ended with the block."""
    with subprocess.Popen(
        process_command(), stdin=given, stdout=subprocess.PIPE, stderr=told, env=process_environment()
    ) as process:
        try:
            yield process
        finally:
            process.kill()


class _Reader:
    """Reads what the process of a stream writes, within its time."""

    def __init__(self, process: subprocess.Popen[bytes], guard: Guard, told: IO[bytes]) -> None:
        assert process.stdout is not None
        self._process, self._output, self._guard, self._told = process, process.stdout, guard, told
        self._began, self._waiting = time.monotonic(), bytearray()

    def line(self, guard: Guard) -> dict[str, Any]:
        """The next line, of JSON. Raises QueryError."""
        while b"\n" not in self._waiting:
            self._read(guard)
        line, _, rest = bytes(self._waiting).partition(b"\n")
        self._waiting[:] = rest
        return dict(json.loads(line))

    def portion(self) -> bytes:
        """The next portion; nothing after the last one. Raises QueryError."""
        return self._taken(int.from_bytes(self._taken(_LENGTH_BYTES), "big"))

    def _taken(self, number: int) -> bytes:
        while len(self._waiting) < number:
            self._read(self._guard)
        taken = bytes(self._waiting[:number])
        del self._waiting[:number]
        return taken

    def _read(self, guard: Guard) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            left = self._began + guard.seconds - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise self._too_slow(guard)
        data = os.read(self._output.fileno(), _AT_ONCE)
        if not data:
            self._told.seek(0)
            why = self._told.read(TOLD_BYTES).decode(errors="replace")
            raise ended(self._process.wait(), why, self._guard, "query")
        self._waiting += data

    def _too_slow(self, guard: Guard) -> QueryTimeout:
        if guard is not self._guard:
            return too_long(guard, "query")
        return QueryTimeout(
            f"The results took longer than the {guard.seconds:g} seconds in which all of them have to be "
            "written and taken. Ask for them in parts, by LIMIT and OFFSET."
        )
