"""Queries in words."""

import pytest

from kbqa.sql.answer.explanation import in_words, sub_questions
from kbqa.sql.answer.formatting import sentence_of
from kbqa.sql.answer.kept_answer import kept_reading
from kbqa.sql.answer.reading import Reading
from kbqa.sql.query import Comparison, Condition, Item, Query, Term, Value, Via
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
                Column("city_id", ColumnType.NUMBER),
            ),
        ),
    ),
    (ForeignKey(ColumnRef("customer", "city_id"), ColumnRef("city", "city_id")),),
)


def test_times_are_said_by_their_dates():
    item = Item(Term(ColumnRef("customer", "age")))
    between = Condition(item, Comparison.EQUAL, (Value("2026-11-24/2026-12-01"), Value("--10")))
    assert in_words(Query((item,), where=(between,))).endswith("is “2026-11-24 to 2026-11-30” or “October”.")


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT name FROM customer", "Name of customer."),
        ("SELECT DISTINCT name, age FROM customer", "The different name of customer and age of customer."),
        ("SELECT COUNT(*) FROM customer", "The number of rows of customer."),
        ("SELECT COUNT(DISTINCT name) FROM city", "The number of different name of city."),
        ("SELECT * FROM city", "Everything about city."),
        (
            "SELECT name FROM customer WHERE age > 30 OR age < 10",
            "Name of customer where age of customer is more than “30” or age of customer is less than “10”.",
        ),
        (
            "SELECT name FROM customer WHERE age BETWEEN 3 AND 5",
            "Name of customer where age of customer is between “3” and “5”.",
        ),
        (
            "SELECT name, COUNT(*) FROM customer GROUP BY name HAVING COUNT(*) > 2",
            "Name of customer and the number of rows of customer for each name "
            "if the number of rows of customer is more than “2”.",
        ),
        (
            "SELECT name FROM customer ORDER BY age DESC LIMIT 1",
            "Name of customer sorted by age of customer, highest first, only the first one.",
        ),
        (
            "SELECT name FROM customer ORDER BY age LIMIT 3",
            "Name of customer sorted by age of customer, lowest first, only the first 3.",
        ),
        (
            "SELECT name FROM customer EXCEPT SELECT name FROM city",
            "Name of customer; without name of city.",
        ),
    ],
)
def test_in_words(sql, words):
    assert in_words(parse_query(sql, SHOP)) == words


def test_sub_questions_are_the_queries_within():
    sql = "SELECT name FROM customer WHERE age > (SELECT AVG(age) FROM customer)"
    assert sub_questions(parse_query(sql, SHOP)) == ["The average age of customer"]
    assert sub_questions(parse_query("SELECT name FROM city", SHOP)) == []


def test_tables_and_keys_that_are_joined_are_told():
    via = Via(ColumnRef("customer", "city_id"), ColumnRef("city", "city_id"))
    query = Query((Item(Term(ColumnRef("city", "name"))),), with_tables=("customer",), via=(via,))
    assert in_words(query) == "Name of city of those with customer joined by city id of customer."


def test_a_sentence_has_all_conditions():
    query = parse_query("SELECT COUNT(*) FROM customer WHERE name = 'Ida' AND age > 30", SHOP)
    kept = kept_reading(Reading("", 1.0, query=Query(), written=query))
    assert sentence_of(Result(("n",), ((1,),)), kept.label) == (
        "The number of rows of customer where name of customer is “Ida”"
        " and age of customer is more than “30”: 1."
    )
