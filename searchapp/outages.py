"""Errors of the libraries that stand for an outage of PostgreSQL or Redis, or for a full disk."""

import sqlite3

import psycopg
from django.db import InterfaceError, OperationalError
from redis.exceptions import RedisError

from searchapp.errors import SearchappError, Unavailable
from searchapp.full_disk import is_full_disk

_PASSING = ("08", "57P")
"""Beginnings of SQLSTATE: trouble of the connection; the server stops, ended in a crash, or starts."""


class Outage(Unavailable):
    """PostgreSQL or Redis is away, which passes."""

    title = "Back in a moment"
    transient = True


class DiskFull(Unavailable):
    """There is no room for what has to be written; what was written before serves on."""

    status = 507
    title = "No room"

    def __init__(self) -> None:
        super().__init__(
            "The server's disk is full. Free some space and retry: nothing was changed, and what was there "
            "before serves on."
        )


def known_error(error: BaseException) -> SearchappError | None:
    """The error as one of the tree: itself, an outage, a full disk, or None for a bug."""
    if isinstance(error, SearchappError):
        return error
    if isinstance(error, OSError | OperationalError | sqlite3.Error) and is_full_disk(error):
        return DiskFull()
    if isinstance(error, OperationalError | InterfaceError | RedisError):
        return Outage("The database or the queue is away right now. Try again; nothing is lost.")
    return None


def is_outage(error: BaseException) -> bool:
    """Whether PostgreSQL was away, and not only against what it was asked.

    By the error, since the next connection may be there already. One without an SQLSTATE is of this end.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state = error.__cause__.sqlstate if isinstance(error.__cause__, psycopg.Error) else None
    return state is None or state.startswith(_PASSING)
