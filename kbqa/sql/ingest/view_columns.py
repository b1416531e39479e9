"""Which columns those of views, and computed ones, are drawn from: what shows a private one is private.

A definition is parsed and each of its columns followed to where it comes from. Of one that cannot be
followed, every column counts as drawn from all tables that its text names: more may then be private than
has to be.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node, lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope
from sqlglot.schema import ensure_schema

from kbqa.sql.schema import Column, ColumnRef, Table
from kbqa.sql.stores.connections import sqlglot_dialect

_WORD = re.compile(r"\w+")
_MAX_CHARACTERS, _MAX_NODES, _MAX_STARS = 20_000, 4_000, 12
"""Of a definition that is followed; of a longer one only the words are looked at."""


def with_sources(view: Table, definition: str, tables: Sequence[Table], dialect: str) -> Table:
    """A view whose columns know the columns of `tables` that its definition draws them from."""
    others = [table for table in tables if table.name.lower() != view.name.lower()]
    try:
        followed = _followed(view, definition, others, sqlglot_dialect(dialect))
    # Whatever a definition makes the parser stumble over, its words remain.
    except (SqlglotError, RecursionError, ValueError, KeyError, AttributeError, TypeError):
        named = _named(definition, others)
        followed = [named for _ in view.columns]
    columns = zip(view.columns, followed, strict=True)
    return replace(view, columns=tuple(replace(column, sources=sources) for column, sources in columns))


def with_computed(table: Table, expressions: dict[str, str]) -> Table:
    """A table whose computed columns know those that they are computed from.

    `expressions` are given by the names of columns; an empty one is not known, and may use all others.
    """

    def known(column: Column) -> Column:
        if column.name not in expressions:
            return column
        expression = expressions[column.name]
        words = set(_WORD.findall(expression.lower()))
        sources = tuple(
            ColumnRef(table.name, other.name)
            for other in table.columns
            if other.name != column.name and (not expression or _occurs(other.name, words))
        )
        return replace(column, sources=(*column.sources, *sources))

    return replace(table, columns=tuple(map(known, table.columns))) if expressions else table


def with_inherited(tables: Iterable[Table], parents: Iterable[tuple[str, str]]) -> list[Table]:
    """Tables whose inherited columns know those of their parents, given as (child, parent)."""
    by_name = {table.name: table for table in tables}
    for child, parent in parents:
        if child in by_name and parent in by_name:
            names = {column.name for column in by_name[parent].columns}
            by_name[child] = replace(
                by_name[child],
                columns=tuple(
                    replace(column, sources=(*column.sources, ColumnRef(parent, column.name)))
                    if column.name in names
                    else column
                    for column in by_name[child].columns
                ),
            )
    return list(by_name.values())


def _followed(
    view: Table, definition: str, tables: Sequence[Table], dialect: str
) -> list[tuple[ColumnRef, ...]]:
    """The sources of each column. Raises ValueError and what sqlglot does where it cannot follow one."""
    query = _query(definition, dialect)
    by_key = dict(zip(_named_in(query, tables), tables, strict=True))
    # Of many tables, those that it names: each is looked through for each column.
    named = {place.name for place in query.find_all(exp.Table)}
    by_key = {key: table for key, table in by_key.items() if key in named}
    places: dict[str, object] = {
        key: {column.name.lower(): "TEXT" for column in table.columns} for key, table in by_key.items()
    }
    known = ensure_schema(places, dialect=dialect)
    # Aliases stay: one that stands for two others, again and again, would become of any size.
    qualified = qualify(
        query, schema=known, dialect=dialect, expand_alias_refs=False, validate_qualify_columns=False
    )
    scope = build_scope(qualified)
    names = qualified.named_selects if isinstance(qualified, exp.Query) else []
    if scope is None or len(set(names)) != len(view.columns):
        raise ValueError("its columns cannot be told apart")
    # Without copies, which are made of the whole query for each of its columns.
    follow = partial(lineage, sql=qualified, schema=known, dialect=dialect, scope=scope)
    nodes = (follow(name, trim_selects=False, copy=False) for name in names)
    return [tuple(dict.fromkeys(_leaves(node, by_key))) for node in nodes]


def _query(definition: str, dialect: str) -> exp.Query:
    """The query of a definition, with all names in small letters. Raises ValueError, SqlglotError."""
    if len(definition) > _MAX_CHARACTERS:
        raise ValueError("it is too long")
    tree: exp.Expr | None = sqlglot.parse_one(definition, dialect=dialect)
    if isinstance(tree, exp.Create):
        tree = tree.expression
    if not isinstance(tree, exp.Query) or tree.find(exp.Lateral, exp.UDTF, exp.Pivot):
        raise ValueError("it is no query that can be followed")
    if sum(1 for _ in tree.walk()) > _MAX_NODES or sum(1 for _ in tree.find_all(exp.Star)) > _MAX_STARS:
        raise ValueError("it is too long")
    for name in tree.find_all(exp.Identifier):
        name.set("this", name.name.lower())
        name.set("quoted", False)
    return tree


def _named_in(query: exp.Query, tables: Sequence[Table]) -> list[str]:
    """A word for each table, which the query is made to call it by; it names no schemas any more.

    Raises ValueError where one of several tables may be meant.
    """
    keys = [
        table.name.lower() if table.name == table.local_name else f"table_{number}"
        for number, table in enumerate(tables)
    ]
    for place in query.find_all(exp.Table):
        key = _key_of(place, tables, keys) or place.name
        if key != place.name:
            alias = place.args.get("alias") or exp.TableAlias(this=exp.to_identifier(place.name))
            place.set("alias", alias)
            place.set("this", exp.to_identifier(key))
    for named in query.find_all(exp.Table, exp.Column):
        named.set("db", None)
        named.set("catalog", None)
    return keys


def _key_of(place: exp.Table, tables: Sequence[Table], keys: Sequence[str]) -> str:
    """The word for the table that a name stands for; empty where none is known."""
    schema = place.text("db")
    found = [
        key
        for table, key in zip(tables, keys, strict=True)
        if table.local_name.lower() == place.name and _may_be_of(schema, table)
    ]
    if len(found) > 1:
        raise ValueError("it may be one of several tables")
    if not found and schema and any(table.local_name.lower() == place.name for table in tables):
        raise ValueError("it is a table of another schema")
    return found[0] if found else ""


def _may_be_of(schema: str, table: Table) -> bool:
    """Whether a table may be meant with the name of a schema before it, or without, as a WITH is."""
    is_same = table.schema.lower() == schema
    return is_same if table.qualified else is_same or not schema or not table.schema


def _leaves(node: Node, tables: Mapping[str, Table]) -> Iterator[ColumnRef]:
    """The columns of tables that a column comes from. Raises ValueError where one is of no known table."""
    for below in node.walk():
        if below.downstream or (below is node and below.expression.find(exp.Column) is None):
            continue
        if not isinstance(below.expression, exp.Table):
            if below.expression.find(exp.Column) is None:
                continue
            raise ValueError("it names a column of no table")
        table = tables.get(below.expression.name)
        name = below.name.rpartition(".")[2].strip('"')
        found = [column for column in table.columns if name in ("*", column.name.lower())] if table else []
        if table is None or not found:
            raise ValueError("it names a column of no table")
        yield from (ColumnRef(table.name, column.name) for column in found)


def _named(definition: str, tables: Sequence[Table]) -> tuple[ColumnRef, ...]:
    """All columns of the tables whose names occur in a text."""
    words = set(_WORD.findall(definition.lower()))
    return tuple(ref for table in tables if _occurs(table.local_name, words) for ref in table.refs())


def _occurs(name: str, words: set[str]) -> bool:
    parts = _WORD.findall(name.lower())
    return bool(parts) and words.issuperset(parts)
