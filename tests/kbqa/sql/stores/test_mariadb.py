"""MariaDB as a database that is asked: its own strictness, limits and read-only sessions."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from sqlalchemy import create_engine, text
from sqlglot import parse_one

from kbqa.sql.ingest.introspection import may_write, read_schema
from kbqa.sql.models import ColumnNote
from kbqa.sql.names import CellNames
from kbqa.sql.query import Comparison, Condition, Item, Order, Query, Term
from kbqa.sql.rendering import query_text
from kbqa.sql.schema import ColumnRef
from kbqa.sql.sources import services
from kbqa.sql.stores.connections import parsed_url, server_engine
from kbqa.sql.stores.databases import Source, served, with_notes
from kbqa.sql.stores.executor import (
    ExecutionError,
    Limits,
    MemoryLimitError,
    Result,
    TimeLimitError,
    execute,
    run,
    run_several,
)
from kbqa.sql.stores.streaming import RowStream, StreamLimits
from tests.kbqa.sql import mariadb
from tests.kbqa.sql.chance import run_by_chance
from tests.kbqa.sql.stores import hostile
from tests.kbqa.sql.stores.test_safety import FILES, WAITS, WRITES

CITIES = """
CREATE DATABASE cities CHARACTER SET utf8mb4;
CREATE TABLE cities.Country (id int PRIMARY KEY, `Name` varchar(80), area double);
CREATE TABLE cities.city (id int PRIMARY KEY, name varchar(80), is_capital boolean,
    founded date COMMENT 'when it was founded', updated datetime,
    population bigint, tax decimal(8, 2), kind enum('port', 'inland'), `select` text, photo blob,
    country int REFERENCES Country (id));
CREATE TABLE cities.twinned (one int REFERENCES city (id), other int REFERENCES city (id), since year);
CREATE VIEW cities.capitals AS SELECT name, population FROM cities.city WHERE is_capital;
INSERT INTO cities.Country VALUES (1, 'Norway', 385207.5), (2, 'Iceland', 103000);
INSERT INTO cities.city VALUES (1, 'Oslo', true, '1048-01-01', '2024-01-05 10:11:12', 700000,
    12.5, 'port', 'a:b', x'00ff', 1),
    (2, 'Bergen', false, '1070-01-01', NULL, 280000, 11, 'port', '50% "off"', NULL, 1),
    (3, 'Reykjavík', true, '1786-08-18', '2023-02-01', 140000, 14.1, 'port', NULL, NULL, 2),
    (4, 'Akureyri', false, NULL, NULL, 19000, 9, 'inland', NULL, NULL, 2);
