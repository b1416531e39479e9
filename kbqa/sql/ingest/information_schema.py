"""The information schema of the SQL standard → tables and keys: of databases whose drivers do not tell."""

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import Connection, Engine, text

from kbqa.sql.schema import Column, ColumnRef, ForeignKey, Table, declared_column
from kbqa.sql.stores.connections import sqlglot_dialect

_COLUMNS = """
    SELECT c.table_name, t.table_type, c.column_name, c.data_type FROM information_schema.columns c
    JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
    WHERE c.table_schema = current_schema() ORDER BY c.table_name, c.ordinal_position
"""
_PRIMARY = """
    SELECT k.table_name, k.column_name
    FROM information_schema.table_constraints c
    JOIN information_schema.key_column_usage k
        ON k.constraint_name = c.constraint_name AND k.table_name = c.table_name
    WHERE c.constraint_type = 'PRIMARY KEY' AND c.table_schema = current_schema()
"""
_FOREIGN = """
    SELECT k.table_name, k.column_name, u.table_name, u.column_name
    FROM information_schema.referential_constraints r
    JOIN information_schema.key_column_usage k ON k.constraint_name = r.constraint_name
    JOIN information_schema.key_column_usage u
        ON u.constraint_name = r.unique_constraint_name AND u.ordinal_position = k.ordinal_position
    WHERE k.table_schema = current_schema()
"""


def read_information_schema(engine: Engine) -> tuple[list[Table], list[ForeignKey]]:
    """The tables, views and declared keys of the schema that an engine connects to.

    Raises SQLAlchemyError.
    """
    with engine.connect() as connection:
        tables = list(_tables(connection, sqlglot_dialect(engine.dialect.name)))
        known = {ref for table in tables for ref in table.refs()}
        keys = [
            ForeignKey(ColumnRef(*row[:2]), ColumnRef(*row[2:])) for row in connection.execute(text(_FOREIGN))
        ]
    return tables, [key for key in keys if {key.source, key.target} <= known]


def _tables(connection: Connection, dialect: str) -> Iterator[Table]:
    primary = {tuple(row) for row in connection.execute(text(_PRIMARY))}
    columns: dict[tuple[str, bool], list[Column]] = defaultdict(list)
    for table, kind, name, declared in connection.execute(text(_COLUMNS)):
        columns[table, "VIEW" in str(kind).upper()].append(
            declared_column(name, declared, dialect, primary=(table, name) in primary)
        )
    for (name, view), of_table in columns.items():
        yield Table(name, tuple(of_table), view=view)
