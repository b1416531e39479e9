"""Columns that are read together say the same as each by itself, whatever one of them does."""

import sqlite3

import pytest
from sqlalchemy import event

from kbqa.sql.ingest import cells
from kbqa.sql.ingest.cells import CellReport, Reading, count_rows, read_cells
from kbqa.sql.ingest.introspection import read_schema
from kbqa.sql.stores import executor
from kbqa.sql.stores.connections import server_engine, sqlite_engine
from kbqa.sql.stores.executor import ExecutionError, Limits, Result, run_several
from tests.kbqa.sql.postgresql import schema_of

STATEMENTS = (
    "CREATE TABLE thing (id int PRIMARY KEY, name varchar(60), share numeric, code varchar(1), day date)",
    "INSERT INTO thing VALUES (1, 'red lamp', 0.5, 'a', '2024-01-05')",
    "INSERT INTO thing VALUES (2, 'O''Hara', 0.25, 'b', '2024-01-06'), (3, 'red lamp', 1, 'a', NULL)",
    "INSERT INTO thing VALUES (4, '100 %', 0, 'b', '2024-02-01'), (5, NULL, NULL, 'a', '2024-02-02')",
    "CREATE TABLE other (id int, thing int REFERENCES thing (id), note varchar(60))",
    "INSERT INTO other VALUES (1, 1, 'x'), (2, 1, 'y')",
)
BROKEN = "CREATE VIEW broken AS SELECT 1 / (id - 1) AS never, id AS still FROM thing"


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request, tmp_path):
    if request.param == "sqlite":
        path = tmp_path / "things.sqlite"
        connection = sqlite3.connect(path)
        for statement in STATEMENTS:
            connection.execute(statement)
        connection.commit()
        connection.close()
        yield sqlite_engine(path, introspects=True)
        return
    request.getfixturevalue("transactional_db")
    with schema_of("together", (*STATEMENTS, BROKEN)) as (_, address):
        yield server_engine(address)


def told(engine):
    schema, report = read_schema(engine), CellReport()
    rows = list(read_cells(engine, schema, report))
    return rows, report, count_rows(Reading(engine), schema)


def test_together_or_alone_the_outcome_is_the_same(engine, monkeypatch):
    together = told(engine)
    asked = []
    monkeypatch.setattr(executor, "_TAKES_SEVERAL", ())
    monkeypatch.setattr(cells, "run", lambda *given: asked.append(given) or executor.run(*given))
    alone = told(engine)
    assert together == alone
    assert len(asked) > len(together[1].digests)
    rows, report, (numbers, _) = together
    assert ("value", "", "thing\tname", "red lamp", 2) in rows
    assert {str(ref) for ref in report.shares} == {"thing.share"}
    assert (numbers["thing"], numbers["other"]) == (5, 2)
    if engine.dialect.name == "postgresql":
        assert [line for line in report.complaints if line.startswith("broken.never: division by zero")]
        assert "broken\tstill" in report.digests


def test_few_processes_are_asked_for_many_columns(engine, monkeypatch):
    calls, call = [], executor.call
    monkeypatch.setattr(executor, "call", lambda *args, **named: calls.append(args) or call(*args, **named))
    told(engine)
    assert len(calls) == 3  # columns, the extremes of one, rows


def test_one_that_is_too_much_leaves_the_others(engine):
    long = "SELECT 'x' AS a UNION ALL SELECT " + " || ".join(["'" + "y" * 200 + "'"] * 20)
    found = run_several(engine, ["SELECT 1", "SELECT nothing", long, "SELECT 2"], Limits(5.0, 10, 1_000))
    assert isinstance(found[0], Result)
    assert found[0].rows == ((1,),)
    assert isinstance(found[1], ExecutionError)
    assert found[2:] == [None, None]


def test_one_with_more_rows_than_are_read_may_do_by_itself(engine):
    found = run_several(engine, ["SELECT 1", "SELECT id FROM thing", "SELECT 2"], Limits(5.0, 2, 1_000))
    assert [result and result.rows for result in found] == [((1,),), None, None]


def test_a_connection_that_ends_refuses_no_statement(transactional_db):
    with schema_of("together", STATEMENTS) as (_, address):
        statements = ["SELECT 1", "SELECT pg_terminate_backend(pg_backend_pid())", "SELECT 2"]
        found = run_several(server_engine(address), statements, Limits(5.0, 10, 1_000))
    assert [result and result.rows for result in found] == [((1,),), None, None]


def test_a_schema_is_read_by_one_connection_however_many_tables_it_has(engine):
    connected = []
    event.listen(engine, "connect", lambda *_: connected.append(1))
    assert len(read_schema(engine).tables) >= 2
    # The first of an engine tells the driver what kind of server it is.
    assert len(connected) <= 2
