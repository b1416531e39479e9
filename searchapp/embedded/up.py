"""`make up`: the whole product in one terminal. Ctrl-C stops everything, in order.

Starts PostgreSQL and Redis, migrates, prepares the first start, then runs the worker and the web server and
starts either again should it die. A second start beside the first says where the first is.
"""

import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from searchapp.embedded.services import SUPERVISED, EmbeddedServices, ServiceError

# The web server finishes its requests. Jobs take up again where they are stopped, so nobody waits for them.
_WEB_STOP_SECONDS, _WORKER_STOP_SECONDS = 12.0, 3.0
_WORKER = (
    *(sys.executable, "-m", "celery", "-A", "searchapp", "worker", "-Q", "default,embedding"),
    *("--concurrency", "2", "-B", "--loglevel", "WARNING", "-n", "embedded@%h"),
)
_WEB = (
    *(sys.executable, "-m", "gunicorn", "searchapp.wsgi", "--workers", "1", "--threads", "8"),
    *("--timeout", "120", "--graceful-timeout", "10", "--limit-request-line", "0"),
    *("--no-control-socket", "--log-level", "warning"),
)
_RESTART_LIMIT = 5
_RESTART_WINDOW = 60.0


def main() -> None:
    """Run the product until Ctrl-C."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "searchapp.settings.embedded")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
    address = f"http://{host}:{port}/"
    try:
        services = EmbeddedServices.from_environment()
        services.data_dir.mkdir(parents=True, exist_ok=True)
        with _only_instance(services.data_dir, address):
            _require_free_port(host, port)
            print("Starting PostgreSQL and Redis …", flush=True)
            with services.held():
                sign_in = _prepare()
                if not stop.is_set():
                    announcement = f"Searchapp runs at {address}\n{sign_in}\nCtrl-C stops it."
                    _supervise(services.data_dir, host, port, stop, announcement)
                print("Stopping PostgreSQL and Redis …", flush=True)
    except (ServiceError, OSError) as error:
        sys.exit(f"{error}")
    print("Stopped.", flush=True)


@contextmanager
def _only_instance(data_dir: Path, address: str) -> Iterator[None]:
    with (data_dir / "up.lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            where = lock.read().strip() or "an address it is about to print"
            raise ServiceError(
                f"Searchapp already runs on this data folder ({data_dir}), at {where}.\n"
                "Stop that one first, or give this one a data folder and a port of its own: "
                "DATA_DIR=… PORT=… make up"
            ) from None
        lock.truncate(0)
        lock.write(address)
        lock.flush()
        yield


def _require_free_port(host: str, port: str) -> None:
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise ServiceError(f"PORT={port} is not a port number between 1 and 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            raise ServiceError(
                f"Port {port} on {host} is taken ({error.strerror}). Choose another: PORT=8001 make up"
            ) from error


def _prepare() -> str:
    """How to sign in; migrates, and on the first start makes an administrator and adds samples."""
    import django
    from django.core.management import call_command

    django.setup()
    from django.db import connections

    from searchapp.embedded.first_start import add_samples, administrator_sign_in, follow_settings

    call_command("migrate", verbosity=0, interactive=False)
    sign_in = administrator_sign_in()
    add_samples()
    follow_settings()
    connections.close_all()
    return sign_in


class _Child:
    """A process that is started again when it dies."""

    def __init__(self, name: str, command: list[str], log: Path) -> None:
        self.name, self.command, self.log = name, command, log
        self.starts: list[float] = []
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        self.starts = [*self.starts[-_RESTART_LIMIT:], time.monotonic()]
        output: IO[bytes]
        with self.log.open("ab") as output:
            # A session of its own: Ctrl-C reaches the supervisor alone, which then stops things in order.
            return subprocess.Popen(
                self.command,
                env={**os.environ, SUPERVISED: "1"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - the supervisor has one thread
            )

    def keep_alive(self) -> None:
        """Start the process again if it ended; give up when it keeps dying."""
        code = self.process.poll()
        if code is None:
            return
        recent = [start for start in self.starts if time.monotonic() - start < _RESTART_WINDOW]
        if len(recent) >= _RESTART_LIMIT:
            raise ServiceError(
                f"The {self.name} ended {len(recent)} times within a minute (last status {code}); "
                f"see {self.log}"
            )
        print(f"The {self.name} ended with status {code}; starting it again.", flush=True)
        self.process = self._start()

    def stop(self, patience: float) -> None:
        """Ask the process to finish; end it and its children if that takes longer than `patience` seconds."""
        if self.process.poll() is None:
            self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(patience)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _supervise(data_dir: Path, host: str, port: str, stop: threading.Event, announcement: str) -> None:
    """Run worker and web server until `stop` is set; print the announcement once the web server listens."""
    logs = data_dir / "logs"
    logs.mkdir(exist_ok=True)
    schedule = str(data_dir / "run" / "beat")
    worker = _Child("worker", [*_WORKER, "--schedule", schedule], logs / "worker.log")
    web = _Child("web server", [*_WEB, "--bind", f"{host}:{port}"], logs / "web.log")
    try:
        _wait_until_listening(host, port, web, stop)
        if not stop.is_set():
            print(announcement, flush=True)
        while not stop.wait(0.5):
            for child in (worker, web):
                child.keep_alive()
    finally:
        print("\nStopping the web server and the worker …", flush=True)
        web.stop(_WEB_STOP_SECONDS)
        worker.stop(_WORKER_STOP_SECONDS)


def _wait_until_listening(host: str, port: str, web: _Child, stop: threading.Event) -> None:
    while not stop.wait(0.1):
        web.keep_alive()
        with socket.socket() as probe:
            if probe.connect_ex((host, int(port))) == 0:
                return


def _die_with_parent() -> None:
    """Ask the kernel (Linux) to end this process with the supervisor: no half of the product stays."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


if __name__ == "__main__":
    main()
