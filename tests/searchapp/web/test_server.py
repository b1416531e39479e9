"""The web server's limits and its places, on a real process: what stops half-way keeps nobody waiting."""

import http.client
import shutil
import signal
import socket
import tempfile
import threading
from contextlib import ExitStack

import pytest

from searchapp.web.server import Spool
from tests.product.running import wait_for
from tests.searchapp.web.client import read_all, status_of

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


def test_an_answer_that_breaks_off_is_no_whole_one(served):
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=300)
    connection.request("GET", "/help?broken")
    response = connection.getresponse()
    with pytest.raises(http.client.IncompleteRead) as broken:
        response.read()
    assert (response.status, broken.value.partial) == (200, b"half")
    connection.close()


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
