"""What decoders of SQL are trained on, put together from small sets in a folder."""

import json
import random
import sqlite3

import pytest

from kbqa.sql.schema import Column, ColumnRef, ColumnType, ForeignKey, Schema, Table
from training.sql import data
from training.sql.data import (
    Amounts,
    TrainingDatabase,
    by_shape,
    invented_databases,
    patterns_of,
    training_databases,
)
from training.sql.items import Example
from training.sql.parser import parse_query
from training.sql.published import HELD_OUT_DATABASES
from training.synthetic.domains import DOMAINS, HELD_OUT_DOMAIN


def write_rows(path, rows) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def spider(tmp_path):
    """Two questions on each of two databases, one of them held out."""
    rows = []
    for name in ("lakes", HELD_OUT_DATABASES[0]):
        file = tmp_path / "spider" / "database" / name / f"{name}.sqlite"
        file.parent.mkdir(parents=True)
        connection = sqlite3.connect(file)
        connection.execute("CREATE TABLE lake (id INTEGER PRIMARY KEY, title TEXT)")
        connection.close()
        rows += [
            {"db_id": name, "question": "How many lakes?", "sql": "SELECT count(*) FROM lake"},
            {
                "db_id": name,
                "question": "What are their titles?",
                "synonym_question": "What are they called?",
                "sql": "SELECT title FROM lake",
            },
        ]
    write_rows(tmp_path / "spider" / "train.jsonl", rows)
    return tmp_path


def test_questions_of_spider_come_in_both_wordings_and_with_their_rows(spider):
    lakes, held = training_databases([spider], Amounts(), 0)
    assert [example.question for example in lakes.train] == [
        "How many lakes?",
        "What are their titles?",
        "What are they called?",
    ]
    assert (lakes.name, lakes.valid, lakes.file.name) == ("spider", [], "lakes.sqlite")
    assert [column.name for column in lakes.schema.tables[0].columns] == ["id", "title"]
    assert not held.train


def test_of_databases_that_are_held_out_every_second_question_is_validated_with(spider):
    _, held = training_databases([spider], Amounts(), 0)
    assert [example.question for example in held.valid] == ["How many lakes?", "What are they called?"]
    _, seen = training_databases([spider], Amounts(held_out_databases=0), 0)
    assert len(seen.train) == 3


@pytest.fixture
def bird(tmp_path):
    statements = (
        "CREATE TABLE lake (lake_id INTEGER PRIMARY KEY, title TEXT);"
        "CREATE TABLE river (river_id INTEGER PRIMARY KEY, lake_id INTEGER REFERENCES lake (lake_id));"
    )
    folder = tmp_path / "bird"
    rows = [
        {"db_id": "seas", "question": f"Which {number}?", "evidence": "seen", "sql": "SELECT title FROM lake"}
        for number in range(9)
    ]
    write_rows(folder / "train.jsonl", rows)
    (folder / "train_schemas.json").write_text(json.dumps({"seas": statements, "none": statements}))
    (folder / "train_column_meaning.json").write_text("{}")
    return tmp_path


def test_questions_of_bird_have_their_evidence_and_no_rows(bird):
    seas, none = training_databases([bird], Amounts(), 0)
    assert len(seas.train) == 9
    assert all(example.question.endswith("? seen") for example in seas.train)
    assert (seas.file, seas.valid, none.train) == (None, [], [])


def test_no_more_questions_of_bird_are_taken_than_said(bird):
    seas, _ = training_databases([bird], Amounts(bird=4), 0)
    assert len({example.question for example in seas.train}) == 4


def test_some_databases_of_bird_have_the_keys_that_names_tell_of_only(bird):
    declared = {
        key.declared
        for seed in range(8)
        for database in training_databases([bird], Amounts(), seed)
        for key in database.schema.keys
    }
    assert declared == {True, False}


def test_folders_without_sets_give_nothing(tmp_path):
    assert list(training_databases([tmp_path], Amounts(), 0)) == []


