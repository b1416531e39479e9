"""Dates in questions, and what years, months and days span."""

import pytest

from kbqa.linking.dates import PartialDate, dates_of, parse_partial_date


@pytest.mark.parametrize(
    ("question", "dates"),
    [
        ("on 2024-02-12", ["2024-02-12"]),
        ("at 2024-02-12 10:30", ["2024-02-12 10:30"]),
        ("on 2/12/2024", ["2/12/2024"]),
        ("on Sept. 3rd, 1990", ["1990-09-03"]),
        ("on the 3rd of March 1990", ["1990-03-03"]),
        ("in december, 2001", ["2001-12"]),
        ("in may 2008 and on 1 June 2009", ["2009-06-01", "2008-05"]),
        ("in 1990", []),
        ("marching 2001 people", []),
    ],
)
def test_dates_of_questions(question, dates):
    assert list(dates_of(question)) == dates


def test_a_day_is_not_found_as_its_month_again():
    assert dates_of("on 3 March 1990") == {"1990-03-03": (3, 15)}


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2019", PartialDate(2019)),
        ("2019-04", PartialDate(2019, 4)),
        ("2019-04-30", PartialDate(2019, 4, 30)),
        ("0999", None),
        ("2019-00", None),
        ("2019-4", None),
        ("2019-04-30T10:00", None),
    ],
)
def test_partial_dates(text, date):
    assert parse_partial_date(text) == date


@pytest.mark.parametrize(
    ("date", "first", "last"),
    [
        (PartialDate(2019), "2019-01-01", "2019-12-31"),
        (PartialDate(2019, 2), "2019-02-01", "2019-02-28"),
        (PartialDate(2020, 2), "2020-02-01", "2020-02-29"),
        (PartialDate(2020, 4, 7), "2020-04-07", "2020-04-07"),
    ],
)
def test_what_a_date_spans(date, first, last):
    assert (date.first_day, date.last_day) == (first, last)
