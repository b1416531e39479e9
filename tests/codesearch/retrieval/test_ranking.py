"""The order of candidates made by hand."""

import pytest

from codesearch.retrieval.query import Query, parse_query
from codesearch.retrieval.ranking import by_score, rank, rank_by_one_score
from tests.codesearch.retrieval.hand_made import candidate, scores


def keys(candidates):
    return [each.id for each in candidates]


def test_the_best_comes_first_and_ties_are_broken_by_key():
    units = [
        candidate(3, score=0.5),
        candidate(1, score=0.5),
        candidate(2, score=0.9),
        candidate(4, score=-1),
    ]
    assert keys(by_score(units)) == [2, 1, 3, 4]


def test_scores_are_fused_boosted_and_penalised():
    """Worked out by hand: similarity 1 and 0, a definition in a test, a word in a path."""
    near = candidate(1, dense=0.8, lexical=0.2, path="shop/price.py")
    test = candidate(2, dense=0.3, lexical=0.6, name="Price", kind="class", path="tests/cost.py")
    ranked = rank(parse_query("Price"), [near, test])
    of_near = 0.5 * 1 + 0.5 * 0.2 + 0.2 * 0.5**0.5
    of_test = (0.5 * 0 + 0.5 * 0.6 + 0.8) * 0.6
    assert keys(ranked) == [1, 2]
    assert scores(ranked) == pytest.approx([of_near, of_test])
    assert [each.defines for each in ranked] == [False, True]


def test_the_definition_of_a_name_comes_before_what_is_nearer():
    use, definition = candidate(1, dense=0.9), candidate(2, dense=0.6, name="PriceList", kind="class")
    assert keys(rank(parse_query("PriceList"), [use, definition])) == [2, 1]
    assert keys(rank(parse_query("pricelist"), [use, definition])) == [1, 2]


def test_tests_come_later_unless_they_are_asked_for():
    code, test = candidate(1, dense=0.5), candidate(2, dense=0.55, path="tests/test_file.py")
    further = candidate(3, dense=0.1)
    assert keys(rank(Query("apply the discount"), [code, test, further]))[:2] == [1, 2]
    assert keys(rank(Query("apply the discount in a test"), [code, test, further]))[:2] == [2, 1]


def test_a_file_with_several_good_units_is_lifted():
    alone = candidate(1, dense=0.81)
    of_file = [candidate(key, dense=0.8, file_id=9) for key in (2, 3, 4)]
    far = candidate(5, dense=0.0)
    assert rank(Query("apply the discount"), [alone, *of_file, far])[0].file_id == 9


def test_the_first_page_shows_several_files():
    of_file = [candidate(key, dense=0.8, file_id=9) for key in (1, 2, 3)]
    other, far = candidate(4, dense=0.7), candidate(5, dense=0.0)
    assert keys(rank(Query("apply the discount"), [*of_file, other, far])) == [1, 4, 2, 3, 5]


def test_the_best_unit_of_a_file_keeps_its_score_wherever_it_was_found():
    worse, best, far = (
        candidate(1, dense=0.7, file_id=9),
        candidate(2, dense=0.8, file_id=9),
        candidate(3, dense=0),
    )
    assert keys(rank(Query("apply the discount"), [worse, best, far])) == [2, 1, 3]
    boost = 0.15 * (0.9 * 0.7 / 0.8) / 3
    assert best.score == pytest.approx(0.9 + boost)
    assert worse.score == pytest.approx((0.9 * 0.7 / 0.8 + boost) * 0.65)


def test_in_code_no_word_asks_for_anything():
    test, code = candidate(1, dense=0.5, path="tests/test_file.py"), candidate(2, dense=0.5)
    far = candidate(3, dense=0.1)
    assert keys(rank(parse_query("def test():\n    assert file"), [test, code, far])) == [2, 1, 3]


def test_by_one_score_it_is_the_similarity_where_there_is_a_vector():
    units = [
        candidate(1, dense=0.4, lexical=0.9),
        candidate(2, dense=0.3, late_interaction=0.3),
        candidate(3, lexical=0.5),
        candidate(4, dense=0.5, hubness=0.9),
    ]
    ranked = rank_by_one_score(units)
    assert keys(ranked) == [2, 3, 1, 4]
    assert scores(ranked) == pytest.approx([0.6, 0.5, 0.4, 0.23])


def test_nothing_ranks_as_nothing():
    assert rank(Query("x"), []) == rank_by_one_score([]) == []
