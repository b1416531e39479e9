"""A server tried before it is kept: what is wrong, at the part of its address that it is about; what it has.

All of it ends within ten seconds, the start of a process included: names are looked up in a thread that is
left behind, and the server is asked in a process that is ended.
"""

import queue
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from kbqa.sql.stores.connections import ConnectError, engine_at, reachable_url
from kbqa.sql.stores.processes import BusyError, call
from kbqa.sql.stores.statement_rows import StatementFailed, end_after
from searchapp.errors import InvalidInput

SECONDS = 10.0
"""For all of it."""
_LOOKUP_SECONDS, _LAST_SECONDS = 3.0, 1.0
"""For the numbers of its host; how long before the end the server has to have answered."""
_LEAST_SECONDS = 2.0
"""What a process needs at least to say anything of a server."""
_MAX_BYTES = 5_000_000
_NOT_TRIED = "So much else runs here at the moment that the server could not be tried. Try again."
_SCHEMAS = """
    SELECT n.nspname, count(c.oid), count(c.oid) FILTER (WHERE has_table_privilege(c.oid, 'SELECT')),
        count(c.oid) FILTER (WHERE pg_catalog.pg_table_is_visible(c.oid))
    FROM pg_catalog.pg_namespace n
    LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm')
        AND NOT c.relispartition AND c.relpersistence <> 't'
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND has_schema_privilege(n.oid, 'USAGE')
    GROUP BY n.nspname ORDER BY n.nspname
"""
_WRONG = (
    ("database", r"database .* does not exist|Unknown database", "There is no database {database}."),
    (
        "database",
        r"permission denied for database|CONNECT privilege|to database '",
        "{user} may not connect to the database {database}.",
    ),
    ("user", r"role .* does not exist", "There is no user {user}."),
    ("user", r"is not permitted to log in", "{user} may not sign in."),
    (
        "password",
        r"password authentication failed|Access denied for user|no password supplied|password authentication",
        "User or password is wrong.",
    ),
    (
        "user",
        r"no pg_hba\.conf entry|Host .* is not allowed to connect|authentication failed",
        "The server does not let {user} in from here: {said}",
    ),
    ("host", r"invalid response to SSL", "What answers at {host} is no such database: {said}"),
    ("tls", r"does not support SSL|SSL|TLS|certificate", "No encrypted connection can be made: {said}"),
    ("port", r"Connection refused|No such file or directory", "Nothing listens on port {port} of {host}."),
    (
        "host",
        r"timeout|timed out|No route to host|Network is unreachable",
        "{host} does not answer. Is that the host, and does a firewall let this server through?",
    ),
    (
        "host",
        r"expected authentication request|invalid response|Packet sequence|closed the connection",
        "What answers at {host} is no such database: {said}",
    ),
)
"""Which part of an address is wrong, by what drivers say, and how people are told."""


@dataclass(frozen=True)
class ServerSchema:
    """A schema of a server with its tables and views: all, those that the user may read, and sees unnamed."""

    name: str
    tables: int
    readable: int
    visible: int


def looked_up(url: str) -> URL:
    """The address by its host's number, looked up in time.

    Raises InvalidInput with the part that is wrong.
    """
    answers: queue.SimpleQueue[URL | ConnectError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(reachable_url(url))
        except ConnectError as error:
            answers.put(error)

    threading.Thread(target=look_up, daemon=True, name="look-up").start()
    try:
        answer = answers.get(timeout=_LOOKUP_SECONDS)
    except queue.Empty:
        raise InvalidInput("The name of the host cannot be looked up.", field="host") from None
    if isinstance(answer, ConnectError):
        raise InvalidInput(answer.message, field=answer.field or "host") from answer
    return answer


def tried(address: URL, ends: float) -> Sequence[ServerSchema]:
    """The schemas at an address that was looked up; none where its kind of database has no such.

    It is over at `ends`, by the clock of `time.monotonic`. Raises InvalidInput with the part of the address
    that is wrong; BusyError where no process was there to try it in time.
    """
    left = ends - time.monotonic()
    try:
        found = call(
            f"{__name__}:{look.__name__}",
            {"url": address.render_as_string(hide_password=False), "ends": ends - _LAST_SECONDS},
            seconds=left,
            max_bytes=_MAX_BYTES,
            ends=ends,
        )
    except StatementFailed as failure:
        if failure.kind == "time" and time.monotonic() >= ends:
            raise BusyError(_NOT_TRIED) from failure
        told = "timeout" if failure.kind == "time" else failure.message
        raise _wrong(told, address) from failure
    if found["late"]:
        raise BusyError(_NOT_TRIED)
    if found["wrong"]:
        raise _wrong(found["wrong"], address, found["field"])
    schemas = [ServerSchema(*row) for row in found["schemas"]]
    if any(schema.tables for schema in schemas) and not any(schema.readable for schema in schemas):
        user = address.username or "The user"
        raise InvalidInput(f"{user} may read none of the tables there.", field="user")
    return schemas


def look(url: str, ends: float) -> dict[str, Any]:
    """The schemas of a server, or what its driver says is wrong; `field` where it knows more than it says.

    The process is over at `ends`; `late` where it began when nothing could be said of the server any more.
    """
    seconds, found = ends - time.monotonic(), {"late": False, "wrong": "", "field": "", "schemas": []}
    if seconds < _LEAST_SECONDS:
        return found | {"late": True}
    end_after(seconds)
    engine = engine_at(make_url(url), connect_seconds=int(seconds - _LEAST_SECONDS / 2))
    try:
        return found | {"schemas": _schemas(engine)}
    except SQLAlchemyError as error:
        driver = getattr(error, "orig", None) or error
        said = driver.args[-1] if driver.args else driver
        server = getattr(driver, "pgconn", None)
        refused = server is not None and (server.used_password or server.needs_password)
        field = "password" if refused else ""
        return found | {"wrong": " ".join(str(said).split())[:1_000], "field": field}


def _schemas(engine: Engine) -> list[list[Any]]:
    with engine.connect() as connection:
        if engine.dialect.name != "postgresql":
            connection.execute(text("SELECT 1"))
            return []
        return [list(row) for row in connection.execute(text(_SCHEMAS))]


def _wrong(said: str, url: URL, field: str = "") -> InvalidInput:
    """The error that tells a person what is wrong with an address."""
    named = {
        "said": said.rpartition("FATAL:")[2].strip()[:200],
        "host": url.host or url.query.get("host", "The server"),
        "port": url.port or url.query.get("port", "") or "its kind's own",
        "database": url.database or "of the user's name",
        "user": url.username or "The user",
    }
    for part, pattern, message in _WRONG:
        if re.search(pattern, said, re.IGNORECASE):
            return InvalidInput(message.format(**named), field=part)
    if field:
        return InvalidInput(f"The server refused the password: {named['said']}", field=field)
    return InvalidInput(f"The database cannot be reached: {named['said']}", field="host")
