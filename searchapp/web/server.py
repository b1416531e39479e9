"""Waitress with limits of the time that a request may take to arrive, of its line, and of its kind of body.

A request is read by the loop, in memory and beyond that in a temporary file, and handed to a thread when it
is complete: one that stops half-way costs a connection and no thread.
"""

import io
import resource
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakSet

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import (
    BadRequest,
    Error,
    InternalServerError,
    RequestEntityTooLarge,
    RequestHeaderFieldsTooLarge,
)

from searchapp.admission import REFUSED, takes_files
from searchapp.rejections import REJECTED, Rejection
from searchapp.web.dispatching import Dispatcher, Places

_CHECK_SECONDS = 1.0
# Where connections are scarce, requests have this share of the time to arrive.
_CROWDED_TIME = 0.1
# What is kept in memory of a body; the rest goes to a file.
_BODY_IN_MEMORY = 65_536
_RECEIVE = 65_536
# How much of a line that is none is looked through for a path.
_LOOKED_AT = 4096
# A connection may need a file for what comes in and one for what goes out.
_FILES_A_CONNECTION = 3
# Of the models, the stores and the database.
_OTHER_FILES = 512
_STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Limits:
    """What a request may cost before anybody has looked at it."""

    connections: int
    line_bytes: int
    header_bytes: int
    """Of all headers together, without the line."""
    body_bytes: int
    """Of a body that is not a form with files."""
    upload_bytes: int
    """Of a form with files, where these are taken."""
    spare_bytes: int
    """What bodies leave free on the disk that they are kept on until they are complete."""
    request_seconds: float
    """How long line and headers may take, and a connection may be idle."""
    bytes_a_second: int
    """How fast a body has to arrive, and an answer to be taken, on average."""


@dataclass
class Spool:
    """The room that requests need on the disk while their bodies arrive."""

    spare_bytes: int
    _arriving: "WeakSet[RequestParser]" = field(default_factory=WeakSet)

    def has_room_for(self, request: "RequestParser") -> bool:
        """Whether the disk has room for a body beside those that are arriving; if so, it is one of them."""
        to_come = sum(each.bytes_to_come for each in [*self._arriving, request])
        if shutil.disk_usage(tempfile.gettempdir()).free - to_come < self.spare_bytes:
            return False
        self._arriving.add(request)
        return True


class UriTooLong(Error):  # type: ignore[misc]  # noqa: N818 - as waitress names its own
    """The line of a request is longer than it may be."""

    code = 414
    reason = "URI Too Long"


class NoRoom(Error):  # type: ignore[misc]  # noqa: N818 - as waitress names its own
    """The disk has no room for the body of a request."""

    code = 507
    reason = "Insufficient Storage"


