"""The rows of a database's result on a page, and the query that the editor begins with."""

from decimal import Decimal

import pytest

from frontend.views.databases import _completions, _first_query, _shown_focus, _shown_table
from frontend.views.rows import Rows, _sortable
from kbqa.sql.public import (
    Column,
    ColumnRef,
    FocusedColumn,
    KeptFocus,
    Result,
    Schema,
    Table,
)


def taken(columns, rows, **fields):
    page = Rows()
    page.take(Result(columns, rows, **fields))
    return page


@pytest.mark.parametrize(
    ("values", "is_number"),
    [
        ((1, 2.5), True),
        ((Decimal("1.10"), None), True),
        ((None, None), True),
        (("1", "2"), False),
        ((1, "2"), False),
        ((b"\0", None), False),
    ],
)
def test_a_column_is_of_numbers_if_nothing_else_is_in_it(values, is_number):
    assert taken(("x",), tuple((value,) for value in values)).columns == [("x", is_number)]


def test_numbers_have_a_text_and_what_a_script_sorts_by():
    page = taken(("name", "price"), (("Tea", 1234.5), ("Air", None)))
    assert page.rows == [[("Tea", None), ("1,234.5", "1234.5")], [("Air", None), ("", "")]]


def test_of_many_rows_the_first_thousand_are_shown_and_all_are_counted():
    page = taken(("x",), tuple((number,) for number in range(1001)), truncated=True, milliseconds=1.5)
    assert (len(page.rows), page.number, page.truncated, page.took, page.ran) == (1000, 1001, True, 1.5, True)


def test_a_result_without_rows_has_its_columns():
    page = taken(("x",), ())
    assert (page.columns, page.rows, page.number, page.chart) == ([("x", True)], [], 0, None)


@pytest.mark.parametrize(("value", "text"), [(None, ""), (1, "1"), (-0.5, "-0.5"), (Decimal("1.10"), "1.10")])
def test_a_number_is_sorted_by_its_digits(value, text):
    assert _sortable(value) == text


@pytest.mark.parametrize(
    ("name", "dialect", "written"),
    [
        ("customer", "sqlite", "customer"),
        ("Customer", "postgres", '"Customer"'),
        ("Customer", "sqlite", "Customer"),
        ("order", "postgres", '"order"'),
        ("order", "mysql", "`order`"),
        ("order items", "sqlite", '"order items"'),
        ("order items", "mysql", "`order items`"),
        ('say "x"', "sqlite", '"say ""x"""'),
    ],
)
def test_the_first_query_writes_the_tables_name_as_its_dialect_does(name, dialect, written):
    assert _first_query(Schema((Table(name, ()),), dialect=dialect)) == f"SELECT *\nFROM {written}\nLIMIT 20"


def test_a_database_without_tables_has_no_first_query():
    assert _first_query(Schema(())) == ""


def test_the_editor_completes_what_is_not_private():
    people = Table("people", (Column("name"), Column("salary", excluded=True)))
    assert _completions(Schema((people, Table("empty", ())))) == {"people": ["name"], "empty": []}


def test_a_shown_table_has_what_its_columns_refer_to():
    table = Table("sale", (Column("id"), Column("customer")))
    target = ColumnRef("customer", "id")
    shown = _shown_table(table, {ColumnRef("sale", "customer"): target})
    assert [(column.name, to) for column, to in shown.columns] == [("id", None), ("customer", target)]


def test_columns_that_were_kept_come_first_with_twenty_of_the_others():
    columns = [FocusedColumn(f"t.c{number}", 0.5, number in (3, 30), "") for number in range(40)]
    focus = _shown_focus(KeptFocus(tuple(columns), whole=False, given=True, total=90))
    assert [column.column for column in focus.columns[:3]] == ["t.c3", "t.c30", "t.c0"]
    assert (len(focus.columns), focus.kept, focus.of, focus.given) == (22, 2, 90, True)
