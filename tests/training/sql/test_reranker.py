"""What the reranker is fitted to: answers of a question, each judged against its gold SQL."""

from dataclasses import replace

import pytest

from kbqa.sql.answer.pipeline import Answer, run
from kbqa.sql.answer.reading import Reading
from kbqa.sql.answer.reranking import FEATURES
from kbqa.sql.stores.executor import Limits
from training.sql import reranker
from training.sql.parser import parse_query
from training.sql.questions import SqlQuestion


@pytest.fixture
def answered(monkeypatch, small_shop):
    """A function that judges what is answered with some statements, instead of with a model's."""

    def judged(*statements: str, gold: str):
        readings = [
            replace(
                run(Reading(sql, 0.5**place), small_shop, Limits(seconds=5, rows=10)),
                query=parse_query(sql, small_shop.schema),
            )
            for place, sql in enumerate(statements, 1)
        ]
        monkeypatch.setattr(reranker, "ask", lambda *_: Answer("?", tuple(readings), True, None, 0.0))
        question = SqlQuestion("shop", "Which cities are there?", gold)
        return list(reranker.judged_answers([question], small_shop, None))

    return judged


def test_each_answer_has_its_features_and_is_right_or_not(answered):
    ((features, right),) = answered(
        "SELECT name FROM city", "SELECT country FROM city", gold="SELECT name FROM city"
    )
    assert features.shape == (2, len(FEATURES))
    assert right.tolist() == [True, False]


def test_readings_that_return_the_same_are_one_answer(answered):
    ((features, right),) = answered(
        "SELECT count(*) FROM city", "SELECT count(name) FROM city", gold="SELECT 3"
    )
    assert (len(features), right.tolist()) == (1, [True])


def test_a_question_without_a_query_has_nothing_to_rank(monkeypatch, small_shop):
    question = SqlQuestion("shop", "Who won?", "SELECT 1")
    for readings in ((), (Reading("", 1.0),)):
        monkeypatch.setattr(reranker, "ask", lambda *_, found=readings: Answer("?", found, False, None, 0.0))
        assert list(reranker.judged_answers([question], small_shop, None)) == [None]