INSERT INTO cities.twinned VALUES (1, 3, 1990), (2, 4, 2001);
CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'secret';
GRANT SELECT ON cities.* TO reader@'127.0.0.1';
SET GLOBAL sql_mode = CONCAT(@@sql_mode, ',ONLY_FULL_GROUP_BY')
"""
QUESTIONS = (
    "How many cities of Norway were founded after 1050-01-01?",
    "Average population of ports per year 2001 with more than 3",
    "names of cities with 50% in select, or twinned since 1990",
)

pytestmark = pytest.mark.skipif(
    mariadb.find() is None, reason="there is no MariaDB here: set MARIADBD to its path"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[str]:
    """Yield the address of a server with a database that two roles may use: one that reads, and root."""
    with mariadb.running(tmp_path_factory.mktemp("mariadb")) as url:
        engine = create_engine(url)
        with engine.begin() as connection:
            for statement in CITIES.split(";\n"):
                connection.exec_driver_sql(statement.replace("%", "%%"))
        engine.dispose()
        yield url.replace("mysql+pymysql", "mariadb")


@pytest.fixture(scope="module")
def reader(server) -> str:
    return server.replace("root@", "reader:secret@") + "/cities"


@pytest.fixture(scope="module")
def root(server) -> str:
    return f"{server}/cities"


def test_it_is_connected_scanned_and_asked(connect, reader):
    database = connect("cities", url=reader)
    scan, source = database.serving, served(database)
    assert [line.split(":")[0] for line in scan.complaints] == ["capitals"]
    assert {table.name for table in source.schema.tables} == {"Country", "city", "twinned", "capitals"}
    assert source.schema.table("city").column("founded").description == "when it was founded"
    answer, _ = services.ask(database, "how many cities are there for each country?")
    assert all(reading.result is not None for reading in answer.readings)
    found, _ = services.run_sql(
        database,
        "SELECT city.name FROM city JOIN Country ON country = Country.id "
        "WHERE Country.`Name` = 'Norway' ORDER BY 1",
    )
    assert found.rows == (("Bergen",), ("Oslo",))


@pytest.mark.parametrize("question", QUESTIONS)
def test_chance_writes_sql_that_it_runs(reader, question):
    engine = server_engine(reader)
    source = Source(read_schema(engine), CellNames(), engine)
    ran, said = run_by_chance(source, question, 50)
    assert (ran > 25, said) == (True, {""})


def test_the_first_of_a_query_may_be_looked_through(reader):
    engine = server_engine(reader)
    schema = read_schema(engine)
    name, country, population = (
        Item(Term(ColumnRef("city", each))) for each in ("name", "country", "population")
    )
    largest = Query(items=(country,), order=(Order(population, descending=True),), limit=1)
    query = Query(items=(name,), where=(Condition(country, Comparison.IN, query=largest),))
    found = execute(engine, parse_one(query_text(query, schema), dialect="mysql"), Limits(), dialect="mysql")
    assert sorted(found.rows) == [("Bergen",), ("Oslo",)]


def test_it_refuses_to_write_even_for_root(root):
    engine, limits = server_engine(root), Limits(seconds=0.3)
    for sql in (*WRITES, *FILES, *WAITS):
        for part in sql.replace("customer", "city").split("; "):
            try:
                execute(engine, parse_one(part, dialect="mysql"), limits, dialect="mysql")
            except Exception:
                continue
        with engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM city")).scalar_one() == 4, sql


def test_what_becomes_of_hostile_statements(root):
    engine = create_engine(parsed_url(root))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE DATABASE world")
        connection.exec_driver_sql("USE world")
        for statement in hostile.WORLD:
            connection.exec_driver_sql(statement)
    engine.dispose()
    world = server_engine(root.replace("/cities", "/world"))
    for case in hostile.cases():
        became, said = hostile.outcome(world, case.sql, "mysql")
        assert hostile.PRIVATE in case.sql or hostile.PRIVATE not in said, case.sql
        if case.on_sqlite == case.on_postgresql == "rows":
            assert became in ("rows", "error"), case.sql


def test_a_large_result_and_a_slow_view_end(root):
    engine = server_engine(root)
    with pytest.raises(MemoryLimitError):
        run(engine, "SELECT repeat('x', 4000000) FROM seq_1_to_199", Limits(seconds=20, bytes=1_000_000))
    with pytest.raises(TimeLimitError):
        run(engine, "SELECT seq, sleep(0.045) FROM seq_1_to_100000", Limits(seconds=0.4))
    assert run(engine, "SELECT 1", Limits()).rows == ((1,),)


def test_a_role_that_may_write_is_noticed(reader, root):
    assert may_write(server_engine(root))
    assert not may_write(server_engine(reader))


def test_rows_come_only_as_far_as_they_are_wanted(reader):
    many = parse_one("SELECT seq FROM seq_1_to_500000000", dialect="mysql")
    found = execute(server_engine(reader), many, Limits(rows=5, seconds=60), dialect="mysql")
    assert ([row[0] for row in found.rows], found.truncated) == ([1, 2, 3, 4, 5], True)
    within = parse_one(
        "SELECT COUNT(*) FROM city WHERE id IN (SELECT seq FROM seq_1_to_100)", dialect="mysql"
    )
    assert execute(server_engine(reader), within, Limits(rows=2), dialect="mysql").rows == ((4,),)


@pytest.mark.parametrize(
    "slow",
    [
        "SELECT SLEEP(100)",
        "SELECT COUNT(*) FROM seq_1_to_500000000 a, seq_1_to_5000000 b WHERE a.seq * b.seq % 7 = 3",
    ],
)
def test_what_takes_too_long_is_ended(reader, slow):
    with pytest.raises(TimeLimitError):
        execute(server_engine(reader), parse_one(slow, dialect="mysql"), Limits(seconds=0.5), dialect="mysql")


def test_a_difference_below_zero_is_a_number(reader):
    below = parse_one("SELECT one - since FROM twinned ORDER BY 1", dialect="mysql")
    assert execute(server_engine(reader), below, Limits(), dialect="mysql").rows == ((-1999,), (-1989,))


def test_a_mistake_is_told_as_the_server_says_it(reader):
    with pytest.raises(ExecutionError, match="nothere"):
        execute(
            server_engine(reader),
            parse_one("SELECT nothere FROM city", dialect="mysql"),
            Limits(),
            dialect="mysql",
        )


def test_what_a_view_shows_of_a_private_column_is_private(server, root):
    owner = create_engine(parsed_url(server))
    with owner.begin() as connection:
        connection.exec_driver_sql(
            "CREATE VIEW cities.told AS SELECT id, concat('in ', c.name) AS place FROM cities.city c"
        )
        connection.exec_driver_sql("CREATE USER seer@'127.0.0.1'")
        connection.exec_driver_sql("GRANT SELECT, SHOW VIEW ON cities.* TO seer@'127.0.0.1'")
    notes = [ColumnNote(table="city", column="name", excluded=True)]
    seen = with_notes(read_schema(server_engine(root.replace("root@", "seer@"))), notes)
    assert [seen.column(ColumnRef("told", name)).excluded for name in ("id", "place")] == [False, True]
    assert seen.column(ColumnRef("capitals", "name")).excluded
    complaints = list[str]()
    read_schema(server_engine(root.replace("root@", "reader:secret@")), complaints.append)
    assert [line.split(":")[0] for line in complaints] == ["capitals", "told"]
    assert "may not see what this view is defined as" in complaints[0]
    with owner.begin() as connection:
        connection.exec_driver_sql("DROP VIEW cities.told")
    owner.dispose()


def test_all_rows_are_streamed_and_a_late_first_one_is_stopped_on_the_server(reader, root):
    engine = server_engine(reader)
    sql = parse_one("SELECT name, tax FROM city ORDER BY id", dialect="mysql")
    stream = RowStream(engine, sql, StreamLimits(Limits(seconds=20), 40, 3), "mysql")
    assert stream.columns == ("name", "tax")
    assert [row for portion in stream.portions() for row in portion] == [
        ("Oslo", Decimal("12.50")), ("Bergen", Decimal("11.00")), ("Reykjavík", Decimal("14.10")),
    ]  # fmt: skip
    assert stream.truncated
    slow = parse_one("SELECT BENCHMARK(100000000000, MD5('x'))", dialect="mysql")
    with pytest.raises(TimeLimitError):
        RowStream(engine, slow, StreamLimits(Limits(seconds=0.5), 60, 3), "mysql")
    with server_engine(root).connect() as connection:
        running = connection.exec_driver_sql("SELECT info FROM information_schema.processlist").scalars()
        assert not [each for each in running if each and "BENCHMARK(1" in each]


def test_statements_share_a_connection_until_one_is_too_much(reader):
    statements = ["SELECT 1", "SELECT nothing", "SELECT name FROM city", "SELECT 2"]
    found = run_several(server_engine(reader), statements, Limits(5.0, 3, 1_000))
    assert isinstance(found[0], Result)
    assert found[0].rows == ((1,),)
    assert isinstance(found[1], ExecutionError)
    assert found[2:] == [None, None]
