"""Errors of the libraries that stand for an outage of PostgreSQL or Redis."""

from django.db import InterfaceError, OperationalError
from redis.exceptions import RedisError

from searchapp.errors import SearchappError, Unavailable


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
