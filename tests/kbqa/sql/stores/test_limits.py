"""Nothing holds a process, a thread or the memory: what takes too much ends with an error that says so."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlglot import parse_one

from kbqa import process_pool
from kbqa.sql.answer.formatting import json_result, sentence_of
from kbqa.sql.answer.values import result_from, result_json
from kbqa.sql.charts.chart import chart_of
from kbqa.sql.stores import processes
from kbqa.sql.stores.connections import parsed_url, server_engine, sqlite_engine
from kbqa.sql.stores.executor import (
    ExecutionError,
    Limits,
    MemoryLimitError,
    TimeLimitError,
    connection_of,
    error_of,
    run,
)
from kbqa.sql.stores.processes import BusyError, StatementProcess, statement_processes
from kbqa.sql.stores.statement_process import HEAD_BYTES, StatementFailed, framed
from kbqa.sql.stores.streaming import RowStream, StreamLimits
from searchapp.errors import Unavailable
from tests.kbqa.sql.postgresql import address_of

QUICK = Limits(seconds=0.4)
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
SLOW = [
    "SELECT printf('%.*c', 1000000000, 'x')",
    "SELECT " + ", ".join(["printf('%.*c', 50000000, 'x')"] * 14),
    "SELECT instr(printf('%.4900000d', 0), printf('%.2400000d', 0) || '1')",
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n",
    "SELECT max(x) FROM endless",
    "SELECT max(a.x + b.x) FROM endless a, endless b",
    "SELECT length(replace(printf('%.4000000d', 0), '0', '11')) FROM endless",
    "SELECT group_concat(x) FROM endless WHERE x < 0",
]
LARGE = [
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 199) "
    "SELECT printf('%.*c', 4900000, 'x') FROM n",
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 9000) "
    "SELECT json_group_array(printf('%.*c', 4000, 'x')) FROM n",
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 9000) "
    "SELECT group_concat(printf('%.*c', 4000, 'x')) FROM n",
    "SELECT " + ", ".join(["printf('%.*c', 400000, 'x')"] * 30),
]
ODD = [
    ("9e999", "Infinity"),
    ("-9e999", "-Infinity"),
    ("9e999 - 9e999", None),
    ("9223372036854775807", 9223372036854775807),
    ("x'00ff'", "AP8="),
    ("CAST(x'fffe41' AS TEXT)", "\ufffd\ufffdA"),
    ("'a' || char(0) || 'b'", "a\0b"),
    ("char(0x1F600)", "\U0001f600"),
]

ODD_IN_POSTGRESQL = [
    ("'NaN'::float8", "NaN"),
    ("'-Infinity'::float8", "-Infinity"),
    ("'NaN'::numeric", "NaN"),
    ("1e400::numeric", f"1{'0' * 400}"),
    ("'infinity'::date", "infinity"),
    ("'-infinity'::timestamp", "-infinity"),
    ("'0044-03-15 BC'::date", "0044-03-15 BC"),
    ("'20000-01-01'::timestamptz", "20000-01-01 00:00:00+00"),
    ("'24:00'::time", "24:00:00"),
    ("'9999999 years'::interval", "9999999 years"),
    ("'\\xff'::bytea", "/w=="),
    ("'[1, 2]'::json", "[1, 2]"),
    ("""'{"a": [1, null, true]}'::json""", '{"a": [1, null, true]}'),
    ("""'{"b": 1.50}'::jsonb""", '{"b": 1.50}'),
    ("ARRAY[1, 2]", "{1,2}"),
    ("ARRAY['a b', NULL]", '{"a b",NULL}'),
    ("ARRAY['2024-05-06'::date]", "{2024-05-06}"),
    ("ARRAY['{}'::jsonb]", '{"{}"}'),
    ("int4range(1, 5)", "[1,5)"),
    ("daterange('2024-01-01', NULL)", "[2024-01-01,)"),
    ("int4multirange(int4range(1, 3), int4range(5, 7))", "{[1,3),[5,7)}"),
    ("ARRAY[int4range(1, 5)]", '{"[1,5)"}'),
]


@pytest.fixture
def engine(tmp_path):
    path = tmp_path / "odd.sqlite"
    connection = sqlite3.connect(path)
    connection.execute(f"CREATE VIEW endless AS {ENDLESS} SELECT x FROM n")
    connection.commit()
    connection.close()
    return sqlite_engine(path)


@pytest.fixture
def postgresql(transactional_db):
    url = address_of()
    writer = create_engine(parsed_url(url), isolation_level="AUTOCOMMIT")
    with writer.connect() as connected:
        connected.execute(
            text("CREATE VIEW slow AS SELECT g, pg_sleep(0.045)::text FROM generate_series(1, 100000) g")
        )
        yield server_engine(url), connected
        connected.execute(text("DROP VIEW slow"))
    writer.dispose()


def test_all_rows_of_postgresql_are_streamed_and_a_late_first_one_is_stopped_there(postgresql):
    engine, writer = postgresql

    def stream(sql, rows, first=20.0):
        limits = StreamLimits(Limits(seconds=first), 40, rows)
        return RowStream(engine, parse_one(sql, dialect="postgres"), limits, "postgres")

    begun = stream(
        "SELECT g AS number, CAST(g AS DECIMAL) / 4 AS part FROM GENERATE_SERIES(1, 9000) AS g", 8_000
    )
    rows = [row for portion in begun.portions() for row in portion]
    assert (begun.columns, begun.truncated, len(rows)) == (("number", "part"), True, 8_000)
    assert rows[0] == (1, Decimal("0.25000000000000000000"))
    nothing = stream("SELECT 1 AS one WHERE 1 = 2", 10)
    assert (nothing.columns, list(nothing.portions())) == (("one",), [[]])
    slow = stream("SELECT g, REPEAT('x', 9000) AS text FROM slow LIMIT 50", 100, 1.5)
    assert sum(map(len, slow.portions())) == 50, "only the first row has to come so soon"
    with pytest.raises(TimeLimitError):
        stream("SELECT max(g) FROM slow", 10, 0.5)
    active = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%MAX(g)%'"
    assert writer.execute(text(f"{active} AND pid <> pg_backend_pid()")).scalar() == 0


def test_a_statement_that_looks_at_no_clock_ends_in_time(engine):
    for sql in SLOW:
        with pytest.raises((TimeLimitError, MemoryLimitError, ExecutionError)) as error:
            run(engine, sql, QUICK)
        assert len(error.value.message) < 200
    assert run(engine, "SELECT 1", QUICK).rows == ((1,),)


@pytest.mark.parametrize(
    ("sql", "stops"), [(SLOW[2], False), (SLOW[4], True)], ids=["in a function", "in a view"]
)
def test_the_process_of_such_a_statement_is_gone_unless_it_stops_by_itself(engine, sql, stops):
    with statement_processes().process() as process:
        pass
    arguments = {"url": engine.url.database, "sql": sql, "seconds": 0.3, "rows": 10**9, "size": 10**9}
    visible = {"private": [], "views": [], "tables": None, "introspects": False}
    with pytest.raises(StatementFailed) as failure:
        processes.call(
            "kbqa.sql.stores.statement_process:run_statement",
            {**arguments, "visibility": visible},
            seconds=0.5,
            max_bytes=10**9,
        )
    assert failure.value.kind in ("time", "memory")
    assert process.is_alive == stops
    if stops:
        assert processes.call("os:getpid", {}, seconds=5, max_bytes=100) == process._process.pid


def test_a_result_that_takes_too_much_is_refused(engine):
    for sql in LARGE:
        with pytest.raises(ExecutionError, match=r"bytes|memory|too big"):
            run(engine, sql, Limits(seconds=10, bytes=100_000))


def test_a_result_is_cut_where_its_bytes_end(engine):
    sql = f"{ENDLESS} SELECT printf('%.*c', 1000, 'x') FROM n"
    found = run(engine, sql, Limits(seconds=10, bytes=10_500))
    assert (len(found.rows), found.truncated) == (10, True)


def test_a_process_has_no_more_memory_than_it_may(engine, settings):
    settings.DATABASE_PROCESS_BYTES = 120_000_000
    many = f"{ENDLESS} SELECT printf('%.*c', 1000000, 'x') FROM n"
    with pytest.raises(MemoryLimitError, match="more memory"):
        run(engine, many, Limits(seconds=30, bytes=10**10))
    assert run(engine, "SELECT 1", Limits()).rows == ((1,),)


def sorted_with_small_files(engine, *, in_files):
    """Return what a process answers, and its limits allow files of 1 MB, that is to sort 39 MB."""
    begin = "from kbqa.sql.stores import statement_process as p; p._MAX_TEMPORARY_BYTES = 1_000_000; p.main()"
    some = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 39)"
    arguments = {
        "sql": f"{some} SELECT x FROM n ORDER BY printf('%.*c', 1000000, x)",
        "seconds": 20,
        "rows": 90,
        "size": 10**8,
        "sorts_in_files": in_files,
    }
    task = {
        "function": "kbqa.sql.stores.statement_process:run_statement",
        "arguments": {**connection_of(engine), **arguments},
        "seconds": 20,
    }
    done = subprocess.run(
        [sys.executable, "-c", begin, "1000000000"], input=framed(task), capture_output=True, check=True
    )
    return json.loads(done.stdout[HEAD_BYTES:])


def test_what_sorts_more_than_files_have_room_for_is_told_to_ask_for_less(engine):
    answer = sorted_with_small_files(engine, in_files=True)
    assert answer["error"] == "memory", answer
    assert "Ask for less" in error_of(StatementFailed(answer["error"], answer["message"]), QUICK).message


def test_what_people_ask_is_sorted_without_files(engine):
    assert Limits().sorts_in_files is False
    assert len(sorted_with_small_files(engine, in_files=False)["value"]["rows"]) == 39


def test_what_is_no_number_and_other_odd_values_are_json(engine):
    for expression, expected in ODD:
        found = run(engine, f"SELECT {expression} AS a, 1 AS b", Limits())
        answered = json.dumps(json_result(found), allow_nan=False)
        assert json.loads(answered)["rows"] == [[expected, 1]], expression
        assert result_from(json.loads(json.dumps(result_json(found, 9), allow_nan=False))).rows == found.rows
        assert sentence_of(found)


def test_a_chart_leaves_out_what_has_no_place_on_an_axis(engine):
    sql = "SELECT 'a' AS n, 1.5 AS v UNION ALL SELECT 'b', 9e999 UNION ALL SELECT 'c', 2"
    values = json.loads(json.dumps(chart_of(run(engine, sql, Limits())).drawing, allow_nan=False))["values"]
    assert [value["y"] for value in values] == [1.5, None, 2]


def test_too_many_at_once_are_told_to_come_again(engine, settings, monkeypatch):
    monkeypatch.setattr(process_pool, "WAIT_SECONDS", 0.05)
    settings.DATABASE_PROCESSES = 1
    begun, end = threading.Event(), threading.Event()

    def cancelled():
        begun.set()
        if end.is_set():
            raise InterruptedError

    def occupy():
        with pytest.raises(InterruptedError):
            run(engine, "SELECT max(x) FROM endless", Limits(seconds=60), cancelled)

    thread = threading.Thread(target=occupy)
    thread.start()
    assert begun.wait(30)
    with pytest.raises(BusyError, match="Try again") as error:
        run(engine, "SELECT 1", Limits())
    assert (error.value.transient, error.value.status) == (True, 503)
    assert isinstance(error.value, Unavailable)
    end.set()
    thread.join(30)
    assert run(engine, "SELECT 1", Limits()).rows == ((1,),)


def test_a_process_that_was_killed_is_replaced(engine):
    pool = statement_processes()
    run(engine, "SELECT 1", Limits())
    for process in list(pool._free):
        process._process.send_signal(signal.SIGKILL)
        process._process.wait()
    assert run(engine, "SELECT 2", Limits()).rows == ((2,),)


def test_a_process_is_told_no_secrets(engine, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "hush")
    monkeypatch.setenv("PGSSLROOTCERT", "/x")
    process = StatementProcess.started(1_000_000_000)
    environment = Path(f"/proc/{process._process.pid}/environ").read_text()
    process.end()
    assert ("hush" in environment, "PGSSLROOTCERT" in environment) == (False, True)


def test_postgresql_ends_what_is_slow_row_by_row(postgresql):
    engine, other = postgresql
    with pytest.raises(TimeLimitError):
        run(engine, "SELECT * FROM slow", QUICK)
    running = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT * FROM slow' AND state = 'active'"
    assert other.execute(text(running)).scalar() == 0


def test_postgresql_sends_no_more_than_is_wanted(postgresql, settings):
    engine, _ = postgresql
    settings.DATABASE_PROCESS_BYTES = 300_000_000
    for sql in (
        "SELECT repeat('x', 4000000) FROM generate_series(1, 199)",
        "SELECT json_agg(repeat('x', 100000)) FROM generate_series(1, 800)",
        "SELECT string_agg(repeat('x', 100000), ',') FROM generate_series(1, 800)",
    ):
        with pytest.raises(MemoryLimitError):
            run(engine, sql, Limits(seconds=20, bytes=1_000_000))
    assert run(engine, "SELECT g FROM generate_series(1, 0) g", Limits()).columns == ("g",)


def test_odd_values_of_postgresql_are_json(postgresql):
    engine, _ = postgresql
    for expression, expected in ODD_IN_POSTGRESQL:
        found = run(engine, f"SELECT {expression} AS a", Limits())
        assert json.loads(json.dumps(json_result(found), allow_nan=False))["rows"] == [[expected]]


def test_exact_numbers_stay_exact(postgresql):
    engine, _ = postgresql
    assert run(engine, "SELECT 1.50::numeric AS a", Limits()).rows == ((Decimal("1.50"),),)


def test_a_process_ends_with_the_one_that_started_it(tmp_path):
    program = (
        "from kbqa.sql.stores.processes import StatementProcess; import time; "
        "print(StatementProcess.started(1_000_000_000)._process.pid, flush=True); time.sleep(60)"
    )
    starter = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    child = int(starter.stdout.readline())
    starter.kill()
    starter.wait()
    for _ in range(200):
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        threading.Event().wait(0.05)
    pytest.fail("the process lives on")


def test_a_backslash_escapes_nothing_whatever_the_server_says(postgresql):
    """Otherwise the server would read this as a text, a comma and a column, and not as two texts."""
    engine, other = postgresql
    name = other.execute(text("SELECT current_user")).scalar()
    other.execute(text(f'ALTER ROLE "{name}" SET standard_conforming_strings = off'))
    try:
        rows = run(engine, r"SELECT '\', ', current_user --'", Limits()).rows
    finally:
        other.execute(text(f'ALTER ROLE "{name}" RESET standard_conforming_strings'))
    assert rows == (("\\", ", current_user --"),)
