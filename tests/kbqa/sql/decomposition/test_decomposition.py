"""Questions of several parts: what the parts ask, and the one query that is made of their readings."""

from datetime import datetime
from pathlib import Path

import pytest

from kbqa.linking.calendar import Calendar
from kbqa.sql.answer.finishing import finished
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.answer.wording import in_words
from kbqa.sql.decomposition import decomposed
from kbqa.sql.query_json import query_from, query_json
from kbqa.sql.rendering import query_text
from kbqa.sql.sources import services
from kbqa.sql.stores.databases import served
from training.sql.parser import parse_query

NOW = Calendar(datetime(2026, 11, 30))
_BLOCKS = (Path(__file__).parent / "cases.txt").read_text(encoding="utf-8").strip().split("\n\n")
CASES = [[line.strip() for line in block.splitlines()] for block in _BLOCKS]
"""A question; each part with the query that it is read as; the query of the whole, and that in words."""
SIMPLE = (
    "How did the orders change over time?",
    "Who is the oldest customer?",
    "List the products by price, highest first, for each product group",
    "What are the first and last names of each customer?",
    "How many customers are from Porto and how many products are there?",
)
CHANGE = """SELECT 100.0 * ((SELECT SUM(amount) FROM "order" WHERE ordered_on LIKE '2024-02%')
    - (SELECT SUM(amount) FROM "order" WHERE ordered_on LIKE '2024-01%'))
    / (SELECT SUM(amount) FROM "order" WHERE ordered_on LIKE '2024-01%')"""


def test_the_readings_of_parts_become_one_query(connect):
    source = served(connect())
    for question, *parts, sql, words in CASES:
        whole = decomposed(question, link_question(question, source.schema, source.cells, NOW))
        asked, read = zip(*(part.split(" = ", 1) for part in parts), strict=True)
        assert whole is not None
        assert whole.questions == asked
        query = next(whole.compose([parse_query(text, source.schema) for text in read]))
        assert query_from(query_json(query)) == query
        written = finished(query, question, source.schema)
        assert (query_text(written, source.schema, headed=True), in_words(written, source.schema)) == (
            sql,
            words,
        )


def test_other_questions_are_read_as_they_are(connect):
    source = served(connect())
    for question in SIMPLE[:-1]:
        assert decomposed(question, link_question(question, source.schema, source.cells, NOW)) is None
    whole = decomposed(SIMPLE[-1], link_question(SIMPLE[-1], source.schema, source.cells, NOW))
    counts = [f"SELECT COUNT(*) FROM {table}" for table in ("customer", "product")]
    assert list(whole.compose([parse_query(sql, source.schema) for sql in counts])) == []


@pytest.mark.parametrize(
    ("question", "gold"),
    [
        (
            "How many more customers are from Porto than from Akureyri?",
            "SELECT 2 - 1",
        ),
        ("By what percentage did the total amount of orders change from January to February 2024?", CHANGE),
        (
            "Who is the oldest customer of each city?",
            """SELECT city.name, customer.name FROM customer JOIN city USING (city_id)
            WHERE age = (SELECT MAX(age) FROM customer AS other WHERE other.city_id = city.city_id)""",
        ),
    ],
)
def test_the_answer_is_that_of_the_whole_question(connect, question, gold):
    database = connect()
    answer, _ = services.ask(database, question)
    with served(database).engine.connect() as connection:
        expected = connection.exec_driver_sql(gold).fetchall()
    assert sorted(map(repr, answer.best.result.rows)) == sorted(map(repr, map(tuple, expected)))
    assert len(answer.best.parts) == 1
