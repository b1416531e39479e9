"""Losses over pairs, against their formulas."""

from math import exp, log

import numpy as np
import pytest
import torch

from training.code_encoder.loss import IndividualTemperatureLoss, SymmetricContrastiveLoss, other_wordings
from training.code_encoder.margin import mean_angular_margin
from training.code_encoder.trainer import mean_reciprocal_rank, same_queries

PAIRS = torch.arange(2)
NONE_SAME = torch.eye(2, dtype=torch.bool)


def unit(*rows):
    return torch.nn.functional.normalize(torch.tensor(rows), dim=1)


# --- one temperature


def test_the_loss_is_cross_entropy_both_ways():
    """Cosines [[1, 0], [0.6, 0.8]] over a temperature of 0.5 are logits of [[2, 0], [1.2, 1.6]]."""
    queries, codes = unit([1.0, 0.0], [0.6, 0.8]), unit([1.0, 0.0], [0.0, 1.0])
    rows = (log(1 + exp(0 - 2)) + log(1 + exp(1.2 - 1.6))) / 2
    columns = (log(1 + exp(1.2 - 2)) + log(1 + exp(0 - 1.6))) / 2
    found = SymmetricContrastiveLoss(0.5)(queries, codes, NONE_SAME, PAIRS)
    assert found.item() == pytest.approx((rows + columns) / 2, abs=1e-5)


def test_pairs_that_ask_the_same_are_left_out_of_each_others_negatives():
    """With the other pair left out there is nothing to be mistaken about."""
    same = torch.ones(2, 2, dtype=torch.bool)
    queries, codes = unit([1.0, 0.0], [0.6, 0.8]), unit([0.0, 1.0], [1.0, 0.0])
    assert SymmetricContrastiveLoss()(queries, codes, same, PAIRS).item() == 0


def test_the_temperature_is_learned_within_bounds():
    loss = SymmetricContrastiveLoss(0.05)
    assert loss.log_scale.exp().item() == pytest.approx(20)
    with torch.no_grad():
        loss.log_scale.fill_(log(1e6))
    queries = unit([1.0, 0.0], [0.98, 0.98 * 0.20306])
    found = loss(queries, queries, NONE_SAME, PAIRS)
    assert found.item() == pytest.approx(log(1 + exp(100 * (0.98 - 1))), rel=1e-2), "not of a million"


def test_the_diagonal_is_the_pair_itself():
    same = torch.tensor([[True, True, False], [True, True, False], [False, False, True]])
    assert other_wordings(same).tolist() == [
        [False, True, False],
        [True, False, False],
        [False, False, False],
    ]


@pytest.mark.parametrize(("angle", "is_same"), [(0.0, True), (0.44, True), (0.46, False), (1.57, False)])
def test_questions_nearer_than_nine_tenths_are_the_same(angle, is_same):
    """The cosine of 0.45 radians is 0.9."""
    vectors = np.array([[1, 0], [np.cos(angle), np.sin(angle)]], dtype=np.float16)
    assert same_queries(vectors).tolist() == [[True, is_same], [is_same, True]]


# --- a temperature a pair


def test_each_anchor_is_weighed_by_its_own_mean():
    """First step of iSogCLR for two pairs, worked out by hand.

    Differences of similarities are d = s_ij - s_ii; the other pair's weight is exp(d/τ) over its own mean,
    which is 1. The loss of a side is the mean of d, over the mean temperature.
    """
    queries, codes = unit([1.0, 0.0], [0.6, 0.8]), unit([1.0, 0.0], [0.0, 1.0])
    loss = IndividualTemperatureLoss(2, temperature=0.1, rate=0.0)
    of_queries, of_codes = ((0 - 1) + (0.6 - 0.8)) / 2, ((0.6 - 1) + (0 - 0.8)) / 2
    found = loss(queries, codes, NONE_SAME, PAIRS)
    assert found.item() == pytest.approx((of_queries + of_codes) / 2 / 0.1, rel=1e-4)
    assert loss.averages[0].tolist() == pytest.approx([exp(-10), exp(-2)], rel=1e-3)
    assert loss.averages[1].tolist() == pytest.approx([exp(-4), exp(-8)], rel=1e-3)


