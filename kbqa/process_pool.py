"""Processes in which engines run: a few, each for one task at a time, which stay for the next one.

No engine can be trusted to stop. A process that ends is certain, and what it took of memory is free with it.
"""

import atexit
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Generic, Self, TypeVar

WAIT_SECONDS = 5.0
"""How long a task waits for a process to become free."""
_making = threading.Lock()


class AllBusy(Exception):  # noqa: N818 - reads as what it is
    """All processes are at work."""


class PooledProcess:
    """A process that takes tasks from its input and tells of them on its output."""

    max_tasks = 1_000
    """After how many tasks it is replaced: what libraries never give back goes with it."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            bufsize=0,
        )
        self.tasks = 0

    @classmethod
    def started(cls, memory: int) -> Self:
        """A new one, which may have so many bytes of memory. Raises OSError."""
        raise NotImplementedError

    @property
    def output(self) -> int:
        """The descriptor of what it tells."""
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def send(self, task: bytes) -> None:
        """Give it a task. Raises BrokenPipeError."""
        assert self._process.stdin is not None
        self.tasks += 1
        self._process.stdin.write(task)

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def ended(self) -> int:
        """The status of one that has closed its output, as soon as it has ended."""
        return self._process.wait()

    def end(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


P = TypeVar("P", bound=PooledProcess)


class ProcessPool(Generic[P]):
    """At most `number` processes of a kind, of at most `memory` bytes each."""

    def __init__(self, kind: type[P], number: int, memory: int) -> None:
        self._kind, self._memory = kind, memory
        self._free: list[P] = []
        self._places = threading.BoundedSemaphore(number)

    @contextmanager
    def process(self) -> Iterator[P]:
        """A process for the block; one that ends it with an exception, or has been ended, is replaced.

        Raises AllBusy, and OSError where none can be started.
        """
        if not self._places.acquire(timeout=WAIT_SECONDS):
            raise AllBusy
        try:
            process = self._taken()
            try:
                yield process
            except BaseException:
                self._replace(process)
                raise
            if process.is_alive and process.tasks < process.max_tasks:
                self._free.append(process)
            else:
                self._replace(process)
        finally:
            self._places.release()

    def _taken(self) -> P:
        """A process that waits, the one used last; else a new one."""
        while self._free:
            process = self._free.pop()
            if process.is_alive:
                return process
            process.end()
        return self._kind.started(self._memory)

    def _replace(self, process: P) -> None:
        """End a process; another starts while nobody waits for it."""
        process.end()
        self._free.append(self._kind.started(self._memory))

    def close(self) -> None:
        """End the processes that wait."""
        while self._free:
            self._free.pop().end()


def pool_of(kind: type[P], number: int, memory: int) -> ProcessPool[P]:
    """The pool of this process: one that was forked off has its own."""
    with _making:
        return _pool(os.getpid(), kind, number, memory)  # type: ignore[arg-type]


@lru_cache(8)
def _pool(_: int, kind: type[Any], number: int, memory: int) -> ProcessPool[Any]:
    made = ProcessPool(kind, number, memory)
    atexit.register(made.close)
    return made
