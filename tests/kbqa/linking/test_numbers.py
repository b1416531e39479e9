"""Numbers as people write them, in digits and in words."""

import pytest

from kbqa.linking.numbers import numbers_of
from kbqa.linking.words import words_of


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        ("more than 1,200.50 of 7", ["1200.50", "7"]),
        ("below −5", ["-5"]),
        ("twice in three years", ["2", "3"]),
        ("the third customer", ["3"]),
        ("first names of the first customers", ["1"]),
        ("their first and last names", []),
        ("model A4 and x2", []),
    ],
)
def test_numbers(question, numbers):
    assert list(numbers_of(question, words_of(question))) == numbers


def test_a_number_in_digits_keeps_its_place():
    question = "seven or 7"
    assert numbers_of(question, words_of(question)) == {"7": (9, 10)}