def test_one_domain_of_invented_databases_is_only_validated_with(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "DOMAINS", {name: DOMAINS[name] for name in ("library", HELD_OUT_DOMAIN)})
    found = list(invented_databases(Amounts(synthetic=6, of_synthetic=2), tmp_path, 0))
    validated = [database for database in found if database.valid]
    assert len(found) == 6 + 1
    assert len(validated) == 1, "a fifth of the databases of a domain"
    assert not validated[0].train
    assert all(database.file.is_file() and len(database.train) <= 2 for database in found)


NUMBER = ColumnType.NUMBER
LAKES = Schema(
    (
        Table("lake", (Column("lake_id", NUMBER, primary=True), Column("title"), Column("depth", NUMBER))),
        Table("river", (Column("river_id", NUMBER, primary=True), Column("lake_id", NUMBER))),
    ),
    (ForeignKey(ColumnRef("river", "lake_id"), ColumnRef("lake", "lake_id")),),
)
ASKED = [
    ("What is the depth of each lake?", "SELECT depth FROM lake"),
    ("What is the title of each lake?", "SELECT title FROM lake"),
    (
        "How many rivers are there for each lake?",
        "SELECT count(*) FROM river JOIN lake ON river.lake_id = lake.lake_id GROUP BY lake.lake_id",
    ),
    (
        "What is each lake with more than the depth of each?",
        "SELECT title FROM lake WHERE depth > (SELECT avg(depth) FROM lake)",
    ),
    ("What is each river", "SELECT upper(title) FROM lake"),
]


def lakes(tmp_path, *, rows: bool = True) -> TrainingDatabase:
    examples = [Example(*each) for each in ASKED]
    return TrainingDatabase("lakes", LAKES, examples, file=tmp_path / "lakes.sqlite" if rows else None)


def test_patterns_are_of_databases_with_rows_and_each_wording_once(tmp_path):
    database = lakes(tmp_path)
    found = list(patterns_of([database, database]))
    marks = [pattern.template.marks for pattern in found]
    assert marks[:2] == [
        "What is the <ColumnRef> of each <str>?",
        "How many <str> are there for each <str>?",
    ]
    assert len(marks) == len(set(marks))
    assert list(patterns_of([lakes(tmp_path, rows=False)] * 2)) == []


def test_patterns_are_told_by_their_shape(tmp_path):
    query = parse_query(ASKED[3][1], LAKES)
    one, joined, nested = by_shape(list(patterns_of([lakes(tmp_path)] * 2)))
    assert [pattern.query for pattern in one] == [parse_query(ASKED[0][1], LAKES)]
    assert [pattern.query for pattern in joined] == [parse_query(ASKED[2][1], LAKES)]
    assert [pattern.query for pattern in nested] in ([], [query])
    assert by_shape([]) == ([], [], [])


def test_without_rows_questions_have_invented_numbers():
    numbers = data._invented_numbers(LAKES, random.Random(0))
    assert {str(ref) for ref in numbers} == {"lake.lake_id", "lake.depth", "river.river_id", "river.lake_id"}
    assert all(len(values) == 3 and all(value.isdecimal() for value in values) for values in numbers.values())
    assert all(1 <= int(value) <= 100_000 for values in numbers.values() for value in values)


def test_no_more_questions_are_made_than_said(tmp_path):
    patterns = list(patterns_of([lakes(tmp_path)] * 2))
    database = lakes(tmp_path, rows=False)
    amounts = Amounts(made_without_rows=5, of_tables=4, of_analysts=0, plain=0, made=100)
    made = list(data._made(database, patterns, amounts, random.Random(0)))
    assert len(made) == 9
    assert all(parse_query(example.sql, LAKES) for example in made)
    only_of_tables = list(data._made(database, [], amounts, random.Random(0)))
    assert len(only_of_tables) == 4, "no patterns make no questions"
