"""A PostgreSQL server with tables of many types is scanned and asked, and runs what chance writes."""

import pytest

from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.sources import services
from kbqa.sql.stores.databases import served
from tests.kbqa.sql.chance import run_by_chance


@pytest.fixture
def city_server(transactional_db):
    """Return the address of a PostgreSQL database with tables of many types in a schema of their own."""
    from django.db import connection
    from sqlalchemy import create_engine, text

    settings = connection.settings_dict
    port = f"&port={settings['PORT']}" if settings["PORT"] else ""
    url = f"postgresql://{settings['USER']}@/{settings['NAME']}?host={settings['HOST']}{port}&options=-csearch_path%3Dcities"
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connected:
        connected.execute(text("CREATE SCHEMA cities"))
        connected.execute(text('CREATE TABLE "Country" (id int PRIMARY KEY, "Name" text)'))
        connected.execute(
            text(
                "CREATE TABLE city (id int PRIMARY KEY, name text, is_capital boolean, founded date, "
                'country int REFERENCES "Country")'
            )
        )
        connected.execute(text("INSERT INTO \"Country\" VALUES (1, 'Norway'), (2, 'Iceland')"))
        connected.execute(
            text(
                "INSERT INTO city VALUES (1, 'Oslo', true, '1048-01-01', 1), "
                "(2, 'Bergen', false, '1070-01-01', 1)"
            )
        )
        connected.execute(text("COMMENT ON COLUMN city.founded IS 'when it was founded'"))
        connected.execute(text("CREATE MATERIALIZED VIEW capital AS SELECT name FROM city WHERE is_capital"))
        connected.execute(
            text("CREATE TABLE visit (city int REFERENCES city, year int) PARTITION BY RANGE (year)")
        )
        connected.execute(text("CREATE TABLE visit_old PARTITION OF visit FOR VALUES FROM (1900) TO (2000)"))
        connected.execute(text("INSERT INTO visit VALUES (1, 1990)"))
        connected.execute(text("CREATE TYPE decision AS ENUM ('calm', 'busy')"))
        connected.execute(
            text(
                "CREATE TABLE note (id uuid PRIMARY KEY, doc jsonb, raw json, tags text[], at time, "
                "span interval, scan bytea, kind decision,"
                " during int4range, city int REFERENCES city)"
            )
        )
        connected.execute(
            text(
                "INSERT INTO note VALUES ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{\"a\": 1}', '[2]', "
                "'{x,y}', '10:30',"
                " '1 day', '\\x00ff', 'busy', '[1,5)', 1)"
            )
        )
    yield url
    with engine.begin() as connected:
        connected.execute(text("DROP SCHEMA cities CASCADE"))
    engine.dispose()


def test_a_postgresql_server_is_scanned_and_asked(connect, city_server):
    database = connect("cities", url=city_server)
    scan, source = database.serving, served(database)
    assert source.schema.dialect == "postgres"
    assert {table.name for table in source.schema.tables} == {"Country", "city", "note", "capital", "visit"}
    assert source.schema.table("capital").view
    assert source.schema.table("visit").rows == 1
    assert [column.name for column in source.schema.table("note").columns if not column.as_text] == ["city"]
    busy = [
        (str(value.key[0]), value.text)
        for value in link_question("busy notes", source.schema, source.cells).values
    ]
    assert ("note.kind", "busy") in busy
    assert source.schema.table("city").column("founded").description == "when it was founded"
    assert "may write" in scan.complaints[0]
    found, _ = services.run_sql(
        database,
        'SELECT city.name FROM city JOIN "Country" ON country = "Country".id '
        "WHERE \"Name\" = 'Norway' ORDER BY 1",
    )
    assert found.rows == (("Bergen",), ("Oslo",))
    answer, _ = services.ask(database, "how many cities are there for each country?")
    assert all(reading.result is not None for reading in answer.readings)


@pytest.mark.parametrize(
    "question", ["How many cities of Norway were founded after 1050-01-01?", "the busy notes by the tag x"]
)
def test_chance_writes_sql_that_postgresql_runs(connect, city_server, question):
    source = served(connect("cities", url=city_server))
    ran, said = run_by_chance(source, question, 80)
    assert (ran > 40, said) == (True, {""})
