"""Constants of questions: those that something in the schema can be compared with."""

from datetime import datetime
from pathlib import Path

import pytest

from kbqa.linking.calendar import Calendar
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.names import CellNames
from kbqa.sql.query import Part
from kbqa.sql.schema import Column, ColumnType, Schema, Table, declared_column

NOW = Calendar(datetime(2026, 11, 30))
SCHEMA = Schema(
    (
        Table(
            "event",
            (
                declared_column("born", "DATE", "sqlite"),
                declared_column("seen_at", "TIMESTAMP", "sqlite"),
                declared_column("length_s", "INTEGER", "sqlite"),
                Column("discount", ColumnType.NUMBER, shares=True),
                Column("name", holds=ColumnType.TEXT),
            ),
        ),
    )
)
NAMES_ONLY = Schema((Table("event", (Column("name", holds=ColumnType.TEXT),)),))
LINES = (Path(__file__).parent / "constants.txt").read_text(encoding="utf-8").splitlines()


def constants(question: str, schema: Schema = SCHEMA) -> list[str]:
    return [number.key for number in link_question(question, schema, CellNames(), NOW).numbers]


@pytest.mark.parametrize("line", [line for line in LINES if line[0] != "#"])
def test_constants_of_questions(line):
    question, found = line.split(" | ")
    assert constants(question) == [text.strip("'") for text in found.split(", ")]


def test_where_nothing_has_a_time_or_a_unit_there_are_only_numbers_and_names():
    question = "older than 30, in October, in the last 7 days, over 5 minutes"
    assert constants(question, NAMES_ONLY) == ["30", "7", "5", "October"]


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("how many were seen last month", {Part.MONTH, Part.MONTH_OF_YEAR}),
        ("how many were seen per month of last year", {Part.YEAR}),
        ("how many were seen in each of the last 3 months", set()),
        ("how many were seen in each year", set()),
    ],
)
def test_parts_of_dates_that_are_said_in_times_are_no_groups(question, parts):
    assert link_question(question, SCHEMA, CellNames(), NOW).said_in_times == parts
