"""Probabilities of scores."""

import doctest

import numpy as np
import pytest

from kbqa.decoding import calibration
from kbqa.decoding.calibration import probabilities


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(calibration).attempted >= 3
    assert doctest.testmod(calibration).failed == 0


def test_probabilities_are_shares_of_what_was_found():
    assert probabilities([]) == []
    assert probabilities([-3.0]) == [1.0]
    assert probabilities([np.log(0.3), np.log(0.1)], 1.0) == pytest.approx([0.75, 0.25])


def test_a_higher_temperature_is_less_sure_and_keeps_the_order():
    assert probabilities([np.log(0.4), np.log(0.1)], 2.0) == pytest.approx([2 / 3, 1 / 3])
    assert probabilities([np.log(0.4), np.log(0.1)], 0.5) == pytest.approx([16 / 17, 1 / 17])


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_they_sum_to_one_however_small_they_are(temperature):
    shares = probabilities([-2000.0, -2001.0, -2005.0], temperature)
    assert sum(shares) == pytest.approx(1.0)
    assert shares == sorted(shares, reverse=True)
