"""A MariaDB server for tests: found or installed, and started in a folder of its own."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from tests.packages import install, may_install

_TRIES, _BETWEEN = 300, 0.2


def find() -> str | None:
    """Return the path of the server, or None."""
    return os.environ.get("MARIADBD") or shutil.which(
        "mariadbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin"
    )


@contextmanager
def running(folder: Path, *more: str) -> Iterator[str]:
    """Yield the address of a server, without a database, that keeps its files in `folder`; `more` options."""
    data, port = folder / "data", _free_port()
    own = ["--user=root"] if os.geteuid() == 0 else []
    subprocess.run(
        [
            "mariadb-install-db",
            "--no-defaults",
            *own,
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    options = [
        f"--datadir={data}",
        f"--socket={folder / 'socket'}",
        f"--pid-file={folder / 'pid'}",
        f"--port={port}",
        "--bind-address=127.0.0.1",
        *more,
    ]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [str(find()), "--no-defaults", *own, *options, "--innodb-buffer-pool-size=32M"], stderr=log
        )
    try:
        url = f"mysql+pymysql://root@127.0.0.1:{port}"
        _wait(url, folder / "log")
        yield url
    finally:
        server.terminate()
        server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, log: Path) -> None:
    engine = create_engine(url)
    for _ in range(_TRIES):
        try:
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except OperationalError:
            time.sleep(_BETWEEN)
        else:
            engine.dispose()
            return
    raise RuntimeError(log.read_text())


def main() -> None:
    """Make sure that there is a server, where that may be done."""
    if find() is None and may_install():
        print("Installing MariaDB …", flush=True)
        install("mariadb-server")
    if find() is None:
        print(
            "No MariaDB was found: tests with one are left out. Install it, or set MARIADBD to its path.",
            flush=True,
        )


if __name__ == "__main__":
    main()
