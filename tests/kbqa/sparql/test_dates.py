"""Dates in questions beside those of a graph."""

import pytest

from kbqa.sparql.answer.entity_linking import numbers_in
from kbqa.sparql.dates import dated_value, is_dated
from kbqa.sparql.query import Comparison, Filter, Period, Query, Variable, pattern_text


@pytest.mark.parametrize(
    ("text", "datatype", "comparison", "expected"),
    [
        ("1950", "date", Comparison.GREATER, "1950-12-31"),
        ("1950", "date", Comparison.LESS, "1950-01-01"),
        ("2024-02", "date", Comparison.AT_MOST, "2024-02-29"),
        ("2024-02", "dateTime", Comparison.AT_LEAST, "2024-02-01T00:00:00"),
        ("2024-02-03", "dateTime", Comparison.GREATER, "2024-02-03T23:59:59"),
        ("1950", "gYear", Comparison.EQUAL, "1950"),
        ("1950", "date", Comparison.EQUAL, "1950"),
    ],
)
def test_a_longer_time_stands_for_its_end_or_for_all_of_it(text, datatype, comparison, expected):
    value = dated_value(text, datatype, comparison)
    assert value.value == expected
    assert isinstance(value, Period) == (comparison == Comparison.EQUAL and datatype != "gYear")


def test_what_is_no_date_is_compared_with_none():
    assert dated_value("77", "date", Comparison.EQUAL) is None
    assert dated_value("1950-03", "gYear", Comparison.EQUAL) is None
    assert (is_dated("1950"), is_dated("1950-03"), is_dated("1950-13")) == (False, True, False)


def test_a_question_says_dates_in_words():
    assert [choice.key.value for choice in numbers_in("more than 3 born on May 4, 1950 or in June 1951")] == [
        "1950-05-04",
        "1951-06",
        "3",
    ]


def test_a_period_is_how_its_dates_begin():
    text = pattern_text(
        Query(
            filters=(
                Filter(Variable(0), Comparison.EQUAL, Period("1950-05")),
                Filter(Variable(0), Comparison.UNEQUAL, Period("1951")),
            )
        )
    )
    assert text == 'FILTER (STRSTARTS(STR(?x0), "1950-05")) FILTER (!STRSTARTS(STR(?x0), "1951"))'
