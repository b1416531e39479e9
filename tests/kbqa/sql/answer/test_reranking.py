"""Readings are ranked as wholes: by what they use of a question as well."""

import json

import numpy as np
import pytest

from kbqa.sql.answer.reading import Reading
from kbqa.sql.answer.reranking import FEATURES, Ranking, answers_of, features_of, fitted, keep_ranking
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.rendering import query_text
from kbqa.sql.stores.databases import served
from kbqa.sql.stores.executor import Result
from training.sql.parser import parse_query

QUESTION = "What is the age of customers from Porto older than 30?"
WHOLE = "SELECT age FROM customer JOIN city ON customer.city_id = city.city_id WHERE city.name = 'Porto' AND age > 30"


@pytest.fixture
def source(connect):
    return served(connect())[1]


def counted(sql, source, question=QUESTION):
    query = parse_query(sql, source.schema)
    reading = Reading(query_text(query, source.schema), 0.5, 0.5, query, result=Result(("a",), ((1,),)))
    found = features_of([reading], link_question(question, source.schema, source.cells))
    return dict(zip(FEATURES, found.tolist(), strict=True))


def test_what_a_query_leaves_out_of_a_question_is_counted(source):
    whole = counted(WHOLE, source)
    assert (
        whole["cells left out"]
        == whole["numbers left out"]
        == whole["columns left out"]
        == whole["tables left out"]
        == 0
    )
    assert whole["joins"] == 1
    without_city = counted("SELECT age FROM customer WHERE age > 30", source)
    assert (without_city["cells left out"], without_city["numbers left out"], without_city["joins"]) == (
        1,
        0,
        0,
    )
    without_number = counted(
        "SELECT age FROM customer JOIN city ON customer.city_id = city.city_id WHERE city.name = 'Porto'",
        source,
    )
    assert without_number["numbers left out"] == 1
    assert counted("SELECT name FROM product", source)["tables left out"] == 1
    assert counted("SELECT price FROM product", source)["columns that nobody named"] == 1


def test_a_limit_uses_a_number(source):
    assert (
        counted(
            "SELECT name FROM customer ORDER BY age DESC LIMIT 3", source, "the 3 oldest customers by age"
        )["numbers left out"]
        == 0
    )


def test_items_are_expected_in_the_order_of_the_question(source):
    question = "Show age and city id of customers"
    assert counted("SELECT age, city_id FROM customer", source, question)["shown out of order"] == 0
    assert counted("SELECT city_id, age FROM customer", source, question)["shown out of order"] == 1


def test_a_fitted_ranking_prefers_what_was_right():
    place = FEATURES.index("cells left out")
    rng = np.random.default_rng(0)
    questions = []
    for _ in range(200):
        features = np.zeros((3, len(FEATURES)))
        features[:, 0], features[:, 1] = 1, rng.normal(-1, 0.5, 3)
        features[:, place] = rng.permutation([0, 1, 2])
        questions.append((features, features[:, place] == 0))
    ranking = fitted(questions)
    assert (
        np.mean([(features @ ranking.weights).argmax() == right.argmax() for features, right in questions])
        > 0.95
    )
    assert ranking.weights[place] < -1


def test_probabilities_leave_room_for_none_being_right():
    never = [(np.ones((2, len(FEATURES))), np.array([False, False]))] * 50
    weights = fitted(never).weights
    assert weights[0] < Ranking.default().weights[0]
    readings = [
        Reading("a", 0.5, 0.5, result=Result(("a",), ((1,),))),
        Reading("b", 0.4, 0.4, result=Result(("a",), ((2,),))),
    ]
    from kbqa.sql.grammar import LinkedQuestion
    from kbqa.sql.schema import Schema

    ranked = Ranking.default().best_first(readings, LinkedQuestion(Schema(())))
    assert [each.sql for each in ranked] == ["a", "b"]
    assert 0.9 < sum(each.probability for each in ranked) < 1
    assert [len(each) for each in answers_of(ranked)] == [1, 1]


def test_a_ranking_is_kept_with_its_model(tmp_path):
    (tmp_path / "decoder.json").write_text('{"sizes": {}}')
    keep_ranking(tmp_path, Ranking.default())
    kept = json.loads((tmp_path / "decoder.json").read_text())
    assert kept["sizes"] == {}
    assert np.allclose(Ranking.of(kept["ranking"]).weights, Ranking.default().weights, atol=1e-4)
