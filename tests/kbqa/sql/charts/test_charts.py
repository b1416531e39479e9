"""Which chart rows get, if any: by what their columns hold."""

import datetime
from decimal import Decimal

import pytest

from kbqa.sql.charts.chart import chart_of, gives_an_order, key_names
from kbqa.sql.charts.times import Grain, periods_between
from kbqa.sql.schema import Column, ColumnRef, ForeignKey, Schema, Table
from kbqa.sql.stores.executor import Result


def chart(columns, rows, **more):
    return chart_of(Result(tuple(columns), tuple(rows)), **more)


def drawn(columns, rows, kind="", **more):
    """What is drawn: the specification of the kind that was chosen, and the values."""
    found = chart(columns, rows, kind=kind, **more)
    return found.drawing["kinds"][found.kind], found.drawing["values"]


def kinds(columns, rows):
    found = chart(columns, rows)
    return [kind.value for kind, _ in found.kinds] if found else None


def axes(columns, rows, kind="", **more):
    """The titles of the axes: of what is along, of the numbers, and of the series."""
    encoding = drawn(columns, rows, kind, **more)[0]["encoding"]
    along = next(encoding[name] for name in "xy" if encoding[name]["field"] != "y")
    up = next(encoding[name] for name in "xy" if encoding[name]["field"] == "y")
    return along["title"], up["title"], encoding.get("color", {}).get("title", "")


@pytest.mark.parametrize(
    ("values", "best"),
    [
        (("Porto", "Oslo"), "bar"),
        (("2023", "2024"), "line"),
        (("2024-01", "2024-02"), "line"),
        (("2024-Q1", "2024-Q2"), "line"),
        (("2024-W05", "2024-W06"), "line"),
        (("2024-01-30", "2024-02-28"), "line"),
        (("2024-01-01 10:00:00", "2024-01-01 11:00:00"), "line"),
        ((datetime.date(2024, 1, 1), datetime.date(2024, 1, 2)), "line"),
        (("2024-13", "2024-02"), "bar"),
        (("Monday", "Tuesday"), "bar"),
        (("08:30", "09:00"), "bar"),
        ((True, False), "bar"),
        ((1, 2), "point"),
    ],
)
def test_a_chart_fits_what_the_columns_hold(values, best):
    assert kinds(("what", "how many"), list(zip(values, (3, 5), strict=True)))[0] == best


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        (("city", "country"), [("Porto", "Portugal"), ("Oslo", "Norway")]),
        (("year", "orders"), [("2023", 3)]),
        (("city", "orders"), [("Porto", None), ("Oslo", None)]),
        (("city", "orders"), [("Porto", 3), ("Oslo", None)]),
        (("name", "customer_id"), [("a", 1), ("b", 2)]),
        (("city", "price"), [("Porto", 1), ("Porto", 2), ("Oslo", 3)]),
        (("orders",), [(1,), (2,)]),
        (("city", "orders"), []),
        (("text", "n"), [("x" * 61, 1), ("y", 2)]),
    ],
)
def test_where_there_is_nothing_to_draw_there_is_no_chart(columns, rows):
    assert chart(columns, rows) is None


def test_exact_numbers_are_numbers():
    _, values = drawn(("city", "total price"), [("Porto", Decimal("3.5")), ("Oslo", Decimal(5))])
    assert [value["y"] for value in values] == [3.5, 5.0]


