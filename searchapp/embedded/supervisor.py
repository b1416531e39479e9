"""Keeps the parts of the product running: what ends is started again, and nothing outlives its parent."""

import os
import signal
import subprocess
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import psutil

from searchapp.embedded.diagnosis import diagnosis, is_full, size_of
from searchapp.embedded.errors import ServiceError
from searchapp.embedded.heartbeat import PATIENCE_SECONDS, Listener
from searchapp.embedded.services import SUPERVISED
from searchapp.processes import bound_to_parent

_CHECK_SECONDS = 0.3
_SWEEP_SECONDS = 1.0
_MAX_PAUSE_SECONDS = 30.0
# A part that ran for so long had a good start: its next end is the first again.
_STEADY_SECONDS = 10.0


def say(text: str) -> None:
    """Print a line; a terminal that is gone, or a full disk behind it, ends nothing."""
    with suppress(OSError, ValueError):
        print(text, flush=True)


class Part(Protocol):
    """Something that is to run for as long as the product does."""

    name: str
    log: Path | None

    def is_alive(self) -> bool:
        """Whether its process is there."""

    def start(self) -> None:
        """Start it. Raises ServiceError or OSError."""

    def ended(self) -> str:
        """How it ended, after "The … ended"; empty where it has never run."""

    def stop(self) -> None:
        """Stop it, where that is nobody else's business."""


@dataclass
class Backoff:
    """Pauses that grow while the starts of a part fail."""

    ends: int = 0
    """How often it has ended in a row, without having run for long between."""
    _started: float | None = None

    def pause(self, now: float) -> float:
        """Seconds to wait before the next start: none after a good run, then 1, 2, 4 and at most 30."""
        if self._started is None:
            return 0.0
        if now - self._started >= _STEADY_SECONDS:
            self.ends = 0
        self.ends += 1
        return 0.0 if self.ends == 1 else min(2.0 ** (self.ends - 2), _MAX_PAUSE_SECONDS)

    def started(self, now: float) -> None:
        """Note the end of a start, successful or not."""
        self._started = now


class Keeper:
    """A thread that starts one part, and starts it again whenever it has ended, until `stop` is set."""

    def __init__(self, part: Part, folder: Path, stop: threading.Event) -> None:
        self.part, self._folder, self._stop = part, folder, stop
        self._backoff, self._offset = Backoff(), 0
        self._thread = threading.Thread(target=self._run, name=f"keeper of the {part.name}")

    def start(self) -> None:
        """Begin; the part is started at once if it does not run."""
        self._thread.start()

    def join(self) -> None:
        """Wait for the end of the thread, once `stop` is set."""
        self._thread.join()

    def _run(self) -> None:
        try:
            self._keep()
        finally:
            # Here and not in another thread: the kernel ends a process with the thread that started it.
            self.part.stop()

    def _keep(self) -> None:
        while not self._stop.is_set():
            try:
                if not self.part.is_alive() and not self._stop.wait(self._announced_pause()):
                    self._offset = size_of(self.part.log) if self.part.log else 0
                    self.part.start()
                    self._backoff.started(time.monotonic())
            except (ServiceError, OSError) as error:
                self._backoff.started(time.monotonic())
                # What is known to help is told with the next try.
                if not is_full(self._folder):
                    say(f"The {self.part.name} could not be started: {error}")
            except Exception:
                # A keeper that ends keeps nothing: whatever this is, the part is started again.
                self._backoff.started(time.monotonic())
                say(traceback.format_exc())
            self._stop.wait(_CHECK_SECONDS)

    def _announced_pause(self) -> float:
        pause = self._backoff.pause(time.monotonic())
        how = self.part.ended()
        if self._backoff.ends < 2:
            if how:
                say(f"The {self.part.name} ended {how}; starting it again.")
            return pause
        reason = diagnosis(self.part.log, self._folder, self._offset)
        say(
            f"The {self.part.name} ended {how} ({self._backoff.ends} times in a row). {reason} "
            f"Starting it again in {pause:.0f} s."
        )
        return pause


