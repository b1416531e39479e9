"""Processes in which databases are asked, each ended with its time or memory.

SQLite looks at no clock within a function, and a driver waits for a server as long as that sends.
"""

import json
import math
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self, TypeVar

from django.conf import settings

from kbqa.process_pool import AllBusy, PooledProcess, ProcessPool, pool_of
from kbqa.sql.stores.statement_process import HEAD_BYTES, StatementFailed, framed
from searchapp.errors import Unavailable

_LOOK_SECONDS = 0.5
"""How often a task that can be cancelled is asked whether it is."""
_LATE_SECONDS = 2.0
"""How much later than the process itself it is ended from here."""
_PORTION = 1 << 20
_PASSED_ON = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
_PASSED_ON_PREFIXES = ("PG", "SSL_", "MYSQL_", "LC_", "ORACLE_", "TNS_")
"""The environment of a process: what drivers read, and none of this installation's secrets."""
_START = (
    "import sys; memory, *sys.path[:] = sys.argv[1:]; sys.argv[1:] = [memory]; "
    "from kbqa.sql.stores.statement_process import main; main()"
)


AnyProcess = TypeVar("AnyProcess", bound="StatementProcess")


class BusyError(Unavailable):
    """All processes are at work."""

    transient = True


class StatementProcess(PooledProcess):
    """A process that waits for functions to run."""

    @classmethod
    def started(cls, memory: int) -> Self:
        """A new one, which may have so many bytes of memory. Raises OSError."""
        # Without `site`, whose import takes longer than most statements.
        return cls([sys.executable, "-S", "-c", _START, str(memory), *sys.path], _environment())

    def answer(self, task: bytes, ends: float, max_bytes: int, check_cancelled: Callable[[], None]) -> bytes:
        """The answer to a task: what stands after its length. Raises StatementFailed."""
        self.begin(task)
        return self.told(ends, max_bytes, check_cancelled)

    def begin(self, task: bytes) -> None:
        """Give it a task. Raises StatementFailed."""
        try:
            self.send(task)
        except BrokenPipeError:
            raise StatementFailed("away", "") from None

    def told(self, ends: float, max_bytes: int, check_cancelled: Callable[[], None]) -> bytes:
        """What it tells next. Raises StatementFailed."""
        length = int.from_bytes(self._read(HEAD_BYTES, ends, check_cancelled), "big")
        if length > max_bytes:
            raise StatementFailed("size", "")
        return self._read(length, ends, check_cancelled)

    def _read(self, length: int, ends: float, check_cancelled: Callable[[], None]) -> bytes:
        poll = select.poll()
        poll.register(self.output, select.POLLIN)
        data = bytearray()
        while len(data) < length:
            left = ends - time.monotonic()
            if left <= 0:
                raise StatementFailed("time", "")
            if poll.poll(1000 * min(left, _LOOK_SECONDS)):
                portion = os.read(self.output, min(_PORTION, length - len(data)))
                if not portion:
                    # Its time was up, else its memory.
                    raise StatementFailed("time" if self.ended() == -signal.SIGALRM else "memory", "")
                data += portion
            else:
                check_cancelled()
        return bytes(data)


class ExportProcess(StatementProcess):
    """A process for what takes long, so that questions need not wait for it."""


def _environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name in _PASSED_ON or name.startswith(_PASSED_ON_PREFIXES)
    }


def call(
    function: str,
    arguments: Mapping[str, Any],
    *,
    seconds: float,
    max_bytes: int,
    check_cancelled: Callable[[], None] = lambda: None,
    ends: float = math.inf,
) -> Any:
    """The value of a function, `module:name`, of arguments, in a process; all are what JSON has.

    Its seconds are counted once it has a process, and are over at `ends` by the clock of `time.monotonic`.
    Raises StatementFailed, BusyError, and whatever `check_cancelled` raises.
    """
    task = framed({"function": function, "arguments": arguments, "seconds": seconds})
    with _one_of(statement_processes()) as process:
        ends = min(ends, time.monotonic() + seconds + _LATE_SECONDS)
        answer = json.loads(process.answer(task, ends, max_bytes, check_cancelled))
        failed = answer.get("error")
        if failed == "memory":
            process.end()
    if failed:
        raise StatementFailed(failed, answer["message"])
    return answer["value"]


def call_in_parts(
    function: str, arguments: Mapping[str, Any], *, seconds: float, max_bytes: int
) -> Iterator[tuple[bool, Any]]:
    """What a function tells while it works, and with True before it its value, which comes last.

    The process waits while nobody takes what it tells, and is ended with the iterator. A part has at most so
    many bytes. Raises StatementFailed, BusyError.
    """
    task = framed({"function": function, "arguments": arguments, "seconds": seconds, "in_parts": True})
    with _one_of(export_processes()) as process:
        ends = time.monotonic() + seconds + _LATE_SECONDS
        process.begin(task)
        while "part" in (answer := json.loads(process.told(ends, max_bytes, lambda: None))):
            yield False, answer["part"]
        if answer.get("error") == "memory":
            process.end()
    if "error" in answer:
        raise StatementFailed(answer["error"], answer["message"])
    yield True, answer["value"]


@contextmanager
def _one_of(pool: ProcessPool[AnyProcess]) -> Iterator[AnyProcess]:
    try:
        with pool.process() as process:
            yield process
    except AllBusy:
        raise BusyError("Too many queries are running at the moment. Try again in a few seconds.") from None


def statement_processes() -> ProcessPool[StatementProcess]:
    """The processes of this one, as the settings want them."""
    return pool_of(StatementProcess, settings.DATABASE_PROCESSES, settings.DATABASE_PROCESS_BYTES)


def export_processes() -> ProcessPool[ExportProcess]:
    """Those for exports."""
    return pool_of(ExportProcess, settings.DATABASE_EXPORT_PROCESSES, settings.DATABASE_PROCESS_BYTES)
