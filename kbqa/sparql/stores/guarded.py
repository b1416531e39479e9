"""Work on a graph in a process of its own, which ends with its time, its memory or the size of its result.

The store cannot be told to stop, and some texts make it crash: so whatever somebody wrote is evaluated here,
never in the process that serves.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from kbqa.sparql.stores.base import NoSuchForm, QueryError, QueryTimeout, StoreError
from searchapp.full_disk import tells_of_full_disk
from searchapp.outages import DiskFull

_HEAD_BYTES = 100_000
_LOOK_SECONDS = 600
_STORE_BYTES = 500_000_000
"""The addresses that an opened store takes."""
_AT_ONCE = 1 << 16
TOLD_BYTES = 2_000
"""Of what a process tells of its end."""
# Without `site`, whose import takes longer than most queries.
_START = (
    "import os, runpy, sys; script = sys.argv[1]; sys.path[:] = [*sys.argv[2:], os.path.dirname(script)]; "
    "runpy.run_path(script, run_name='__main__')"
)
_WAIT_FOR_PLACE = 0.5
_OUT_OF_MEMORY = ("memory allocation", "bad_alloc", "MemoryError", "Resource temporarily unavailable")


@dataclass(frozen=True)
class Guard:
    """What a process may take; sizes are in bytes."""

    seconds: float
    memory: int
    result: int

    @classmethod
    def of_queries(cls) -> "Guard":
        """The limits of a query, as they are set."""
        return cls._of(settings.GRAPH_QUERY_TIMEOUT_MS)

    @classmethod
    def of_streams(cls) -> "Guard":
        """The limits of a query whose rows are all wanted; of `result` bytes is each portion of them."""
        return cls._of(1000 * settings.GRAPH_EXPORT_SECONDS)

    @classmethod
    def of_readings(cls) -> "Guard":
        """The limits of what is asked while a question is read, as they are set."""
        return cls._of(1000 * settings.GRAPH_READING_SECONDS)

    @classmethod
    def of_looks(cls) -> "Guard":
        """The limits of what is asked while a graph is loaded: its largest question is about every triple."""
        return cls._of(1000 * _LOOK_SECONDS)

    @classmethod
    def of_updates(cls) -> "Guard":
        """The limits of an update, as they are set; it opens the graph as it was beside the changed one."""
        set_ones = cls._of(settings.GRAPH_UPDATE_TIMEOUT_MS)
        return replace(set_ones, memory=set_ones.memory + _STORE_BYTES)

    @classmethod
    def _of(cls, milliseconds: int) -> "Guard":
        return cls(milliseconds / 1000, settings.GRAPH_QUERY_MEMORY_BYTES, settings.GRAPH_MAX_RESULT_BYTES)


class _Places:
    """How many queries of people may run at once in this process, wherever they run.

    `setting` is the name of the setting that says so.
    """

    def __init__(self, setting: str) -> None:
        self._setting = setting
        self._changed = threading.Condition()
        self._taken = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Take a place, for which there is a short wait. Raises StoreError."""
        with self._changed:
            if not self._changed.wait_for(self._is_free, timeout=_WAIT_FOR_PLACE):
                raise StoreError(
                    "Too many queries are running at the moment; try again in some seconds.", transient=True
                )
            self._taken += 1
        try:
            yield
        finally:
            with self._changed:
                self._taken -= 1
                self._changed.notify()

    def _is_free(self) -> bool:
        return self._taken < int(getattr(settings, self._setting))


PLACES = _Places("GRAPH_QUERY_PROCESSES")
STREAM_PLACES = _Places("GRAPH_EXPORT_PROCESSES")


def run_guarded(task: Mapping[str, Any], guard: Guard, what: str = "query") -> tuple[dict[str, Any], bytes]:
    """The head and the body of what `query_process` makes of a task; `what` is its name in messages.

    Raises QueryError for what is wrong with the task or takes too much, StoreError where the graph cannot be
    read, or where too many run at once.
    """
    with PLACES.one(), tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as told:
        given.write(json.dumps({**task, **limits_of(guard)}).encode())
        given.seek(0)
        output, status = _output(given, told, guard, what)
        if status:
            told.seek(0)
            raise ended(status, told.read(TOLD_BYTES).decode(errors="replace"), guard, what)
    line, _, body = output.partition(b"\n")
    head = json.loads(line)
    if "refused" in head:
        raise refusal(head, guard, what)
    return head, body


