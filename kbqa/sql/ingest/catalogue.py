"""What a database's driver tells of its tables, one after another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine.reflection import Inspector
from sqlalchemy.exc import NoSuchTableError

from kbqa.sql.schema import Table

_OF_VIEW_IN_MYSQL = """
    SELECT column_name AS name, column_type AS type, column_comment AS comment FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = :view ORDER BY ordinal_position
"""
_DEFINITION_IN_MYSQL = """
    SELECT view_definition FROM information_schema.views
    WHERE table_schema = DATABASE() AND table_name = :view
"""
_MYSQL = ("mysql", "mariadb")
_VIRTUAL = ("virtual", "shadow")
"""Types of tables in SQLite that are made by modules: for searching, mostly, of what other tables hold."""
_SHADOWS = (
    "config", "content", "data", "docsize", "idx", "node", "parent", "rowid", "segdir", "segments", "stat",
)  # fmt: skip
"""How the names of a virtual table's own tables end, of those modules that come with SQLite."""


@dataclass(frozen=True)
class DeclaredKey:
    """A key that a table declares, to another's columns; to the primary ones of that where none are named."""

    columns: Sequence[str]
    target: str
    referred: Sequence[str]


class Catalogue:
    """A database as its driver tells of it, by one connection. All methods raise SQLAlchemyError."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self.dialect = connection, connection.dialect
        self._inspector: Inspector = inspect(connection)

    def tables(self) -> Sequence[Table]:
        """The tables and views that are to be read, without columns."""
        without = {*self._made[0]}
        return [
            Table(name, (), view=view)
            for view, names in ((False, self._inspector.get_table_names()), (True, self._views))
            for name in names
            if name not in without
        ]

    def virtual(self) -> Sequence[str]:
        """The tables that are not read, since modules make them of what others hold."""
        return self._made[1]

    def columns(self, table: Table) -> Sequence[Mapping[str, Any]]:
        """Name, type, comment and the rest of each column, as SQLAlchemy tells it."""
        if not table.view or self.dialect.name not in _MYSQL:
            return self._inspector.get_columns(table.name)
        # The driver would ask for its definition, which a role that only reads may not see.
        rows = self._connection.execute(text(_OF_VIEW_IN_MYSQL), {"view": table.name}).mappings()
        return [dict(row) for row in rows]

    def primary(self, table: Table) -> Sequence[str]:
        """The names of the columns of the primary key."""
        if table.view and self.dialect.name in _MYSQL:
            return ()
        return self._inspector.get_pk_constraint(table.name).get("constrained_columns") or ()

    def comment(self, table: Table) -> str:
        """What the database says of a table."""
        if table.view and self.dialect.name in _MYSQL:
            return ""
        try:
            return self._inspector.get_table_comment(table.name).get("text") or ""
        except NotImplementedError:  # SQLite has none
            return ""

    def definition(self, view: Table) -> str:
        """The definition of a view; empty where the role may not see it."""
        if self.dialect.name in _MYSQL:
            found = self._connection.execute(text(_DEFINITION_IN_MYSQL), {"view": view.name})
            return str(found.scalar() or "")
        try:
            return self._inspector.get_view_definition(view.name) or ""
        except (NotImplementedError, NoSuchTableError):
            return ""

    def keys(self, table: Table) -> Iterator[DeclaredKey]:
        """The keys that a table declares."""
        for key in self._inspector.get_foreign_keys(table.name):
            yield DeclaredKey(key["constrained_columns"], key["referred_table"], key["referred_columns"])

    def parents(self) -> Sequence[tuple[str, str]]:
        """(child, parent) of tables that inherit another's columns, and that one, whose rows theirs are."""
        return ()

    @cached_property
    def _views(self) -> Sequence[str]:
        return self._inspector.get_view_names()

    @cached_property
    def _made(self) -> tuple[set[str], list[str]]:
        """The names of SQLite's virtual tables with those of the tables that these keep, and without.

        An index of words holds the values of columns that may be private.
        """
        if self.dialect.name != "sqlite":
            return set(), []
        listed = self._connection.execute(text("PRAGMA table_list"))
        kinds = {name: kind for _, name, kind, *_ in listed}
        virtual = sorted(name for name, kind in kinds.items() if kind == "virtual")
        shadows = {f"{name}_{end}".lower() for name in virtual for end in _SHADOWS}
        return {name for name, kind in kinds.items() if kind in _VIRTUAL or name.lower() in shadows}, virtual
