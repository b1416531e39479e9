"""A connected database → its schema: what it declares, and keys that its names tell of."""

import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Enum, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError, SAWarning, SQLAlchemyError
from sqlalchemy.types import NullType

from kbqa.sql.ingest.catalogue import Catalogue
from kbqa.sql.ingest.inferred_keys import all_keys
from kbqa.sql.ingest.information_schema import read_information_schema
from kbqa.sql.ingest.postgresql_catalogue import PostgresqlCatalogue
from kbqa.sql.ingest.view_columns import with_computed, with_inherited, with_sources
from kbqa.sql.schema import (
    Column,
    ColumnRef,
    ForeignKey,
    Schema,
    Table,
    declared_column,
)
from kbqa.sql.schema_json import schema_from_json
from kbqa.sql.stores.connections import connection_of, engine_at, sqlglot_dialect, sqlite_engine
from kbqa.sql.stores.processes import call
from kbqa.sql.stores.statement_process import StatementFailed
from searchapp.errors import Unavailable

_UNSEEN = (
    "the role may not see what this view is defined as. If it shows columns that you keep private, keep its "
    "own columns private, too, or let the role see it and scan again."
)
_GRANT = re.compile(r"GRANT (?P<what>.+?) ON (?P<database>\*|`[^`]+`)\.", re.IGNORECASE)
"""A line of MySQL's SHOW GRANTS."""
_WRITES = re.compile(r"\b(ALL PRIVILEGES|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP)\b", re.IGNORECASE)
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


def read_schema(engine: Engine, complain: Complain = lambda _: None, schemas: Sequence[str] = ()) -> Schema:
    """The schema of the database that `engine` connects to; what cannot be read of it is told to `complain`.

    Raises IntrospectionError.
    """
    # Odd declarations are for their owner to mend, not for the log.
    warnings.filterwarnings("ignore", category=SAWarning)
    try:
        try:
            # One connection for all: to make another for each table takes longer than to ask.
            with engine.connect() as connection:
                tables, declared = _inspected(_catalogue(connection, schemas), complain)
        except SQLAlchemyError:
            if engine.dialect.name in _INSPECTED:
                raise
            tables, declared = read_information_schema(engine)
    except SQLAlchemyError as error:
        raise IntrospectionError(str(getattr(error, "orig", None) or error)) from error
    return Schema(tuple(tables), all_keys(tables, declared), sqlglot_dialect(engine.dialect.name))


def describe(url: str, visibility: object = None, schemas: Sequence[str] = ()) -> dict[str, Any]:
    """The schema at an address with its driver, or in an SQLite file where there is a `visibility`, as JSON.

    With it come whether the role may write, and what cannot be read. Raises IntrospectionError,
    SQLAlchemyError.
    """
    engine = engine_at(make_url(url)) if visibility is None else sqlite_engine(Path(url), introspects=True)
    complaints = list[str]()
    schema = read_schema(engine, complaints.append, schemas)
    return {
        "schema": schema.as_json(),
        "may_write": may_write(engine, schemas),
        "complaints": complaints,
    }


