"""A connected database → its schema: what it declares, and keys that its names tell of."""

import re
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Engine, inspect, text
from sqlalchemy.engine.reflection import Inspector
from sqlalchemy.exc import SAWarning, SQLAlchemyError

from kbqa.sql.connecting import sqlglot_dialect
from kbqa.sql.information_schema import read_information_schema
from kbqa.sql.schema import Column, ColumnRef, ForeignKey, Schema, Table, column_type, readable

_MAY_WRITE = """
    SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) OR EXISTS (
        SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND n.nspname = current_schema() AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE'))
"""
_GRANT = re.compile(r"GRANT (?P<what>.+?) ON (?P<database>\*|`[^`]+`)\.", re.IGNORECASE)
"""A line of MySQL's SHOW GRANTS."""
_WRITES = re.compile(r"\b(ALL PRIVILEGES|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP)\b", re.IGNORECASE)
_COLUMNS_OF_VIEW = """
    SELECT column_name AS name, column_type AS type, column_comment AS comment FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = :view ORDER BY ordinal_position
"""
_INSPECTED = ("sqlite", "postgresql", "mysql", "mariadb")
"""Dialects whose drivers surely tell of their schemas; of others the information schema may."""
_MOST_COMPARED = 200
"""Among how many tables shared columns are looked for: all pairs are."""
_OF_KEYS = frozenset({"id", "code", "key", "no", "number"})
_SAYS_NOTHING = _OF_KEYS | {"name", "type", "date", "year"}
_DESCRIBES = frozenset(
    ("name", "type", "date", "year", "description", "details", "address", "email", "phone", "city", "country", "state", "location", "title")
) | {"status", "amount", "price", "gender", "sex", "age"}
"""What columns of many tables tell, without being the same thing."""


class IntrospectionError(Exception):
    """The schema cannot be read; the message says why."""


def read_schema(engine: Engine) -> Schema:
    """Return the schema of the database that `engine` connects to. Raises IntrospectionError."""
    warnings.filterwarnings("ignore", category=SAWarning)  # odd declarations are for their owner to mend, not for the log
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


def _inspected(engine: Engine) -> tuple[list[Table], list[ForeignKey]]:
    inspector = inspect(engine)
    named = [(name, False) for name in inspector.get_table_names()] + [(name, True) for name in inspector.get_view_names()]
    tables = [table for name, view in named if (table := _table(inspector, name, view)).columns]
    return tables, list(_declared_keys(inspector, tables))


def may_write(engine: Engine) -> bool:
    """Tell whether the role that an engine connects with could write, if it were not for read-only sessions: on servers, files are opened so."""
    if engine.dialect.name not in ("postgresql", "mysql", "mariadb"):
        return False
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            return bool(connection.execute(text(_MAY_WRITE)).scalar())
        grants = [grant for (grant,) in connection.execute(text("SHOW GRANTS"))]
    return any(grants_writing(grant, engine.url.database or "") for grant in grants)


def grants_writing(grant: str, database: str) -> bool:
    """Tell whether a line of MySQL's SHOW GRANTS permits to write to a database.

    >>> grants_writing("GRANT SELECT, INSERT ON `shop`.* TO `reader`@`%`", "shop")
    True
    """
    found = _GRANT.match(grant)
    return bool(found and _WRITES.search(found["what"]) and found["database"].strip("`") in ("*", database))


def _table(inspector: Inspector, name: str, view: bool) -> Table:
    if view and inspector.dialect.name in ("mysql", "mariadb"):
        return _mysql_view(inspector.engine, name)
    primary = set(inspector.get_pk_constraint(name).get("constrained_columns") or [])
    columns = tuple(_column(each, primary) for each in inspector.get_columns(name))
    return Table(name, columns, _comment(inspector, name), view=view)


def _mysql_view(engine: Engine, name: str) -> Table:
    """Return a view's columns: the driver would ask for its definition, which a role that only reads may not see."""
    with engine.connect() as connection:
        columns = [_column(each, set()) for each in connection.execute(text(_COLUMNS_OF_VIEW), {"view": name}).mappings()]
    return Table(name, tuple(columns), view=True)


def _column(described: Any, primary: set[str]) -> Column:
    declared = str(described["type"])
    return Column(described["name"], column_type(declared), declared, described["name"] in primary, described.get("comment") or "")


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
                referred = key["referred_columns"] or [column.name for column in target.columns if column.primary]
                for source, column in zip(key["constrained_columns"], referred, strict=False):
                    yield ForeignKey(ColumnRef(table.name, table.column(source).name), ColumnRef(target.name, target.column(column).name))
            except KeyError:  # SQLite lets a key refer to what does not exist
                continue


def all_keys(tables: Sequence[Table], declared: Sequence[ForeignKey]) -> tuple[ForeignKey, ...]:
    """Return the declared keys, those that names tell of, and what joins tables that these leave apart."""
    keys = [*declared, *inferred_keys(tables, declared)]
    return (*keys, *shared_columns(tables, keys))


def shared_columns(tables: Sequence[Table], keys: Sequence[ForeignKey]) -> list[ForeignKey]:
    """Return columns of the same name and type in two tables that no keys connect, where just one such name says something."""
    schema, found = Schema(tuple(tables), tuple(keys)), list[ForeignKey]()
    for place, table in enumerate(tables[:_MOST_COMPARED]):
        for other in tables[place + 1 : _MOST_COMPARED]:
            if schema.connected(table.name, other.name):
                continue
            types = {readable(column.name): (column.name, column.type) for column in other.columns}
            shared = [
                ForeignKey(ColumnRef(table.name, column.name), ColumnRef(other.name, types[name][0]), declared=False)
                for column in table.columns
                if (name := readable(column.name)) in types and types[name][1] == column.type and not _is_common(name)
            ]
            found += shared if len(shared) == 1 else []
    return found


def _is_common(name: str) -> bool:
    return name in _SAYS_NOTHING or name.rsplit(maxsplit=1)[-1] in _DESCRIBES


def inferred_keys(tables: Sequence[Table], declared: Sequence[ForeignKey]) -> list[ForeignKey]:
    """Return keys that the database does not declare: a column named as another table's only primary key, or as that table with its key.

    A name that several tables have as their key tells nothing, nor does a bare `id`.
    """
    keyed = {key.source for key in declared}
    keys = {table.name: only[0] for table in tables if len(only := [column for column in table.columns if column.primary]) == 1}
    by_name: dict[str, list[ColumnRef]] = {}
    for owner, key in keys.items():
        name, own = readable(key.name), readable(owner)
        spoken = {name, *(f"{each} {name}" for each in (own, own.removesuffix("s")))} - _SAYS_NOTHING
        for each in spoken:
            by_name.setdefault(each, []).append(ColumnRef(owner, key.name))
    found = []
    for table in tables:
        for column in table.columns:
            source = ColumnRef(table.name, column.name)
            targets = [target for name in _endings(readable(column.name)) for target in by_name.get(name, []) if target.table != table.name]
            if source in keyed or len(targets) != 1 or keys[targets[0].table].type != column.type:
                continue
            if keys.get(table.name) == column and _joined(table.name, targets[0].table, declared):
                continue
            found.append(ForeignKey(source, targets[0], declared=False))
    return found


def _endings(name: str) -> list[str]:
    """Return a name, and where it has more than two words its last two: a `start station id` is a `station id`."""
    words = name.split()
    return [name] if len(words) < 3 else [name, " ".join(words[-2:])]


def _joined(table: str, other: str, keys: Sequence[ForeignKey]) -> bool:
    return any({key.source.table, key.target.table} == {table, other} for key in keys)
