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


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        ("100k, 1.5 million or 0.2m", ["100000", "1500000", "200000"]),
        ("one hundred thousand", ["100000"]),
        ("fifty, a dozen, 12 dozen, half a million", ["144", "50", "12", "500000"]),
        ("two hundred and five thousand and twelve", ["205012"]),
        ("from twenty-five to thirty", ["25", "30"]),
        ("costs $1,000.50, €7, 8€ or $4b", ["1000.50", "7", "8", "4000000000"]),
        ("two and three", ["2", "3"]),
        ("the 3rd, 10% of them", ["3", "10"]),
        ("at least one", ["1"]),
        ("which one is it, one of these, the one that", []),
        ("hundreds in flat 4B", []),
    ],
)
def test_numbers_as_people_write_them(question, numbers):
    assert list(numbers_of(question, words_of(question))) == numbers
