"""Bars of languages."""

import pytest

from frontend.bars import LanguageShare, bar_parts, language_shares


@pytest.mark.parametrize(
    ("units", "shares"),
    [
        ({}, []),
        ({"python": 0}, []),
        ({"python": 5}, [("Python", 5, 100.0)]),
        ({"c": 1, "python": 3}, [("Python", 3, 75.0), ("C", 1, 25.0)]),
        ({"python": 3, "c": 5}, [("C", 5, 62.5), ("Python", 3, 37.5)]),
        ({"go": 1, "c": 1}, [("Go", 1, 50.0), ("C", 1, 50.0)]),
    ],
)
def test_languages_come_by_their_units(units, shares):
    assert [(share.label, share.units, share.percent) for share in language_shares(units)] == shares


def test_parts_of_a_bar_follow_each_other():
    shares = [LanguageShare("A", 2, 200 / 3), LanguageShare("B", 1, 100 / 3)]
    assert [(part.start, part.width, part.colour) for part in bar_parts(shares)] == [
        ("0.00", "66.67", 0),
        ("66.67", "33.33", 1),
    ]


def test_from_the_seventh_on_all_share_a_colour():
    shares = [LanguageShare("x", 1, 12.5)] * 8
    assert [part.colour for part in bar_parts(shares)] == [0, 1, 2, 3, 4, 5, 6, 6]
