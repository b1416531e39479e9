"""Waitress with limits of the time that a request may take to arrive, of its line, and of its kind of body.

A request is read by the loop, in memory and beyond that in a temporary file, and handed to a thread when it
is complete: one that stops half-way costs a connection and no thread.
"""

import resource
import socket
import time
from dataclasses import dataclass
from threading import Event
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher
from waitress.utilities import Error, RequestEntityTooLarge, RequestHeaderFieldsTooLarge

_CHECK_SECONDS = 1
# Above this share of the connections, requests have this share of the time to arrive.
_CROWDED, _CROWDED_TIME = 0.5, 0.1
# What waitress reads into memory of a body; the rest goes to a file.
_BODY_IN_MEMORY = 65_536
_RECEIVE = 65_536
# Each connection may need a file for what comes in and one for what goes out.
_FILES_A_CONNECTION = 3


@dataclass(frozen=True)
class Limits:
    """What one request may cost before anybody has looked at it."""

    threads: int
    connections: int
    line_bytes: int
    header_bytes: int
    """Of all headers together, the line not included."""
    body_bytes: int
    """Of a body that is not a form with files."""
    upload_bytes: int
    """Of a form with files."""
    request_seconds: float
    """How long line and headers may take, and a body of no size."""
    idle_seconds: int
    bytes_a_second: int
    """How fast a body has to arrive, and an answer to be taken, on average."""


class UriTooLong(Error):
    """The line of a request is longer than it may be."""

    code = 414
    reason = "URI Too Long"


class RequestParser(HTTPRequestParser):  # type: ignore[misc]
    """Refuses a line that is too long with 414, and bodies by their kind."""

    limits: Limits

    def __init__(self, adj: Adjustments) -> None:
        super().__init__(adj)
        self.began = time.monotonic()

    def received(self, data: bytes) -> int:
        """How many bytes of `data` belong to this request."""
        started = self.header_plus.lstrip() + data
        consumed: int = super().received(data)
        line_ended = b"\r\n" in started[: self.limits.line_bytes + 2]
        if isinstance(self.error, RequestHeaderFieldsTooLarge):
            self.error = self._too_long() if not line_ended else self._too_many_headers()
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Take line and headers apart. Raises ParsingError."""
        super().parse_header(header_plus)
        if len(self.first_line) > self.limits.line_bytes:
            self._refuse(self._too_long())
        elif self.content_length > self._max_body():
            self._refuse(self._too_large())

    def is_late(self, seconds: float) -> bool:
        """Whether the request should have arrived by now, given `seconds` and the time its body needs."""
        given = seconds + self.body_bytes_received / self.limits.bytes_a_second
        return time.monotonic() - self.began > given
