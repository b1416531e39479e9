"""PostgreSQL's own tools, `pg_dump` and `pg_restore`, of the version that comes with the product."""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection

from searchapp.backup.errors import BackupError
from searchapp.embedded.postgres import tool

# Who is signed in stays with the installation that they signed in to.
_WITHOUT_ROWS = ("django_session",)
_PLAIN = ("--no-owner", "--no-privileges")


def dump(file: Path, *, snapshot: str) -> None:
    """Write what a snapshot sees into a file, compressed. Raises BackupError."""
    leave_out = [f"--exclude-table-data={name}" for name in _WITHOUT_ROWS]
    _run("pg_dump", ["--format=custom", f"--snapshot={snapshot}", f"--file={file}", *_PLAIN, *leave_out])


def load(file: Path) -> None:
    """Put what a dump holds in the place of everything in the database. Raises BackupError."""
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    _run(
        "pg_restore",
        ["--single-transaction", "--exit-on-error", f"--dbname={_address()}", *_PLAIN, str(file)],
    )


def server_version() -> int:
    """The server's version, as PostgreSQL numbers it: 180001."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        (number,) = cursor.fetchone()
    return int(number)


def other_sessions() -> int:
    """How many others are connected to the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        (number,) = cursor.fetchone()
    return int(number)


def _run(program: str, arguments: Iterable[str]) -> None:
    command = [str(tool(program)), *arguments]
    if program == "pg_dump":
        command.append(f"--dbname={_address()}")
    password = str(connection.get_connection_params().get("password") or "")
    environment = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupError(f"{program} failed: {done.stderr.strip()[-2000:]}")


def _address() -> str:
    """Where the database is, without the password, which everybody on the machine could read."""
    known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()} - {"password"}
    parameters: dict[str, Any] = connection.get_connection_params()
    given = {name: value for name, value in parameters.items() if name in known and value is not None}
    return psycopg.conninfo.make_conninfo(**given)
