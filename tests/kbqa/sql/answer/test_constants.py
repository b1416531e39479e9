"""Constants of questions: those that something in the schema can be compared with."""

from datetime import datetime
from functools import reduce
from pathlib import Path

import pytest

from kbqa.linking.calendar import Calendar
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.grammar import start
from kbqa.sql.grammar.actions import NumberPointer
from kbqa.sql.names import CellNames
from kbqa.sql.query import Part
from kbqa.sql.schema import Column, ColumnRef, ColumnType, Schema, Table, declared_column
from tests.kbqa.sql.grammar.spelled import spelled, step

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
                Column("size", ColumnType.NUMBER),
                Column("is_open", ColumnType.NUMBER),
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


@pytest.mark.parametrize(
    ("question", "column", "offered"),
    [
        ("more than 5 minutes", "length_s", {"'5 minutes'"}),
        ("more than 5 minutes", "discount", set()),
        ("more than 5 minutes", "size", {"'5'"}),
        ("more than 10 %", "discount", {"'10 percent'"}),
        ("older than 30", "born", {"'born ../1996-11-30'"}),
        ("older than 30", "seen_at", set()),
        ("older than 30", "size", {"'30'"}),
        ("in October", "seen_at", {"'--10'"}),
        ("in October", "size", set()),
        ("this year", "size", set()),
    ],
)
def test_constants_are_offered_beside_columns_that_they_suit(question, column, offered):
    linked = link_question(question, SCHEMA, CellNames(), NOW)
    words = ("event.name", "WHERE", f"event.{column}", ">")
    legal = reduce(step, words, start(linked)).legal_actions()
    assert {spelled(action) for action in legal if isinstance(action, NumberPointer)} == offered


def test_of_flags_none_is_more():
    codes = CellNames(codes={ColumnRef("event", "is_open"): ("0", "1")})
    state = reduce(
        step, ("event.name", "WHERE", "event.is_open"), start(link_question("", SCHEMA, codes, NOW))
    )
    assert {"=", "!="} <= {spelled(action) for action in state.legal_actions()}
    assert not {"<", ">", "BETWEEN"} & {spelled(action) for action in state.legal_actions()}
