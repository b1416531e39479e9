"""Questions about when something was that templates make: their words, and what they find."""

import random
import re
import sqlite3
from pathlib import Path

import pytest

from kbqa.sql.answer.finishing import finished
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.ingest.introspection import read_schema
from kbqa.sql.query import Comparison, DatePart, Part, Query
from kbqa.sql.rendering import query_text
from kbqa.sql.stores.connections import sqlite_engine
from kbqa.sql.stores.executor import Limits, execute
from kbqa.sql.stores.validator import checked
from training.sql.cell_index import indexed_cells
from training.sql.data import sample_values
from training.sql.oracle import decisions
from training.sql.time_questions import TimeQuestions

FERRIES = """
CREATE TABLE captain (id INTEGER PRIMARY KEY, name TEXT, date_of_birth DATE);
CREATE TABLE trip (
    id INTEGER PRIMARY KEY, captain_id INTEGER REFERENCES captain (id), line TEXT, passengers INTEGER,
    departed_at DATETIME
);
CREATE TABLE ferry (id INTEGER PRIMARY KEY, name TEXT, built INTEGER);
INSERT INTO captain VALUES (1, 'Ada', '1960-05-02'), (2, 'Ben', '1999-11-30');
INSERT INTO trip VALUES
    (1, 1, 'north', 40, '2024-10-05 07:30'), (2, 1, 'south', 25, '2025-02-11 16:00'),
    (3, 2, 'north', 61, '2025-02-25 21:15'), (4, 2, 'north', 12, '2025-03-13 09:00');
INSERT INTO ferry VALUES (1, 'Tern', 1987), (2, 'Gull', 2012);
"""


@pytest.fixture(scope="module")
def ferries(tmp_path_factory):
    path = tmp_path_factory.mktemp("ferries") / "ferries.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(FERRIES)
    connection.close()
    return sqlite_engine(path, introspects=True)


@pytest.fixture(autouse=True)
def clock(settings):
    settings.CLOCK = "2025-03-14T10:30"


@pytest.fixture
def made(ferries, clock) -> dict[str, Query]:
    schema = read_schema(ferries)
    return dict(TimeQuestions(schema, sample_values(ferries, schema, 40), random.Random(3)).make(6_000))


def rows(engine, query, question=""):
    schema = read_schema(engine)
    sql = query_text(finished(query, question, schema), schema)
    found = execute(engine, checked(sql, schema), Limits(), dialect="sqlite").rows
    return [tuple(row) for row in found]


def test_every_question_runs(ferries, made):
    for question, query in random.Random(1).sample(sorted(made.items()), 150):
        assert question[0].isupper(), question
        assert question[-1] in ".?", question
        assert "  " not in question, question
        rows(ferries, query, question)


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("How many trips are there that departed later than last quarter?", [(3,)]),
        ("Number of trips that departed in March.", [(1,)]),
        ("Number of trips that departed in February per captain.", [("Ada", 1), ("Ben", 1)]),
        ("Number of trips that departed not in 2024.", [(3,)]),
        ("How many trips are there that departed over 2 hours ago?", [(4,)]),
        ("Number of trips that departed before 3:30 pm.", [(2,)]),
        ("How many trips did Ada have that departed last year?", [(1,)]),
    ],
)
def test_what_a_question_finds_is_what_people_mean_by_it(ferries, made, question, found):
    assert rows(ferries, made[question], question) == found


def test_ages_are_compared_with_days_of_birth(ferries, made):
    asked = {
        int(match[1]): query
        for question, query in made.items()
        if (
            match := re.fullmatch(
                r"How many captains (?:were |are there who are )?older than (\d+)\?", question
            )
        )
    }
    assert asked
    for age, query in asked.items():
        assert rows(ferries, query) == [(sum(years > age for years in (64.9, 25.3)),)], age


def test_times_of_day_are_asked_only_of_columns_that_have_them(made):
    timed = [question for question in made if re.search(r"\d ?[ap]m\b|noon|midnight", question)]
    assert timed
    assert all("trips" in question or "trip" in question for question in timed)


def test_columns_that_count_years_are_compared_with_years(ferries, made):
    asked = [query for question, query in made.items() if "ferries built before" in question]
    assert asked
    for query in asked:
        assert query.where[0].comparison == Comparison.LESS
        assert query.where[0].item.term.operand.column == "built"


def test_groups_by_time_have_the_part_that_is_said(made):
    grouped = [query.group[0] for question, query in made.items() if question.endswith(" by weekday.")]
    parts = [key.part for key in grouped if isinstance(key, DatePart)]
    assert parts
    assert set(parts) == {Part.WEEKDAY}


@pytest.mark.django_db
def test_decisions_write_what_is_made(ferries, made):
    schema = read_schema(ferries)
    with indexed_cells(schema, Path(ferries.url.database)) as cells:
        for question, query in random.Random(2).sample(sorted(made.items()), 60):
            assert decisions(query, link_question(question, schema, cells)), question
