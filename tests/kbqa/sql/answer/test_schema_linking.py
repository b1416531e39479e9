"""What a question may mention of a database, and what the candidates are to each other."""

import random
import sqlite3

import pytest

from kbqa.decoding.actions import Kind
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.focus.selection import focused
from kbqa.sql.names import CellNames
from kbqa.sql.relations import RELATIONS, relate
from kbqa.sql.schema import Column, ColumnRef, ColumnType, Schema, Table
from kbqa.sql.stores.databases import served
from training.sql.items import disguised, under_another_name


@pytest.fixture
def source(connect):
    return served(connect())


MENTIONS = (
    ("customers from Porto", "city", "name", "Porto"),
    ("customers from porto", "city", "name", "Porto"),
    ("the lamps", "product", "name", "lamp"),
    ("orders of Jon Thorsson or Jón Þórsson", "customer", "name", "Jón Þórsson"),
    ("what did Ohara, Anna O'Hara buy", "customer", "name", "Anna O'Hara"),
    ("bicylce prices", "product", "name", "bicycle"),
    ("chairs that are red", "product", "name", "red chair"),
)


def test_cells_are_found(source):
    for question, table, column, text in MENTIONS:
        found = {value.key for value in link_question(question, source.schema, source.cells).values}
        assert (ColumnRef(table, column), text) in found, question


def test_two_cells_of_one_column_are_both_found(source):
    found = {
        value.key
        for value in link_question("orders of both lamp and bicycle", source.schema, source.cells).values
    }
    assert {(ColumnRef("product", "name"), "lamp"), (ColumnRef("product", "name"), "bicycle")} <= found


def test_the_name_of_a_table_is_no_cell_written_otherwise(connect, shop_file):
    connection = sqlite3.connect(shop_file)
    connection.execute("INSERT INTO city VALUES (9, 'Ordering', 'Custom')")
    connection.commit()
    connection.close()
    source = served(connect())

    def found(question):
        return {
            value.key[1]
            for value in link_question(question, source.schema, source.cells).values
            if value.span
        }

    assert "Ordering" not in found("all orders")
    assert "Ordering" in found("customers from Ordering")


def test_coded_values_are_candidates_though_nobody_says_them(source):
    values = {
        value.key
        for value in link_question("which customers are members", source.schema, source.cells).values
    }
    assert (ColumnRef("customer", "member"), "T") in values


def test_constants_that_are_in_no_cell(source):
    found = {
        each.key
        for each in link_question(
            "before 2024-02-30, more than 1,200 or three, named 'Zed Zor' in Atlantis",
            source.schema,
            source.cells,
        ).numbers
    }
    assert {"2024-02-30", "1200", "3", "Zed Zor", "Atlantis"} <= found


def test_letters_words_and_ordinals_are_constants(source):
    found = {
        each.key
        for each in link_question(
            "first names with the letter q or the word love in second grade", source.schema, source.cells
        ).numbers
    }
    assert {"q", "love", "2"} <= found
    assert "1" not in found


def test_dates_in_words_are_constants(source):
    found = {
        each.key
        for each in link_question(
            "orders after 7th September, 2023, before Feb. 12 2024 or in May 2025",
            source.schema,
            source.cells,
        ).numbers
    }
    assert found == {"2023-09-07", "2024-02-12", "2025-05"}


def test_a_name_ends_with_its_sentence(source):
    found = {
        each.key
        for each in link_question(
            "Who lives with Zed Zorian. List the letter Q, and Dr. Zabel", source.schema, source.cells
        ).numbers
    }
    assert {"Zed Zorian", "Q", "Dr. Zabel"} <= found


def test_tables_and_columns_say_how_they_match(source):
    world = link_question("the age of each customer", source.schema, source.cells)
    by_key = {choice.key: choice for choice in world.candidates}
    assert by_key["customer"].features[1] == 1
    assert by_key[ColumnRef("customer", "age")].features[:2] == (1, 1)
    assert by_key[ColumnRef("product", "price")].features[0] == 0


