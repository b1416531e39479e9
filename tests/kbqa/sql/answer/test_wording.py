"""Queries in plain English: each line of SQL with what is said of it."""

import pytest

from kbqa.sql.answer.formatting import sentence_of
from kbqa.sql.answer.kept_answer import kept_reading
from kbqa.sql.answer.reading import Reading
from kbqa.sql.answer.wording import in_words, sub_questions
from kbqa.sql.query import Item, Query, Term, Via
from kbqa.sql.schema import Column, ColumnRef, ColumnType, ForeignKey, Schema, Table
from kbqa.sql.stores.executor import Result
from training.sql.parser import parse_query

SHOP = Schema(
    (
        Table("city", (Column("city_id", ColumnType.NUMBER, primary=True), Column("name"))),
        Table(
            "customer",
            (
                Column("customer_id", ColumnType.NUMBER, primary=True),
                Column("name"),
                Column("age", ColumnType.NUMBER),
                Column("joined", ColumnType.DATE),
                Column("city_id", ColumnType.NUMBER),
            ),
        ),
    ),
    (ForeignKey(ColumnRef("customer", "city_id"), ColumnRef("city", "city_id")),),
)


WORDS = """
SELECT name FROM customer
  The name of each customer.
SELECT DISTINCT name FROM customer
  The different names of customers.
SELECT DISTINCT name, age FROM customer
  The name and age of each customer, each combination once.
SELECT COUNT(*) FROM customer
  The number of customers.
SELECT DISTINCT COUNT(name) FROM city
  The number of names of cities.
SELECT COUNT(DISTINCT name) FROM city
  The number of different names of cities.
SELECT COUNT(city_id) FROM city
  The number of cities.
SELECT AVG(age), MAX(joined) FROM customer
  The average age and the latest joined of customers.
SELECT * FROM city
  Everything about each city.
SELECT name FROM customer WHERE age > 30 AND name = 'Ida' OR age < 10
  The name of each customer whose age is more than 30 and whose name is “Ida”, or whose age is less than 10.
SELECT name FROM customer WHERE name = 'Ida' OR name = 'Bo'
  The name of each customer whose name is “Ida” or “Bo”.
SELECT name FROM customer WHERE age BETWEEN 3 AND 5
  The name of each customer whose age is between 3 and 5.
SELECT name FROM customer WHERE joined > '2024-05-01'
  The name of each customer whose joined is after 2024-05-01.
SELECT name FROM customer WHERE age IS NULL
  The name of each customer whose age is empty.
SELECT customer.name FROM customer JOIN city USING (city_id) WHERE city.name = 'Oslo' AND age > 3
  The name of each customer whose age is more than 3 and with a city whose name is “Oslo”.
SELECT customer.name, city.name FROM customer JOIN city ON customer.city_id = city.city_id
  The name of each customer and the name of the city.
SELECT name FROM city WHERE city_id NOT IN (SELECT city_id FROM customer WHERE age > 3)
  The name of each city with no customer whose age is more than 3.
SELECT name FROM customer WHERE age > (SELECT AVG(age) FROM customer)
  The name of each customer whose age is more than (the average age of customers).
SELECT name, COUNT(*) FROM customer GROUP BY name HAVING COUNT(*) > 2
  The number of customers, for each name, only where the number of customers is more than 2.
SELECT city.name, COUNT(*) FROM customer JOIN city ON customer.city_id = city.city_id GROUP BY city.city_id
  The name of cities and the number of customers, for each city.
SELECT age FROM customer GROUP BY age ORDER BY COUNT(*) DESC LIMIT 1
  The age with the most customers.
SELECT name FROM customer ORDER BY age DESC LIMIT 1
  The name of the customer with the highest age.
SELECT name FROM customer WHERE name LIKE '%a%' ORDER BY joined LIMIT 3
  The name of the 3 customers with the earliest joined, of customers whose name contains “a”.
SELECT name FROM customer ORDER BY name, age DESC LIMIT 3
  The name of customers, sorted by the name (from A to Z) and the age (highest first), only the first 3.
SELECT name FROM customer EXCEPT SELECT name FROM city
  The name of each customer; without the name of each city.
"""
_LINES = WORDS.strip().splitlines()


@pytest.mark.parametrize(("sql", "words"), list(zip(_LINES[::2], _LINES[1::2], strict=True)))
def test_in_words(sql, words):
    assert in_words(parse_query(sql, SHOP), SHOP) == words.strip()


def test_sub_questions_are_the_queries_within():
    sql = "SELECT name FROM customer WHERE age > (SELECT AVG(age) FROM customer)"
    assert sub_questions(parse_query(sql, SHOP), SHOP) == ["The average age of customers"]
    assert sub_questions(parse_query("SELECT name FROM city", SHOP), SHOP) == []


def test_tables_and_keys_that_are_joined_are_told():
    via = Via(ColumnRef("customer", "city_id"), ColumnRef("city", "city_id"))
    query = Query((Item(Term(ColumnRef("city", "name"))),), with_tables=("customer",), via=(via,))
    assert in_words(query, SHOP) == "The name of each city with a customer (by the city id of the customer)."


def test_a_sentence_has_all_conditions():
    query = parse_query("SELECT COUNT(*) FROM customer WHERE name = 'Ida' AND age > 30", SHOP)
    kept = kept_reading(Reading("", 1.0, query=Query(), written=query, words=in_words(query, SHOP)))
    assert sentence_of(Result(("n",), ((1,),)), kept.label) == (
        "The number of customers whose name is “Ida” and whose age is more than 30: 1."
    )
