"""A time for a whole exchange by HTTP: what httpx limits is each wait, which a server can end with a byte."""

import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import httpx

_ENDED = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
"""What a connection raises that was ended at its deadline."""


@contextmanager
def connection_deadline(seconds: float) -> Iterator[Any]:
    """End the connection of the block after some seconds, however slowly it is kept busy.

    Gives httpx's `trace`, by which it learns of the connection. Raises TimeoutError where it ended one.
    """
    watch, message = _Watch(), f"it took longer than {round(seconds, 1):g} seconds"
    timer = threading.Timer(seconds, watch.end)
    timer.daemon = True
    timer.start()
    try:
        yield watch.trace
        if watch.ended:  # which may look like the end of an answer
            raise TimeoutError(message)
    except _ENDED as error:
        if watch.ended:
            raise TimeoutError(message) from error
        raise
    finally:
        timer.cancel()
        watch.close()


class _Watch:
    """A handle of its own on a connection, under whatever encryption."""

    def __init__(self) -> None:
        self.ended = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def trace(self, name: str, about: Mapping[str, Any]) -> None:
        """Take the connection once there is one."""
        if name != "connection.connect_tcp.complete":
            return
        connected: socket.socket = about["return_value"].get_extra_info("socket")
        with self._lock:
            self._socket = socket.socket(fileno=os.dup(connected.fileno()))
        if self.ended:
            self.end()

    def end(self) -> None:
        """End the connection, now or once there is one."""
        with self._lock:
            self.ended = True
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the handle back."""
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None
