"""The small application on a real server, as its clients see it."""

import http.client
import os
import socket
import subprocess
import sys
import threading

from tests.product.running import ROOT


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


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0
