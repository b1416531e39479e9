"""Definitions of columns, and the keys of their values."""

from kbqa.sql.answer.schema_linking import column_text, link_question
from kbqa.sql.names import CellNames, column_key, definition_texts
from kbqa.sql.schema import Column, ColumnRef, Schema, Table

CITY = Table("City", (Column("cityName"), Column("popK", description="thousands of people")), "a place")


def test_a_definition_is_the_same_of_a_schema_and_of_a_linked_question():
    linked = link_question("cities", Schema((CITY,)), CellNames())
    texts = ["city: city name", "city: pop k. thousands of people"]
    assert definition_texts([CITY]) == [column_text(action) for action in linked.columns] == texts


def test_long_descriptions_are_cut():
    (text,) = definition_texts([Table("t", (Column("c", description="x" * 500),))])
    assert len(text) == len("t: c. ") + 200


def test_keys_of_columns_tell_table_and_column_apart():
    assert column_key(ColumnRef("a", "b")) == "a\tb"
    assert column_key(ColumnRef("a b", "c")) != column_key(ColumnRef("a", "b c"))
