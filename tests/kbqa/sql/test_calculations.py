"""Calculations by what they find: expressions, percentages, places, the first of each, empty groups."""

import sqlite3
from dataclasses import replace

import pytest

from kbqa.sql.answer.finishing import finished
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.answer.wording import in_words
from kbqa.sql.grammar import start
from kbqa.sql.ingest.introspection import read_schema
from kbqa.sql.names import CellNames
from kbqa.sql.query import (
    Aggregate,
    AllOf,
    Comparison,
    Condition,
    Expression,
    Item,
    Operator,
    Order,
    Query,
    Term,
    Value,
)
from kbqa.sql.rendering import query_text
from kbqa.sql.schema import ColumnRef
from kbqa.sql.stores.connections import sqlite_engine
from kbqa.sql.stores.executor import Limits, execute
from kbqa.sql.stores.validator import checked
from training.sql.oracle import decisions

SALES = """
CREATE TABLE region (region_id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE client (client_id INTEGER PRIMARY KEY, name TEXT, city TEXT,
    region_id INTEGER REFERENCES region);
CREATE TABLE sale (sale_id INTEGER PRIMARY KEY, client_id INTEGER REFERENCES client, product TEXT,
    pieces INTEGER, price INTEGER, ordered DATE, shipped DATE);
INSERT INTO region VALUES (1, 'North'), (2, 'South'), (3, 'East');
INSERT INTO client VALUES (1, 'Ada', 'Bonn', 1), (2, 'Bo', 'Bonn', 1),
    (3, 'Cy', 'Rome', 2), (4, 'Di', 'Oslo', 2);
INSERT INTO sale VALUES (1, 1, 'tea', 2, 5, '2025-01-01', '2025-01-04'),
    (2, 1, 'ink', 1, 30, '2025-02-01', NULL),
    (3, 2, 'tea', 4, 5, '2025-03-01', '2025-03-02'), (4, 3, 'cup', 3, 10, '2025-03-30', '2025-04-04');
"""
CLIENTS, SALES_ROWS = AllOf("client"), AllOf("sale")


def ref(name):
    return ColumnRef(*name.split("."))


def item(operand, *aggregates, **more):
    return Item(Term(ref(operand) if isinstance(operand, str) else operand, *aggregates, **more))


def is_(name, value):
    return Condition(item(name), Comparison.EQUAL, (Value(value),))


