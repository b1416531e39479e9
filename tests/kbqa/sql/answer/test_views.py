"""Views beside the tables that they repeat."""

import pytest

from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.answer.views import weight
from kbqa.sql.names import CellNames
from kbqa.sql.schema import Column, ColumnType, Schema, Table
from training.sql.parser import parse_query

SCHEMA = Schema(
    (
        Table("orders", (Column("order_id", ColumnType.NUMBER, primary=True), Column("city"))),
        Table("orders_qry", (Column("city"), Column("total", ColumnType.NUMBER)), view=True),
    )
)


@pytest.mark.parametrize(
    ("question", "sql", "is_less"),
    [
        ("Which cities are there?", "SELECT city FROM orders", False),
        ("Which cities are there?", "SELECT city FROM orders_qry", True),
        ("Which totals are there?", "SELECT total FROM orders_qry", False),
        ("Which cities does the orders qry have?", "SELECT city FROM orders_qry", False),
        ("How many are there?", "SELECT COUNT(*) FROM orders_qry", False),
        ("Which cities?", "SELECT city FROM orders WHERE city IN (SELECT city FROM orders_qry)", True),
    ],
)
def test_a_view_weighs_less_where_tables_have_the_same(question, sql, is_less):
    linked = link_question(question, SCHEMA, CellNames())
    assert (weight(parse_query(sql, SCHEMA), linked) < 1) == is_less
