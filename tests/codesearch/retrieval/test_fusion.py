"""Fusion of similarity and words, on candidates made by hand."""

import pytest

from codesearch.retrieval.fusion import (
    DENSE_WEIGHT,
    HUBNESS_WEIGHT,
    convex_combination,
    fuse,
    min_max,
    query_form,
    similarity,
)
from codesearch.retrieval.query import Query, parse_query
from tests.codesearch.retrieval.hand_made import candidate, scores

SENTENCE = Query("parse a date")


@pytest.mark.parametrize(
    ("raw", "form"),
    [
        ("parse a date", "sentence"),
        ("parse_date", "symbol"),
        ("session", "symbol"),
        ("where is parse_date used", "mixed"),
        ("def f():\n    pass", "code"),
        ("lang:python", "sentence"),
    ],
)
def test_the_form_of_a_query(raw, form):
    assert query_form(parse_query(raw)) == form


def test_meaning_counts_most_in_a_sentence_and_least_in_a_name():
    assert DENSE_WEIGHT["sentence"] > DENSE_WEIGHT["code"] > DENSE_WEIGHT["mixed"] > DENSE_WEIGHT["symbol"]
    assert all(0 < alpha < 1 for alpha in DENSE_WEIGHT.values())


@pytest.mark.parametrize(("alpha", "expected"), [(0.0, 0.2), (1.0, 0.8), (0.75, 0.65)])
def test_alpha_is_the_share_of_the_dense_score(alpha, expected):
    assert convex_combination(0.8, 0.2, alpha) == pytest.approx(expected)


def test_min_max_spreads_from_the_least_to_the_greatest():
    assert [min_max(value, 0.2, 0.6) for value in (0.2, 0.3, 0.6)] == pytest.approx([0, 0.25, 1])


def test_min_max_of_equal_values_is_0():
    assert min_max(0.5, 0.5, 0.5) == 0


@pytest.mark.parametrize(
    ("query", "alpha"),
    [
        (SENTENCE, 0.9),
        (Query("x", symbols=("x",)), 0.5),
        (Query("use x", symbols=("x",)), 0.6),
        (Query("x\ny", is_code=True), 0.8),
    ],
)
def test_scores_are_convex_combinations(query, alpha):
    best, middle, worst = (
        candidate(1, dense=0.6, lexical=0.1),
        candidate(2, dense=0.5, lexical=0.7),
        candidate(3, dense=0.2, lexical=0.4),
    )
    fuse(query, [best, middle, worst])
    expected = [alpha + (1 - alpha) * 0.1, alpha * 0.75 + (1 - alpha) * 0.7, (1 - alpha) * 0.4]
    assert scores([best, middle, worst]) == pytest.approx(expected)


def test_a_candidate_without_a_vector_counts_as_the_least_similar():
    near, far, without = candidate(1, dense=0.6), candidate(2, dense=-0.2), candidate(3, lexical=0.5)
    fuse(SENTENCE, [near, far, without])
    assert scores([near, far, without]) == pytest.approx([0.9, 0, 0.05])


def test_without_any_vector_words_alone_count():
    some, all_ = candidate(1, lexical=0.25), candidate(2, lexical=1.0)
    fuse(SENTENCE, [some, all_])
    assert scores([some, all_]) == pytest.approx([0.025, 0.1])
    fuse(SENTENCE, [])


def test_where_all_are_as_similar_words_alone_tell_them_apart():
    few, many = candidate(1, dense=0.4, lexical=0.25), candidate(2, dense=0.4, lexical=1.0)
    fuse(SENTENCE, [few, many])
    assert scores([few, many]) == pytest.approx([0.025, 0.1])


def test_late_interaction_adds_to_the_cosine_and_hubness_takes_away():
    assert similarity(candidate(dense=0.5)) == 0.5
    assert similarity(candidate(dense=0.5, late_interaction=0.2)) == pytest.approx(0.7)
    assert similarity(candidate(dense=0.5, hubness=0.5)) == pytest.approx(0.5 - HUBNESS_WEIGHT * 0.5)
    assert HUBNESS_WEIGHT > 0


def test_late_interaction_can_turn_an_order_and_so_can_hubness():
    first, second = candidate(1, dense=0.5), candidate(2, dense=0.4)
    second.late_interaction = 0.2
    fuse(SENTENCE, [first, second])
    assert first.score < second.score
    second.hubness = 0.9
    fuse(SENTENCE, [first, second])
    assert first.score > second.score
