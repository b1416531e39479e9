"""Why a reading finds nothing, told by counting what its conditions leave."""

import pytest

from kbqa.sql.answer.nothing_found import why_nothing
from kbqa.sql.answer.pipeline import run
from kbqa.sql.answer.reading import Reading
from kbqa.sql.rendering import query_text
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
