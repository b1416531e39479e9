"""Whatever is chosen, what comes out is SQL that runs."""

import pytest

from kbqa.decoding.beam import BeamOptions, search
from kbqa.decoding.scorers import RandomScorer
from kbqa.sql.answer.explanation import in_words, sub_questions
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.grammar import LinkedQuestion, start
from kbqa.sql.rendering import query_text
from kbqa.sql.stores.executor import Limits, execute
from kbqa.sql.stores.validator import checked
from training.sql.oracle import NotWritableError, decisions
from training.sql.parser import parse_query

QUESTION = "Which 3 customers from Porto older than 30 bought a 'red chair' after 2024-01-01?"


@pytest.fixture
def world(shop) -> LinkedQuestion:
    return link_question(QUESTION, shop.schema, shop.cells)


@pytest.mark.parametrize("portion", range(4))
def test_queries_by_chance_run(shop, world, portion):
    written = 0
    for seed in range(portion * 60, portion * 60 + 60):
        for hypothesis in search(
            start(world, allow_no_answer=False), RandomScorer(seed), BeamOptions(width=2, margin=1e9)
        ):
            sql = query_text(hypothesis.state.query, shop.schema)
            execute(shop.engine, checked(sql, shop.schema), Limits(seconds=5, rows=10), dialect="sqlite")
            assert in_words(hypothesis.state.query).endswith(".")
            written += 1
    assert written > 60


def test_nothing_is_shown_or_asked_twice(world):
    for seed in range(60):
        for hypothesis in search(
            start(world, allow_no_answer=False), RandomScorer(seed), BeamOptions(width=2, margin=1e9)
        ):
            for query in hypothesis.state.query.queries():
                plain = [item for item in query.items if item.operator is None]
                assert len(set(plain)) == len(plain)
                valued = [
                    (each.item, each.comparison, each.values) for each in query.where if len(each.values) == 1
                ]
                assert len(set(valued)) == len(valued)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name FROM customer WHERE age > 30",
        "SELECT count(*) FROM customer AS a JOIN city AS b ON a.city_id = b.city_id WHERE b.name = 'Porto'",
        "SELECT name FROM product WHERE price = (SELECT max(price) FROM product)",
        'SELECT name FROM customer WHERE customer_id IN (SELECT customer_id FROM "order" '
        "WHERE product_id IN (SELECT product_id FROM product WHERE name = 'red chair'))",
        "SELECT name FROM customer ORDER BY age DESC LIMIT 3",
        "SELECT city_id, count(*) FROM customer GROUP BY city_id HAVING count(*) > 3 ORDER BY count(*) ASC",
        "SELECT name FROM city UNION SELECT name FROM customer",
        "SELECT b.name FROM flight AS a JOIN city AS b ON a.target = b.city_id",
        "SELECT avg(price), max(price) - min(price) FROM product",
        "SELECT strftime('%Y-%m', ordered_on), sum(amount) FROM \"order\" GROUP BY strftime('%Y-%m', ordered_on) ORDER BY sum(amount) DESC LIMIT 1",
    ],
)
def test_known_queries_are_written_choice_by_choice(shop, world, sql):
    query = parse_query(sql, shop.schema)
    state = start(world)
    for step in decisions(query, world):
        assert step.step == state.step
        state = state.apply(step.action)
    assert not state.step
    with shop.engine.connect() as connection:
        found, wanted = (
            sorted(connection.exec_driver_sql(text).fetchall())
            for text in (query_text(state.query, shop.schema), sql)
        )
    assert found == wanted


def test_a_value_that_the_question_does_not_have_cannot_be_written(shop, world):
    with pytest.raises(NotWritableError):
        decisions(parse_query("SELECT name FROM customer WHERE age > 77", shop.schema), world)


def test_a_question_without_an_answer_is_one_choice(world):
    assert [step.action.key for step in decisions(None, world)] == ["NONE"]
    assert "NONE" not in {choice.key for choice in start(world, allow_no_answer=False).legal_actions()}


def test_tables_without_connection_are_not_offered_together(world):
    state = start(world)
    state = state.apply(
        next(choice for choice in state.legal_actions() if str(choice.key) == "customer.name")
    )
    offered = [
        choice
        for choice, holds in zip(state.legal_actions(), state.holds(state.legal_actions()), strict=True)
        if holds
    ]
    assert "größe.id" not in {str(choice.key) for choice in offered}
    assert "city.name" in {str(choice.key) for choice in offered}


def test_a_query_in_words(shop):
    sql = "SELECT count(*) FROM customer WHERE age > (SELECT avg(age) FROM customer) AND name LIKE 'B%'"
    query = parse_query(sql, shop.schema)
    words = in_words(query)
    assert words.startswith(
        "The number of rows of customer where age of customer is more than (the average age of customer)"
    )
    assert "starts with “B”" in words
    assert sub_questions(query) == ["The average age of customer"]
    by_year = parse_query(
        "SELECT strftime('%Y', ordered_on), count(*) FROM \"order\" GROUP BY strftime('%Y', ordered_on)",
        shop.schema,
    )
    assert (
        in_words(by_year)
        == "The year of ordered on of order and the number of rows of order for each year of ordered on."
    )
