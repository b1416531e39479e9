"""(i) Clients that send half a request, and statements that run long: what searches beside them take."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

from benchmarks.base import Options, Row
from benchmarks.product import REQUESTS, Product, running_product
from evaluation.codesearch.metrics import percentile

_CLIENTS, _REQUESTS = 4, 200
_STATEMENT = (
    "/api/v1/graphs/company/sparql?query=SELECT%20(COUNT(*)%20AS%20%3Fn)%20WHERE%20%7B"
    "%3Fa%20%3Fb%20%3Fc.%3Fd%20%3Fe%20%3Ff.%3Fg%20%3Fh%20%3Fi.%3Fj%20%3Fk%20%3Fl%7D"
)
_HALVES = {
    "half a header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b",
    "half a body": b"POST /graphs/add HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf",
}


def run(options: Options) -> list[Row]:
    """Measure searches alone, beside slow clients of each kind, and beside statements that run long."""
    rows: list[Row] = []
    with running_product() as product:
        _measure(product)
        rows += _rows("alone", product)
        for name, half in _HALVES.items():
            with _slow_clients(product, options.slow_clients, half):
                rows += _rows(f"{options.slow_clients} with {name}", product)
        with _slow_clients(product, options.slow_clients, b"GET / HTTP/1.1\r\nX: ", trickle=True):
            rows += _rows(f"{options.slow_clients} that send a byte a second", product)
        with _long_statements(product, 16):
            rows += _rows("16 statements of ten seconds", product)
        rows.append(Row("slow", "memory of the web server", _memory(product), "MB"))
        rows += [_long_line(product, megabytes) for megabytes in (1, 4, 8)]
    return rows


def _rows(beside: str, product: Product) -> list[Row]:
    seconds, failed = _measure(product)
    return [
        Row("slow", f"search p95, {beside}", round(1000 * percentile(seconds, 0.95)), "ms"),
        Row("slow", f"searches that failed, {beside}", failed, "", f"of {_REQUESTS}"),
    ]


def _measure(product: Product) -> tuple[list[float], int]:
    """Seconds of each search by several clients at once, and how many failed."""
    left, seconds, failed = iter(range(_REQUESTS)), list[float](), list[int]()

    def search() -> None:
        for _ in left:
            start = time.perf_counter()
            status = product.get(REQUESTS[0][0]).status
            (seconds.append(time.perf_counter() - start) if status == 200 else failed.append(status))

    threads = [threading.Thread(target=search) for _ in range(_CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seconds or [0.0], len(failed)


@contextmanager
def _slow_clients(product: Product, count: int, sent: bytes, *, trickle: bool = False) -> Iterator[None]:
    """Clients that begin again as soon as the server hangs up on them."""
    ended = threading.Event()

    def keep_on() -> None:
        with ExitStack() as stack:
            sockets = [stack.enter_context(_begun(product, sent)) for _ in range(count)]
            while not ended.wait(1):
                for number, connection in enumerate(sockets):
                    if not _goes_on(connection, trickle):
                        sockets[number] = stack.enter_context(_begun(product, sent))

    with _beside(keep_on, ended):
        yield


def _begun(product: Product, sent: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", product.port), timeout=60)
    connection.sendall(sent)
    connection.setblocking(False)
    return connection


def _goes_on(connection: socket.socket, trickle: bool) -> bool:
    try:
        if trickle:
            connection.send(b"a")
        return bool(connection.recv(100))
    except BlockingIOError:
        return True
    except OSError:
        return False


@contextmanager
def _long_statements(product: Product, count: int) -> Iterator[None]:
    ended = threading.Event()

    def keep_on() -> None:
        while not ended.wait(0.2):
            product.get(_STATEMENT)

    with _beside(keep_on, ended, count):
        yield


@contextmanager
def _beside(keep_on: Callable[[], None], ended: threading.Event, count: int = 1) -> Iterator[None]:
    """Let threads work beside the block, from a second before it until `ended` is set after it."""
    threads = [threading.Thread(target=keep_on) for _ in range(count)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _memory(product: Product) -> int:
    web = [each for each in product.supervisor.children() if "searchapp.web" in " ".join(each.cmdline())]
    return int(sum(each.memory_info().rss for each in web)) >> 20


def _long_line(product: Product, megabytes: int) -> Row:
    """The milliseconds until a line of so many megabytes is refused, and by which status."""
    start, answer = time.perf_counter(), b""
    with socket.create_connection(("127.0.0.1", product.port), timeout=60) as connection:
        with suppress(OSError):
            connection.sendall(b"GET /?q=" + b"x" * (megabytes << 20) + b" HTTP/1.1\r\n\r\n")
        with suppress(OSError):
            answer = connection.recv(100)
    status = answer.split(b" ", 2)[1].decode() if answer else "cut off"
    milliseconds = round(1000 * (time.perf_counter() - start), 1)
    return Row("slow", f"a line of {megabytes} MB is refused", milliseconds, "ms", status)
