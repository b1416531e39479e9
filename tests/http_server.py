"""A server on this machine that answers as a test says, and remembers what it was asked."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Reply:
    """What is answered; `length` is what Content-Length says where it lies."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None


@dataclass(frozen=True)
class Request:
    """What was asked."""

    path: str
    headers: Message
    body: bytes


@dataclass
class LocalServer:
    """The server's address, and its requests so far."""

    address: str = ""
    requests: list[Request] = field(default_factory=list)


@contextmanager
def local_server(answer: Callable[[Request], Reply]) -> Iterator[LocalServer]:
    """A server for the block, which answers GET and POST."""
    running = LocalServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            running.requests.append(Request(self.path, self.headers, body))
            reply = answer(running.requests[-1])
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(reply.length or len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_POST = do_GET

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        running.address = f"http://127.0.0.1:{server.server_port}"
        try:
            yield running
        finally:
            # A thread whose server is closed under it asks a closed socket again and again, for ever.
            server.shutdown()
