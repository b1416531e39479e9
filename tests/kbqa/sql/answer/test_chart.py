"""Which chart rows get, if any."""

import pytest

from kbqa.sql.answer.chart import chart_of
from kbqa.sql.stores.executor import Result


@pytest.mark.parametrize(
    ("rows", "mark"),
    [
        ([("Porto", 3), ("Oslo", 5)], "bar"),
        ([("2023", 3), ("2024", 5)], "line"),
        ([("2024-01", 3), ("2024-02", 5)], "line"),
        ([("2024-01-30", 3), ("2024-02-28", 5)], "line"),
        ([("2024-13", 3), ("2024-02", 5)], "bar"),
        ([(1, 3), (2, 5)], "point"),
        ([("Porto", "Portugal"), ("Oslo", "Norway")], None),
        ([("2023", 3)], None),
    ],
)
def test_a_chart_fits_what_the_columns_hold(rows, mark):
    chart = chart_of(Result(("what", "how many"), rows))
    assert (chart["mark"]["type"] if chart else None) == mark


def test_a_month_is_drawn_where_it_is_and_not_a_time_zone_away():
    axis = chart_of(Result(("month", "orders"), [("2024-01", 3), ("2024-02", 5)]))["encoding"]["x"]
    assert (axis["type"], axis["scale"]) == ("temporal", {"type": "utc"})
    timed = chart_of(Result(("when", "orders"), [("2024-01-01 10:00:00", 3), ("2024-01-01 11:00:00", 5)]))[
        "encoding"
    ]["x"]
    assert (timed["type"], "scale" in timed) == ("temporal", False)