class RequestParser(HTTPRequestParser):  # type: ignore[misc]
    """Refuses a line that is too long with 414, and bodies by their kind with 413, or 507 without room."""

    error: Error | None
    refused = ""
    """The kind of work that had no place for this request."""
    command, path = "", "/"
    """What is known of a request whose line and headers have a mistake."""
    _is_upload = False

    def __init__(self, adj: Adjustments) -> None:
        super().__init__(adj)
        self._limits: Limits = adj.limits
        self._spool: Spool = adj.spool

    @property
    def bytes_to_come(self) -> int:
        """How many bytes of the body are not here yet; at most, where that is not said."""
        length = self._max_body() if self.chunked else self.content_length
        return 0 if self.completed else max(0, length - self.body_bytes_received)

    def received(self, data: bytes) -> int:
        """How many bytes of `data` belong to this request."""
        if self.completed:
            return 0
        before, is_head = self.header_plus, self.body_rcv is None
        consumed: int = super().received(data)
        if self.error and is_head:
            self.path = _path_in(before + data)
        error: Any = self.error
        if type(error) is RequestHeaderFieldsTooLarge:
            is_line = b"\n" not in (before + data)[: self._limits.line_bytes + 2]
            self.error = self._too_long() if is_line else self._too_much_head()
        elif type(error) is BadRequest:
            self.error = BadRequest(f"It is not written as HTTP asks for: {error.body}.")
        elif self.body_bytes_received > self._max_body():
            self._refuse(self._too_large())
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Take line and headers apart. Raises ParsingError."""
        super().parse_header(header_plus)
        is_form = self.headers.get("CONTENT_TYPE", "").lower().startswith("multipart/form-data")
        # Browsers and programs know how long a form is, so that nobody has to keep room for the longest.
        self._is_upload = is_form and not self.chunked and takes_files(self.command, self.path)
        if len(self.first_line) > self._limits.line_bytes:
            self._refuse(self._too_long())
        elif self.content_length > self._max_body():
            self._refuse(self._too_large())
        elif self.bytes_to_come > _BODY_IN_MEMORY and not self._spool.has_room_for(self):
            self._refuse(
                NoRoom("The server's disk has no room for this. Try again later, or ask who runs the server.")
            )

    def _refuse(self, error: Error) -> None:
        # Asked whether it should go on, a client that waits for the answer is told why not.
        self.error, self.completed, self.expect_continue = error, True, False

    def _max_body(self) -> int:
        return self._limits.upload_bytes if self._is_upload else self._limits.body_bytes

    def _too_long(self) -> Error:
        return UriTooLong(
            f"The address is longer than {self._limits.line_bytes:,} bytes. Shorten it, or send a long query "
            "by POST."
        )

    def _too_much_head(self) -> Error:
        return RequestHeaderFieldsTooLarge(
            f"The headers are longer than {self._limits.header_bytes:,} bytes. Delete the cookies that your "
            "browser keeps for this site, and try again."
        )

    def _too_large(self) -> Error:
        return RequestEntityTooLarge(f"What was sent is larger than {self._max_body():,} bytes.")


class Task(WSGITask):  # type: ignore[misc]
    """Tells the application of a request that had no place."""

    def get_environment(self) -> dict[str, Any]:
        """The WSGI environment."""
        environment: dict[str, Any] = super().get_environment()
        if self.request.refused:
            environment[REFUSED] = self.request.refused
        return environment


class RejectedTask(WSGITask):  # type: ignore[misc]
    """Lets the application answer a request that is none, which sees nothing of it but where it was going."""

    def get_environment(self) -> dict[str, Any]:
        """A WSGI environment without what was sent."""
        error = self.request.error
        return {
            "REQUEST_METHOD": "HEAD" if self.request.command == "HEAD" else "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": self.request.path,
            "QUERY_STRING": "",
            "SERVER_NAME": self.channel.server.server_name,
            "SERVER_PORT": str(self.channel.server.effective_port),
            "SERVER_PROTOCOL": f"HTTP/{self.version}",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            REJECTED: Rejection(HTTPStatus(error.code), error.body),
        }

    def execute(self) -> None:
        """Answer, and hang up."""
        self.set_close_on_finish()
        if isinstance(self.request.error, InternalServerError):
            # It is the application that failed.
            self.complete = True
            ErrorTask.execute(self)
        else:
            super().execute()


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that knows how fast its client takes what it is sent."""

    parser_class = RequestParser
    task_class = Task
    error_task_class = RejectedTask
    waits_since = 0.0
    _reads_since = 0.0
    _sent = 0
    _pending_since: tuple[float, int] | None = None

    def received(self, data: bytes) -> bool:
        """Take what a client sent. Lines that are blank begin a request as well."""
        self._reads_since = self._reads_since or time.monotonic()
        return bool(super().received(data))

    def service(self) -> None:
        """Answer the first complete request."""
        self._reads_since = 0.0
        super().service()
        self.server.task_dispatcher.answered()

    def send(self, data: bytes, do_close: bool = True) -> int:
        """Send what the socket takes, and count it."""
        sent: int = super().send(data, do_close)
        self._sent += sent
        return sent

    def is_slow(self, seconds: float, bytes_a_second: int) -> bool:
        """Whether the client takes too long: to send a request, to begin the next, or to take an answer."""
        if self.total_outbufs_len:
            since, sent = self._pending_since = self._pending_since or (time.monotonic(), self._sent)
            return time.monotonic() - since > seconds + (self._sent - sent) / bytes_a_second
        self._pending_since = None
        if self.requests:
            return False
        if self._reads_since:
            body = self.request.body_bytes_received if self.request else 0
            return time.monotonic() - self._reads_since > seconds + body / bytes_a_second
        return bool(time.time() - self.last_activity > seconds)


