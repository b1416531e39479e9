"""`make up`: the whole product in one terminal. Ctrl-C stops everything, in order.

Starts PostgreSQL and Redis, migrates, prepares the first start, then runs the worker, the scheduler and the
web server. Whatever ends is started again. A second start beside the first says where the first is.
"""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from searchapp.embedded import first_start
from searchapp.embedded.diagnosis import full_disk, is_full
from searchapp.embedded.listening import listening_socket, web_servers
from searchapp.embedded.services import SUPERVISED, EmbeddedServices, ServiceError
from searchapp.embedded.supervisor import Backoff, Family, Part, Program, Service, kept, say, supervised
from searchapp.processes import adopt_orphans, bound_to_parent

# Jobs take up again where they are stopped, so nobody waits for them.
_WORKER_STOP_SECONDS = 3.0
_CELERY = (sys.executable, "-m", "celery", "-A", "searchapp")
_WORKER = (
    *(*_CELERY, "worker", "-Q", "default,embedding", "--concurrency", "2"),
    *("--loglevel", "WARNING", "-n", "embedded@%h"),
)
# Its schedule lies in memory: nothing in it has to outlive a restart, and a file may be damaged.
_SCHEDULER = (
    *(*_CELERY, "beat", "--scheduler", "celery.beat:Scheduler", "--loglevel", "WARNING"),
    *("--pidfile", ""),
)
_PROBE_SECONDS = 5.0


def main() -> None:
    """Run the product until Ctrl-C."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "searchapp.settings.embedded")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
    address = f"http://{host}:{port}/"
    try:
        services = EmbeddedServices.from_environment()
        services.data_dir.mkdir(parents=True, exist_ok=True)
        with _only_instance(services.data_dir, address), listening_socket(host, port) as listening:
            family = Family(str(services.data_dir), services.owns)
            family.sweep_leftovers()
            adopt_orphans()
            say("Starting PostgreSQL and Redis …")
            with _held(services, stop):
                if not stop.is_set():
                    _run(services, family, listening, address, stop)
                say("Stopping PostgreSQL and Redis …")
    except (ServiceError, OSError) as error:
        sys.exit(f"{error}")
    say("Stopped.")


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
        # A full disk takes no address, which is no reason not to run.
        with suppress(OSError):
            lock.truncate(0)
            lock.write(address)
            lock.flush()
        yield


@contextmanager
def _held(services: EmbeddedServices, stop: threading.Event) -> Iterator[None]:
    """Both services, started; on a full disk, as soon as there is space. Raises ServiceError."""
    backoff = Backoff()
    with ExitStack() as stack:
        while not stop.is_set():
            try:
                stack.enter_context(services.held())
                break
            except ServiceError:
                if not is_full(services.data_dir):
                    raise
            _wait_for_space(services.data_dir, backoff, stop)
        yield


def _run(
    services: EmbeddedServices, family: Family, listening: socket.socket, address: str, stop: threading.Event
) -> None:
    folder, logs = services.data_dir, services.data_dir / "logs"
    logs.mkdir(exist_ok=True)
    caretaker = [sys.executable, "-m", "searchapp.embedded.caretaker", str(folder)]
    ground: list[Part] = [
        Service(
            "PostgreSQL server", services.postgres.log, services.postgres.is_alive, services.keep_postgres
        ),
        Service("Redis server", services.redis.log, services.redis.is_alive, services.keep_redis),
        Program("caretaker", caretaker, logs / "caretaker.log", family, outlives=True),
    ]
    with kept(ground, folder, stop):
        sign_in = _prepared(folder, stop)
        if stop.is_set():
            return
        announcement = f"Searchapp runs at {address}\n{sign_in}\nCtrl-C stops it."
        threading.Thread(target=_announce, args=(address, announcement, stop), daemon=True).start()
        programs: list[Part] = [
            Program("worker", list(_WORKER), logs / "worker.log", family, stop_seconds=_WORKER_STOP_SECONDS),
            Program("scheduler", list(_SCHEDULER), logs / "scheduler.log", family),
            *web_servers(family, listening, logs / "web.log"),
        ]
        supervised(programs, family, folder, stop)


def _prepared(folder: Path, stop: threading.Event) -> str:
    """How to sign in; migrates and prepares the first start, again after an outage. Raises ServiceError."""
    backoff = Backoff()
    command = bound_to_parent([sys.executable, "-m", first_start.__name__])
    environment = {**os.environ, SUPERVISED: str(folder)}
    while not stop.is_set():
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return done.stdout.strip()
        # Killed, or away: both pass.
        if done.returncode > 0 and done.returncode != first_start.TRY_AGAIN and not stop.is_set():
            raise ServiceError(done.stderr.strip()[-4000:])
        if is_full(folder):
            _wait_for_space(folder, backoff, stop)
        elif not stop.is_set():
            say(f"The start was interrupted; trying again. {done.stderr.strip()[-400:]}")
            stop.wait(1 + backoff.pause(time.monotonic()))
    return ""


def _wait_for_space(folder: Path, backoff: Backoff, stop: threading.Event) -> None:
    pause = 1 + backoff.pause(time.monotonic())
    backoff.started(time.monotonic())
    say(f"{full_disk(folder)} Trying again in {pause:.0f} s.")
    stop.wait(pause)


def _announce(address: str, announcement: str, stop: threading.Event) -> None:
    """Print the announcement as soon as the web server answers anything."""
    reachable = address.replace("//0.0.0.0:", "//127.0.0.1:")
    while not stop.wait(0.1):
        try:
            urllib.request.urlopen(f"{reachable}health", timeout=_PROBE_SECONDS).close()
        except urllib.error.HTTPError:
            pass
        except OSError:
            continue
        say(announcement)
        return


if __name__ == "__main__":
    main()
