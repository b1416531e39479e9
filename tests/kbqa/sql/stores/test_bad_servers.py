"""PostgreSQL servers that refuse a part of what is asked of them, or go away."""

import threading
import time

import pytest
from sqlalchemy import create_engine, text
from sqlglot import parse_one

from kbqa.sql.sources import services
from kbqa.sql.stores.connections import ConnectError, server_engine
from kbqa.sql.stores.databases import served
from kbqa.sql.stores.executor import ExecutionError, Limits, execute
from tests.kbqa.sql.postgresql import address_of


@pytest.fixture
def address(transactional_db):
    """Return how a role's address is made, on a server with a view and a table that guests may not read."""

    def of(role=""):
        return address_of("houses", role)

    engine = create_engine(of().replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connected:
        for statement in (
            "CREATE SCHEMA houses",
            "CREATE TABLE house (id int PRIMARY KEY, street text)",
            "INSERT INTO house VALUES (1, 'Mill Lane')",
            "CREATE TABLE owner (id int PRIMARY KEY, name text)",
            "INSERT INTO owner VALUES (1, 'Ada')",
            "CREATE VIEW rich AS SELECT name FROM owner",
            "CREATE ROLE guest LOGIN",
            "GRANT USAGE ON SCHEMA houses TO guest",
            "GRANT SELECT ON house TO guest",
        ):
            connected.execute(text(statement))
    yield of
    with engine.begin() as connected:
        connected.execute(text("DROP SCHEMA houses CASCADE"))
        connected.execute(text("DROP OWNED BY guest"))
        connected.execute(text("DROP ROLE guest"))
    engine.dispose()


def test_tables_and_views_without_rights_leave_the_others_to_be_asked(connect, address):
    database = connect("houses", url=address("guest"))
    source = served(database)
    assert "house" in {table.name for table in source.schema.tables}
    found, _ = services.run_sql(database, "SELECT street FROM house")
    assert found.rows == (("Mill Lane",),)
    with pytest.raises(ExecutionError, match="permission denied for view rich"):
        services.run_sql(database, "SELECT name FROM rich")
    answer, _ = services.ask(database, "which streets are there?")
    assert answer.readings


def test_a_server_that_goes_away_during_a_query_is_an_error_that_says_so(address):
    engine, failures = server_engine(address()), []
    endless = parse_one(
        "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b", dialect="postgres"
    )

    def run():
        try:
            execute(engine, endless, Limits(seconds=60), dialect="postgres")
        except ConnectError as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    killer = create_engine(address().replace("postgresql://", "postgresql+psycopg://"))
    with killer.connect().execution_options(isolation_level="AUTOCOMMIT") as connected:
        for _ in range(6_000):
            ended = connected.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE query LIKE 'SELECT COUNT(%' AND pid <> pg_backend_pid()"
                )
            ).all()
            if ended:
                break
            time.sleep(0.05)
    thread.join(300)
    killer.dispose()
    assert failures, "the query ended with an error that was told"
    assert "terminat" in failures[0].message or "closed" in failures[0].message
    assert (failures[0].status, failures[0].transient) == (503, True)
    again = execute(
        engine, parse_one("SELECT street FROM house", dialect="postgres"), Limits(), dialect="postgres"
    )
    assert again.rows == (("Mill Lane",),)
