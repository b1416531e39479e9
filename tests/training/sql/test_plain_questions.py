"""Questions in plain words that templates make, and those on tables that refer to themselves."""

import random
import re
import sqlite3

import pytest

from kbqa.sql.answer.finishing import finished
from kbqa.sql.ingest.introspection import read_schema
from kbqa.sql.query import Comparison, Query
from kbqa.sql.rendering import query_text
from kbqa.sql.schema import Column, ColumnRef, ColumnType, Schema, Table
from kbqa.sql.stores.connections import sqlite_engine
from kbqa.sql.stores.executor import Limits, execute
from kbqa.sql.stores.validator import checked
from training.sql.data import sample_values
from training.sql.plain_questions import PlainQuestions
from training.sql.self_references import SelfReferences

PARCELS = """
CREATE TABLE driver (
    id INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT, number_of_tours INTEGER, salary REAL
);
CREATE TABLE parcel (
    parcel_no INTEGER PRIMARY KEY, driver_id INTEGER REFERENCES driver (id), kind TEXT, stamps INTEGER,
    price REAL, posted_at DATE, delivered_at DATE, due_date DATE
);
CREATE TABLE depot (id INTEGER PRIMARY KEY, depot_name TEXT, gates INTEGER);
INSERT INTO driver VALUES (1, 'Ada', 'Hart', 7, 2100), (2, 'Ben', 'Low', 3, 1900);
INSERT INTO parcel VALUES
    (11, 1, 'box', 4, 7.5, '2026-01-02', '2026-01-05', '2026-01-04'),
    (12, 1, 'roll', 1, 3.0, '2026-01-03', NULL, '2026-01-09'),
    (13, 2, 'box', 9, 12.0, '2026-01-04', '2026-01-06', '2026-01-08');
INSERT INTO depot VALUES (1, 'North', 12), (2, 'South', 4);
"""


@pytest.fixture(scope="module")
def parcels(tmp_path_factory):
    path = tmp_path_factory.mktemp("parcels") / "parcels.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(PARCELS)
    connection.close()
    return sqlite_engine(path, introspects=True)


@pytest.fixture(scope="module")
def made(parcels) -> dict[str, Query]:
    schema = read_schema(parcels)
    return dict(PlainQuestions(schema, sample_values(parcels, schema, 40), random.Random(5)).make(5_000))


def rows(engine, query, question=""):
    schema = read_schema(engine)
    sql = query_text(finished(query, question, schema), schema)
    return execute(engine, checked(sql, schema), Limits(), dialect="sqlite").rows


def test_every_question_runs(parcels, made):
    for question, query in random.Random(1).sample(sorted(made.items()), 150):
        assert question[0].isupper(), question
        assert question[-1] in ".?", question
        assert "  " not in question, question
        rows(parcels, query, question)


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("How many gates does North have?", [(12,)]),
        ("Which depot has the most gates?", [("North",)]),
        ("Which driver has the most tours?", [("Ada", "Hart")]),
        ("Who is the best paid driver?", [("Ada", "Hart")]),
        ("What is the cheapest parcel?", [(12,)]),
        ("Which parcels are not delivered yet?", [(12,)]),
        ("How many parcels have not been delivered?", [(1,)]),
        ("Which parcels were delivered after the due date?", [(11,)]),
        ("What is the most expensive parcel per kind?", [("box", 13), ("roll", 12)]),
    ],
)
def test_what_a_question_finds_is_what_people_mean_by_it(parcels, made, question, found):
    assert [tuple(row) for row in rows(parcels, made[question], question)] == found


def test_more_of_what_a_column_counts_is_a_condition_on_it(parcels, made):
    asked = [
        question for question in made if re.match("Which depots have .* (5|five|10|ten) gates", question)
    ]
    assert asked
    for question in asked:
        is_more = any(words in question for words in ("more", "over", "at least"))
        expected = "North" if is_more else "South"
        assert [tuple(row) for row in rows(parcels, made[question])] == [(expected,)], question


def test_what_a_list_is_asked_to_come_with_stands_in_it(parcels, made):
    with_prices = [
        query
        for question, query in made.items()
        if "most expensive parcels" in question and question.endswith("their prices.")
    ]
    assert with_prices
    for query in with_prices:
        assert [item.term.operand.column for item in query.items] == ["parcel_no", "price"]


def test_what_each_driver_s_parcels_count_is_summed(parcels, made):
    asked = [query for question, query in made.items() if question == "Total stamps per driver."]
    assert [tuple(row) for row in rows(parcels, asked[0])] == [("Ada", "Hart", 5), ("Ben", "Low", 9)]


def test_rows_whose_name_is_another_s_are_not_named():
    columns = (
        Column("id", ColumnType.NUMBER, primary=True),
        Column("ship name"),
        Column("price", ColumnType.NUMBER),
    )
    schema = Schema((Table("order", columns),))
    assert PlainQuestions(schema, {}, random.Random(1)).known_by(schema.tables[0]) == ()


# --- tables that refer to themselves


@pytest.fixture(scope="module")
def of_references():
    columns = (
        Column("emp_id", ColumnType.NUMBER, "INTEGER", primary=True),
        Column("emp_name", ColumnType.TEXT, "TEXT"),
    )
    schema = Schema((Table("emp", columns), Table("employee", (columns[0], Column("name")))))
    cells = {ColumnRef("employee", "name"): ["Ada Hart", "Ben Low"], ColumnRef("emp", "emp_name"): ["Cy"]}
    made = []
    for seed in range(60):
        questions = SelfReferences(schema, cells, random.Random(seed))
        made += [(question, query, questions.schema) for question, query in questions.make(5)]
    return made


def test_who_somebody_reports_to_is_found_through_the_key(of_references):
    asked = [
        (query, schema)
        for question, query, schema in of_references
        if "Who does Ada Hart report to?" in question
    ]
    assert asked
    for query, schema in asked:
        key = next(key for key in schema.keys if key.source.table == key.target.table)
        assert query.where[0].item.term.operand == key.target
        assert query.where[0].query.items[0].term.operand == key.source
        assert key.source in set(schema.refs()), "the column stands in the schema"


def test_who_reports_to_somebody_is_the_other_way_round(of_references):
    asked = [
        (query, schema)
        for question, query, schema in of_references
        if re.match("Which .* report to (the employee )?(Ada|Cy)", question)
    ]
    assert asked
    for query, schema in asked:
        key = next(key for key in schema.keys if key.source.table == key.target.table)
        assert query.where[0].item.term.operand == key.source
        assert query.where[0].query.items[0].term.operand == key.target


def test_who_has_nobody_has_an_empty_key(of_references):
    asked = [query for question, query, _ in of_references if re.search("(have no|without a) ", question)]
    assert asked
    assert {query.where[0].comparison for query in asked} == {Comparison.IS_NULL}


def test_a_table_without_a_key_refers_to_nothing():
    schema = Schema((Table("note", (Column("text"), Column("author"))),))
    assert list(SelfReferences(schema, {}, random.Random(0)).make(5)) == []