def test_times_are_drawn_where_they_are_and_not_a_time_zone_away():
    specification, values = drawn(("month", "orders"), [("2024-02", 3), ("2024-01", 5)])
    assert specification["encoding"]["x"]["scale"] == {"type": "utc"}
    at = [int(datetime.datetime(2024, month, 1, tzinfo=datetime.UTC).timestamp() * 1000) for month in (1, 2)]
    assert [value["x"] for value in values] == at, "in the order of time"
    assert specification["encoding"]["x"]["axis"]["values"] == [
        {"utc": True, "year": 2024, "month": month, "date": 1, "hours": 0, "minutes": 0, "seconds": 0}
        for month in (1, 2)
    ]
    summer = datetime.datetime(2024, 7, 1, 10, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    _, values = drawn(("when", "n"), [(summer, 1), (summer + datetime.timedelta(hours=1), 2)])
    assert values[0]["x"] == int(datetime.datetime(2024, 7, 1, 10, tzinfo=datetime.UTC).timestamp() * 1000)


def test_years_that_are_numbers_are_an_axis_wherever_they_stand():
    rows = [(20, 2019), (17, 2020)]
    assert axes(("number of races", "year"), rows) == ("Year", "Number of races", "")
    assert axes(("number of races", "year"), rows, keys=frozenset({"year"}))[0] == "Year"
    assert kinds(("number of races", "year"), rows) == ["line", "bar", "point", "table"]


@pytest.mark.parametrize(
    ("name", "values", "order"),
    [
        ("weekday", ("Wed", "Mon"), ("Monday", "Tuesday", "Wednesday")),
        ("day", ("tuesday", "Monday"), ("Monday", "Tuesday", "Wednesday")),
        ("month", ("March", "January"), ("January", "February", "March")),
        ("month of year", (3, 1), ("January", "February", "March")),
        ("month", ("03", "01"), ("January", "February", "March")),
        ("quarter", (4, 1), ("Q1", "Q2", "Q3")),
        ("hour", (10, 8), ("8", "9", "10")),
        ("weekday", (3, 1), ("1", "2", "3")),
    ],
)
def test_what_comes_again_comes_in_the_order_of_the_calendar(name, values, order):
    specification, _ = drawn((name, "orders"), list(zip(values, (3, 5), strict=True)))
    assert specification["encoding"]["x"]["sort"][:3] == list(order)
    assert specification["encoding"]["x"]["scale"]["domain"][:3] == list(order), "also what no row has"


def test_months_that_are_missing_keep_their_place_between_bars():
    rows = [("2023-11", 3), ("2024-02", 5)]
    specification, _ = drawn(("month", "orders"), rows, "bar")
    assert specification["encoding"]["x"]["sort"] == ["2023-11", "2023-12", "2024-01", "2024-02"]
    assert periods_between("2020", "2023", Grain.YEAR, 4) == ["2020", "2021", "2022", "2023"]
    assert periods_between("2020-Q3", "2021-Q1", Grain.QUARTER, 3) == ["2020-Q3", "2020-Q4", "2021-Q1"]
    assert periods_between("1000", "2023", Grain.YEAR, 60) == []


def test_a_second_column_of_names_makes_series():
    rows = [("2024-01", "paid", 3), ("2024-01", "open", 1), ("2024-02", "paid", 2)]
    specification, values = drawn(("month", "status", "orders"), rows)
    assert specification["encoding"]["color"]["field"] == "series"
    assert values[1]["series"] == "open"
    assert kinds(("month", "status", "orders"), rows) == ["line", "bar", "stacked", "point", "table"]
    rows = [("Porto", "paid", 3), ("Porto", "open", 1), ("Oslo", "paid", 2), ("Riga", "open", 7)]
    names = ("city", "status", "orders")
    assert axes(names, rows) == ("City", "Orders", "Status")
    assert drawn(names, rows, "bar")[0]["encoding"]["xOffset"]["field"] == "series"
    stacked = drawn(names, rows, "stacked")[0]["encoding"]
    assert (stacked["y"]["stack"], "xOffset" in stacked) == ("zero", False)


def test_what_cannot_be_added_up_is_not_stacked():
    rows = [("Porto", "paid", 3), ("Porto", "open", -1), ("Oslo", "paid", 2)]
    assert "stacked" not in kinds(("city", "status", "balance"), rows)
    rows = [("Porto", "paid", 3), ("Porto", "open", 1), ("Oslo", "paid", 2)]
    assert "stacked" not in kinds(("city", "status", "average price"), rows)


def test_months_beside_years_are_drawn_over_each_other():
    rows = [(2023, 1, 5), (2023, 2, 6), (2024, 1, 7), (2024, 2, 8)]
    assert axes(("year", "month", "orders"), rows) == ("Month", "Orders", "Year")


def test_names_that_are_there_once_only_together_are_one_name():
    rows = [(f"Anna{n}", f"Smith{n % 12}", n) for n in range(24)] + [("Anna0", "Jones", 3)]
    specification, values = drawn(("first name", "last name", "orders"), rows)
    assert values[0]["label"] == "Anna0 · Smith0"
    assert specification["encoding"]["y"]["title"] == "First name · Last name"


def test_times_that_are_there_twice_are_no_line():
    assert kinds(("month", "orders"), [("2024-01", 3), ("2024-01", 5), ("2024-02", 1)]) == ["point", "table"]


def test_of_many_names_the_largest_are_drawn_and_it_is_said_how_many_are_left_out():
    rows = [(f"City {n}", n) for n in range(100)]
    found = chart(("city", "people"), rows)
    assert sorted(value["y"] for value in found.drawing["values"]) == list(range(60, 100))
    assert found.notes == ("The 40 largest of 100 are drawn; 60 are left out.",)
    assert found.notes[0] in found.description
    assert found.drawing["subtitle"] == found.notes[0]
    losses = chart(("city", "profit"), [(f"City {n}", -n) for n in range(100)])
    assert min(value["y"] for value in losses.drawing["values"]) == -99
    first = chart(("city", "people"), rows, ordered=True)
    assert first.drawing["values"][0]["label"] == "City 0"
    assert first.notes == ("The 40 first of 100 are drawn; 60 are left out.",)
    assert chart(("city", "people"), rows[:40]).notes == ()


def test_of_many_series_the_largest_are_drawn():
    rows = [(f"2024-{month:02}", f"City {n}", n) for month in (1, 2) for n in range(12)]
    found = chart(("month", "city", "orders"), rows)
    assert len({value["series"] for value in found.drawing["values"]}) == 10
    assert found.notes == ("The 10 largest of 12 are drawn; 2 are left out.",)


def test_bars_are_sorted_by_size_unless_the_question_gave_an_order():
    rows = [("Porto", 3), ("Oslo", 5), ("Riga", 4)]
    assert drawn(("city", "people"), rows)[0]["encoding"]["x"]["sort"] == ["Oslo", "Riga", "Porto"]
    assert drawn(("city", "people"), rows, ordered=True)[0]["encoding"]["x"]["sort"] == [
        "Porto", "Oslo", "Riga",
    ]  # fmt: skip
    assert gives_an_order("SELECT a FROM t ORDER BY a LIMIT 3", "sqlite")
    assert not gives_an_order("SELECT a FROM (SELECT a FROM t ORDER BY a)", "sqlite")
    assert not gives_an_order("SELECT", "sqlite")


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (("customer_id", "total"), ("Customer id", "Total")),
        (("total", "customer_id"), ("Customer id", "Total")),
        (("name", "zip", "age"), ("Name", "Age")),
        (("name", "house number", "age"), ("Name", "Age")),
        (("name", "age", "film"), ("Name", "Age")),
        (("name", "number of different ids"), ("Name", "Number of different ids")),
        (("name", "COUNT(customer_id)"), ("Name", "Count customer id")),
    ],
)
def test_identifiers_are_no_quantities(columns, expected):
    rows = [
        tuple(f"n{row}" if name == "name" else row + place for place, name in enumerate(columns))
        for row in range(4)
    ]
    assert axes(columns, rows, keys=frozenset({"film"}))[:2] == expected


