"""A connected database → its schema: what it declares, and keys that its names tell of."""

import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Enum, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.engine.reflection import Inspector
from sqlalchemy.exc import SAWarning, SQLAlchemyError
from sqlalchemy.types import NullType

from kbqa.sql.ingest.inferred_keys import all_keys
from kbqa.sql.ingest.information_schema import read_information_schema
from kbqa.sql.schema import (
    Column,
    ColumnRef,
    ForeignKey,
    Schema,
    Table,
    declared_column,
    schema_from_json,
)
from kbqa.sql.stores.connections import connection_of, engine_at, sqlglot_dialect, sqlite_engine
from kbqa.sql.stores.processes import pool
from kbqa.sql.stores.statement_process import StatementFailed
from searchapp.errors import Unavailable

_MAY_WRITE = """
    SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) OR EXISTS (
        SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND n.nspname = current_schema()
            AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE'))
"""
_PARTITIONS = (
    "SELECT relname FROM pg_class WHERE relispartition AND relnamespace = current_schema()::regnamespace"
)
_GRANT = re.compile(r"GRANT (?P<what>.+?) ON (?P<database>\*|`[^`]+`)\.", re.IGNORECASE)
"""A line of MySQL's SHOW GRANTS."""
_WRITES = re.compile(r"\b(ALL PRIVILEGES|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP)\b", re.IGNORECASE)
_COLUMNS_OF_VIEW = """
    SELECT column_name AS name, column_type AS type, column_comment AS comment FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = :view ORDER BY ordinal_position
"""
_INSPECTED = ("sqlite", "postgresql", "mysql", "mariadb")
"""Dialects whose drivers surely tell of their schemas; of others the information schema may."""


MAX_TABLES = 10_000
_MAX_SCHEMA_BYTES = 200_000_000
_BEYOND = {
    "time": "Its schema could not be read within {seconds:g} seconds.",
    "memory": "Its schema needs more memory than it may have.",
    "size": "Its schema is too large.",
}


class IntrospectionError(Unavailable):
    """The schema cannot be read; the message says why."""


def read_schema(engine: Engine) -> Schema:
    """The schema of the database that `engine` connects to. Raises IntrospectionError."""
    # Odd declarations are for their owner to mend, not for the log.
    warnings.filterwarnings("ignore", category=SAWarning)
    try:
        try:
            tables, declared = _inspected(engine)
        except SQLAlchemyError:
            if engine.dialect.name in _INSPECTED:
                raise
            tables, declared = read_information_schema(engine)
    except SQLAlchemyError as error:
        raise IntrospectionError(str(getattr(error, "orig", None) or error)) from error
    return Schema(tuple(tables), all_keys(tables, declared), sqlglot_dialect(engine.dialect.name))


def describe(url: str, visibility: object = None) -> dict[str, Any]:
    """The schema at an address with its driver, or in an SQLite file where there is a `visibility`, as JSON.

    With it comes whether the role may write. Raises IntrospectionError, SQLAlchemyError.
    """
    engine = engine_at(make_url(url)) if visibility is None else sqlite_engine(Path(url), introspects=True)
    return {"schema": read_schema(engine).as_json(), "may_write": may_write(engine)}


def read_described(
    engine: Engine, seconds: float, check_cancelled: Callable[[], None]
) -> tuple[Schema, bool]:
    """The schema that a process of its own reads within so many seconds, and whether the role may write.

    Raises IntrospectionError, which is transient where the server may only be away, and whatever
    `check_cancelled` raises.
    """
    try:
        described = pool().call(
            f"{__name__}:{describe.__name__}",
            connection_of(engine),
            seconds=seconds,
            max_bytes=_MAX_SCHEMA_BYTES,
            check_cancelled=check_cancelled,
        )
    except StatementFailed as failure:
        beyond = _BEYOND.get(failure.kind, "")
        message = beyond.format(seconds=seconds) or failure.message
        raise IntrospectionError(message, transient=not beyond) from failure
    return schema_from_json(described["schema"]), described["may_write"]


