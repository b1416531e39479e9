"""Only what resolves to a column that may be read is read, by two walls of which each holds alone."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kbqa.sql.ingest.introspection import read_schema
from kbqa.sql.models import ColumnNote
from kbqa.sql.stores.connections import server_engine, sqlite_engine
from kbqa.sql.stores.databases import with_notes
from kbqa.sql.stores.executor import ExecutionError, Limits, run
from kbqa.sql.stores.validator import MAX_CHARACTERS, StatementError, checked
from tests.kbqa.sql.postgresql import schema_of
from tests.kbqa.sql.stores.hostile import PRIVATE, WORLD, cases, outcome, schema

UNBOUNDED = {
    "aliases that double": "SELECT 1 AS a0, " + ", ".join(f"a{n} + a{n} AS a{n + 1}" for n in range(30)),
    "stars that double": "WITH a0 AS (SELECT * FROM person), "
    + ", ".join(f"a{n + 1} AS (SELECT x.*, y.* FROM a{n} x, a{n} y)" for n in range(40))
    + " SELECT * FROM a40",
    "nothing but brackets": "(" * 20_000,
    "a number in brackets": "SELECT " + "(" * 9_000 + "1" + ")" * 9_000,
    "queries in queries": "SELECT " + "(SELECT " * 900 + "1" + ")" * 900,
    "joins": "SELECT 1 FROM person " + " ".join(f"JOIN city c{n} USING (city_id)" for n in range(500)),
    "definitions": "WITH " + ", ".join(f"a{n} AS (SELECT 1)" for n in range(900)) + " SELECT 1",
    "unions": "SELECT 1" + " UNION SELECT 1" * 1_300,
    "sums": "SELECT 1" + "+1" * 1_990,
    "subscripts": "SELECT name" + "[1]" * 1_300 + " FROM person",
    "cases": "SELECT " + "CASE WHEN 1 THEN " * 1_000,
    "negations": "SELECT " + "NOT " * 4_900 + "1",
    "signs": "SELECT " + "- " * 4_900 + "1",
    "positions": f"SELECT {'+'.join(['age'] * 900)} FROM person ORDER BY {','.join(['1'] * 900)}",
    "casts": "SELECT name" + "::int" * 3_000 + " FROM person",
    "dots": "SELECT " + "a." * 6_000 + "b FROM person",
    "arrows": "SELECT name" + "->'a'" * 1_300 + " FROM person",
    "functions": "SELECT " + "upper(" * 1_200 + "name" + ")" * 1_200 + " FROM person",
    "letters": "SELECT '" + "x" * MAX_CHARACTERS + "'",
}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "world.sqlite"
    connection = sqlite3.connect(path)
    for statement in WORLD:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


@pytest.fixture
def postgresql(transactional_db):
    with schema_of("world", WORLD) as (_, address):
        yield server_engine(address)


def unexpected(engine, dialect):
    """Return the statements of which something else becomes, and those that show private values."""
    for case in cases():
        expected = case.on_sqlite if dialect == "sqlite" else case.on_postgresql
        became, said = outcome(engine, case.sql, dialect)
        shows = PRIVATE in said and PRIVATE not in case.sql
        if became != expected or shows:
            yield case.sql, became, said


def test_what_becomes_of_hostile_statements_on_sqlite(file):
    assert list(unexpected(sqlite_engine(file, schema=schema("sqlite")), "sqlite")) == []


def test_what_becomes_of_hostile_statements_on_postgresql(postgresql):
    assert list(unexpected(postgresql, "postgres")) == []


def test_the_collection_is_large():
    assert len({case.sql for case in cases() if case.on_sqlite == "refused"}) >= 110


def test_sqlite_itself_keeps_private_columns_and_its_own_tables(file):
    """The second wall, without the check: whatever a statement is called, the column is not read."""
    engine = sqlite_engine(file, schema=schema("sqlite"))
    for case in cases():
        if case.on_sqlite == "refused":
            try:
                found = run(engine, case.sql, Limits(seconds=5))
            except ExecutionError:
                continue
            assert PRIVATE not in repr(found.rows).replace("'%classified%'", ""), case.sql
            assert "CREATE TABLE" not in repr(found.rows), case.sql
    for sql in (
        "SELECT secret FROM person",
        "WITH a AS (SELECT secret FROM person) SELECT * FROM a",
        "SELECT name FROM person ORDER BY secret",
        "SELECT count(*) FROM person WHERE secret > 'c'",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM pragma_table_info('person')",
    ):
        with pytest.raises(ExecutionError, match=r"prohibited|not authorized"):
            run(engine, sql, Limits())
    assert run(engine, "SELECT count(*), max(name) FROM person", Limits()).rows == ((3, "Cy"),)


OF_SQLITE_ALONE = (
    "ALTER TABLE person ADD COLUMN loud TEXT GENERATED ALWAYS AS (upper(secret)) VIRTUAL",
    "CREATE VIEW plain AS SELECT id, secret AS leak FROM person",
    "CREATE VIEW words AS SELECT id, '<' || leak || '>' AS word FROM plain",
    "CREATE VIEW several AS SELECT id, name FROM person UNION ALL SELECT id, secret FROM person",
    "CREATE VIRTUAL TABLE notes USING fts5(body)",
    "INSERT INTO notes SELECT secret FROM person",
    "CREATE INDEX by_secret ON person (secret)",
    "ANALYZE",
)


@pytest.fixture(scope="module")
def statements_of_sqlite():
    text = Path(__file__).with_name("hostile_sqlite.txt").read_text(encoding="utf-8")
    refused, may_run = text.split("# May run, and ends\n")
    return [line for line in refused.splitlines() if line[0] != "#"], may_run.splitlines()


@pytest.fixture
def everything(file):
    """An upload with whatever SQLite can draw from a private column, and an engine that keeps it private."""
    with closing(sqlite3.connect(file)) as connection, connection:
        for statement in OF_SQLITE_ALONE:
            connection.execute(statement)
    note = ColumnNote(table="person", column="secret", excluded=True)
    noted = with_notes(read_schema(sqlite_engine(file, introspects=True)), [note])
    return file, noted, sqlite_engine(file, schema=noted)


def shows_private(rows) -> bool:
    shown = "".join(str(bytes(value) if isinstance(value, bytes) else value) for row in rows for value in row)
    return PRIVATE in shown.lower()


def test_what_sqlite_alone_has_is_refused(everything, statements_of_sqlite):
    _, noted, _ = everything
    through = []
    for sql in statements_of_sqlite[0]:
        try:
            through.append((sql, checked(sql, noted).sql(dialect="sqlite")))
        except StatementError:
            continue
    assert through == []


def test_sqlite_itself_shows_and_writes_nothing_and_ends(everything, statements_of_sqlite):
    file, _, engine = everything
    before = (file.read_bytes(), sorted(file.parent.iterdir()))
    for sql in (*statements_of_sqlite[0], *statements_of_sqlite[1]):
        try:
            rows = run(engine, sql, Limits(seconds=0.3)).rows
        except ExecutionError:
            continue
        assert not shows_private(rows), sql
    assert (file.read_bytes(), sorted(file.parent.iterdir())) == before
    assert run(engine, "SELECT name FROM person WHERE id = 1", Limits()).rows == (("Ada",),)


@pytest.mark.parametrize("dialect", ["sqlite", "postgres", "mysql"])
@pytest.mark.parametrize("sql", UNBOUNDED.values(), ids=UNBOUNDED)
def test_the_check_itself_ends(sql, dialect):
    with pytest.raises(StatementError):
        checked(sql, schema(dialect))


@pytest.mark.parametrize("name", ["nothing but brackets", "subscripts", "casts"])
def test_tokens_are_counted_before_they_are_parsed(name):
    with pytest.raises(StatementError, match="too long"):
        checked(UNBOUNDED[name], schema("postgres"))


@pytest.mark.parametrize("dialect", ["postgres", "sqlite"])
def test_names_are_written_as_the_schema_spells_them(dialect):
    written = checked("SELECT NAME FROM Person WHERE Age > 3", schema(dialect)).sql(dialect=dialect)
    assert written == 'SELECT "person"."name" FROM "person" WHERE "person"."age" > 3'


def test_what_a_with_defines_gets_a_name_that_no_table_has():
    sql = "WITH person AS (SELECT name FROM city), with_9 AS (SELECT 1 AS a) SELECT * FROM person, with_9"
    written = checked(sql, schema("postgres")).sql(dialect="postgres")
    assert 'FROM "with_1" AS "person", "with_2" AS "with_9"' in written


def test_columns_are_headed_as_they_were_written(file):
    engine = sqlite_engine(file)
    tree = checked("SELECT max(age), name AS n, upper(name), count(*), id FROM person", schema("sqlite"))
    found = run(engine, tree.sql(dialect="sqlite"), Limits())
    assert found.columns == ("MAX(age)", "n", "UPPER(name)", "COUNT(*)", "id")
