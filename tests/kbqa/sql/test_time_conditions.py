"""What times and measures become beside columns, in the SQL of each dialect."""

from pathlib import Path

import duckdb
import pytest
from sqlglot import exp

from kbqa.linking.time_values import Recurrence
from kbqa.sql.date_parts import date_part
from kbqa.sql.dates import suits
from kbqa.sql.query import Comparison, Condition, Item, Part, Query, Term, Value
from kbqa.sql.rendering import query_text
from kbqa.sql.schema import Column, ColumnRef, ColumnType, Schema, Table, declared_column

LINES = (Path(__file__).parent / "time_conditions.txt").read_text(encoding="utf-8").splitlines()


def written(column: Column, dialect: str, comparison: str, *values: str) -> str:
    item = Item(Term(ColumnRef("event", column.name)))
    condition = Condition(item, Comparison(comparison), tuple(map(Value, values)))
    schema = Schema((Table("event", (column,)),), dialect=dialect)
    return query_text(Query((item,), where=(condition,)), schema).split(" WHERE ", 1)[1]


@pytest.mark.parametrize("line", [line for line in LINES if line[0] != "#"])
def test_conditions_on_times(line):
    column, comparison, values, sql = line.split(" | ")
    dialect, declared, *named = column.split()
    name = {"birth": "birth_date"}.get(named[0], f"at_{named[0]}") if named else "at"
    column = declared_column(name, declared, dialect)
    texts = [values] if values.startswith("born") else values.split()
    assert written(column, dialect, comparison, *texts) == sql


@pytest.mark.parametrize(
    ("name", "declared", "text", "does"),
    [
        ("at", "DATE", "--10", True),
        ("at", "DATE", "T15", False),
        ("at", "TIMESTAMP", "T15", True),
        ("at", "TIME", "T15", True),
        ("at", "TIME", "--10", False),
        ("at", "DATE", "born ../1996-11-30", False),
        ("date_of_birth", "DATE", "born ../1996-11-30", True),
        ("total", "INTEGER", "2026-01-01/2027-01-01", False),
        ("model_year", "INTEGER", "2026-01-01/2027-01-01", True),
        ("model_year", "INTEGER", "2026-07-01/2026-10-01", False),
        ("month", "TEXT", "--10", False),
    ],
)
def test_times_suit_only_columns_that_have_them(name, declared, text, does):
    assert suits(text, declared_column(name, declared, "mysql")) == does


@pytest.mark.parametrize(
    ("column", "measure", "number"),
    [
        (Column("milliseconds", ColumnType.NUMBER), "5 minutes", "300000"),
        (Column("duration_s", ColumnType.NUMBER), "5 minutes", "300"),
        (Column("length", ColumnType.NUMBER, description="length in minutes"), "2 hours", "120"),
        (Column("weight_g", ColumnType.NUMBER), "2 kg", "2000"),
        (Column("budget_in_billions", ColumnType.NUMBER), "1.5 billion", "1.5"),
        (Column("price_cents", ColumnType.NUMBER), "15 dollars", "1500"),
        (Column("discount", ColumnType.NUMBER, shares=True), "10 percent", "0.1"),
        (Column("discount_percent", ColumnType.NUMBER), "10 percent", "10"),
    ],
)
def test_measures_are_numbers_of_the_columns_unit(column, measure, number):
    assert written(column, "sqlite", ">", measure) == f"{column.name} > {number}"


@pytest.mark.parametrize(
    ("part", "value"),
    [
        (Part.QUARTER, "2026-Q4"),
        (Part.MONTH_OF_YEAR, "12"),
        (Part.WEEK, "2026-11-30"),
        (Part.DAY, "2026-12-05"),
        (Part.WEEKDAY, "6"),
        (Part.HOUR, "15"),
        (Recurrence.QUARTER, "4"),
        (Recurrence.WEEK, "49"),
        (Recurrence.DAY, "12-05"),
        (Recurrence.MINUTE, "15:30"),
    ],
)
def test_duckdb_has_the_parts_of_dates(part, value):
    expression = date_part(exp.column("at"), part, "duckdb").sql(dialect="duckdb")
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT {expression} FROM (SELECT TIMESTAMP '2026-12-05 15:30:00' AS \"at\")"
        )
        assert str(rows.fetchone()[0]) == value
