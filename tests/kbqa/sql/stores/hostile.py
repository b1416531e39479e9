"""Statements of which each should be refused, fail or run, and the small world that they are about."""

from pathlib import Path
from typing import NamedTuple

from kbqa.sql.schema import Column, Schema, Table
from kbqa.sql.stores.executor import ExecutionError, Limits, execute
from kbqa.sql.stores.validator import StatementError, checked

PRIVATE = "classified"
"""What begins each value of the private column."""
WORLD = tuple(
    (Path(__file__).parent / "hostile_world.sql")
    .read_text(encoding="utf-8")
    .replace(";\n", "\n")
    .splitlines()
)


class Case(NamedTuple):
    """What becomes of a statement on SQLite and on PostgreSQL."""

    on_sqlite: str
    on_postgresql: str
    sql: str


def cases() -> list[Case]:
    """Return the cases of the text file."""
    lines = (Path(__file__).parent / "hostile_statements.txt").read_text(encoding="utf-8").splitlines()
    return [Case(*line.split(" ", 2)) for line in lines if line and not line.startswith("#")]


def schema(dialect: str) -> Schema:
    """Return the schema without the table that was never scanned."""
    columns = {
        "city": ("city_id", "name"),
        "person": ("id", "name", "age", "secret", "city_id"),
        "diary": ("id", "secret"),
    }
    tables = (
        Table(name, tuple(Column(each, excluded=(name, each) == ("person", "secret")) for each in names))
        for name, names in columns.items()
    )
    return Schema(tuple(tables), (), dialect)


def outcome(engine, sql, dialect) -> tuple[str, str]:
    """Return what becomes of a statement, and all that is said or shown of it."""
    try:
        found = execute(engine, checked(sql, schema(dialect)), Limits(seconds=5), dialect=dialect)
    except StatementError as error:
        return "refused", error.message
    except ExecutionError as error:
        return "error", error.message
    return "rows", repr(found.rows)
