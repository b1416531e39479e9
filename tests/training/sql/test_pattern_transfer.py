"""Questions for a schema, made from questions on another."""

import random

import pytest

from kbqa.sql.schema import Column, ColumnRef, ColumnType, ForeignKey, Schema, Table
from training.sql.parser import parse_query
from training.sql.pattern_transfer import pattern_of, transferred
from training.synthetic.delexicalisation import common_words

COMMON = common_words(
    [["What is the name of all? How many are there for each, and show more than that, whose or with have"]]
    * 2
)
CELLS = {
    ColumnRef("lake", "depth"): ["120"],
    ColumnRef("lake", "lake_name"): ["Ladoga"],
    ColumnRef("river", "river_name"): ["Neva"],
}


@pytest.fixture
def lakes() -> Schema:
    """Return lakes and the rivers that flow into them: the one place for a pattern with two tables."""
    number, text = ColumnType.NUMBER, ColumnType.TEXT
    lake = Table(
        "lake", (Column("lake_id", number, primary=True), Column("lake_name", text), Column("depth", number))
    )
    river = Table(
        "river",
        (Column("river_id", number, primary=True), Column("river_name", text), Column("lake_id", number)),
    )
    return Schema((lake, river), (ForeignKey(ColumnRef("river", "lake_id"), ColumnRef("lake", "lake_id")),))


def made(question, sql, shop, lakes, cells=CELLS):
    pattern = pattern_of(question, parse_query(sql, shop.schema), shop.schema, COMMON)
    assert pattern is not None
    found = (transferred(pattern, lakes, cells, random.Random(seed)) for seed in range(40))
    return {each for each in found if each is not None}


def test_names_and_cells_are_those_of_the_other_schema(shop, lakes):
    assert made(
        "What is the age of all customers whose name is Ida?",
        "SELECT age FROM customer WHERE name = 'Ida'",
        shop,
        lakes,
    ) == {
        (
            "What is the depth of all lakes whose lake name is Ladoga?",
            "SELECT depth FROM lake WHERE lake_name = 'Ladoga'",
        )
    }


def test_tables_connect_in_the_same_direction(shop, lakes):
    join = "city JOIN customer ON city.city_id = customer.city_id"
    sql = f"SELECT city.name, count(*) FROM {join} GROUP BY city.city_id"
    found = made("Show the name of each city and how many customers there are", sql, shop, lakes)
    assert {question for question, _ in found} == {
        "Show the lake name of each lake and how many rivers there are"
    }
    assert all("GROUP BY lake.lake_id" in sql for _, sql in found)


def test_a_column_is_named_without_its_tables_words(shop, lakes):
    pattern = pattern_of(
        "What is the group of each product?",
        parse_query('SELECT "Product Group" FROM product', shop.schema),
        shop.schema,
        COMMON,
    )
    assert pattern is not None
    assert pattern.template.marks == "What is the <ColumnRef> of each <str>?"
    asked = {
        found[0] for seed in range(20) if (found := transferred(pattern, lakes, {}, random.Random(seed)))
    }
    assert asked == {"What is the name of each lake?", "What is the name of each river?"}


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        (
            "What is the age of the members?",
            "SELECT age FROM customer",
        ),  # "members" would stay, and belongs to a shop
        ("What is the name of all?", "SELECT age FROM customer"),  # the column is not named
        (
            "What is the age of all customers whose name is Bo?",
            "SELECT age FROM customer WHERE name = 'Ida'",
        ),  # nor is the cell
    ],
)
def test_what_is_not_all_named_makes_no_pattern(shop, question, sql):
    assert pattern_of(question, parse_query(sql, shop.schema), shop.schema, COMMON) is None


def test_a_schema_without_a_place_for_it_gets_nothing(shop, lakes):
    assert not made(
        "What is the age of all customers whose name is Ida?",
        "SELECT age FROM customer WHERE name = 'Ida'",
        shop,
        lakes,
        cells={},
    )