def test_averages_move_towards_what_is_seen():
    """u ← (1 - γ) u + γ g after the first time; τ is that of the pair."""
    queries, codes = unit([1.0, 0.0], [0.6, 0.8]), unit([1.0, 0.0], [0.0, 1.0])
    loss = IndividualTemperatureLoss(2, temperature=0.1, gamma=0.25, rate=0.0)
    loss(queries, codes, NONE_SAME, PAIRS)
    loss(codes, codes, NONE_SAME, PAIRS)
    assert loss.averages[0].tolist() == pytest.approx([exp(-10), 0.75 * exp(-2) + 0.25 * exp(-10)], rel=1e-3)


def test_temperatures_follow_their_slope_within_their_bounds():
    """With one other pair of difference d, the slope is log g + ρ - d/τ = ρ: a full step down for ρ = 8."""
    queries, codes = unit([1.0, 0.0], [0.6, 0.8]), unit([1.0, 0.0], [0.0, 1.0])
    loss = IndividualTemperatureLoss(2, temperature=0.2, rho=8.0, rate=0.01)
    loss(queries, codes, NONE_SAME, PAIRS)
    assert loss.temperatures.flatten().tolist() == pytest.approx([0.2 * 0.99] * 4)
    gentle = IndividualTemperatureLoss(2, temperature=0.2, rho=-0.5, rate=0.01)
    gentle(queries, codes, NONE_SAME, PAIRS)
    assert gentle.temperatures.flatten().tolist() == pytest.approx([0.2 * 1.005] * 4, rel=1e-3)
    for _ in range(300):
        loss(queries, codes, NONE_SAME, PAIRS)
    assert loss.temperatures.min() >= 0.2 / 5 - 1e-6, "a fifth of the first at least"
    assert loss.temperatures.max() <= 0.2 * 2 + 1e-6, "twice the first at most"


def test_only_the_pairs_of_a_batch_are_updated():
    loss = IndividualTemperatureLoss(5)
    queries = unit([1.0, 0.0], [0.6, 0.8])
    loss(queries, queries, NONE_SAME, torch.tensor([3, 1]))
    assert (loss.averages[0] > 0).tolist() == [False, True, False, True, False]
    assert (loss.temperatures[1] < 0.05).tolist() == [False, True, False, True, False]


def test_a_batch_without_negatives_has_no_loss():
    loss = IndividualTemperatureLoss(2)
    queries = unit([1.0, 0.0], [0.6, 0.8]).requires_grad_()
    found = loss(queries, queries.detach(), torch.ones(2, 2, dtype=torch.bool), PAIRS)
    found.backward()
    assert found.item() == 0
    assert queries.grad.abs().sum() == 0


def test_the_loss_pulls_pairs_together():
    codes = unit([1.0, 0.0], [0.0, 1.0])
    for loss in (SymmetricContrastiveLoss(), IndividualTemperatureLoss(2)):
        queries = torch.tensor([[0.6, 0.8], [0.8, 0.6]], requires_grad=True)
        loss(queries, codes, NONE_SAME, PAIRS).backward()
        assert queries.grad[0, 0] < 0
        assert queries.grad[0, 1] > 0


# --- measures


@pytest.mark.parametrize("number", [2, 3, 1500])
def test_the_margin_is_the_mean_cosine_of_all_pairs(number):
    vectors = np.random.default_rng(number).normal(size=(number, 5))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    cosines = vectors.astype(np.float64) @ vectors.astype(np.float64).T
    expected = cosines[~np.eye(number, dtype=bool)].mean()
    assert mean_angular_margin(vectors) == pytest.approx(expected, abs=1e-6)


def test_opposite_vectors_have_a_margin_of_minus_one():
    assert mean_angular_margin(np.array([[1, 0], [-1, 0]], dtype=np.float32)) == -1


@pytest.mark.parametrize(
    ("similarities", "expected"),
    [
        ([[0.9]], 1),
        ([[0.9, 0.1], [0.8, 0.2]], (1 + 1 / 2) / 2),
        ([[0.1, 0.9, 0.5], [0.0, 0.9, 0.1], [0.9, 0.5, 0.5]], (1 / 3 + 1 + 1 / 3) / 3),
        ([[0.5, 0.5], [0.1, 0.9]], (1 / 2 + 1) / 2),
    ],
)
def test_reciprocal_ranks_are_averaged(similarities, expected):
    assert mean_reciprocal_rank(torch.tensor(similarities)) == pytest.approx(expected)


def test_vectors_that_are_no_numbers_rank_last():
    """A run that diverged must not look like the best."""
    assert mean_reciprocal_rank(torch.full((4, 4), torch.nan)) == pytest.approx(1 / 4)