def test_candidates_know_what_they_are_to_each_other(source):
    world = link_question("customers from Porto", source.schema, source.cells)
    choices = world.candidates
    found, place = (
        relate(source.schema, choices),
        {choice.key: number for number, choice in enumerate(choices)},
    )

    def relation(one, other):
        return RELATIONS[found[place[one], place[other]]]

    name, key, city = (
        ColumnRef("city", "name"),
        ColumnRef("customer", "city_id"),
        ColumnRef("city", "city_id"),
    )
    assert relation(key, city) == "refers"
    assert relation(city, key) == "referred"
    assert relation("customer", "city") == "table refers"
    assert relation(city, "city") == "key of table"
    assert relation((name, "Porto"), name) == "value of column"
    assert relation(name, (name, "Porto")) == "column of value"
    assert relation(name, name) == "itself"


def test_a_large_schema_is_narrowed_but_stays_connected(source):
    world = link_question("price of the product that Marta Oliveira ordered", source.schema, source.cells)
    small = focused(world, [ColumnRef("customer", "name"), ColumnRef("product", "price")], 7)
    assert len(small.columns) == 7
    assert {"customer", "product", "order"} <= {table.name for table in small.schema.tables}
    assert small.schema.connected("customer", "product")
    assert all(value.key[0] in small.column_pointers for value in small.values)


def test_strange_questions_do_no_harm(source):
    for question in (
        "",
        "?",
        "%" * 100,
        "'; DROP TABLE customer; --",
        "客户有多少",
        "x " * 5_000,
        "\u202eabc",
        "'" * 50,
    ):
        world = link_question(question, source.schema, source.cells)
        assert len([choice for choice in world.candidates if choice.kind == Kind.TABLE]) == 7


DISTRICTS = Schema(
    (
        Table(
            "district",
            (
                Column(
                    "A11",
                    ColumnType.NUMBER,
                    "integer",
                    description="average salary; the mean of all who work there",
                ),
                Column("A12", ColumnType.NUMBER, "real", description="unemployment rate"),
            ),
        ),
    )
)


def test_what_is_written_about_a_column_is_known_as_its_name_is():
    salary, rate = link_question("Where is the average salary the highest?", DISTRICTS, CellNames()).columns
    assert salary.features[:2] == (1.0, 1.0)
    assert rate.features[:2] == (0.0, 0.0)


def test_a_column_under_another_name_is_known_by_what_is_written_about_it():
    question = "Where is the average salary the highest?"
    salary = link_question(question, DISTRICTS, CellNames()).columns[0]
    hidden = under_another_name(salary, "k7", question)
    assert (hidden.key, hidden.text, hidden.features) == (salary.key, "k7", salary.features)
    assert under_another_name(salary, "highest", "the highest?").features[:2] == (1.0, 1.0)


def test_training_sees_codes_for_the_names_of_what_is_described():
    question, rng = "Where is the average salary the highest?", random.Random(1)
    plain = Schema((Table("district", (Column("salary", ColumnType.NUMBER, "integer"),)),))
    worlds = [
        disguised(link_question(question, schema, CellNames()), question, rng)
        for schema in (DISTRICTS, plain)
        for _ in range(20)
    ]
    names = {choice.text for world in worlds for choice in world.columns}
    assert {"a11", "a12", "salary"} < names
    assert {choice.key.column for world in worlds for choice in world.columns} == {"A11", "A12", "salary"}
    assert all(choice.text == "salary" for world in worlds[20:] for choice in world.columns)


def test_a_column_is_found_where_the_question_writes_it_as_an_identifier():
    scores = Schema(
        (
            Table(
                "satscores",
                (
                    Column("avg_scr_read", ColumnType.NUMBER, "INTEGER"),
                    Column("raceId", ColumnType.NUMBER, "INTEGER"),
                ),
            ),
        )
    )
    for question, name in (
        ("the sum of AvgScrRead", "avg_scr_read"),
        ("the last raceid", "raceId"),
        ("which race id is the last", "raceId"),
    ):
        found = next(
            choice
            for choice in link_question(question, scores, CellNames()).columns
            if choice.key.column == name
        )
        assert found.features[1] == 1, question
        assert found.span is not None
        assert question[slice(*found.span)].replace(" ", "").casefold() == name.replace("_", "").casefold()
