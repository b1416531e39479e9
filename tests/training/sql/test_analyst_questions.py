"""Questions of analysts that templates make, and those into which people's own are reworded."""

import random

import pytest

from kbqa.sql.answer.finishing import finished
from kbqa.sql.query import Aggregate, Expression, Operator, Query, Term
from kbqa.sql.rendering import query_text
from kbqa.sql.schema import Column, ColumnRef, ColumnType, Schema, Table
from kbqa.sql.stores.executor import Limits, execute
from kbqa.sql.stores.validator import checked
from training.sql.analyst_questions import AnalystQuestions
from training.sql.data import sample_values
from training.sql.parser import parse_query
from training.sql.rewording import reworded


@pytest.fixture
def made(shop) -> list[tuple[str, Query]]:
    cells = sample_values(shop.engine, shop.schema, 40)
    return list(AnalystQuestions(shop.schema, cells, random.Random(2)).make(300))


def test_every_question_runs(shop, made):
    assert len(made) > 150
    for question, query in made:
        assert question[0].isupper()
        assert question[-1] in ".?"
        assert "  " not in question
        sql = query_text(finished(query, question, shop.schema), shop.schema)
        execute(shop.engine, checked(sql, shop.schema), Limits(), dialect="sqlite")


def test_they_are_of_all_kinds(made):
    queries = [query for _, query in made]
    terms = [term for query in queries for item in query.items for term in item.terms]
    assert any(query.which and query.where for query in queries)
    assert any(term.aggregate == Aggregate.SHARE for term in terms)
    assert {Aggregate.AVG, Aggregate.MAX} <= {term.of_groups for term in terms}
    assert all(any(getattr(query, name) for query in queries) for name in ("offset", "each", "with_empty"))


def test_prices_times_quantities_are_revenue():
    numbers = [Column(name, ColumnType.NUMBER) for name in ("unit_price", "quantity", "weight")]
    dates = [Column(name, ColumnType.DATE) for name in ("ordered", "shipped")]
    schema = Schema((Table("line", (Column("product"), *numbers, *dates)),))
    made = list(AnalystQuestions(schema, {}, random.Random(4)).make(200))
    revenue = Expression(ColumnRef("line", "quantity"), Operator.TIMES, ColumnRef("line", "unit_price"))
    summed = [
        question
        for question, query in made
        if any(term == Term(revenue, Aggregate.SUM) for item in query.items for term in item.terms)
    ]
    assert any("revenue" in question for question in summed)
    operands = [term.operand for _, query in made for item in query.items for term in item.terms]
    expressions = [operand for operand in operands if isinstance(operand, Expression)]
    assert {Operator.TIMES, Operator.MINUS} <= {expression.operator for expression in expressions}
    assert any(expression.left.column in ("ordered", "shipped") for expression in expressions)


@pytest.mark.parametrize(
    ("question", "sql", "others"),
    [
        (
            "How many customers are older than 30?",
            "SELECT count(*) FROM customer WHERE age > 30",
            {"of customers are older than 30?": "AVG(CASE WHEN age > 30 THEN 100.0 ELSE 0.0 END)"},
        ),
        ("How many customers are there?", "SELECT count(*) FROM customer", {}),
        (
            "Which product has the highest price?",
            "SELECT name FROM product ORDER BY price DESC LIMIT 1",
            {" highest price?": "OFFSET"},
        ),
        ("What is the highest price?", "SELECT max(price) FROM product", {}),
        ("Which is the oldest of the largest?", "SELECT name FROM product ORDER BY price DESC LIMIT 1", {}),
    ],
)
def test_questions_are_reworded(shop, question, sql, others):
    found = list(reworded(question, parse_query(sql, shop.schema), random.Random(3)))
    assert len(found) == len(others)
    for (words, query), (ending, written) in zip(found, others.items(), strict=True):
        assert words.endswith(ending)
        assert words != question
        assert written in query_text(query, shop.schema)
