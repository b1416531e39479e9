"""Numbers as people read them."""

from datetime import UTC, datetime, timedelta

import pytest

from frontend.templatetags.humanize_code import duration, rounded_percent, thousands
from searchapp.jobs.models import Job


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "0"), (0, "0"), (999, "999"), (12345, "12,345"), (-1000, "-1,000")]
)
def test_thousands_are_parted(value, shown):
    assert thousands(value) == shown


@pytest.mark.parametrize(("share", "percent"), [(0, 0), (0.123, 12), (0.999, 100), (1, 100)])
def test_a_share_is_rounded_to_a_hundredth(share, percent):
    assert rounded_percent(share) == percent


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0.0 s"),
        (0.44, "0.4 s"),
        (9.9, "9.9 s"),
        (10, "10 s"),
        (119, "119 s"),
        (120, "2 min"),
        (3600, "60 min"),
    ],
)
def test_a_duration_is_told_as_exactly_as_it_matters(seconds, shown):
    begun = datetime(2024, 1, 1, tzinfo=UTC)
    assert duration(Job(started=begun, finished=begun + timedelta(seconds=seconds))) == shown


def test_a_job_that_has_not_ended_has_no_duration():
    begun = datetime(2024, 1, 1, tzinfo=UTC)
    assert duration(Job(started=begun)) == duration(Job()) == "–"
