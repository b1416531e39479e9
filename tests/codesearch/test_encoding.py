"""Late interaction, on token embeddings made by hand."""

import numpy as np
import pytest

from codesearch.encoding import TokenEmbeddings, maxsim, quantised, token_similarities


def question(rows, weights=None):
    vectors = np.array(rows, dtype=np.float32)
    weights = np.full(len(rows), 1 / len(rows)) if weights is None else weights
    return TokenEmbeddings(vectors, np.array(weights, dtype=np.float32))


def unit(rows, importance=None):
    importance = np.ones(len(rows)) if importance is None else importance
    return quantised(
        np.array(rows, dtype=np.float64), np.array(importance, dtype=np.float64)[:, None]
    ).tobytes()


X, Y, Z = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]


def test_a_token_of_the_question_counts_by_its_most_similar_one_not_by_all():
    assert maxsim([question([X])], [unit([X, Y, Z])])[0, 0] == pytest.approx(1, abs=0.01)
    assert maxsim([question([X])], [unit([Y, Z])])[0, 0] == pytest.approx(0, abs=0.01)


def test_the_tokens_of_the_question_count_by_their_weights():
    (scores,) = maxsim([question([X, Y], [0.75, 0.25])], [unit([X]), unit([Y]), unit([X, Y])])
    assert scores == pytest.approx([0.75, 0.25, 1], abs=0.01)


def test_a_more_important_token_of_the_unit_counts_for_more():
    (scores,) = maxsim([question([X])], [unit([X], [0.5]), unit([X], [2.0])])
    assert scores == pytest.approx([0.5, 2], abs=0.02)
    leaning = [0.8, 0.6, 0.0]
    (score,) = maxsim([question([X])], [unit([X, leaning], [0.5, 2.0])])[0]
    assert score == pytest.approx(1.6, abs=0.02)


def test_the_order_of_tokens_does_not_matter():
    rows = [X, [0.6, 0.8, 0.0], Z]
    (scores,) = maxsim([question([X, [0.8, 0.6, 0.0]])], [unit(rows), unit(rows[::-1])])
    assert scores[0] == scores[1]


def test_units_without_tokens_get_nothing_wherever_they_stand():
    scores = maxsim([question([X]), question([Y])], [b"", unit([X]), b"", unit([Y]), b""])
    assert scores == pytest.approx(np.array([[0, 1, 0, 0, 0], [0, 0, 0, 1, 0]]), abs=0.01)
    assert maxsim([question([X])], [b"", b""]).tolist() == [[0, 0]]
    assert maxsim([question([X])], []).shape == (1, 0)
    assert maxsim([], [unit([X])]).shape == (0, 1)


def test_it_is_the_weighted_mean_of_maxima():
    """Against the formula, token by token."""
    rng = np.random.default_rng(0)

    def random_rows(number):
        rows = rng.normal(size=(number, 16))
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    questions = [question(random_rows(n), rng.dirichlet(np.ones(n))) for n in (1, 3, 7)]
    rows = [random_rows(n) for n in (1, 2, 5, 30)]
    importance = [rng.uniform(0, 2, len(of_unit)) for of_unit in rows]
    expected = [
        [
            sum(
                weight * max(token @ other * i for other, i in zip(of_unit, by_token, strict=True))
                for token, weight in zip(asked.vectors, asked.weights, strict=True)
            )
            for of_unit, by_token in zip(rows, importance, strict=True)
        ]
        for asked in questions
    ]
    scores = maxsim(questions, [unit(*each) for each in zip(rows, importance, strict=True)])
    assert scores == pytest.approx(np.array(expected), abs=0.02)
    assert scores.dtype == np.float32


def test_similarities_are_cosines_times_importance():
    near = token_similarities(question([X, Y]), unit([X, [0.6, 0.8, 0.0]], [1.0, 0.5]))
    assert near == pytest.approx(np.array([[1, 0], [0.3, 0.4]]), abs=0.01)


def test_quantised_numbers_stay_in_a_byte_and_near():
    rows = np.array([[1.0, -1.0], [0.005, 0.5]])
    stored = quantised(rows, np.array([[2.0], [0.0]]))
    assert stored.dtype == np.int8
    assert stored[:, :-1] / 127 == pytest.approx(rows, abs=0.5 / 127)
    assert stored[:, -1].tolist() == [126, 0]
