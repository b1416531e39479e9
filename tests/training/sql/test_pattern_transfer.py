"""Questions for a schema, made from questions on another."""

import random

import pytest

from kbqa.sql.schema import Column, ColumnRef, ColumnType, ForeignKey, Schema, Table
from training.sql.parser import parse_query
from training.sql.pattern_transfer import Role, pattern_of, transferred
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


def made(question, sql, small_shop, lakes, cells=CELLS):
    pattern = pattern_of(question, parse_query(sql, small_shop.schema), small_shop.schema, COMMON)
    assert pattern is not None
    found = (transferred(pattern, lakes, cells, random.Random(seed)) for seed in range(40))
    return {each for each in found if each is not None}


def test_names_and_cells_are_those_of_the_other_schema(small_shop, lakes):
    assert made(
        "What is the age of all customers whose name is Ida?",
        "SELECT age FROM customer WHERE name = 'Ida'",
        small_shop,
        lakes,
    ) == {
        (
            "What is the depth of all lakes whose lake name is Ladoga?",
            "SELECT depth FROM lake WHERE lake_name = 'Ladoga'",
        )
    }


def test_tables_connect_in_the_same_direction(small_shop, lakes):
    join = "city JOIN customer ON city.city_id = customer.city_id"
    sql = f"SELECT city.name, count(*) FROM {join} GROUP BY city.city_id"
    found = made("Show the name of each city and how many customers there are", sql, small_shop, lakes)
    assert {question for question, _ in found} == {
        "Show the lake name of each lake and how many rivers there are"
    }
    assert all("GROUP BY lake.lake_id" in sql for _, sql in found)


def test_a_column_is_named_without_its_tables_words(small_shop, lakes):
    pattern = pattern_of(
        "What is the group of each product?",
        parse_query('SELECT "Product Group" FROM product', small_shop.schema),
        small_shop.schema,
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
def test_what_is_not_all_named_makes_no_pattern(small_shop, question, sql):
    assert pattern_of(question, parse_query(sql, small_shop.schema), small_shop.schema, COMMON) is None


def test_a_schema_without_a_place_for_it_gets_nothing(small_shop, lakes):
    assert not made(
        "What is the age of all customers whose name is Ida?",
        "SELECT age FROM customer WHERE name = 'Ida'",
        small_shop,
        lakes,
        cells={},
    )


@pytest.mark.parametrize(
    ("question", "sql", "expected"),
    [
        (
            "Show all customers with more than 30 age",
            "SELECT * FROM customer WHERE age > 30",
            ("Show all lakes with more than 120 depth", "SELECT * FROM lake WHERE depth > 120"),
        ),
        (
            "What is the name of all customers with more age?",
            "SELECT name FROM customer ORDER BY age DESC LIMIT 1",
            (
                "What is the lake name of all lakes with more depth?",
                "SELECT lake_name FROM lake ORDER BY depth DESC LIMIT 1",
            ),
        ),
        (
            "Show the name of customers with more age than all age",
            "SELECT name FROM customer WHERE age > (SELECT avg(age) FROM customer)",
            (
                "Show the lake name of lakes with more depth than all depth",
                "SELECT lake_name FROM lake WHERE depth > (SELECT AVG(depth) FROM lake)",
            ),
        ),
        (
            "Show the name of all customers that is with ida",
            "SELECT name FROM customer WHERE name LIKE '%ida%'",
            (
                "Show the lake name of all lakes that is with ladoga",
                "SELECT lake_name FROM lake WHERE lake_name LIKE '%ladoga%'",
            ),
        ),
    ],
)
def test_every_clause_is_that_of_the_other_schema(small_shop, lakes, question, sql, expected):
    assert expected in made(question, sql, small_shop, lakes, cells=CELLS)


def test_a_set_operation_is_transferred_on_both_sides(small_shop, lakes):
    sql = "SELECT name FROM customer WHERE age > 30 EXCEPT SELECT name FROM customer WHERE age > 60"
    cells = {ColumnRef("lake", "depth"): ["120", "40"]}
    found = made(
        "Show the name of customers with more age than 30 and that 60", sql, small_shop, lakes, cells=cells
    )
    assert {statement for _, statement in found} == {
        " EXCEPT ".join(f"SELECT lake_name FROM lake WHERE depth > {each}" for each in pair)
        for pair in (("120", "40"), ("40", "120"))
    }


def test_a_pattern_knows_what_its_columns_are(small_shop):
    join = "city JOIN customer ON city.city_id = customer.city_id"
    sql = f"SELECT city.name, count(*) FROM {join} GROUP BY city.city_id"
    pattern = pattern_of(
        "Show the name of each city and how many customers there are",
        parse_query(sql, small_shop.schema),
        small_shop.schema,
        COMMON,
    )
    assert pattern.columns == {
        ColumnRef("city", "name"): (Role.PLAIN, ColumnType.TEXT),
        ColumnRef("city", "city_id"): (Role.PRIMARY, ColumnType.NUMBER),
    }
    assert (pattern.first, len(pattern.keys)) == ("city", 1)


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        (
            "What is the name of each city of flights?",
            "SELECT b.name FROM flight AS a JOIN city AS b ON a.target = b.city_id",
        ),
        (
            "What is the name and source of all?",
            "SELECT city.name, flight.source FROM flight JOIN city ON flight.source = city.city_id",
        ),
        (
            "Show the name of each customer and how many größe there are",
            "SELECT customer.name, größe.id FROM customer, größe",
        ),
    ],
)
def test_tables_with_no_key_or_several_keys_between_them_make_no_pattern(small_shop, question, sql):
    assert pattern_of(question, parse_query(sql, small_shop.schema), small_shop.schema, COMMON) is None


@pytest.mark.parametrize(
    "columns",
    [
        (Column("lake_id", ColumnType.NUMBER, primary=True), Column("name")),
        (Column("depth", ColumnType.NUMBER, primary=True), Column("name")),
        (Column("depth", ColumnType.TEXT), Column("name")),
        (Column("depth", ColumnType.NUMBER),),
        (Column("survey id", ColumnType.NUMBER), Column("name")),
    ],
)
def test_a_column_of_another_type_or_role_does_not_stand_in(small_shop, columns):
    pattern = pattern_of(
        "What is the age of all customers whose name is Ida?",
        parse_query("SELECT age FROM customer WHERE name = 'Ida'", small_shop.schema),
        small_shop.schema,
        COMMON,
    )
    schema = Schema((Table("lake", columns),))
    cells = {ref: ["1"] for ref in schema.refs()}
    assert all(transferred(pattern, schema, cells, random.Random(seed)) is None for seed in range(20))


def test_two_columns_are_not_the_same_one(small_shop):
    pattern = pattern_of(
        "Show the name and country of each city",
        parse_query("SELECT name, country FROM city", small_shop.schema),
        small_shop.schema,
        COMMON,
    )
    one, two = (
        Schema((Table("lake", (Column("title"),)),)),
        Schema((Table("lake", (Column("a"), Column("b"))),)),
    )
    assert transferred(pattern, one, {}, random.Random(0)) is None
    assert {transferred(pattern, two, {}, random.Random(seed))[1] for seed in range(20)} == {
        "SELECT a, b FROM lake",
        "SELECT b, a FROM lake",
    }


def test_an_empty_schema_gets_nothing(small_shop):
    pattern = pattern_of(
        "What is the age of each customer?",
        parse_query("SELECT age FROM customer", small_shop.schema),
        small_shop.schema,
        COMMON,
    )
    assert transferred(pattern, Schema(()), {}, random.Random(0)) is None
