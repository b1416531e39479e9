"""Which tables and columns any SQL uses, also SQL that the grammar does not cover."""

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from kbqa.sql.schema import ColumnRef, Schema


def columns_in(sql: str, schema: Schema) -> set[ColumnRef | str]:
    """Columns and names of tables that `sql` uses; empty where it does not parse."""
    try:
        tree = sqlglot.parse_one(sql, dialect=schema.dialect)
    except SqlglotError:
        return set()
    tables = {}
    for each in tree.find_all(exp.Table):
        try:
            tables[(each.alias or each.name).lower()] = schema.table(each.name).name
        except KeyError:
            continue
    found: set[ColumnRef | str] = set(tables.values())
    for column in tree.find_all(exp.Column):
        own = tables.get(column.table.lower())
        for name in [own] if own else [] if column.table else dict.fromkeys(tables.values()):
            try:
                found.add(ColumnRef(name, schema.table(name).column(column.name).name))
            except KeyError:
                continue
            break
    return found