REVENUE = Expression(ref("sale.pieces"), Operator.TIMES, ref("sale.price"))
DAYS = Expression(ref("sale.shipped"), Operator.MINUS, ref("sale.ordered"))
BY_PRICE = (Order(item("sale.price"), True),)
TEA, INK = is_("sale.product", "tea"), is_("sale.product", "ink")
CASES = {
    "a sum of a product": (Query((item(REVENUE, Aggregate.SUM),)), [(90,)]),
    "for each city": (
        Query((item("client.city"), item(REVENUE, Aggregate.SUM)), group=(ref("client.city"),)),
        [("Bonn", 60), ("Rome", 30)],
    ),
    "days between dates": (Query((item(DAYS, Aggregate.AVG),)), [(3,)]),
    "a condition on days": (
        Query((item("sale.product"),), where=(Condition(item(DAYS), Comparison.GREATER, (Value("3"),)),)),
        [("cup",)],
    ),
    "a percentage": (
        Query((item(CLIENTS, Aggregate.SHARE),), which=(is_("client.city", "Bonn"),)),
        [(50,)],
    ),
    "a percentage by what belongs to rows": (
        Query((item(CLIENTS, Aggregate.SHARE),), which=(TEA,)),
        [(50,)],
    ),
    "a percentage of some": (
        Query((item(SALES_ROWS, Aggregate.SHARE),), where=(is_("client.city", "Bonn"),), which=(TEA,)),
        [(200 / 3,)],
    ),
    "a percentage of a sum": (
        Query((item("sale.pieces", Aggregate.SHARE),), which=(TEA,)),
        [(60,)],
    ),
    "what each has of the whole": (
        Query((item("client.city"), item(CLIENTS, Aggregate.SHARE)), group=(ref("client.city"),)),
        [("Bonn", 50), ("Oslo", 25), ("Rome", 25)],
    ),
    "a percentage of each": (
        Query(
            (item("client.city"), item(SALES_ROWS, Aggregate.SHARE)),
            which=(TEA,),
            group=(ref("client.city"),),
        ),
        [("Bonn", 200 / 3), ("Rome", 0)],
    ),
    "a percentage of each by what belongs to rows": (
        Query(
            (item("region.name"), item(CLIENTS, Aggregate.SHARE)), which=(INK,), group=(ref("region.name"),)
        ),
        [("North", 50), ("South", 0)],
    ),
    "the second": (Query((item("sale.product"),), order=BY_PRICE, limit=1, offset=1), [("cup",)]),
    "the first of each, and who comes equally far": (
        Query(
            (item("sale.product"), item("sale.sale_id")), order=BY_PRICE, limit=1, each=(ref("sale.product"),)
        ),
        [("cup", 4), ("ink", 2), ("tea", 1), ("tea", 3)],
    ),
    "the second of each": (
        Query(
            (item("client.city"), item("sale.product")),
            order=BY_PRICE,
            limit=1,
            offset=1,
            each=(ref("client.city"),),
        ),
        [("Bonn", "tea"), ("Bonn", "tea")],
    ),
    "the mean of counts": (
        Query((item(SALES_ROWS, Aggregate.COUNT, of_groups=Aggregate.AVG),), group=(ref("sale.client_id"),)),
        [(4 / 3,)],
    ),
    "the highest of sums": (
        Query((item(REVENUE, Aggregate.SUM, of_groups=Aggregate.MAX),), group=(ref("sale.client_id"),)),
        [(40,)],
    ),
    "clients without sales": (
        Query(
            (item("client.name"), item(SALES_ROWS, Aggregate.COUNT)),
            group=(ref("client.client_id"),),
            with_empty=True,
        ),
        [("Ada", 2), ("Bo", 1), ("Cy", 1), ("Di", 0)],
    ),
    "sums of none": (
        Query(
            (item("client.name"), item(REVENUE, Aggregate.SUM)),
            where=(TEA,),
            group=(ref("client.client_id"),),
            with_empty=True,
        ),
        [("Ada", 10), ("Bo", 20), ("Cy", 0), ("Di", 0)],
    ),
    "regions without clients": (
        Query(
            (item("region.name"), item(SALES_ROWS, Aggregate.COUNT)),
            group=(ref("region.region_id"),),
            with_empty=True,
        ),
        [("East", 0), ("North", 3), ("South", 1)],
    ),
}


@pytest.fixture(scope="module")
def sales(tmp_path_factory):
    path = tmp_path_factory.mktemp("sales") / "sales.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(SALES)
    connection.close()
    return sqlite_engine(path, introspects=True)


@pytest.mark.parametrize("name", CASES)
def test_what_is_found(sales, name):
    query, wanted = CASES[name]
    schema = read_schema(sales)
    written = finished(query, "Which?", schema)
    result = execute(
        sales, checked(query_text(written, schema, headed=True), schema), Limits(seconds=30), dialect="sqlite"
    )
    assert sorted(tuple(map(rounded, row)) for row in result.rows) == sorted(
        tuple(map(rounded, row)) for row in wanted
    )
    assert len(set(result.columns)) == len(result.columns)
    assert in_words(written, schema).endswith(".")


def rounded(value):
    return round(value, 6) if isinstance(value, float) else value


@pytest.mark.parametrize("name", CASES)
def test_the_grammar_writes_it_back(sales, name):
    query, _ = CASES[name]
    linked = link_question(
        "The 2 tea of Bonn, 3",
        read_schema(sales),
        CellNames(codes={ref("sale.product"): ["tea", "ink"], ref("client.city"): ["Bonn"]}),
    )
    state = start(linked)
    for decision in decisions(query, linked):
        state = state.apply(decision.action)
    assert replace(state.query, with_tables=()) == query