def limits_of(guard: Guard) -> dict[str, Any]:
    """The limits of a process, as its task has them."""
    return {"seconds": guard.seconds, "memory": guard.memory, "bytes": guard.result}


def process_command() -> list[str]:
    """What starts the process that evaluates."""
    script = str(Path(__file__).with_name("query_process.py"))
    return [sys.executable, "-S", "-c", _START, script, *sys.path]


def process_environment() -> dict[str, str]:
    """What the process needs to begin, and no secrets."""
    kept = {
        name: os.environ[name] for name in ("LD_LIBRARY_PATH", "PATH", "SYSTEMROOT") if name in os.environ
    }
    return kept | {"RUST_BACKTRACE": "0", "MALLOC_ARENA_MAX": "2"}


def _output(given: IO[bytes], told: IO[bytes], guard: Guard, what: str) -> tuple[bytes, int]:
    """What the process writes, and its status. Raises QueryError where that takes too long or is too much."""
    output, until = bytearray(), time.monotonic() + guard.seconds
    with subprocess.Popen(
        process_command(), stdin=given, stdout=subprocess.PIPE, stderr=told, env=process_environment()
    ) as process:
        assert process.stdout is not None
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(process.stdout, selectors.EVENT_READ)
                while True:
                    if not selector.select(max(0.0, until - time.monotonic())):
                        raise too_long(guard, what)
                    chunk = os.read(process.stdout.fileno(), _AT_ONCE)
                    if not chunk:
                        break
                    output += chunk
                    if len(output) > guard.result + _HEAD_BYTES:
                        raise refused("size", "", guard, what)
            return bytes(output), process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise too_long(guard, what) from None
        finally:
            process.kill()


def too_long(guard: Guard, what: str) -> QueryTimeout:
    """The error for what took longer than it may."""
    seconds = round(guard.seconds, 1) or round(guard.seconds, 3)
    return QueryTimeout(
        f"The {what} took longer than {seconds:g} seconds and was stopped. "
        "Try again later, add a LIMIT, or narrow its pattern."
    )


def refusal(head: Mapping[str, Any], guard: Guard, what: str) -> QueryError | StoreError | DiskFull:
    """The error for the head of a result that there is not."""
    error = refused(head["refused"], head["message"], guard, what)
    error.field = head.get("field") or error.field
    return error


def refused(kind: str, message: str, guard: Guard, what: str) -> QueryError | StoreError | DiskFull:
    """The error for what the process itself tells."""
    if kind == "store" and tells_of_full_disk(message):
        return DiskFull()
    match kind:
        case "memory":
            return QueryError(
                f"The {what} needed more memory than the {guard.memory // 1_000_000:,} MB that it may have "
                "and was stopped. Narrow its pattern."
            )
        case "size":
            return QueryError(
                f"The result is larger than {guard.result / 1_000_000:,g} MB. Ask for fewer rows or shorter "
                "values."
            )
        case "accept":
            return NoSuchForm(f"The result can be had as {message}, and as none of what was asked for.")
        case "store":
            return StoreError(f"The graph could not be read: {message}", transient=True)
    return QueryError(message)


def ended(status: int, told: str, guard: Guard, what: str) -> QueryError:
    """The error for a process that ended by itself; a negative status is a signal's number."""
    if status == -signal.SIGXCPU:
        return too_long(guard, what)
    if any(word in told for word in _OUT_OF_MEMORY):
        return refused("memory", "", guard, what)  # type: ignore[return-value]
    if status == -signal.SIGKILL:
        return QueryError(
            f"The system ended the {what}, most likely because memory ran out. Narrow its pattern."
        )
    if status < 0:
        return QueryError(
            f"The graph store gave up on the {what} ({signal.Signals(-status).name}), as it does where very "
            "much stands inside each other. Write it shorter."
        )
    why = told.strip().rsplit("\n", maxsplit=1)[-1]
    return QueryError(f"The graph store could not work on the {what}: {why[:300]}")
