"""Numbers with units, and ages."""

from datetime import datetime

import pytest

from kbqa.linking.ages import ages_of
from kbqa.linking.calendar import Calendar
from kbqa.linking.measures import UNITS, converted, measures_of
from kbqa.linking.numbers import numbers_of
from kbqa.linking.words import words_of

CALENDAR = Calendar(datetime(2026, 11, 30))


@pytest.mark.parametrize(
    ("question", "measures"),
    [
        ("longer than 5 minutes, or 90 sec", ["5 minutes", "90 seconds"]),
        ("over 2kg, under two pounds", ["2 kg", "2 pounds"]),
        ("$15, 20 euros, 10 %, 5 percent", ["15 dollars", "20 dollars", "10 percent", "5 percent"]),
        ("more than 1.5 billion", ["1.5 billion"]),
        ("longer than an hour, lighter than half a kilo", ["1 hours", "0.5 kg"]),
        ("5 in stock, 3 d, the 7 sisters", []),
    ],
)
def test_measures_of_questions(question, measures):
    assert sorted(measures_of(question, numbers_of(question, words_of(question)))) == sorted(measures)


@pytest.mark.parametrize(
    ("measure", "unit", "number"),
    [
        ("5 minutes", "ms", "300000"),
        ("2 kg", "g", "2000"),
        ("15 dollars", "cents", "1500"),
        ("10 percent", "share", "0.1"),
        ("1 billion", "millions", "1000"),
        ("5 minutes", "kg", None),
    ],
)
def test_measures_in_other_units(measure, unit, number):
    assert converted(measure, UNITS[unit]) == number


@pytest.mark.parametrize(
    ("question", "born"),
    [
        ("members older than 30", "../1996-11-30"),
        ("younger than thirty", "1996-12-01/.."),
        ("who is under 18?", "2008-12-01/.."),
        ("at least 18 years old", "../2008-12-01"),
        ("21 or older", "../2005-12-01"),
        ("not older than 30", "1995-12-01/.."),
        ("a 30-year-old member", "1995-12-01/1996-12-01"),
        ("aged 20 to 30", "1995-12-01/2006-12-01"),
        ("between 20 and 30 years old", "1995-12-01/2006-12-01"),
        ("in their 60s", "1956-12-01/1966-12-01"),
        ("over 30 orders", None),
        ("orders older than 30 days", None),
        ("more than 30", None),
    ],
)
def test_ages_are_days_of_birth(question, born):
    assert list(ages_of(question, CALENDAR)) == ([f"born {born}"] if born else [])
