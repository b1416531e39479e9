"""The socket that pages are served on: held by the supervisor, so that it outlives every web process."""

import socket
import sys
from pathlib import Path

from django.conf import settings

from searchapp.embedded.errors import ServiceError
from searchapp.embedded.supervisor import Family, Program

_BACKLOG = 1024
# The web server finishes its requests.
_STOP_SECONDS = 12.0


def listening_socket(host: str, port: str) -> socket.socket:
    """A socket bound to an address; nobody is accepted before it listens. Raises ServiceError."""
    if not port.isdecimal() or not port.isascii() or not 0 < int(port) < 65536:
        raise ServiceError(f"PORT={port} is not a port number between 1 and 65535.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise ServiceError(f"HOST={host} is not an address: {error.strerror or error}.") from error
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
    except OSError as error:
        listening.close()
        raise ServiceError(
            f"Port {port} on {host} is taken ({error.strerror}). Choose another: PORT=8001 make up"
        ) from error
    return listening


def web_servers(family: Family, listening: socket.socket, log: Path | None) -> list[Program]:
    """The web processes that the settings ask for, which share the socket. It listens from here on.

    Whoever connects while none of them runs waits for the next one instead of being refused.
    """
    listening.listen(_BACKLOG)
    number = listening.fileno()
    command = [sys.executable, "-m", "searchapp.web", "--fd", str(number)]
    return [
        Program("web server", command, log, family, fds=(number,), beats=True, stop_seconds=_STOP_SECONDS)
        for _ in range(max(1, settings.WEB_PROCESSES))
    ]
