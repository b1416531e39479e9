"""Fitting the reranker: answers of a question, each judged against its gold SQL, and what comes of them."""

import json
from dataclasses import replace

import numpy as np
import pytest

from kbqa.sql.answer.pipeline import Answer, run
from kbqa.sql.answer.reading import Reading
from kbqa.sql.answer.reranking import FEATURES, Ranking
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.focus.schema_focus import Focus
from kbqa.sql.stores.executor import Limits
from training.sql import reranker
from training.sql.parser import parse_query
from training.sql.questions import SqlQuestion
from training.sql.reranker import fitted, keep_ranking


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
        linked = link_question("Which cities are there?", small_shop.schema, small_shop.cells)
        focus = Focus(linked, {}, {}, whole=True)
        monkeypatch.setattr(
            reranker, "ask", lambda *_, **_kept: Answer("?", tuple(readings), True, focus, 0.0)
        )
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
        monkeypatch.setattr(
            reranker, "ask", lambda *_, found=readings, **_kept: Answer("?", found, False, None, 0.0)
        )
        assert list(reranker.judged_answers([question], small_shop, None)) == [None]


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
    best = [(features @ ranking.weights).argmax() == right.argmax() for features, right in questions]
    assert np.mean(best) > 0.95
    assert ranking.weights.cells_left_out < -1


def test_that_something_is_left_out_never_speaks_for_a_reading():
    place = FEATURES.index("names left out")
    features = np.zeros((2, len(FEATURES)))
    features[:, 0], features[0, place] = 1, 1
    ranking = fitted([(features, np.array([True, False]))] * 50)
    assert ranking.weights.names_left_out == 0


def test_fitting_leaves_room_for_none_being_right():
    never = [(np.ones((2, len(FEATURES))), np.array([False, False]))] * 50
    assert fitted(never).weights.always < Ranking.default().weights.always


def test_a_ranking_is_kept_with_its_model(tmp_path):
    (tmp_path / "decoder.json").write_text('{"sizes": {}}')
    keep_ranking(tmp_path, Ranking.default())
    kept = json.loads((tmp_path / "decoder.json").read_text())
    assert kept["sizes"] == {}
    assert np.allclose(Ranking.of(kept["ranking"]).weights, Ranking.default().weights, atol=1e-4)
