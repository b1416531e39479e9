"""A connected database → its schema: what it declares, and keys that its names tell of."""

import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Enum, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.engine.reflection import Inspector
from sqlalchemy.exc import NoSuchTableError, OperationalError, SAWarning, SQLAlchemyError
from sqlalchemy.types import NullType

from kbqa.sql.ingest.inferred_keys import all_keys
from kbqa.sql.ingest.information_schema import read_information_schema
from kbqa.sql.ingest.view_columns import with_computed, with_inherited, with_sources
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
from kbqa.sql.stores.processes import call
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
_PARENTS = """
    SELECT c.relname, p.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    JOIN pg_class p ON p.oid = i.inhparent
    WHERE c.relnamespace = current_schema()::regnamespace AND p.relnamespace = c.relnamespace
"""
"""The tables of PostgreSQL that inherit another's columns, and that one, whose rows theirs are, too."""
_DEFINITION_IN_MYSQL = """
    SELECT view_definition FROM information_schema.views
    WHERE table_schema = DATABASE() AND table_name = :view
"""
_UNSEEN = (
    "the role may not see what this view is defined as. If it shows columns that you keep private, keep its "
    "own columns private, too, or let the role see it and scan again."
)
_VIRTUAL = ("virtual", "shadow")
"""Types of tables in SQLite that are made by modules: for searching, mostly, of what other tables hold."""
_SHADOWS = (
    "config", "content", "data", "docsize", "idx", "node", "parent", "rowid", "segdir", "segments", "stat",
)  # fmt: skip
"""How the names of a virtual table's own tables end, of those modules that come with SQLite."""
_GRANT = re.compile(r"GRANT (?P<what>.+?) ON (?P<database>\*|`[^`]+`)\.", re.IGNORECASE)
"""A line of MySQL's SHOW GRANTS."""
_WRITES = re.compile(r"\b(ALL PRIVILEGES|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP)\b", re.IGNORECASE)
_COLUMNS_OF_VIEW = """
    SELECT column_name AS name, column_type AS type, column_comment AS comment FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = :view ORDER BY ordinal_position
"""
_WRITER = "The role may write. Nothing is written from here, but one that may only read is safer."
_INSPECTED = ("sqlite", "postgresql", "mysql", "mariadb")
"""Dialects whose drivers surely tell of their schemas; of others the information schema may."""


MAX_TABLES = 10_000
_MAX_SCHEMA_BYTES = 200_000_000
_BEYOND = {
    "time": "Its schema could not be read within {seconds:g} seconds.",
    "memory": "Its schema needs more memory than it may have.",
    "size": "Its schema is too large.",
}


Complain = Callable[[str], None]


class IntrospectionError(Unavailable):
    """The schema cannot be read; the message says why."""


def read_schema(engine: Engine, complain: Complain = lambda _: None) -> Schema:
    """The schema of the database that `engine` connects to; what cannot be read of it is told to `complain`.

    Raises IntrospectionError.
    """
    # Odd declarations are for their owner to mend, not for the log.
    warnings.filterwarnings("ignore", category=SAWarning)
    try:
        try:
            tables, declared = _inspected(engine, complain)
        except SQLAlchemyError:
            if engine.dialect.name in _INSPECTED:
                raise
            tables, declared = read_information_schema(engine)
    except SQLAlchemyError as error:
        raise IntrospectionError(str(getattr(error, "orig", None) or error)) from error
    return Schema(tuple(tables), all_keys(tables, declared), sqlglot_dialect(engine.dialect.name))


def describe(url: str, visibility: object = None) -> dict[str, Any]:
    """The schema at an address with its driver, or in an SQLite file where there is a `visibility`, as JSON.

    With it come whether the role may write, and what cannot be read. Raises IntrospectionError,
    SQLAlchemyError.
    """
    engine = engine_at(make_url(url)) if visibility is None else sqlite_engine(Path(url), introspects=True)
    complaints = list[str]()
    schema = read_schema(engine, complaints.append)
    return {"schema": schema.as_json(), "may_write": may_write(engine), "complaints": complaints}


