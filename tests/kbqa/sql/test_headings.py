"""Headings as people would write them."""

import pytest

from kbqa.sql.rendering import query_text
from training.sql.parser import parse_query

JOINED = "FROM customer JOIN city ON customer.city_id = city.city_id"


@pytest.mark.parametrize(
    ("sql", "headings"),
    [
        ("SELECT name, age FROM customer", ["name", "age"]),
        ("SELECT COUNT(*) FROM city", ["number of cities"]),
        ("SELECT COUNT(DISTINCT country) FROM city", ["number of different countries"]),
        ("SELECT COUNT(DISTINCT city_id) FROM city", ["number of cities"]),
        ("SELECT AVG(price), SUM(price) FROM product", ["average price", "total price"]),
        ("SELECT MIN(price), MAX(name) FROM product", ["lowest price", "last name"]),
        ('SELECT MAX(ordered_on) FROM "order"', ["latest ordered on"]),
        ("SELECT MAX(price) - MIN(price) FROM product", ["highest price minus lowest price"]),
        (f"SELECT customer.name, city.name {JOINED}", ["customer name", "city name"]),
        (f"SELECT customer.name, city.country {JOINED}", ["name", "country"]),
        ('SELECT AVG("Product Group"), MAX(price) FROM product', ["average product group", "highest price"]),
    ],
)
def test_headings_are_words_of_people_and_all_different(shop, sql, headings):
    written = query_text(parse_query(sql, shop.schema), shop.schema, headed=True)
    with shop.engine.connect() as connection:
        assert list(connection.exec_driver_sql(written).keys()) == headings


def test_what_is_read_by_programs_has_no_headings(shop):
    query = parse_query("SELECT COUNT(*) FROM city", shop.schema)
    assert query_text(query, shop.schema) == "SELECT COUNT(*) FROM city"