def test_the_keys_of_a_schema_are_known_by_their_names():
    film = Table("film", (Column("Number", primary=True), Column("length")))
    showing = Table("showing", (Column("film"),))
    keys = (ForeignKey(ColumnRef("showing", "film"), ColumnRef("film", "Number")),)
    assert key_names(Schema((film, showing), keys)) == {"number", "film"}


@pytest.mark.parametrize(
    ("columns", "row", "series"),
    [
        (("city", "number of wins", "number of losses"), (3, 5), ["Number of wins", "Number of losses"]),
        (("city", "lowest price", "average price"), (3.0, 5.0), ["Lowest price", "Average price"]),
        (("city", "revenue", "cost"), (3, 5), ["Revenue", "Cost"]),
        (("city", "age", "salary"), (3, 5), None),
        (("city", "number of orders", "total price"), (3, 5), None),
        (("city", "number of wins", "number of games"), (1, 5_000), None),
    ],
)
def test_several_numbers_are_series_where_they_measure_the_same(columns, row, series):
    rows = [("Porto", *row), ("Oslo", *row)]
    encoding = drawn(columns, rows)[0]["encoding"]
    assert encoding.get("color", {}).get("sort") == series
    if series is None:
        assert axes(columns, rows)[1].lower() == columns[-1]


