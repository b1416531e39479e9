"""A small application behind the product's web server, with few places and short times, as a process.

`/held` waits while the file of that name is there; so do addresses of the product whose query says `held`.
One that says `broken` gets half of its answer.
"""

import os
import signal
import socket
import sys
import time
from pathlib import Path

import django

from searchapp.admission import REFUSED, Work
from searchapp.embedded.heartbeat import speaker
from searchapp.rejections import rejecting
from searchapp.web.dispatching import Places
from searchapp.web.server import Limits, Server

LINE, HEADERS, BODY, UPLOAD = 8_000, 4_000, 10_000, 2_000_000
LIMITS = Limits(
    connections=300,
    line_bytes=LINE,
    header_bytes=HEADERS,
    body_bytes=BODY,
    upload_bytes=UPLOAD,
    spare_bytes=int(os.environ.get("SPARE_BYTES", "0")),
    request_seconds=2,
    bytes_a_second=100_000,
)


def application(environ, start_response):
    if environ.get(REFUSED):
        start_response("503 Service Unavailable", [("Retry-After", "5")])
        return [environ[REFUSED].encode()]
    held = Path(os.environ["HELD"])
    if "held" in environ["QUERY_STRING"]:
        with held.with_name("begun").open("a") as begun:
            begun.write(".")
        while held.exists():
            time.sleep(0.02)
    start_response("200 OK", [("Content-Type", "text/plain")])
    if "large" in environ["QUERY_STRING"]:
        return (b"x" * 65_536 for _ in range(2_000))
    if "broken" in environ["QUERY_STRING"]:
        return _half()
    said = "\n".join(f"{name}={environ.get(name, '')}" for name in ("REMOTE_ADDR", "HTTP_X_FORWARDED_PROTO"))
    return [f"{said}\n{len(environ['wsgi.input'].read())}".encode()]


def _half():
    yield b"half"
    raise ValueError("The other half is lost.")


if __name__ == "__main__":
    django.setup()
    threads = dict.fromkeys(Work, 2)
    server = Server(
        rejecting(application), socket.socket(fileno=int(sys.argv[1])), LIMITS, Places(threads, 4, 3)
    )
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    server.serve(speaker(int(sys.argv[2]) if len(sys.argv) > 2 else None))
    os._exit(0)
