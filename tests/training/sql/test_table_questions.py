"""Questions that templates make of a database's tables."""

import random
from collections import Counter

import pytest

from kbqa.sql.query import Comparison, Operator
from kbqa.sql.schema import Column, ColumnType, Schema, Table
from kbqa.sql.stores.executor import Limits, execute
from kbqa.sql.stores.validator import checked
from training.sql.data import sample_values
from training.sql.parser import parse_query
from training.sql.table_questions import TableQuestions


@pytest.fixture
def made(shop) -> list[tuple[str, str]]:
    cells = sample_values(shop.engine, shop.schema, 40)
    return list(TableQuestions(shop.schema, cells, random.Random(1)).make(400))


def test_every_question_runs_and_is_within_the_grammar(shop, made):
    assert len(made) == 400
    for question, sql in made:
        assert question[0].isupper()
        assert question[-1] in ".?"
        assert "  " not in question
        parse_query(sql, shop.schema)
        execute(shop.engine, checked(sql, shop.schema), Limits(), dialect="sqlite")


def test_they_are_of_many_kinds(shop, made):
    queries = [parse_query(sql, shop.schema) for _, sql in made]
    comparisons = Counter(condition.comparison for query in queries for condition in query.where)
    wanted = set(Comparison) - {Comparison.IN, Comparison.NOT_IN}
    assert wanted <= set(comparisons)
    assert {1, 2, 3, 4} <= {len(query.items) for query in queries}
    assert any("JOIN" in sql and "GROUP BY" in sql for _, sql in made)
    assert len({question for question, _ in made}) > 200


def test_what_is_named_in_the_question_is_what_is_shown(made):
    for question, sql in made:
        if "the letter" in question:
            assert "LIKE" in sql
        if " between " in question and "difference between" not in question:
            assert "BETWEEN" in sql


def test_nobody_has_the_lowest_highest(made):
    assert not [
        question
        for question, _ in made
        for word in ("highest", "lowest")
        if f"highest {word}" in question or f"lowest {word}" in question
    ]


def test_numbers_are_told_apart():
    columns = (
        Column("name"),
        Column("price", ColumnType.NUMBER, "REAL"),
        Column("cost", ColumnType.NUMBER, "REAL"),
    )
    schema = Schema((Table("lamp", columns),))
    made = list(TableQuestions(schema, {}, random.Random(0)).make(100))
    items = [(question, item) for question, sql in made for item in parse_query(sql, schema).items]
    assert any(
        "difference between" in question and item.operator == Operator.MINUS for question, item in items
    )
    assert any("sum of" in question and item.operator == Operator.PLUS for question, item in items)


def test_without_values_there_are_no_conditions_on_them():
    schema = Schema(
        (
            Table(
                "lamp",
                (
                    Column("id", ColumnType.NUMBER, "INTEGER", primary=True),
                    Column("name"),
                    Column("watts", ColumnType.NUMBER),
                ),
            ),
        )
    )
    for _, sql in TableQuestions(schema, {}, random.Random(0)).make(100):
        assert not [sign for sign in ("=", "LIKE", ">", "<") if sign in sql]
    assert list(TableQuestions(Schema(()), {}, random.Random(0)).make(5)) == []
