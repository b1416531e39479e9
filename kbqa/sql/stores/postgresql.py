"""What PostgreSQL has and Python has no value for is read as text: dates before the year 1, infinite ones.

So are arrays, ranges and JSON, which people know as the database writes them.
"""

from typing import Any

from psycopg import Connection, DataError
from psycopg.abc import Buffer, Loader
from psycopg.adapt import Loader as BaseLoader
from psycopg.types import datetime as dates
from psycopg.types.multirange import MultirangeInfo
from psycopg.types.range import RangeInfo


class _AnyText(BaseLoader):
    """A text as the database writes it, also of one that does not say how its letters are written."""

    def load(self, data: Buffer) -> str:
        return bytes(data).decode("utf-8", errors="replace")


def _or_text(loader: type[Loader]) -> type[Loader]:
    """A loader that gives the text where there is no value for it."""

    class Tolerant(loader):  # type: ignore[misc, valid-type]
        def load(self, data: Buffer) -> Any:
            try:
                return super().load(data)
            except (DataError, ValueError, OverflowError):
                return bytes(data).decode("utf-8", errors="replace")

    return Tolerant


_LOADERS = {
    "date": _or_text(dates.DateLoader),
    "time": _or_text(dates.TimeLoader),
    "timetz": _or_text(dates.TimetzLoader),
    "timestamp": _or_text(dates.TimestampLoader),
    "timestamptz": _or_text(dates.TimestamptzLoader),
    "interval": _or_text(dates.IntervalLoader),
}
_AS_WRITTEN = ("json", "jsonb")
_TEXTS = ("text", "varchar", "bpchar", "name")


def read_anything(connection: Connection[Any]) -> None:
    """Let a connection give the text of what it has no value for."""
    for name, loader in _LOADERS.items():
        connection.adapters.register_loader(name, loader)
    for kind in connection.adapters.types:
        is_range = isinstance(kind, RangeInfo | MultirangeInfo)
        for oid in (kind.array_oid, kind.oid if is_range or kind.name in _AS_WRITTEN else 0):
            if oid:
                connection.adapters.register_loader(oid, _AnyText)
    if connection.info.encoding == "ascii":
        for name in _TEXTS:
            connection.adapters.register_loader(name, _AnyText)


def names_of_columns(connection: Connection[Any], sql: str) -> list[str]:
    """The names of a statement's columns, which is not run. Raises psycopg.Error."""
    server = connection.pgconn
    server.prepare(b"", sql.encode())
    described = server.describe_prepared(b"")
    return [(described.fname(index) or b"").decode() for index in range(described.nfields)]