def _inspected(engine: Engine) -> tuple[list[Table], list[ForeignKey]]:
    inspector = inspect(engine)
    views, parts = inspector.get_view_names(), set[str]()
    number = len(views) + len(inspector.get_table_names())
    if number > MAX_TABLES:
        raise IntrospectionError(f"It has {number:,} tables; at most {MAX_TABLES:,} can be read.")
    if engine.dialect.name == "postgresql":
        views += inspector.get_materialized_view_names()
        parts = _partitions(engine)
    named = [(name, False) for name in inspector.get_table_names() if name not in parts]
    named += [(name, True) for name in views]
    tables = [table for name, view in named if (table := _table(inspector, name, view)).columns]
    return tables, list(_declared_keys(inspector, tables))


def _partitions(engine: Engine) -> set[str]:
    """The names of the parts that PostgreSQL keeps tables in: what is in them is in the tables."""
    with engine.connect() as connection:
        return set(connection.execute(text(_PARTITIONS)).scalars())


def may_write(engine: Engine) -> bool:
    """Whether the role that an engine connects with could write, were the session not read-only.

    Only servers have roles; files are opened read-only.
    """
    if engine.dialect.name not in ("postgresql", "mysql", "mariadb"):
        return False
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            return bool(connection.execute(text(_MAY_WRITE)).scalar())
        grants = [grant for (grant,) in connection.execute(text("SHOW GRANTS"))]
    return any(grants_writing(grant, engine.url.database or "") for grant in grants)


def grants_writing(grant: str, database: str) -> bool:
    """Whether a line of MySQL's SHOW GRANTS permits to write to a database.

    >>> grants_writing("GRANT SELECT, INSERT ON `shop`.* TO `reader`@`%`", "shop")
    True
    """
    match = _GRANT.match(grant)
    return bool(match and _WRITES.search(match["what"]) and match["database"].strip("`") in ("*", database))


def _table(inspector: Inspector, name: str, view: bool) -> Table:
    if view and inspector.dialect.name in ("mysql", "mariadb"):
        return _mysql_view(inspector.engine, name)
    primary = set(inspector.get_pk_constraint(name).get("constrained_columns") or [])
    columns = tuple(_column(column, primary, inspector.engine) for column in inspector.get_columns(name))
    return Table(name, columns, _comment(inspector, name), view=view)


def _mysql_view(engine: Engine, name: str) -> Table:
    """A view with its columns.

    The driver would ask for its definition, which a role that only reads may not see.
    """
    with engine.connect() as connection:
        rows = connection.execute(text(_COLUMNS_OF_VIEW), {"view": name}).mappings()
        columns = tuple(_column(row, set(), engine) for row in rows)
    return Table(name, columns, view=True)


def _column(described: Any, primary: set[str], engine: Engine) -> Column:
    name, kind = described["name"], described["type"]
    # A list of words with a name of its own is written as VARCHAR otherwise, with which PostgreSQL does not
    # compare it.
    declared = f"ENUM {kind.name}" if isinstance(kind, Enum) and kind.name else str(kind)
    return declared_column(
        name,
        # A type that SQLAlchemy does not know, or that is not declared, is none, and not called NULL.
        "" if isinstance(kind, NullType) else declared,
        sqlglot_dialect(engine.dialect.name),
        primary=name in primary,
        description=described.get("comment") or "",
    )


def _comment(inspector: Inspector, table: str) -> str:
    try:
        return inspector.get_table_comment(table).get("text") or ""
    except NotImplementedError:  # SQLite has none
        return ""


def _declared_keys(inspector: Inspector, tables: Sequence[Table]) -> Iterable[ForeignKey]:
    schema = Schema(tuple(tables))
    for table in tables:
        if table.view:
            continue
        for key in inspector.get_foreign_keys(table.name):
            try:
                target = schema.table(key["referred_table"])
                referred = key["referred_columns"] or [
                    column.name for column in target.columns if column.primary
                ]
                for source, column in zip(key["constrained_columns"], referred, strict=False):
                    yield ForeignKey(
                        ColumnRef(table.name, table.column(source).name),
                        ColumnRef(target.name, target.column(column).name),
                    )
            except KeyError:  # SQLite lets a key refer to what does not exist
                continue
