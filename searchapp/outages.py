"""Errors of the libraries that stand for an outage of PostgreSQL or Redis."""

import psycopg
from django.db import InterfaceError, OperationalError
from redis.exceptions import RedisError

from searchapp.errors import SearchappError, Unavailable

_PASSING = ("08", "57P")
"""Beginnings of SQLSTATE: trouble of the connection; the server stops, ended in a crash, or starts."""


class Outage(Unavailable):
    """PostgreSQL or Redis is away, which passes."""

    title = "Back in a moment"
    transient = True


def known_error(error: BaseException) -> SearchappError | None:
    """The error as one of the tree: itself, an outage, or None for a bug."""
    if isinstance(error, SearchappError):
        return error
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