class Server(TcpWSGIServer):  # type: ignore[misc]
    """Serves an application on a socket that somebody else listens on."""

    channel_class = Channel

    def __init__(
        self, application: Callable[..., Any], listening: socket.socket, limits: Limits, places: Places
    ) -> None:
        self._limits, self._stopping = limits, False
        adjustments = Adjustments(
            sockets=[listening],
            connection_limit=_allowed_connections(limits.connections),
            recv_bytes=_RECEIVE,
            inbuf_overflow=_BODY_IN_MEMORY,
            max_request_header_size=limits.line_bytes + limits.header_bytes,
            max_request_body_size=limits.upload_bytes + 1,
            # Not while the connections are looked through: the number of one that is closed there may be
            # another's before its turn comes.
            cleanup_interval=2**31,
            asyncore_use_poll=True,
            # Django decides which of them it believes.
            clear_untrusted_proxy_headers=False,
            log_socket_errors=False,
            ident=None,
        )
        adjustments.limits, adjustments.spool = limits, Spool(limits.spare_bytes)
        super().__init__(
            application,
            _sock=listening,
            dispatcher=Dispatcher(places),
            adj=adjustments,
            sockinfo=(listening.family, listening.type, listening.proto, listening.getsockname()),
            bind_socket=False,
        )

    def maintenance(self, now: float) -> None:
        """Close the connections of clients that are too slow, and refuse requests that waited too long.

        Where more than half of the connections are taken, less patience is had with all of them.
        """
        crowded = len(self.active_channels) > self.adj.connection_limit / 2
        seconds = self._limits.request_seconds * (_CROWDED_TIME if crowded else 1)
        for channel in list(self.active_channels.values()):
            if channel.is_slow(seconds, self._limits.bytes_a_second):
                # A socket that takes nothing never reports that it could be closed.
                channel.handle_close()
        self.task_dispatcher.refuse_late()

    def serve(self, beat: Callable[[], None]) -> None:
        """Serve until SIGTERM or SIGINT; then finish the requests that are being answered.

        About once a second `beat` is called, unless all threads are stuck.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        checked = 0.0
        while not self._stopping:
            self._loop(_CHECK_SECONDS)
            if time.monotonic() - checked > _CHECK_SECONDS:
                checked = time.monotonic()
                self.maintenance(checked)
                if self.task_dispatcher.gets_on():
                    beat()
        self.accepting = False
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline and any(
            channel.requests or channel.total_outbufs_len for channel in self.active_channels.values()
        ):
            self._loop(0.1)

    def _stop(self, *_: object) -> None:
        self._stopping = True
        self.pull_trigger()

    def _loop(self, seconds: float) -> None:
        wasyncore.loop(timeout=seconds, use_poll=True, map=self._map, count=1)


def _path_in(head: bytes) -> str:
    """The path in the line that a request begins with; the first one where there is none."""
    words = head.lstrip()[:_LOOKED_AT].split(b"\n", 1)[0].split(b" ")
    try:
        path = urlsplit(words[1]).path.decode("latin-1") if len(words) > 1 else ""
    except ValueError:
        path = ""
    return path if path.startswith("/") else "/"


def _allowed_connections(wanted: int) -> int:
    """As many connections as the system's limit of open files has room for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted * _FILES_A_CONNECTION + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return min(wanted, (soft - _OTHER_FILES) // _FILES_A_CONNECTION)
    return wanted
