"""Which chart rows get, if any."""

from decimal import Decimal

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


def drawn(columns, rows):
    chart = chart_of(Result(columns, tuple(rows)))
    return chart and (chart["mark"]["type"], chart["encoding"], chart["data"]["values"])


def test_exact_numbers_are_numbers():
    mark, _, values = drawn(("city", "total price"), [("Porto", Decimal("3.5")), ("Oslo", Decimal("5"))])
    assert (mark, [value["y"] for value in values]) == ("bar", [3.5, 5.0])


def test_years_that_are_numbers_are_an_axis_wherever_they_stand():
    mark, encoding, values = drawn(("number of races", "year"), [(20, 2019), (17, 2020)])
    assert (mark, encoding["x"]["type"], encoding["x"]["title"]) == ("line", "temporal", "year")
    assert values == [{"x": "2019", "y": 20}, {"x": "2020", "y": 17}]


def test_a_second_column_of_names_makes_series():
    rows = [("2024-01", "paid", 3), ("2024-01", "open", 1), ("2024-02", "paid", 2)]
    mark, encoding, values = drawn(("month", "status", "orders"), rows)
    assert (mark, encoding["color"]["field"], values[1]["series"]) == ("line", "series", "open")
    rows = [("Porto", "paid", 3), ("Porto", "open", 1), ("Oslo", "paid", 2), ("Riga", "open", 7)]
    mark, encoding, _ = drawn(("city", "status", "orders"), rows)
    assert (mark, encoding["xOffset"], encoding["color"]["title"]) == ("bar", {"field": "series"}, "status")


def test_times_that_are_there_twice_are_no_line():
    assert drawn(("month", "orders"), [("2024-01", 3), ("2024-01", 5), ("2024-02", 1)])[0] == "point"


def test_of_many_names_the_largest_are_drawn_and_said_to_be():
    chart = chart_of(Result(("city", "people"), tuple((f"City {n}", n) for n in range(100))))
    assert sorted(value["y"] for value in chart["data"]["values"]) == list(range(60, 100))
    assert chart["title"] == "The 40 largest of 100"


def test_bars_are_sorted_unless_the_rows_are():
    assert drawn(("city", "people"), [("Porto", 3), ("Oslo", 5), ("Riga", 4)])[1]["x"]["sort"] == "-y"
    assert drawn(("city", "people"), [("Porto", 3), ("Riga", 4), ("Oslo", 5)])[1]["x"]["sort"] is None


@pytest.mark.parametrize(
    ("columns", "axes"),
    [
        (("customer_id", "total"), ("customer_id", "total")),
        (("total", "customer_id"), ("customer_id", "total")),
        (("name", "zip", "age"), ("name", "age")),
        (("name", "number of different ids"), ("name", "number of different ids")),
    ],
)
def test_identifiers_are_no_quantities(columns, axes):
    places = enumerate(columns)
    shown = [
        lambda row, place=place, name=name: f"n{row}" if name == "name" else row + place
        for place, name in places
    ]
    rows = [tuple(value(row) for value in shown) for row in range(4)]
    mark, encoding, _ = drawn(columns, rows)
    assert (mark, encoding["x"]["title"], encoding["y"]["title"]) == ("bar", *axes)


def test_identifiers_alone_get_no_chart():
    assert drawn(("name", "customer_id"), [("a", 1), ("b", 2)]) is None
