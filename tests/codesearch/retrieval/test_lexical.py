"""The weights of words."""

import math

import pytest

from codesearch.retrieval.lexical import MAX_WORDS, UNITS_BUDGET, lexical_score_sql, matching_words, weigh


def weights(words, frequencies, units=1000):
    return weigh(words, frequencies, units, 50.0 * units)


def test_rare_words_weigh_more_and_come_first():
    weighted = weights(["return", "smtp", "mail"], {"return": 900, "smtp": 2, "mail": 40})
    assert weighted.words == ("smtp", "mail", "return")
    assert list(weighted.weights) == sorted(weighted.weights, reverse=True)
    assert weighted.weights[0] == pytest.approx(math.log(1 + 998.5 / 2.5))
    assert weighted.frequencies == (2, 40, 900)
    assert weighted.ceiling == pytest.approx(sum(weighted.weights))


def test_words_that_no_unit_has_are_left_out():
    weighted = weights(["unheard"], {})
    assert weighted.words == ()
    assert weighted.ceiling == 1
    assert lexical_score_sql(weighted) == ("0::real", [])


def test_of_many_words_the_rarest_count():
    words = [f"w{number}" for number in range(MAX_WORDS + 10)]
    weighted = weights(words, {word: number + 1 for number, word in enumerate(words)})
    assert weighted.words == tuple(words[:MAX_WORDS])


def test_without_units_lengths_are_compared_with_1():
    assert weigh([], {}, 0, 0.0).mean_length == 1


def test_every_word_has_its_weight_in_the_score():
    weighted = weights(["smtp", "mail"], {"smtp": 2, "mail": 40})
    sql, parameters = lexical_score_sql(weighted)
    assert sql.count("%s") == len(parameters) == 7
    assert parameters[0::3] == [*weighted.weights, weighted.mean_length]
    assert parameters[2::3] == ["'smtp'", "'mail'"]


def test_any_of_the_rare_words_is_enough_as_long_as_they_are_few():
    assert matching_words(weights(["a", "b"], {"a": 10, "b": 20}, 10_000)) == ("'a' | 'b'", True)
    assert matching_words(weights(["a", "b"], {"a": 10, "b": UNITS_BUDGET}, 10_000)) == ("'a'", True)


def test_common_words_have_to_meet():
    assert matching_words(weights(["a", "b", "c"], {"a": 2000, "b": 3000, "c": 4000}, 10_000)) == (
        "'a' & 'b'",
        True,
    )
    assert matching_words(weights(["a", "b"], {"a": 5000, "b": 6000}, 10_000)) == ("'a' & 'b'", False)
