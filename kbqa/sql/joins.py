"""The joins of a query: they follow from the tables that its columns lie in, and from the schema's keys."""

from collections.abc import Sequence

from kbqa.sql.query import Query
from kbqa.sql.schema import ForeignKey, Schema


class NotConnectedError(ValueError):
    """No key connects two tables of a query."""


def joins(query: Query, schema: Schema) -> list[tuple[str, ForeignKey | None]]:
    """The tables of one SELECT in the order of their joins, each with its key to those before.

    Where groups may be empty, the table comes first that is grouped by.
    """
    joined: list[tuple[str, ForeignKey | None]] = []
    tables = query.tables()
    if query.with_empty and query.group:
        tables = (query.group[0].table, *tables)
    for table in schema.closure(tables):
        before = [name for name, _ in joined]
        joined.append((table, _key(query, schema, table, before) if joined else None))
    return joined


def _key(query: Query, schema: Schema, table: str, before: Sequence[str]) -> ForeignKey | None:
    for name in before:
        keys = schema.between(name, table)
        for via in query.via:
            for key in keys:
                if {key.source, key.target} == {via.source, via.target}:
                    return key
        if keys:
            return keys[0]
    return None
