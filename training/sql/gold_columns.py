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
    for table in tree.find_all(exp.Table):
        try:
            tables[(table.alias or table.name).lower()] = schema.table(table.name).name
        except KeyError:
            continue
    used: set[ColumnRef | str] = set(tables.values())
    for column in tree.find_all(exp.Column):
        if column.table:
            candidates = [tables[alias]] if (alias := column.table.lower()) in tables else []
        else:
            candidates = list(dict.fromkeys(tables.values()))
        for name in candidates:
            try:
                used.add(ColumnRef(name, schema.table(name).column(column.name).name))
            except KeyError:
                continue
            break
    return used
