"""What the web server takes for no request, or for one that is too large, and what it answers."""

import json

import psutil
import pytest

from tests.searchapp.web.client import status_of
from tests.searchapp.web.serving import BODY, HEADERS, LINE, UPLOAD


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
