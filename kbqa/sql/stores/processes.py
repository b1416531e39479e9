"""Processes in which databases are asked: a few, each for one task at a time, ended with its time or memory.

No engine can be trusted to stop: SQLite looks at no clock within a function, and a driver waits for a server
as long as that sends. A process that ends is certain, and what it took of memory is free with it.
"""

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings

from kbqa.sql.stores.statement_process import HEAD_BYTES, StatementFailed, framed
from searchapp.errors import Unavailable

_WAIT_SECONDS = 5.0
"""How long a task waits for a process to become free."""
_LOOK_SECONDS = 0.5
"""How often a task that can be cancelled is asked whether it is."""
_LATE_SECONDS = 2.0
"""How much later than the process itself it is ended from here."""
_PORTION = 1 << 20
_MAX_TASKS = 1_000
"""After how many tasks a process is replaced: what libraries never give back goes with it."""
_PASSED_ON = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
_PASSED_ON_PREFIXES = ("PG", "SSL_", "MYSQL_", "LC_", "ORACLE_", "TNS_")
"""The environment of a process: what drivers read, and none of this installation's secrets."""
_START = (
    "import sys; memory, *sys.path[:] = sys.argv[1:]; sys.argv[1:] = [memory]; "
    "from kbqa.sql.stores.statement_process import main; main()"
)
_making = threading.Lock()


class BusyError(Unavailable):
    """All processes are at work."""

    transient = True


class _Process:
    """A process that waits for tasks."""

    def __init__(self, memory: int) -> None:
        # Without `site`, whose import takes longer than most statements.
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-c", _START, str(memory), *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            bufsize=0,
        )
        self.tasks = 0

    def answer(self, task: bytes, ends: float, max_bytes: int, check_cancelled: Callable[[], None]) -> bytes:
        """The answer to a task: what stands after its length. Raises StatementFailed."""
        self.tasks += 1
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(task)
        except BrokenPipeError:
            raise StatementFailed("away", "") from None
        length = int.from_bytes(self._read(HEAD_BYTES, ends, check_cancelled), "big")
        if length > max_bytes:
            raise StatementFailed("size", "")
        return self._read(length, ends, check_cancelled)

    def _read(self, length: int, ends: float, check_cancelled: Callable[[], None]) -> bytes:
        assert self._process.stdout is not None
        source = self._process.stdout.fileno()
        poll = select.poll()
        poll.register(source, select.POLLIN)
        data = bytearray()
        while len(data) < length:
            left = ends - time.monotonic()
            if left <= 0:
                raise StatementFailed("time", "")
            if poll.poll(1000 * min(left, _LOOK_SECONDS)):
                portion = os.read(source, min(_PORTION, length - len(data)))
                if not portion:
                    raise self._ended()
                data += portion
            else:
                check_cancelled()
        return bytes(data)

    def _ended(self) -> StatementFailed:
        """The failure of a process that ended by itself: its time was up, else its memory."""
        by_clock = self._process.wait() == -signal.SIGALRM
        return StatementFailed("time" if by_clock else "memory", "")

    @property
    def is_alive(self) -> bool:
        """Whether the process still waits."""
        return self._process.poll() is None

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


def _environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name in _PASSED_ON or name.startswith(_PASSED_ON_PREFIXES)
    }


class ProcessPool:
    """At most `number` processes of at most `memory` bytes each; they stay for the next task."""

    def __init__(self, number: int, memory: int) -> None:
        self._memory = memory
        self._free: list[_Process] = []
        self._slots = threading.BoundedSemaphore(number)

    def call(
        self,
        function: str,
        arguments: Mapping[str, Any],
        *,
        seconds: float,
        max_bytes: int,
        check_cancelled: Callable[[], None] = lambda: None,
    ) -> Any:
        """The value of a function, `module:name`, of arguments; all are what JSON has.

        Raises StatementFailed, BusyError, and whatever `check_cancelled` raises.
        """
        task = framed({"function": function, "arguments": arguments, "seconds": seconds})
        if not self._slots.acquire(timeout=_WAIT_SECONDS):
            raise BusyError("Too many queries are running at the moment. Try again in a few seconds.")
        try:
            return self._run(task, time.monotonic() + seconds + _LATE_SECONDS, max_bytes, check_cancelled)
        finally:
            self._slots.release()

    def _run(self, task: bytes, ends: float, max_bytes: int, check_cancelled: Callable[[], None]) -> Any:
        process = self._taken()
        try:
            answer = json.loads(process.answer(task, ends, max_bytes, check_cancelled))
        except BaseException:
            self._replace(process)
            raise
        failed = answer.get("error")
        if failed == "memory" or process.tasks >= _MAX_TASKS:
            self._replace(process)
        else:
            self._free.append(process)
        if failed:
            raise StatementFailed(failed, answer["message"])
        return answer["value"]

    def _replace(self, process: _Process) -> None:
        """End a process; another starts while nobody waits for it."""
        process.end()
        self._free.append(_Process(self._memory))

    def _taken(self) -> _Process:
        """A process that waits, the one used last; else a new one."""
        while True:
            try:
                process = self._free.pop()
            except IndexError:
                return _Process(self._memory)
            if process.is_alive:
                return process
            process.end()

    def close(self) -> None:
        """End the processes that wait."""
        while self._free:
            self._free.pop().end()


def pool() -> ProcessPool:
    """The pool of this process, as the settings want it."""
    with _making:
        return _pool(os.getpid(), settings.DATABASE_PROCESSES, settings.DATABASE_PROCESS_BYTES)


@lru_cache(4)
def _pool(_: int, number: int, memory: int) -> ProcessPool:
    made = ProcessPool(number, memory)
    atexit.register(made.close)
    return made