def read_described(
    engine: Engine, seconds: float, check_cancelled: Callable[[], None]
) -> tuple[Schema, list[str]]:
    """The schema that a process of its own reads within so many seconds, and what is said against it.

    Raises IntrospectionError, which is transient where the server may only be away, and whatever
    `check_cancelled` raises.
    """
    try:
        described = call(
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
    complaints = [*([_WRITER] if described["may_write"] else []), *described["complaints"]]
    return schema_from_json(described["schema"]), complaints


def _inspected(engine: Engine, complain: Complain) -> tuple[list[Table], list[ForeignKey]]:
    inspector = inspect(engine)
    views, parts = inspector.get_view_names(), set[str]()
    number = len(views) + len(inspector.get_table_names())
    if number > MAX_TABLES:
        raise IntrospectionError(f"It has {number:,} tables; at most {MAX_TABLES:,} can be read.")
    if engine.dialect.name == "postgresql":
        views += inspector.get_materialized_view_names()
        parts = _partitions(engine)
    if engine.dialect.name == "sqlite":
        parts, made = _virtual(engine)
        for name in made:
            complain(f"{name}: it is a virtual table, and those are not read.")
    named = [(name, False) for name in inspector.get_table_names() if name not in parts]
    named += [(name, True) for name in views]
    tables = [table for name, view in named if (table := _or_none(inspector, name, view, complain)).columns]
    keys = list(_declared_keys(inspector, tables))
    return _with_sources(inspector, tables, complain), keys


def _or_none(inspector: Inspector, name: str, view: bool, complain: Complain) -> Table:
    """A table; without columns if it is a view that the database itself cannot make sense of."""
    try:
        return _table(inspector, name, view)
    except OperationalError as error:
        if not view or inspector.dialect.name != "sqlite":
            raise
        complain(f"{name}: it cannot be read. {error.orig}")
        return Table(name, (), view=True)


def _with_sources(inspector: Inspector, tables: Sequence[Table], complain: Complain) -> list[Table]:
    """Tables whose columns know those that they are drawn from."""
    dialect, known = inspector.dialect.name, list[Table]()
    for table in tables:
        definition = _definition(inspector, table.name) if table.view else ""
        if table.view and not definition:
            complain(f"{table.name}: {_UNSEEN}")
        known.append(with_sources(table, definition, tables, dialect) if definition else table)
    if dialect != "postgresql":
        return known
    with inspector.engine.connect() as connection:
        return with_inherited(known, [(row[0], row[1]) for row in connection.execute(text(_PARENTS))])


def _definition(inspector: Inspector, view: str) -> str:
    """The definition of a view; empty where the role may not see it."""
    if inspector.dialect.name in ("mysql", "mariadb"):
        with inspector.engine.connect() as connection:
            return str(connection.execute(text(_DEFINITION_IN_MYSQL), {"view": view}).scalar() or "")
    try:
        return inspector.get_view_definition(view) or ""
    except (NotImplementedError, NoSuchTableError):
        return ""


def _virtual(engine: Engine) -> tuple[set[str], list[str]]:
    """The names of SQLite's virtual tables with those of the tables that these keep, and without.

    An index of words holds the values of columns that may be private.
    """
    with engine.connect() as connection:
        kinds = {name: kind for _, name, kind, *_ in connection.execute(text("PRAGMA table_list"))}
    virtual = sorted(name for name, kind in kinds.items() if kind == "virtual")
    shadows = {f"{name}_{end}".lower() for name in virtual for end in _SHADOWS}
    return {name for name, kind in kinds.items() if kind in _VIRTUAL or name.lower() in shadows}, virtual


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
    described = inspector.get_columns(name)
    columns = tuple(_column(column, primary, inspector.engine) for column in described)
    computed = {
        column["name"]: str(column["computed"]["sqltext"]) for column in described if "computed" in column
    }
    return with_computed(Table(name, columns, _comment(inspector, name), view=view), computed)


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
        nullable=described.get("nullable", True),
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