@dataclass
class Family:
    """The processes that the supervisor started, and what became of their descendants."""

    mark: str
    """What the environment of each of them says under `SUPERVISED`."""
    owns: Callable[[psutil.Process], bool] = lambda _: False
    """Whether an adopted process is a server that runs on its own."""
    _known: set[int] = field(default_factory=set)
    _starting: threading.Lock = field(default_factory=threading.Lock)

    def start(
        self, command: list[str], log: Path | None, *, fds: tuple[int, ...] = (), outlives: bool = False
    ) -> subprocess.Popen[bytes]:
        """Start a process that ends with this one; one that `outlives` it sees its input end instead.

        It has a session of its own: Ctrl-C in the terminal reaches the supervisor alone, which then stops
        things in order.
        """
        with self._starting, log.open("ab") if log else nullcontext() as output:
            process = subprocess.Popen(
                command if outlives else bound_to_parent(command),
                env=dict(os.environ) if outlives else {**os.environ, SUPERVISED: self.mark},
                stdin=subprocess.PIPE if outlives else subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                start_new_session=True,
                pass_fds=fds,
            )
            self._known.add(process.pid)
            return process

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """End a process, what is left of its group, and its descendants."""
        # The number of one that has ended may be another's by now.
        if process.poll() is None:
            with suppress(psutil.Error):
                _kill(psutil.Process(process.pid).children(recursive=True))
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        with self._starting:
            self._known.discard(process.pid)

    def sweep(self) -> None:
        """End the orphans: descendants of a part that has ended, which the kernel handed to this process.

        Whatever this process starts itself is either known or in its own session.
        """
        with self._starting, suppress(psutil.Error):
            for child in psutil.Process().children():
                with suppress(psutil.Error, OSError):
                    if child.pid not in self._known and os.getsid(child.pid) != os.getsid(0):
                        self._end_orphan(child)

    def _end_orphan(self, child: psutil.Process) -> None:
        if child.status() == psutil.STATUS_ZOMBIE:
            os.waitpid(child.pid, os.WNOHANG)
        elif not self.owns(child):
            _kill([*child.children(recursive=True), child])

    def sweep_leftovers(self) -> None:
        """End what an earlier supervisor of this data folder left behind, when it was killed."""
        left = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if process.pid != os.getpid() and process.environ().get(SUPERVISED) == self.mark:
                    left.append(process)
        _kill(left)
        psutil.wait_procs(left, timeout=10)


class Program:
    """A part that is one process of the supervisor's own.

    One that `beats` is given the number of a pipe by the option `--alive`, and is ended when it says nothing
    on it any more.
    """

    def __init__(
        self,
        name: str,
        command: list[str],
        log: Path | None,
        family: Family,
        *,
        fds: tuple[int, ...] = (),
        outlives: bool = False,
        beats: bool = False,
        stop_seconds: float = 3.0,
    ) -> None:
        self.name, self.log = name, log
        self._beats, self._hung = beats, False
        self._listener: Listener | None = None
        self._command, self._family, self._fds, self._outlives = command, family, fds, outlives
        self._stop_seconds = stop_seconds
        self._process: subprocess.Popen[bytes] | None = None

    def is_alive(self) -> bool:
        """Whether the process is there; one that hangs is ended."""
        if self._process is None or self._process.poll() is not None:
            return False
        if self._listener is not None and self._listener.hears_nothing():
            self._family.end(self._process)
            self._hung = True
        return not self._hung

    def start(self) -> None:
        """Start the process, and end what the one before has left. Raises OSError."""
        if self._process is not None:
            self._family.end(self._process)
        self._hung = False
        if not self._beats:
            self._process = self._family.start(
                self._command, self.log, fds=self._fds, outlives=self._outlives
            )
            return
        if self._listener is not None:
            self._listener.close()
        self._listener = listener = Listener()
        command = [*self._command, "--alive", str(listener.speaking)]
        try:
            self._process = self._family.start(command, self.log, fds=(*self._fds, listener.speaking))
        finally:
            listener.started()

    def ended(self) -> str:
        """How the process ended; empty where there was none."""
        if self._hung:
            return f"by the supervisor, as it had answered nothing for {PATIENCE_SECONDS:.0f} seconds"
        return "" if self._process is None else _how(self._process.returncode)

    def stop(self) -> None:
        """Ask the process to finish; end it with its children if that takes too long."""
        if self._process is None:
            return
        if self._process.stdin is not None:
            self._process.stdin.close()
        else:
            self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(self._stop_seconds)
        self._family.end(self._process)


@dataclass
class Service:
    """PostgreSQL or Redis as a part: a server of its own, which other processes use as well."""

    name: str
    log: Path | None
    is_alive: Callable[[], bool]
    start: Callable[[], None]

    def ended(self) -> str:
        """Nobody waits for a server in the background, so nobody knows how."""
        return "unexpectedly"

    def stop(self) -> None:
        """Leave it to whoever holds the services last."""


@contextmanager
def kept(parts: Sequence[Part], folder: Path, stop: threading.Event) -> Iterator[None]:
    """Keep parts running during the block; then set `stop`, and wait until they have stopped."""
    keepers = [Keeper(part, folder, stop) for part in parts]
    try:
        for keeper in keepers:
            keeper.start()
        yield
    finally:
        stop.set()
        for keeper in keepers:
            keeper.join()


def supervised(parts: Sequence[Part], family: Family, folder: Path, stop: threading.Event) -> None:
    """Keep parts running and end orphans until `stop` is set; return when the parts have stopped."""
    with kept(parts, folder, stop):
        while not stop.wait(_SWEEP_SECONDS):
            family.sweep()
        say("\nStopping …")


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.Error):
            process.kill()


def _how(code: int | None) -> str:
    if code is not None and code < 0:
        with suppress(ValueError):
            return f"by {signal.Signals(-code).name}"
    return f"with status {code}"
