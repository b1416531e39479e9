"""Times in questions, by the calendar and from the day of asking on."""

from datetime import datetime
from pathlib import Path

import pytest

from kbqa.linking.calendar import Calendar, Unit, current_calendar
from kbqa.linking.time_values import in_words, parse_recurring, parse_span
from kbqa.linking.times import times_of

NOW = datetime(2026, 11, 30, 21, 37)
LINES = (Path(__file__).parent / "times.txt").read_text(encoding="utf-8").splitlines()
CASES = [line.split(" | ") if " | " in line else [line.rstrip(" |"), ""] for line in LINES if line[0] != "#"]


@pytest.mark.parametrize(("question", "times"), CASES)
def test_times_of_questions(question, times):
    found = times_of(question, Calendar(NOW, fiscal_month=4))
    assert "; ".join(f"{question[slice(*span)]} -> {text}" for text, span in found.items()) == times


def test_weeks_and_fiscal_years_begin_where_settings_say(settings):
    settings.CLOCK, settings.WEEK_BEGINS, settings.FISCAL_YEAR_BEGINS = "2026-11-28", "sunday", 10
    calendar = current_calendar()
    assert str(calendar.current(Unit.WEEK).first) == "2026-11-22"
    assert str(calendar.current(Unit.FISCAL_YEAR).end) == "2027-10-01"
    assert str(calendar.current(Unit.FISCAL_YEAR, -1).first) == "2025-10-01"


def test_without_a_fixed_clock_it_is_now_in_the_zone_of_the_settings(settings):
    settings.CLOCK = ""
    assert abs((current_calendar().now - datetime.now()).days) <= 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-01-01/2027-01-01", "2026"),
        ("2026-11-24/2026-12-01", "2026-11-24 to 2026-11-30"),
        ("2026-11-29T21:37/2026-11-30T21:37", "2026-11-29 21:37 to 2026-11-30 21:37"),
        ("born ../1996-11-30", "up to 1996-11-29"),
        ("born 1986-12-01/..", "1986-12-01 or later"),
        ("-W-6/7", "Saturday to Sunday"),
        ("-H2", "the second half of the year"),
        ("T15:30", "15:30"),
        ("Porto", "Porto"),
        ("2026-10", "2026-10"),
    ],
)
def test_times_in_words(text, words):
    assert in_words(text) == words


@pytest.mark.parametrize("text", ["2026-13-01/2027-01-01", "2026", "-Q5", "T9", "--1", "2026-11-24"])
def test_what_is_no_time_of_its_own_form(text):
    assert (parse_span(text), parse_recurring(text)) == (None, None)
