"""Looks at a running product while something is done to it: memory, searches, who is asked, files."""

import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.product import REQUESTS, Product, outcome

_MEMORY_EVERY, _SEARCH_EVERY = 0.2, 0.2


@dataclass
class Memory:
    """Bytes of the web server's processes: (seconds since the start, all), and the most of each kind."""

    samples: list[tuple[float, int]] = field(default_factory=list)
    most: int = 0
    most_of_server: int = 0
    most_of_child: int = 0
    servers: set[int] = field(default_factory=set)
    """Numbers of the processes that served; more than at first, where one was started again."""


@contextmanager
def watched_memory(product: Product) -> Iterator[Memory]:
    """The memory while the block runs."""
    memory, start = Memory(), time.monotonic()

    def look() -> None:
        sizes = [(each.pid, _resident(each)) for each in product.web_processes()]
        if not sizes:
            return
        (server, size), *children = sizes
        whole = sum(each for _, each in sizes)
        memory.samples.append((time.monotonic() - start, whole))
        memory.most, memory.most_of_server = max(memory.most, whole), max(memory.most_of_server, size)
        memory.most_of_child = max(memory.most_of_child, *(each for _, each in children), 0)
        memory.servers.add(server)

    look()
    with _repeated(look, _MEMORY_EVERY):
        yield memory
    look()


def _resident(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


@dataclass
class Searches:
    """Seconds of searches that were answered, and what became of the others."""

    seconds: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


@contextmanager
def searching(product: Product) -> Iterator[Searches]:
    """One client that searches while the block runs."""
    searches = Searches()
    path, essence = REQUESTS[0]
    wanted = outcome(product.get(path), essence)

    def search() -> None:
        start = time.perf_counter()
        answer = product.get(path)
        if answer.status == 200 and outcome(answer, essence) == wanted:
            searches.seconds.append(time.perf_counter() - start)
        else:
            searches.failed.append(f"{answer.status}: {answer.text[:200]}")

    with _repeated(search, _SEARCH_EVERY):
        yield searches


@contextmanager
def _repeated(work: object, seconds: float) -> Iterator[None]:
    assert callable(work)
    ended = threading.Event()

    def keep_on() -> None:
        while not ended.wait(seconds):
            work()

    thread = threading.Thread(target=keep_on)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


class Listener:
    """A server on this machine that nobody should ask; counts who does."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        """What was sent first, of each connection."""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._sockets = [self._socket]
        with suppress(OSError):
            self._sockets.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))

    def __enter__(self) -> "Listener":
        for each in self._sockets:
            threading.Thread(target=self._listen, args=(each,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._sockets:
            each.close()

    def _listen(self, server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                with connection:
                    connection.settimeout(0.5)
                    self.heard.append(self._first(connection))

    @staticmethod
    def _first(connection: socket.socket) -> str:
        try:
            return repr(connection.recv(200))
        except OSError as error:
            return repr(error)


def digests(*places: Path) -> dict[str, str]:
    """The digest of each file at or below the places, by path."""
    files = [file for place in places for file in ([place] if place.is_file() else sorted(place.rglob("*")))]
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files if file.is_file()}