@pytest.mark.parametrize(
    ("heading", "values", "axis"),
    [
        ("% of orders", (25.0, 75.0), {"labelExpr": "datum.label + ' %'"}),
        ("discount percent", (5, 10), {"labelExpr": "datum.label + ' %'"}),
        ("market share", (0.25, 0.75), {"format": ".0%"}),
        ("share", (25.5, 75), {}),
    ],
)
def test_percentages_have_their_sign(heading, values, axis):
    rows = list(zip(("Porto", "Oslo"), values, strict=True))
    assert drawn(("city", heading), rows)[0]["encoding"]["y"]["axis"] == axis


@pytest.mark.parametrize(("values", "least"), [((1, 3), 1), ((1.5, 3.0), None)])
def test_between_whole_numbers_are_no_halves(values, least):
    rows = list(zip(("Porto", "Oslo"), values, strict=True))
    assert drawn(("city", "customers"), rows)[0]["encoding"]["y"]["axis"].get("tickMinStep") == least


def test_what_is_empty_is_named_or_left_out_and_that_is_said():
    rows = [(None, 3), ("Oslo", None), ("Riga", 4)]
    found = chart(("city", "people"), rows)
    assert next((value["label"], value["y"]) for value in found.drawing["values"]) == ("(empty)", 3)
    assert found.notes == ("1 row without a number: left empty.",)
    timed = chart(("month", "people"), [(None, 3), ("2024-01", 5), ("2024-02", 4)])
    assert len(timed.drawing["values"]) == 2
    assert timed.notes == ("1 row without month: not drawn.",)


def test_the_kind_that_is_asked_for_is_drawn_where_it_suits():
    rows = [("2024-01", 3), ("2024-02", 5)]
    assert chart(("month", "orders"), rows, kind="bar").kind == "bar"
    assert chart(("month", "orders"), rows, kind="table").kind == "table"
    assert chart(("month", "orders"), rows, kind="pie").kind == "line"


def test_long_names_stand_beside_lying_bars():
    rows = [("a name of many letters", 3), ("another", 5)]
    encoding = drawn(("title", "people"), rows)[0]["encoding"]
    assert (encoding["y"]["field"], encoding["x"]["field"]) == ("label", "y")


def test_differences_between_large_numbers_are_seen_in_lines_and_bars_begin_at_nothing():
    rows = [("2024-01", 1_000), ("2024-02", 1_010)]
    assert drawn(("month", "people"), rows, "line")[0]["encoding"]["y"]["scale"] == {"zero": False}
    assert "scale" not in drawn(("month", "people"), rows, "bar")[0]["encoding"]["y"]


@pytest.mark.parametrize(
    ("columns", "rows", "text"),
    [
        (
            ("city", "number of people"),
            [("Oslo", 5), ("Porto", 3), ("Riga", 4), ("Bo", 1)],
            "Number of people by city. Highest: Oslo 5, Riga 4, Porto 3; lowest of 4: Bo 1.",
        ),
        (
            ("month", "orders"),
            [("2024-01", 3), ("2024-02", 9), ("2024-03", 5)],
            "Orders from 2024-01 to 2024-03. Between 3 (2024-01) and 9 (2024-02), "
            "from 3 at first to 5 at last.",
        ),
        (
            ("month", "status", "orders"),
            [("2024-01", "paid", 3), ("2024-02", "paid", 2), ("2024-02", "open", 1)],
            "Orders from 2024-01 to 2024-02, for each status. paid: between 2 (2024-02) and 3 (2024-01), "
            "from 3 at first to 2 at last. open: 1 (2024-02).",
        ),
    ],
)
def test_a_chart_is_told_in_words(columns, rows, text):
    assert chart(columns, rows).description == text


def test_a_chart_of_some_of_the_rows_says_so():
    found = chart_of(Result(("city", "n"), (("Porto", 1), ("Oslo", 2)), truncated=True))
    assert found.notes == ("It is of the first 2 rows; there are more.",)
