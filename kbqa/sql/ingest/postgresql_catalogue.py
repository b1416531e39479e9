"""The catalogue of PostgreSQL: all tables of some schemas in a few statements."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.engine.reflection import ObjectKind

from kbqa.sql.ingest.catalogue import Catalogue, DeclaredKey
from kbqa.sql.schema import Table

_PLACES = """
    SELECT n.nspname, c.relname, c.relkind IN ('v', 'm') FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.relpersistence <> 't' AND NOT c.relispartition AND {which}
    ORDER BY c.relkind IN ('v', 'm'), c.relkind = 'm', c.oid
"""
"""What partitions hold is in their tables."""
_VISIBLE = "pg_catalog.pg_table_is_visible(c.oid) AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
_CHOSEN = "n.nspname = ANY(:schemas)"
_PARENTS = f"""
    SELECT n.nspname, c.relname, m.nspname, p.relname FROM pg_catalog.pg_inherits i
    JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
    JOIN pg_catalog.pg_namespace m ON m.oid = p.relnamespace
    WHERE {_CHOSEN}
"""
_KEYS = f"""
    SELECT n.nspname, c.relname, m.nspname, p.relname,
        array_agg(a.attname::text ORDER BY e.place), array_agg(b.attname::text ORDER BY e.place)
    FROM pg_catalog.pg_constraint k
    JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_class p ON p.oid = k.confrelid
    JOIN pg_catalog.pg_namespace m ON m.oid = p.relnamespace
    CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS e (source, target, place)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = e.source
    JOIN pg_catalog.pg_attribute b ON b.attrelid = p.oid AND b.attnum = e.target
    WHERE k.contype = 'f' AND {_CHOSEN}
    GROUP BY k.oid, k.conname, n.nspname, c.relname, m.nspname, p.relname
    ORDER BY n.nspname, c.relname, k.conname
"""
_DEFINITIONS = f"""
    SELECT n.nspname, c.relname, pg_catalog.pg_get_viewdef(c.oid) FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm') AND {_CHOSEN}
"""
_NO_PATH = "SELECT pg_catalog.set_config('search_path', '', true)"
"""Until a savepoint is gone back to: then a definition names the schema of each table."""
_MAY_WRITE = f"""
    SELECT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) OR EXISTS (
        SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND {_CHOSEN}
            AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE'))
"""
_Place = tuple[str, str]
"""A schema and a name in it."""


class PostgresqlCatalogue(Catalogue):
    """Some schemas of a database; without any, what its role sees without naming one."""

    def __init__(self, connection: Connection, schemas: Sequence[str] = ()) -> None:
        super().__init__(connection)
        self._chosen = tuple(schemas)
        self._current = connection.execute(text("SELECT current_schema()")).scalar()
        which = _CHOSEN if schemas else _VISIBLE
        parameters = {"schemas": list(schemas)} if schemas else {}
        rows = connection.execute(text(_PLACES.format(which=which)), parameters)
        self._places = [(schema, name, view) for schema, name, view in rows]

    def tables(self) -> Sequence[Table]:
        """The tables and views that are to be read, without columns."""
        return list(self._named.values())

    def columns(self, table: Table) -> Sequence[Mapping[str, Any]]:
        """Name, type, comment and the rest of each column, as SQLAlchemy tells it."""
        return self._of("get_multi_columns").get(self._key(table)) or ()

    def primary(self, table: Table) -> Sequence[str]:
        """The names of the columns of the primary key."""
        found = self._of("get_multi_pk_constraint").get(self._key(table)) or {}
        return found.get("constrained_columns") or ()

    def comment(self, table: Table) -> str:
        """What the database says of a table."""
        return (self._of("get_multi_table_comment").get(self._key(table)) or {}).get("text") or ""

    def definition(self, view: Table) -> str:
        """The definition of a view."""
        return self._definitions.get((view.schema, view.local_name)) or ""

    def keys(self, table: Table) -> Iterator[DeclaredKey]:
        """The keys that a table declares, to tables that are read."""
        for target, columns, referred in self._keys.get((table.schema, table.local_name), ()):
            if target in self._named:
                yield DeclaredKey(columns, self._named[target].name, referred)

    def parents(self) -> Sequence[tuple[str, str]]:
        """(child, parent) of tables that inherit another's columns, and that one, whose rows theirs are."""
        places = [((child, name), (parent, of)) for child, name, parent, of in self._rows(_PARENTS)]
        known = self._named
        return [(known[child].name, known[of].name) for child, of in places if {child, of} <= known.keys()]

    def may_write(self) -> bool:
        """Whether the role could write to what is read, were the session not read-only."""
        return bool(self._rows(_MAY_WRITE)[0][0])

    @cached_property
    def _named(self) -> Mapping[_Place, Table]:
        """The tables by their places, each with a name that no other has: its own, if that serves."""
        namesakes = Counter(name.lower() for _, name, _ in self._places)
        qualified = bool(self._chosen) and self._chosen != (self._current,)
        named = {}
        for schema, name, view in self._places:
            known = name if namesakes[name.lower()] == 1 or not qualified else f"{schema}.{name}"
            own = "" if known == name else name
            table = Table(known, (), view=view, schema=schema, own_name=own, qualified=qualified)
            named[schema, name] = table
        return named

    def _of(self, method: str) -> Mapping[tuple[str | None, str], Any]:
        """What SQLAlchemy tells of all tables by one of its methods, by their schemas and names."""
        if method not in self._told:
            for schema in self._chosen or (None,):
                told = getattr(self._inspector, method)(schema=schema, kind=ObjectKind.ANY)
                self._told[method].update(told)
        return self._told[method]

    @cached_property
    def _told(self) -> dict[str, dict[tuple[str | None, str], Any]]:
        return defaultdict(dict)

    def _key(self, table: Table) -> tuple[str | None, str]:
        return (table.schema if self._chosen else None), table.local_name

    @cached_property
    def _keys(self) -> Mapping[_Place, Sequence[tuple[_Place, Sequence[str], Sequence[str]]]]:
        keys = defaultdict(list)
        for schema, name, of_target, target, columns, referred in self._rows(_KEYS):
            keys[schema, name].append(((of_target, target), columns, referred))
        return keys

    @cached_property
    def _definitions(self) -> Mapping[_Place, str]:
        with self._connection.begin_nested() as passing:
            if self._chosen:
                self._connection.execute(text(_NO_PATH))
            rows = self._rows(_DEFINITIONS)
            passing.rollback()
        return {(schema, name): definition for schema, name, definition in rows}

    def _rows(self, sql: str) -> Sequence[Any]:
        schemas = sorted({schema for schema, _, _ in self._places})
        return self._connection.execute(text(sql), {"schemas": schemas}).all()
