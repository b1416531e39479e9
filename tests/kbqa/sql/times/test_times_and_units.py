"""Questions on times, durations, ages, units and deadlines, as they are linked, allowed and written.

Each line of `questions.txt` has a question with the choices of a decoder, which must all be offered, and the
rows that the query finds.
"""

import sqlite3
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from kbqa.linking.calendar import Calendar
from kbqa.sql.answer.asked_units import weight_of_units
from kbqa.sql.answer.backwards import turned
from kbqa.sql.answer.directions import directed
from kbqa.sql.answer.finishing import finished
from kbqa.sql.answer.reading import Reading
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.answer.wording import in_words
from kbqa.sql.grammar import start
from kbqa.sql.ingest.cells import CellReport, read_cells, told_by_cells
from kbqa.sql.ingest.introspection import read_schema
from kbqa.sql.names import CellNames
from kbqa.sql.rendering import query_text
from kbqa.sql.schema import StoredTime
from kbqa.sql.schema_json import schema_from_json
from kbqa.sql.stores.connections import sqlite_engine
from kbqa.sql.stores.databases import Source
from kbqa.sql.stores.executor import Limits, Result, execute
from kbqa.sql.stores.validator import checked
from tests.kbqa.sql.grammar.spelled import cases, step

HERE = Path(__file__).parent
NOW = datetime(2025, 3, 14, 10, 30)


@pytest.fixture(scope="module")
def bikes(tmp_path_factory) -> Source:
    path = tmp_path_factory.mktemp("bikes") / "bikes.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript((HERE / "bikes.sql").read_text(encoding="utf-8"))
    connection.close()
    schema, report = read_schema(sqlite_engine(path, introspects=True)), CellReport()
    engine = sqlite_engine(path)
    assert list(read_cells(engine, schema, report))
    return Source(told_by_cells(schema, report), CellNames(), engine)


def written(question: str, choices: str, source: Source):
    linked = link_question(question, source.schema, CellNames(), Calendar(NOW))
    state = start(linked)
    for word in choices.split(", "):
        state = step(state, word)
    return finished(directed(state.query, question, linked), question, source.schema)


def rows_of(query, source: Source) -> tuple[tuple[object, ...], ...]:
    tree = checked(query_text(query, source.schema, headed=True), source.schema)
    return execute(source.engine, tree, Limits(seconds=60), dialect="sqlite").rows


def shown(rows) -> str:
    values = (
        [f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value) for value in row]
        for row in rows
    )
    return "; ".join(sorted(map(", ".join, values)))


def test_a_scan_tells_how_times_are_kept(bikes):
    stored = {str(ref): bikes.schema.column(ref).stored for ref in bikes.schema.refs()}
    assert {name: kept for name, kept in stored.items() if kept} == {
        "member.joined_on": StoredTime.DAYS,
        "member.left_on": StoredTime.DAYS,
        "bike.bought_month": StoredTime.MONTHS,
        "rental.out_ts": StoredTime.SECONDS,
        "rental.back_ts": StoredTime.SECONDS,
        "ping.seenAt": StoredTime.MILLISECONDS,
    }
    assert schema_from_json(bikes.schema.as_json()) == bikes.schema


@pytest.mark.parametrize(("question", "choices", "answer"), cases(HERE / "questions.txt"))
def test_questions(question, choices, answer, bikes, settings):
    settings.CLOCK = NOW.isoformat()
    assert shown(rows_of(written(question, choices, bikes), bikes)) == answer


@pytest.mark.parametrize(
    ("question", "choices", "words"),
    [
        (
            "What did all rentals pay in euros?",
            "SUM, rental.paid_cents, END",
            "The total paid in euros of rentals.",
        ),
        (
            "How many minutes does a rental take on average?",
            "AVG, COMPUTED, operator -, rental.back_ts, rental.out_ts, END",
            "The average minutes from out ts to back ts of rentals.",
        ),
        (
            "How old are the members on average?",
            "AVG, member.birth_date, END",
            "The average age in years (by the birth date) of members.",
        ),
        (
            'What does the plan "day" cost at the moment?',
            "plan_price.price_cents, WHERE, plan_price.plan, =, 'day', END",
            "The price cents of each plan price whose plan is “day” and whose valid from is not later than "
            "2025-03-14 and whose valid to is not earlier than 2025-03-14 or is empty.",
        ),
    ],
)
def test_what_was_added_is_said(question, choices, words, bikes, settings):
    settings.CLOCK = NOW.isoformat()
    assert in_words(written(question, choices, bikes), bikes.schema) == words


def test_times_are_compared_as_they_are_kept(bikes, settings):
    settings.CLOCK = NOW.isoformat()
    query = written("rentals in May 2024", "rental.rental_id, WHERE, rental.out_ts, =, '2024-05', END", bikes)
    sql = query_text(query, bikes.schema)
    assert sql.endswith("WHERE (out_ts >= 1714521600 AND out_ts < 1717200000)")


@pytest.mark.parametrize(
    ("question", "choices", "sql"),
    [
        ("total distance in euros", "SUM, rental.distance_m, END", "SUM(distance_m)"),
        ("total paid in cents", "SUM, rental.paid_cents, END", "SUM(paid_cents)"),
        ("when were the members born, how old are they", "member.birth_date, END", "birth_date"),
        ("how many days in May", "COUNT, *rental, END", "COUNT(*)"),
    ],
)
def test_what_is_in_no_other_unit_stays(question, choices, sql, bikes, settings):
    settings.CLOCK = NOW.isoformat()
    query = written(question, choices, bikes)
    assert query_text(query, bikes.schema).startswith(f"SELECT {sql} FROM")


def test_durations_are_not_counted_backwards(bikes):
    question = "How long does a repair take on average?"
    query = written(question, "AVG, COMPUTED, operator -, repair.reported_at, repair.fixed_at, END", bikes)
    found = Reading("", 1.0, written=query, result=Result(("days",), ((-2.333,),), False, 1.0))
    forwards = turned(found, question, bikes.schema)
    assert shown(rows_of(forwards, bikes)) == "2.333"
    assert (
        turned(replace(found, result=Result(("days",), ((2,),), False, 1.0)), question, bikes.schema) is None
    )
    assert turned(found, "average delay", bikes.schema) is None


def test_a_reading_in_another_unit_counts_less(bikes):
    question = "How many hours does a rental take on average?"
    weights = [
        weight_of_units(written(question, f"AVG, {choices}, END", bikes), question, bikes.schema)
        for choices in (
            "COMPUTED, operator -, rental.back_ts, rental.out_ts",
            "rental.ride_min",
            "bike.weight_g",
        )
    ]
    assert weights == [1, 1, 0.1]