def read_described(
    engine: Engine, seconds: float, check_cancelled: Callable[[], None], schemas: Sequence[str] = ()
) -> tuple[Schema, list[str]]:
    """The schema that a process of its own reads within so many seconds, and what is said against it.

    Of PostgreSQL, the `schemas` are read, or else what its role sees without naming one.

    Raises IntrospectionError, which is transient where the server may only be away, and whatever
    `check_cancelled` raises.
    """
    try:
        described = call(
            f"{__name__}:{describe.__name__}",
            {**connection_of(engine), "schemas": list(schemas)},
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


def _catalogue(connection: Connection, schemas: Sequence[str]) -> Catalogue:
    if connection.dialect.name == "postgresql":
        return PostgresqlCatalogue(connection, schemas)
    return Catalogue(connection)


def _inspected(catalogue: Catalogue, complain: Complain) -> tuple[list[Table], list[ForeignKey]]:
    named = catalogue.tables()
    if len(named) > MAX_TABLES:
        raise IntrospectionError(f"It has {len(named):,} tables; at most {MAX_TABLES:,} can be read.")
    for name in catalogue.virtual():
        complain(f"{name}: it is a virtual table, and those are not read.")
    tables = [table for each in named if (table := _or_none(catalogue, each, complain)).columns]
    keys = list(_declared_keys(catalogue, tables))
    return _with_sources(catalogue, tables, complain), keys


def _or_none(catalogue: Catalogue, table: Table, complain: Complain) -> Table:
    """A table with its columns; without, if it is a view that the database itself cannot make sense of."""
    try:
        return _with_columns(catalogue, table)
    except OperationalError as error:
        if not table.view or catalogue.dialect.name != "sqlite":
            raise
        complain(f"{table.name}: it cannot be read. {error.orig}")
        return table


def _with_columns(catalogue: Catalogue, table: Table) -> Table:
    primary = {*catalogue.primary(table)}
    described = catalogue.columns(table)
    columns = tuple(_column(column, primary, catalogue.dialect.name) for column in described)
    computed = {
        column["name"]: str(column["computed"]["sqltext"]) for column in described if "computed" in column
    }
    return with_computed(replace(table, columns=columns, description=catalogue.comment(table)), computed)


def _with_sources(catalogue: Catalogue, tables: Sequence[Table], complain: Complain) -> list[Table]:
    """Tables whose columns know those that they are drawn from."""
    dialect, known = catalogue.dialect.name, list[Table]()
    for table in tables:
        definition = catalogue.definition(table) if table.view else ""
        if table.view and not definition:
            complain(f"{table.name}: {_UNSEEN}")
        known.append(with_sources(table, definition, tables, dialect) if definition else table)
    return with_inherited(known, catalogue.parents())


def may_write(engine: Engine, schemas: Sequence[str] = ()) -> bool:
    """Whether the role that an engine connects with could write, were the session not read-only.

    Only servers have roles; files are opened read-only.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            return PostgresqlCatalogue(connection, schemas).may_write()
    if engine.dialect.name not in ("mysql", "mariadb"):
        return False
    with engine.connect() as connection:
        grants = [grant for (grant,) in connection.execute(text("SHOW GRANTS"))]
    return any(grants_writing(grant, engine.url.database or "") for grant in grants)


def grants_writing(grant: str, database: str) -> bool:
    """Whether a line of MySQL's SHOW GRANTS permits to write to a database.

    >>> grants_writing("GRANT SELECT, INSERT ON `shop`.* TO `reader`@`%`", "shop")
    True
    """
    match = _GRANT.match(grant)
    return bool(match and _WRITES.search(match["what"]) and match["database"].strip("`") in ("*", database))


def _column(described: Any, primary: set[str], dialect: str) -> Column:
    name, kind = described["name"], described["type"]
    # A list of words with a name of its own is written as VARCHAR otherwise, with which PostgreSQL does not
    # compare it.
    declared = f"ENUM {kind.name}" if isinstance(kind, Enum) and kind.name else str(kind)
    return declared_column(
        name,
        # A type that SQLAlchemy does not know, or that is not declared, is none, and not called NULL.
        "" if isinstance(kind, NullType) else declared,
        sqlglot_dialect(dialect),
        primary=name in primary,
        description=described.get("comment") or "",
        nullable=described.get("nullable", True),
    )


def _declared_keys(catalogue: Catalogue, tables: Sequence[Table]) -> Iterable[ForeignKey]:
    schema = Schema(tuple(tables))
    for table in tables:
        if table.view:
            continue
        for key in catalogue.keys(table):
            try:
                target = schema.table(key.target)
                referred = key.referred or [column.name for column in target.columns if column.primary]
                for source, column in zip(key.columns, referred, strict=False):
                    yield ForeignKey(
                        ColumnRef(table.name, table.column(source).name),
                        ColumnRef(target.name, target.column(column).name),
                    )
            except KeyError:  # SQLite lets a key refer to what does not exist
                continue
