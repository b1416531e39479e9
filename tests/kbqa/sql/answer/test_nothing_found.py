"""Why a reading finds nothing, told by counting what its conditions leave."""

from functools import partial

import pytest

from kbqa.sql.answer.near_values import near_values
from kbqa.sql.answer.nothing_found import why_nothing
from kbqa.sql.answer.pipeline import run
from kbqa.sql.answer.reading import Reading
from kbqa.sql.models import Database
from kbqa.sql.rendering import query_text
from kbqa.sql.schema import ColumnRef
from kbqa.sql.sources import services
from kbqa.sql.stores.databases import served
from kbqa.sql.stores.executor import Limits
from training.sql.parser import parse_query

REASONS = """
SELECT name FROM customer WHERE age > 95
  There is no customer whose age is more than 95.
SELECT name FROM customer WHERE age > 95 AND member = 'T'
  There is no customer whose age is more than 95.
SELECT name FROM customer WHERE age > 30 AND age < 30
  Without the condition that the age is less than 30 there would be
SELECT customer.name FROM customer JOIN city ON customer.city_id = city.city_id WHERE city.name = 'Atlantis'
  There is no customer with a city whose name is “Atlantis”.
SELECT name FROM customer EXCEPT SELECT name FROM customer
  Everything in the first list is in the second, too.
SELECT name FROM customer INTERSECT SELECT name FROM city
  Nothing is in both lists.
SELECT member FROM customer GROUP BY member HAVING COUNT(*) > 90
  No group meets the condition.
"""
_LINES = REASONS.strip().splitlines()


@pytest.mark.parametrize(("sql", "reason"), list(zip(_LINES[::2], _LINES[1::2], strict=True)))
def test_why_nothing_was_found(shop, sql, reason):
    def count(query):
        return run(Reading(query_text(query, shop.schema), 1.0), shop, Limits()).result.rows[0][0]

    assert why_nothing(parse_query(sql, shop.schema), shop.schema, count).startswith(reason.strip())


NEAR = """
SELECT name FROM city WHERE name = 'Porte'
  There is no city whose name is “Porte”; there is “Porto”.
SELECT customer.name FROM customer JOIN city ON customer.city_id = city.city_id WHERE city.name = 'Akureiri'
  There is no customer with a city whose name is “Akureiri”; there is “Akureyri”.
SELECT name FROM customer WHERE name = 'Oliveira' AND age > 3
  There is no customer whose name is “Oliveira”; there is “Marta Oliveira”.
SELECT name FROM product WHERE name = 'chairs' OR name = 'red lamp'
  There is no product whose name is “chairs” or “red lamp”.
SELECT name FROM product WHERE name = 'rde chiar'
  There is no product whose name is “rde chiar”; there is “red chair”.
SELECT name FROM city WHERE name LIKE '%Portto%'
  There is no city whose name contains “Portto”; there is “Porto”.
SELECT name FROM city WHERE country = 'Porte'
  There is no city whose country is “Porte”.
SELECT name FROM city WHERE name = 'Atlantis'
  There is no city whose name is “Atlantis”.
"""
_NEAR = NEAR.strip().splitlines()


@pytest.fixture
def why(connect):
    source = served(connect())

    def told(sql, source=source):
        def count(query):
            return run(Reading(query_text(query, source.schema), 1.0), source, Limits()).result.rows[0][0]

        query = parse_query(sql, source.schema)
        return why_nothing(query, source.schema, count, partial(near_values, source.cells))

    return told


def test_cells_that_are_like_a_text_that_nothing_is_are_told(why):
    for sql, reason in zip(_NEAR[::2], _NEAR[1::2], strict=True):
        assert why(sql) == reason.strip(), sql


def test_a_question_in_another_language_is_told_so(connect):
    database = connect()
    german, _ = services.ask(database, "Wie viele Kunden gibt es in Porto?")
    english, _ = services.ask(database, "How many customers are in Porto?")
    assert "seems to be in German" in german.notice
    assert german.missing == ()
    assert "seems to be" not in english.notice


def test_what_is_private_is_not_told_as_like_anything(why, connect):
    database = Database.objects.get()
    services.describe(database, table="city", column="name", description="", excluded=True)
    assert near_values(served(database).cells, ColumnRef("city", "name"), "Porte") == ()


def test_an_answer_without_rows_says_what_there_is(connect):
    database = connect()
    answer, _ = services.ask(database, 'Which customers are called "Marta Olivera"?')
    said = [reading.why for reading in answer.readings]
    assert any("there is “Marta Oliveira”" in why for why in said), said
