import pytest

from frontend.templatetags.humanize_code import as_percent


@pytest.mark.parametrize(
    ("probability", "shown"),
    [
        (1.0, "over 99 %"),
        (0.996, "over 99 %"),
        (0.99, "99 %"),
        (0.5, "50 %"),
        (0.006, "1 %"),
        (0.004, "under 1 %"),
        (0, "under 1 %"),
    ],
)
def test_nothing_is_certain(probability, shown):
    assert as_percent(probability) == shown
