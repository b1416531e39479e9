"""Questions on times, durations, ages, units and deadlines, as they are linked, allowed and written.

Each line of `questions.txt` has a question with the choices of a decoder, which must all be offered, and the
rows that the query finds.
"""

import sqlite3
from datetime import datetime
from pathlib import Path

import pytest

from kbqa.linking.calendar import Calendar
from kbqa.sql.answer.directions import directed
from kbqa.sql.answer.finishing import finished
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
from kbqa.sql.stores.executor import Limits, execute
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
