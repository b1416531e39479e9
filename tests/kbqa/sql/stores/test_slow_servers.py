"""Database servers that send nothing, for ever, or too much: each ends in its time, with a sentence."""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import count

import pytest

from kbqa.sql.ingest.introspection import IntrospectionError, read_described
from kbqa.sql.stores import executor
from kbqa.sql.stores.connections import ConnectError, server_engine
from kbqa.sql.stores.executor import ExecutionError, Limits, run

LIMITS = Limits(seconds=1.0, rows=10, bytes=1_000_000)
Behaviour = Callable[[socket.socket], None]
_OVER = threading.Event()


def drip(connection: socket.socket) -> None:
    """Send byte after byte until the other side hangs up."""
    while not _OVER.wait(0.02):
        connection.sendall(b"\x01")


def flood(portion: bytes) -> Behaviour:
    def send(connection: socket.socket) -> None:
        while not _OVER.is_set():
            connection.sendall(portion)

    return send


def silence(_: socket.socket) -> None:
    _OVER.wait(100)


def postgresql(kind: bytes, body: bytes, length: int = 0) -> bytes:
    return kind + struct.pack("!I", length or len(body) + 4) + body


def of_postgresql(after: Behaviour, *first: bytes) -> Behaviour:
    """A server of PostgreSQL that lets everybody in, and answers the first query in its own way."""
    parameters = {"server_version": "16.0", "client_encoding": "UTF8", "standard_conforming_strings": "on"}
    said = (postgresql(b"S", f"{name}\0{value}\0".encode()) for name, value in parameters.items())
    welcome = postgresql(b"R", bytes(4)) + b"".join(said) + postgresql(b"Z", b"I")

    def behave(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(b"N")
        connection.recv(1_000)
        connection.sendall(welcome)
        connection.recv(10_000)
        connection.sendall(postgresql(b"C", b"BEGIN\0") + postgresql(b"Z", b"T"))
        connection.recv(10_000)
        connection.sendall(b"".join(first))
        after(connection)

    return behave


def of_mysql(after: Behaviour, *first: bytes) -> Behaviour:
    """A server of MySQL that lets everybody in, and answers the first query in its own way."""
    greeting = b"\x0a8.0.0\0" + struct.pack("<I", 7) + b"12345678\0\xff\xf7\x21\2\0\x08\0\x15" + bytes(10)
    packet = greeting + b"123456789012\0mysql_native_password\0"

    def behave(connection: socket.socket) -> None:
        connection.sendall(struct.pack("<I", len(packet))[:3] + b"\0" + packet)
        connection.recv(10_000)
        connection.sendall(b"\7\0\0\2\0\0\0\2\0\0\0")
        connection.recv(10_000)
        connection.sendall(b"".join(first))
        after(connection)

    return behave


def packets(*bodies: bytes) -> Behaviour:
    """Packets of MySQL, the last one for ever."""

    def send(connection: socket.socket) -> None:
        for number in count():
            body = bodies[min(number, len(bodies) - 1)]
            connection.sendall(struct.pack("<I", len(body))[:3] + bytes([(number + 1) % 256]) + body)

    return send


FIELD = b"\x0c\x21\0" + bytes(10)
COLUMN = postgresql(b"T", struct.pack("!H", 1) + b"a\0" + struct.pack("!IHIHIH", 0, 0, 25, 65535, 0, 0))
POSTGRESQL = {
    "says nothing": silence,
    "drips from the start": drip,
    "drips after the door": of_postgresql(drip),
    "drips a row": of_postgresql(drip, COLUMN, postgresql(b"D", b"", 1_000_000_000)),
    "says nothing to a query": of_postgresql(silence),
    "gives a row without end": of_postgresql(
        flood(bytes(1 << 20)), COLUMN, postgresql(b"D", b"\0\1", 1_900_000_000)
    ),
    "gives notices without end": of_postgresql(flood(postgresql(b"N", b"SNOTICE\0Mx\0\0") * 1_000)),
    "gives parameters without end": of_postgresql(flood(postgresql(b"S", b"a" * 99_990 + b"\0b\0"))),
    "is none": flood(b"HTTP/1.1 200 OK\r\n\r\n" * 1_000),
}
MYSQL = {
    "says nothing": silence,
    "drips from the start": drip,
    "drips after the door": of_mysql(drip),
    "says nothing to a query": of_mysql(silence),
    "gives a packet without end": of_mysql(packets(bytes(0xFFFFFF))),
    "gives columns without end": of_mysql(packets(b"\xfd\xff\xff\xff", b"\3def" + b"\1a" * 5 + FIELD)),
    "is none": flood(b"HTTP/1.1 200 OK\r\n\r\n" * 1_000),
}
CASES = [
    *(("postgresql", name, behave) for name, behave in POSTGRESQL.items()),
    *(("mysql", name, behave) for name, behave in MYSQL.items()),
]


@pytest.fixture
def serve(settings):
    """Return a function that starts a server, and returns its address."""
    _OVER.clear()
    listening = socket.create_server(("127.0.0.1", 0))

    def answer(behave: Behaviour, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            behave(connection)

    def accept(behave: Behaviour) -> None:
        with suppress(OSError):
            while not _OVER.is_set():
                connection, _ = listening.accept()
                threading.Thread(target=answer, args=(behave, connection), daemon=True).start()

    def start(behave: Behaviour, backend: str) -> str:
        threading.Thread(target=accept, args=(behave,), daemon=True).start()
        return f"{backend}://reader:x@127.0.0.1:{listening.getsockname()[1]}/houses"

    yield start
    _OVER.set()
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()


@pytest.mark.parametrize(
    ("backend", "behave"),
    [(kind, behave) for kind, _, behave in CASES],
    ids=[f"{kind} {name}" for kind, name, _ in CASES],
)
def test_a_server_that_would_hold_a_statement_or_a_scan_is_left(
    serve, settings, monkeypatch, backend, behave
):
    settings.DATABASE_PROCESS_BYTES = 300_000_000
    monkeypatch.setattr(executor, "CONNECT_SECONDS", 3.0)
    engine = server_engine(serve(behave, backend))
    with pytest.raises((ExecutionError, ConnectError)) as asked:
        run(engine, "SELECT 1", LIMITS)
    with pytest.raises(IntrospectionError) as scanned:
        read_described(engine, 3.0, lambda: None)
    for error in (asked.value, scanned.value):
        assert 10 < len(error.message) < 400, error.message
        assert not error.message.startswith("("), error.message
