"""Tables and columns in the words that people use for them."""

import random

import pytest

from kbqa.sql.query import Aggregate, AllOf, Item, Term
from kbqa.sql.schema import Column, ColumnRef, ColumnType, Schema, Table
from training.sql.table_words import TableWords, an, are

CITY = Table(
    "cities",
    (
        Column("city_name"),
        Column("founded", ColumnType.DATE, "DATE"),
        Column("people", ColumnType.NUMBER, "INTEGER"),
    ),
)
SCHEMA = Schema((CITY,))
NAME, FOUNDED, PEOPLE = CITY.refs()


def said(method, *arguments, **options) -> set:
    """All that a method says, by any chance."""
    return {
        getattr(TableWords(SCHEMA, random.Random(seed)), method)(*arguments, **options) for seed in range(120)
    }


def test_a_row_is_one_and_rows_are_many():
    assert said("row", CITY) == {"city"}
    assert said("rows", CITY) == {"cities"}


def test_a_column_is_called_with_or_without_the_words_of_its_table():
    assert said("called", NAME) == {"city name", "name"}
    assert said("called", PEOPLE) == {"people"}


def test_a_column_that_has_nothing_but_its_tables_words_keeps_them():
    schema = Schema((Table("city", (Column("city"),)),))
    words = TableWords(schema, random.Random(0))
    assert {words.called(ColumnRef("city", "city")) for _ in range(20)} == {"city"}


def test_several_columns_are_a_list_with_and_before_the_last():
    assert said("names", [PEOPLE]) == {"people"}
    assert said("names", [PEOPLE, FOUNDED]) == {"people and founded"}
    assert said("names", [PEOPLE, FOUNDED, PEOPLE]) == {
        "people, founded and people",
        "people, founded, and people",
    }


def test_a_list_asks_for_the_columns_of_the_rows():
    for question in said("listing", [PEOPLE, FOUNDED], CITY):
        assert "the people and founded " in question
        assert question.endswith("cities")
        assert "are" in question.split() or question.split()[0] not in ("What",)
    assert any(question.startswith("What is the people of") for question in said("listing", [PEOPLE], CITY))


def test_only_two_are_both():
    assert said("its", [PEOPLE]) == {"its people", "the people"}
    assert said("its", [PEOPLE, FOUNDED]) == {
        "its people and founded",
        "the people and founded",
        "both people and founded",
    }


def test_rows_are_counted_where_no_column_is_summed():
    count = Item(Term(AllOf("cities"), Aggregate.COUNT))
    assert said("measure", CITY, None) == {("the number of cities", count)}


def test_a_column_comes_to_a_total_an_average_or_an_extreme():
    words = {
        "total": Aggregate.SUM,
        "average": Aggregate.AVG,
        "highest": Aggregate.MAX,
        "lowest": Aggregate.MIN,
    }
    expected = {
        word: (f"the {word} people of cities", Item(Term(PEOPLE, made))) for word, made in words.items()
    }
    assert said("measure", CITY, PEOPLE) == set(expected.values())
    assert said("measure", CITY, PEOPLE, extremes=False) == {expected["total"], expected["average"]}


@pytest.mark.parametrize(
    ("ref", "most", "words"),
    [
        (PEOPLE, True, {"highest", "largest", "greatest", "maximum"}),
        (PEOPLE, False, {"lowest", "smallest", "minimum"}),
        (FOUNDED, True, {"latest", "most recent"}),
        (FOUNDED, False, {"earliest", "oldest"}),
    ],
)
def test_dates_are_late_and_numbers_are_high(ref, most, words):
    assert said("superlative", ref, most=most) == words


def test_a_value_is_quoted_by_either_mark_or_not():
    assert said("quoted", "Oslo") == {"Oslo", "'Oslo'", '"Oslo"'}
    assert said("always_quoted", "Oslo") == {"'Oslo'", '"Oslo"'}


def test_a_verb_and_an_article_fit_what_follows():
    assert (are([NAME]), are([NAME, PEOPLE])) == ("is", "are")
    assert [an(name) for name in ("name", "age", "idea", "user")] == ["a name", "an age", "an idea", "a user"]
