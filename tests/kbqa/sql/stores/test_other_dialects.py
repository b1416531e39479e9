"""Databases of further kinds, which the settings add: DuckDB as one whose driver is there."""

import time
from pathlib import Path

import duckdb
import pytest
from sqlalchemy.exc import SQLAlchemyError
from sqlglot import parse_one

from kbqa.sql.ingest.introspection import read_schema
from kbqa.sql.names import CellNames
from kbqa.sql.sources import services
from kbqa.sql.stores.connections import ConnectError, parsed_url, server_engine
from kbqa.sql.stores.databases import Source
from kbqa.sql.stores.executor import Limits, TimeLimitError, execute
from tests.kbqa.sql.chance import run_by_chance


@pytest.fixture
def url(tmp_path: Path, settings) -> str:
    settings.DATABASE_DIALECTS = ["duckdb"]
    path = tmp_path / "ships.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE port (port_id INTEGER PRIMARY KEY, name VARCHAR)")
        connection.execute(
            "CREATE TABLE ship (ship_id INTEGER PRIMARY KEY, name VARCHAR, tonnage INTEGER, "
            "port_id INTEGER REFERENCES port (port_id))"
        )
        connection.execute("INSERT INTO port VALUES (1, 'Porto'), (2, 'Oslo')")
        connection.execute(
            "INSERT INTO ship VALUES (1, 'Argo', 300, 1), (2, 'Vega', 900, 2), (3, 'Nina', 400, 2)"
        )
    return f"duckdb:///{path}"


def test_it_is_connected_scanned_and_asked(url, connect):
    database = connect("ships", url=url)
    assert database.serving.cells == 5
    answer, _ = services.ask(database, "how many ships are there?")
    assert answer.best.result.rows == ((3,),)
    assert sorted(services.ask(database, "What are the names of the ships in Oslo?")[0].best.result.rows) == [
        ("Nina",),
        ("Vega",),
    ]
    assert "Vega" in str(
        services.ask(database, "What is the name of the ship with the highest tonnage?")[0].best.result.rows
    )


def test_chance_writes_sql_that_it_runs(url):
    with duckdb.connect(url.removeprefix("duckdb:///")) as connection:
        connection.execute(
            'CREATE TABLE note (id UUID PRIMARY KEY, doc JSON, tags VARCHAR[], "at" TIME, span INTERVAL, '
            "scan BLOB, urgent BOOLEAN,"
            " written TIMESTAMP,"
            " ship_id INTEGER REFERENCES ship (ship_id))"
        )
        connection.execute(
            "INSERT INTO note SELECT uuid(), '{}', ['a'], '10:30', INTERVAL 1 DAY, 'x', true, "
            "'2024-01-05 10:00:00', 1"
        )
    engine = server_engine(url)
    source = Source(read_schema(engine), CellNames(), engine)
    ran, said = run_by_chance(source, "urgent notes of the ship Argo after 2024-01-01 by month", 80)
    assert (ran > 40, said) == (True, {""})


def test_nothing_is_written(url):
    for statement in (
        "INSERT INTO port VALUES (3, 'Riga')",
        "DROP TABLE ship",
        "COPY port TO '/tmp/stolen.csv'",
        "SELECT * FROM read_csv('/etc/passwd')",
    ):
        with server_engine(url).connect() as connection, pytest.raises(SQLAlchemyError):
            connection.exec_driver_sql(statement)


def test_what_takes_too_long_is_ended(url):
    begun = time.monotonic()
    slow = (
        "SELECT count(*) FROM range(100000) AS a, range(100000) AS b, range(100000) AS c "
        "WHERE a.range * b.range % 7 = c.range % 5"
    )
    with pytest.raises(TimeLimitError):
        execute(server_engine(url), parse_one(slow, dialect="duckdb"), Limits(seconds=0.5), dialect="duckdb")
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize(
    ("allowed", "asked", "says"),
    [
        ([], "duckdb:///x", "not supported"),
        (["oracle"], "duckdb:///x", "use one of postgresql, mysql, mariadb, oracle"),
        (["oracle"], "oracle+nothere://a/b", "driver for oracle is not installed"),
        (["cobolbase"], "cobolbase://a/b", "cannot be read and checked"),
    ],
)
def test_others_are_refused_with_what_to_do(settings, allowed, asked, says):
    settings.DATABASE_DIALECTS = allowed
    with pytest.raises(ConnectError, match=says):
        parsed_url(asked)
