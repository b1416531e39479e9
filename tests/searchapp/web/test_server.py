"""The web server's limits and its places, on a real process: what stops half-way keeps nobody waiting."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack

import psutil
import pytest

from searchapp.web.server import Spool
from tests.product.running import ROOT, wait_for
from tests.searchapp.web.serving import BODY, HEADERS, LINE, UPLOAD


class Served:
    """A server of the small application."""

    def __init__(self, folder) -> None:
        self.held = folder / "held"
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=300)
        self.port = self.listening.getsockname()[1]
        self.process = None

    def start(self) -> None:
        number = self.listening.fileno()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.searchapp.web.serving", str(number)],
            cwd=ROOT,
            env={
                **os.environ,
                "HELD": str(self.held),
                "DJANGO_SETTINGS_MODULE": "searchapp.settings.embedded",
            },
            pass_fds=[number],
        )

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=300)

    def say(self, data: bytes) -> bytes:
        """Send bytes and return all that comes back until the server hangs up."""
        with self.connect() as connection:
            for at in range(0, len(data), 65_536):
                try:
                    connection.sendall(data[at : at + 65_536])
                except OSError:
                    break
            return read_all(connection)

    def get(self, path="/", method="GET", headers=None, body=None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def begun(self) -> int:
        begun = self.held.with_name("begun")
        return len(begun.read_text()) if begun.exists() else 0

    def hold(self, count: int, path: str) -> list[threading.Thread]:
        """Send requests that wait while the file is there; return when threads work on as many as can be."""
        threads = [threading.Thread(target=self.get, args=(path,)) for _ in range(count)]
        for thread in threads:
            thread.start()
        return threads


def read_all(connection: socket.socket) -> bytes:
    parts = []
    while True:
        try:
            part = connection.recv(65_536)
        except ConnectionResetError:
            part = b""
        if not part:
            return b"".join(parts)
        parts.append(part)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Served(tmp_path_factory.mktemp("served"))
    yield server
    server.held.unlink(missing_ok=True)
    server.process.kill()
    server.process.wait()
    server.listening.close()


@pytest.fixture
def served(server):
    """The server; started where there is none, or a test has stopped it."""
    if server.process is None or server.process.poll() is not None:
        server.start()
    return server


@pytest.fixture
def held(served):
    served.held.with_name("begun").unlink(missing_ok=True)
    served.held.touch()
    yield
    served.held.unlink(missing_ok=True)


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


HALVES = [
    b"",
    b"G",
    b"GET / HTTP/1.1",
    b"GET / HTTP/1.1\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\nhalf",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n\r\n",
]


def test_requests_that_stop_half_way_keep_nobody_waiting_and_are_hung_up_on(served):
    with ExitStack() as stack:
        halves = [stack.enter_context(served.connect()) for _ in range(110)]
        for number, connection in enumerate(halves):
            connection.sendall(HALVES[number % len(HALVES)])
        assert [served.get()[0] for _ in range(20)] == [200] * 20
        for connection in halves:
            assert b"200 OK" not in read_all(connection)


def test_a_request_that_trickles_in_is_hung_up_on(served):
    with served.connect() as connection:
        ended = threading.Event()

        def trickle():
            connection.sendall(b"GET / HTTP/1.1\r\nX: ")
            while not ended.wait(0.05):
                try:
                    connection.sendall(b"a")
                except OSError:
                    return

        trickling = threading.Thread(target=trickle)
        trickling.start()
        assert read_all(connection) == b""
        ended.set()
        trickling.join()


def test_beyond_the_connections_others_are_answered_when_the_slow_are_gone(served):
    with ExitStack() as stack:
        for number in range(320):
            stack.enter_context(served.connect()).sendall(HALVES[4 + number % 4])
        assert served.get()[0] == 200


def line(length: int, end: bytes = b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n") -> bytes:
    start = b"GET /?q="
    return start + b"x" * (length - len(start) - len(b" HTTP/1.1")) + end


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (line(LINE), 200),
        (line(LINE + 1), 414),
        (line(LINE + HEADERS + 1), 414),
        (line(1 << 20), 414),
        (line(8 << 20), 414),
        (line(8 << 20, b""), 414),
        (b"x" * (1 << 20), 414),
        (b"\r\n" * 100_000 + b"x", 0),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * (HEADERS + LINE) + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 100_000 + b"\r\n", 431),
        (line(LINE, b" HTTP/1.1\r\n") + b"X: " + b"x" * (2 * HEADERS) + b"\r\n\r\n", 431),
        (b"POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % BODY + b"x" * BODY, 200),
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (BODY + 1), 413),
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % 10**18, 413),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1_0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % (BODY + 1), 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1000\r\n" + b"x" * 4096 + b"\r\n", 0),
        (
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
            + (b"1000\r\n" + b"x" * 4096 + b"\r\n") * 20,
            413,
        ),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 100_000, 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (
            b"POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: %d\r\n\r\n"
            % (UPLOAD + 1),
            413,
        ),
        (b"GET / HTTP/1.1\r\nX\x00: y\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n folded: y\r\n\r\n", 400),
        (b"GET /\xff%00%zz HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
        (b"GET /%ff%00%zz HTTP/1.1\r\nConnection: close\r\n\r\n", 200),
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\nConnection: close\r\n\r\n", 200),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    ],
)
def test_what_is_too_large_or_no_request_is_refused(served, request_, status):
    answer = served.say(request_)
    assert status_of(answer) == status, answer[:300]
    if status >= 400:
        head, _, body = answer.partition(b"\r\n\r\n")
        assert b"connection: close" in head.lower()
        assert b"content-security-policy" in head.lower()
        assert body.count(b"</html>") == 1
        assert b'<p class="error-code">%d</p>' % status in body
    assert psutil.Process(served.process.pid).memory_info().rss < 400 << 20


@pytest.mark.parametrize(
    ("request_", "status", "detail"),
    [
        (
            b"GET /api/v1/jobs/?q=" + b"x" * LINE + b" HTTP/1.1\r\n\r\n",
            414,
            "The address is longer than 8,000 bytes",
        ),
        (b"GET /api/v1/jobs/?q=" + b"x" * (8 << 20) + b" HTTP/1.1\r\n\r\n", 414, "longer than 8,000 bytes"),
        (
            b"GET /api/v1/jobs/ HTTP/1.1\r\nX: " + b"x" * (HEADERS + LINE) + b"\r\n\r\n",
            431,
            "longer than 4,000 bytes",
        ),
        (
            b"POST /api/v1/graphs/ HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (BODY + 1),
            413,
            "larger than 10,000 bytes",
        ),
        (
            b"POST /api/v1/graphs/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
            + (b"1000\r\n" + b"x" * 4096 + b"\r\n") * 20,
            413,
            "larger than 10,000 bytes",
        ),
        (
            b"POST /api/v1/graphs/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            400,
            "not written as HTTP",
        ),
        (b"GET /api/v1/jobs/ HTTP/1.1\r\n folded: y\r\n\r\n", 400, "not written as HTTP"),
        (b"GET http://localhost/api/v1/jobs/ HTTP/1.1\r\nX\x00: y\r\n\r\n", 400, "not written as HTTP"),
        (b"POST /api/v1/graphs/ HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501, "not supported"),
    ],
)
def test_below_the_api_what_is_refused_is_a_problem(served, request_, status, detail):
    head, _, body = served.say(request_).partition(b"\r\n\r\n")
    assert status_of(head) == status
    assert b"application/problem+json" in head
    problem = json.loads(body)
    assert (problem["status"], problem["type"]) == (status, "about:blank")
    assert detail in problem["detail"]


def test_a_refusal_by_head_has_no_body(served):
    answer = served.say(b"HEAD /%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % (b"x" * LINE))
    assert status_of(answer) == 414
    assert answer.endswith(b"\r\n\r\n")


FORM = {"Content-Type": "multipart/form-data; boundary=x"}


def test_an_upload_may_be_larger_than_another_body(served):
    status, text = served.get("/graphs/add", "POST", FORM, b"x" * (20 * BODY))
    assert (status, text.split("\n")[2]) == (200, str(20 * BODY))


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("/", FORM),
        ("/health", FORM),
        ("/sign-in", FORM),
        ("/nowhere", FORM),
        ("/api/v1/databases/shop/query/", FORM),
        ("/graphs/add", {}),
        ("/graphs/add", {**FORM, "Transfer-Encoding": "chunked"}),
    ],
)
def test_nothing_larger_is_sent_to_where_no_file_is_taken(served, address, headers):
    lines = [f"POST {address} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    body = b"x" * (2 * BODY)
    if "Transfer-Encoding" in headers:
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    else:
        lines.append(f"Content-Length: {len(body)}")
    assert status_of(served.say("\r\n".join([*lines, "", ""]).encode() + body)) == 413


def test_what_the_disk_has_no_room_for_is_refused_before_it_is_sent(served, monkeypatch):
    assert served.get("/graphs/add", "POST", FORM, b"x" * (20 * BODY))[0] == 200
    served.process.kill()
    served.process.wait()
    monkeypatch.setenv("SPARE_BYTES", str(10**18))
    served.start()
    head = b"POST /graphs/add HTTP/1.1\r\nContent-Type: multipart/form-data\r\nContent-Length: %d\r\n\r\n"
    answer = served.say(head % (20 * BODY))
    assert status_of(answer) == 507
    assert b"Try again later" in answer
    assert served.get("/graphs/add", "POST", FORM, b"x" * BODY)[0] == 200


class Arriving:
    """A request as far as the spool knows it."""

    def __init__(self, bytes_to_come) -> None:
        self.bytes_to_come = bytes_to_come


def test_room_is_kept_for_what_has_begun_to_arrive():
    free = shutil.disk_usage(tempfile.gettempdir()).free
    spool = Spool(free // 2)
    first, second = (Arriving(free // 3) for _ in range(2))
    assert spool.has_room_for(first)
    assert not spool.has_room_for(second)
    first.bytes_to_come = 0
    assert spool.has_room_for(second)
    third = Arriving(free // 3)
    assert not spool.has_room_for(third)
    del second
    assert spool.has_room_for(third)


def test_the_address_and_what_a_proxy_says_arrive(served):
    _, text = served.get("/", headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"})
    assert text.split("\n")[:2] == ["REMOTE_ADDR=127.0.0.1", "HTTP_X_FORWARDED_PROTO=https"]


def test_a_client_that_takes_nothing_frees_its_thread(served):
    # As many as the pages have threads, each with more than the server keeps for a client.
    with ExitStack() as stack:
        for _ in range(2):
            connection = stack.enter_context(served.connect())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(b"GET /help?large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert served.get("/help")[0] in (200, 503)
        wait_for("a free thread", lambda: served.get("/help")[0] == 200)


KINDS = {
    "/api/v1/code/search?held": "/api/v1/graphs/films/sparql",
    "/api/v1/graphs/films/sparql?held": "/?q=x",
    "/databases/shop/query?held": "/api/v1/code/search?q=x",
    "/graphs/films?q=held": "/?q=x",
    "/api/v1/graphs/films/export?held": "/graphs",
    "/help?held": "/?q=x",
    "/health?held": "/help",
}


@pytest.mark.parametrize("slow", KINDS)
def test_sixteen_slow_requests_of_a_kind_keep_no_other_from_being_answered(served, held, slow):
    waiting = served.hold(16, slow)
    wait_for("work on two", lambda: served.begun() == 2)
    assert served.get(KINDS[slow])[0] == 200
    # Two are worked on and four wait; the others are refused, and so are the four when they have waited.
    if "health" not in slow:
        status, text = served.get(slow)
        assert status == 503
        assert text in slow or text in ("statements", "asking", "transfers", "pages")
    served.held.unlink()
    for thread in waiting:
        thread.join()


def test_beyond_those_who_are_worked_on_and_who_wait_all_are_refused(served, held):
    with ExitStack() as stack:
        asking = [stack.enter_context(served.connect()) for _ in range(16)]
        for connection in asking:
            connection.sendall(b"GET /databases/shop/query?held HTTP/1.1\r\nConnection: close\r\n\r\n")
        wait_for("work on two", lambda: served.begun() == 2)
        # The loop that answers this has taken all of those before.
        assert served.get("/help")[0] == 200
        served.held.unlink()
        statuses = [status_of(read_all(connection)) for connection in asking]
    assert set(statuses) == {200, 503}
    assert statuses.count(200) <= 2 + 4


def test_who_waits_for_too_long_is_refused_while_the_slow_go_on(served, held):
    slow = served.hold(2, "/databases/shop/query?held")
    wait_for("work on two", lambda: served.begun() == 2)
    assert served.get("/databases/shop/query?held") == (503, "statements")
    assert served.begun() == 2
    served.held.unlink()
    for thread in slow:
        thread.join()
    assert served.get("/databases/shop/query")[0] == 200


def test_who_connects_while_a_server_is_dead_waits_for_the_next(served):
    served.process.kill()
    served.process.wait()
    found = []
    asking = threading.Thread(target=lambda: found.append(served.get()))
    asking.start()
    served.start()
    asking.join()
    assert found[0][0] == 200


def test_a_server_that_is_asked_to_stop_answers_what_it_has_begun(served, held):
    found = []
    asking = threading.Thread(target=lambda: found.append(served.get("/help?held")))
    asking.start()
    wait_for("the beginning", lambda: served.begun() == 1)
    served.process.send_signal(signal.SIGTERM)
    served.held.unlink()
    asking.join()
    assert served.process.wait(60) == 0
    assert found[0][0] == 200
