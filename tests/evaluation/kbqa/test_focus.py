"""How the focus is scored, without a network."""

import pytest

from evaluation.kbqa.focus import FocusQuestion, FocusScores, Gold, merged
from kbqa.sql.schema import Column, ColumnRef, ColumnType, ForeignKey, Schema, Table

TEXT = ColumnType.TEXT
CITY = Table("City", (Column("Name", TEXT, "TEXT"), Column("Size", TEXT, "TEXT")))
PERSON = Table("Person", (Column("Name", TEXT, "TEXT"), Column("City", TEXT, "TEXT")))
SCHEMA = Schema((CITY, PERSON), (ForeignKey(ColumnRef("Person", "City"), ColumnRef("City", "Name")),))
NAME = ColumnRef("City", "Name")


def test_gold_is_what_the_sql_uses_or_what_is_named():
    by_sql = FocusQuestion.from_row({"db_id": "x", "question": "q", "sql": "SELECT name FROM city"})
    assert by_sql.gold(SCHEMA) == Gold(frozenset({NAME}), frozenset({"City"}))
    named = FocusQuestion.from_row({"db_id": "x", "question": "q", "gold_columns": ["city.NAME", "no.such"]})
    assert named.gold(SCHEMA) == Gold(frozenset({NAME}), frozenset({"City"}))
    with pytest.raises(KeyError, match="sql"):
        FocusQuestion.from_row({"db_id": "x", "question": "q"})


def test_evidence_is_read_with_the_question():
    question = FocusQuestion.from_row({"db_id": "x", "question": "q?", "evidence": "e", "sql": "SELECT 1"})
    assert question.text == "q? e"


def test_recall_is_over_all_questions():
    scores, kept = FocusScores(), Schema((CITY,))
    scores.add(Gold(frozenset({NAME}), frozenset({"City"})), kept, total=4)
    scores.add(
        Gold(frozenset({NAME, ColumnRef("Person", "City")}), frozenset({"City", "Person"})), kept, total=4
    )
    scores.tokens_before, scores.tokens_after = 200, 50
    summary = scores.summary()
    assert summary["table_recall"] == summary["column_recall"] == pytest.approx(2 / 3, abs=1e-4)
    assert (summary["complete"], summary["columns_kept"], summary["tokens_kept"]) == (0.5, 0.5, 0.25)


def test_schemas_are_merged_with_their_questions():
    questions = [
        FocusQuestion("a", "q", "SELECT name FROM city"),
        FocusQuestion("b", "r", gold_columns=("Person.City",)),
    ]
    schema, asked = merged({"a": SCHEMA, "b": SCHEMA}, questions)
    assert [table.name for table in schema.tables] == ["a_City", "a_Person", "b_City", "b_Person"]
    assert schema.keys[1].target == ColumnRef("b_City", "Name")
    assert asked[0].gold(schema) == Gold(frozenset({ColumnRef("a_City", "Name")}), frozenset({"a_City"}))
    assert asked[1].gold(schema).tables == {"b_Person"}
