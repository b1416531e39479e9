"""Both services together, shared by every process of one data folder.

Each process that needs them holds a shared file lock. The first starts what does not run; the last,
recognised by getting the lock exclusively, stops it. The kernel drops the lock of a killed process, so
nothing is ever counted wrong.
"""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from searchapp.embedded.errors import ServiceError
from searchapp.embedded.postgres import Postgres
from searchapp.embedded.redis import Redis

__all__ = ["EmbeddedServices", "ServiceError"]

# The kernel's limit for the address of a Unix socket is 107 bytes; PostgreSQL adds a file name of 16.
_MAX_SOCKET_DIR_LENGTH = 88
# Seconds within which a server that was killed mostly accepts connections again; longer recoveries go on.
_KEEPER_PATIENCE = 20
# Set by the supervisor, to its data folder, for the processes it starts: they use its services and never stop
# them.
SUPERVISED = "SEARCHAPP_SUPERVISED"


class EmbeddedServices:
    """PostgreSQL and Redis of one data folder."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.run_dir = _run_dir(data_dir)
        self.postgres = Postgres(data_dir / "postgres", self.run_dir / "postgres")
        self.redis = Redis(data_dir / "redis", self.run_dir / "redis" / "redis.sock")

    @classmethod
    def from_environment(cls) -> "EmbeddedServices":
        """The services of the data folder that the settings name."""
        from django.conf import settings

        return cls(settings.DATA_DIR)

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Keep the services running while the block runs; yields whether the database is new."""
        if os.environ.get(SUPERVISED):
            yield False
            return
        self._make_folders()
        with (self.data_dir / "services.lock").open("w", encoding="ascii") as users:
            try:
                with self._changing():
                    fcntl.flock(users, fcntl.LOCK_SH)
                    new = self._start()
                yield new
            finally:
                with self._changing():
                    if self._is_last(users):
                        self._stop()

    def keep_postgres(self) -> None:
        """Start PostgreSQL if it does not run, without waiting for a long recovery. Raises ServiceError."""
        with self._changing(fcntl.LOCK_SH):
            if not self.postgres.is_alive():
                self.postgres.start(_KEEPER_PATIENCE)

    def keep_redis(self) -> None:
        """Start Redis if it does not run. Raises ServiceError."""
        with self._changing(fcntl.LOCK_SH):
            if not self.redis.is_alive():
                self.redis.start()

    def stop_unused(self) -> None:
        """Stop the services if no process holds them."""
        if not self.data_dir.is_dir():
            return
        with self._changing(), (self.data_dir / "services.lock").open("w", encoding="ascii") as users:
            if self._is_last(users):
                self._stop()

    def owns(self, process: psutil.Process) -> bool:
        """Whether a process belongs to one of the two servers."""
        return self.postgres.owns(process) or self.redis.owns(process)

    @contextmanager
    def _changing(self, how: int = fcntl.LOCK_EX) -> Iterator[None]:
        """Only one process at a time starts or stops services; one may start both at once, side by side."""
        with (self.data_dir / "services-changing.lock").open("w", encoding="ascii") as lock:
            fcntl.flock(lock, how)
            yield

    @staticmethod
    def _is_last(users: object) -> bool:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)  # type: ignore[arg-type]
        except BlockingIOError:
            return False
        return True

    def _make_folders(self) -> None:
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            self.run_dir.mkdir(parents=True, exist_ok=True, mode=0o755)
        except OSError as error:
            raise ServiceError(
                f"The data folder {self.data_dir} cannot be used: {error}. "
                "Set DATA_DIR to a folder you may write to."
            ) from error

    def _start(self) -> bool:
        if not self.postgres.is_running():
            self.postgres.start()
        if not self.redis.is_running():
            self.redis.start()
        return self._create_database()

    def _stop(self) -> None:
        self.redis.stop()
        self.postgres.stop()

    def _create_database(self) -> bool:
        import psycopg

        try:
            with psycopg.connect(
                host=str(self.postgres.socket_dir), user="postgres", dbname="postgres", autocommit=True
            ) as connection:
                if connection.execute("SELECT 1 FROM pg_database WHERE datname = 'searchapp'").fetchone():
                    return False
                connection.execute("CREATE DATABASE searchapp")
                return True
        except psycopg.OperationalError as error:
            raise ServiceError(f"PostgreSQL runs, but refused: {error}") from error


def _run_dir(data_dir: Path) -> Path:
    inside = data_dir / "run"
    if len(str(inside / "postgres")) <= _MAX_SOCKET_DIR_LENGTH:
        return inside
    digest = hashlib.sha256(str(data_dir).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"searchapp-{os.geteuid()}-{digest}"
