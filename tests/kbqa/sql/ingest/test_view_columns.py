"""What a view, a computed column or an index of words shows of a private column is private, too."""

import sqlite3

import pytest
from sqlalchemy import text

from kbqa.questions.selectors import training_examples
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.ingest.introspection import read_schema
from kbqa.sql.ingest.view_columns import with_sources
from kbqa.sql.models import ColumnNote, DatabaseQuestion
from kbqa.sql.schema import Column, ColumnRef, Table
from kbqa.sql.schema_json import schema_from_json
from kbqa.sql.sources import services
from kbqa.sql.stores.connections import server_engine, sqlite_engine
from kbqa.sql.stores.databases import served, with_notes
from kbqa.sql.stores.executor import ExecutionError, Limits, run
from kbqa.sql.stores.validator import StatementError
from tests.kbqa.sql.postgresql import schema_of

SECRET = "classified"
WORLD = (
    "CREATE TABLE person (id integer PRIMARY KEY, name varchar(40), secret varchar(40), boss integer, "
    "loud varchar(40) GENERATED ALWAYS AS (upper(secret)) STORED)",
    "INSERT INTO person (id, name, secret) VALUES (1, 'Ada', 'classified-1')",
    "CREATE VIEW plain AS SELECT id, secret AS leak FROM person",
    "CREATE VIEW stars AS SELECT * FROM plain",
    "CREATE VIEW words AS SELECT id, concat('<', lower(leak), '>') AS word FROM stars",
    "CREATE VIEW several AS SELECT id, name FROM person UNION ALL SELECT id, secret FROM person",
    "CREATE VIEW inner_ones AS SELECT q.a, (SELECT max(p.secret) FROM person p WHERE p.id = q.a) AS b "
    "FROM (SELECT id AS a FROM person) q",
    "CREATE VIEW recursion AS WITH RECURSIVE n(i, s) AS (SELECT id, secret FROM person UNION ALL "
    "SELECT i + 1, s FROM n WHERE i < 3) SELECT i, s FROM n",
    "CREATE VIEW harmless AS SELECT id, name FROM person WHERE secret > 'a'",
)
DRAWN = {
    ("person", "secret"), ("person", "loud"), ("plain", "leak"), ("stars", "leak"), ("words", "word"),
    ("several", "name"), ("inner_ones", "b"), ("recursion", "s"),
}  # fmt: skip
NOTES = [ColumnNote(table="person", column="secret", excluded=True)]


def excluded(schema):
    """Return the places of the columns that are private once person.secret is."""
    noted = with_notes(schema_from_json(schema.as_json()), NOTES)
    return {(ref.table, ref.column) for ref in noted.refs() if noted.column(ref).excluded}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "views.sqlite"
    connection = sqlite3.connect(path)
    for statement in WORLD:
        connection.execute(statement.replace("concat('<', lower(leak), '>')", "'<' || lower(leak) || '>'"))
    connection.execute("CREATE VIRTUAL TABLE notes USING fts5(title, secret)")
    connection.execute("INSERT INTO notes VALUES ('a', 'classified-2')")
    connection.execute("CREATE TABLE notes_of_mine (a TEXT)")
    connection.execute("CREATE VIEW broken AS SELECT a FROM nowhere")
    connection.commit()
    connection.close()
    return path


@pytest.fixture
def postgresql(transactional_db):
    with schema_of("views", WORLD) as (writer, address):
        yield writer, server_engine(address)


def test_what_is_drawn_from_a_private_column_is_private_in_sqlite(file):
    assert excluded(read_schema(sqlite_engine(file, introspects=True))) == DRAWN


def test_what_is_drawn_from_a_private_column_is_private_in_postgresql(postgresql):
    writer, reader = postgresql
    with writer.begin() as connected:
        for statement in (
            "CREATE MATERIALIZED VIEW kept AS SELECT row_to_json(p) AS whole, name FROM person p",
            "CREATE TABLE staff (room text) INHERITS (person)",
            'CREATE VIEW "Capitals" AS SELECT name AS "Name", secret AS "Secret" FROM person',
            "CREATE VIEW over AS SELECT l.x, p.name FROM person p, LATERAL (SELECT p.secret AS x) l",
        ):
            connected.execute(text(statement))
    found = excluded(read_schema(reader))
    more = {("kept", "whole"), ("staff", "secret"), ("staff", "loud"), ("Capitals", "Secret"), ("over", "x")}
    # A definition that cannot be followed hides more than it has to.
    assert found == DRAWN | more | {("over", "name")}


def test_nothing_is_private_where_no_column_is(file):
    schema = read_schema(sqlite_engine(file, introspects=True))
    assert not [ref for ref in schema.refs() if with_notes(schema, []).column(ref).excluded]


def test_a_definition_without_end_is_not_followed():
    doubled = ", ".join(f"a{n + 1} AS (SELECT x.*, y.* FROM a{n} x, a{n} y)" for n in range(40))
    person = Table("person", (Column("secret"),))
    for definition in (
        f"CREATE VIEW v AS WITH a0 AS (SELECT * FROM person), {doubled} SELECT * FROM a40",
        "CREATE VIEW v AS SELECT " + "(" * 5_000 + "secret" + ")" * 5_000 + " FROM person",
        "CREATE VIEW v AS ((( person",
    ):
        view = with_sources(Table("v", (Column("a"),), view=True), definition, [person], "sqlite")
        assert view.columns[0].sources == (ColumnRef("person", "secret"),)


def test_sqlite_itself_keeps_what_views_draw_from_private_columns(file):
    schema = with_notes(read_schema(sqlite_engine(file, introspects=True)), NOTES)
    engine = sqlite_engine(file, schema=schema)
    for table, column in sorted(DRAWN):
        with pytest.raises(ExecutionError, match=r"prohibited|not authorized"):
            run(engine, f"SELECT {column} FROM {table}", Limits())
    assert run(engine, "SELECT * FROM harmless", Limits()).rows == ((1, "Ada"),)


def test_an_index_of_words_is_not_read_and_the_rest_is(connect, file):
    database = connect(path=file)
    shown = {table.name for table in served(database).schema.tables}
    assert {"person", "notes_of_mine", "harmless"} <= shown
    assert not [name for name in shown if name.startswith("notes") and name != "notes_of_mine"]
    assert [line.split(":")[0] for line in database.serving.complaints] == ["notes", "broken"]
    for sql in (
        "SELECT * FROM notes",
        "SELECT c1 FROM notes_content",
        "SELECT block FROM notes_data",
        "SELECT term FROM notes_idx",
    ):
        with pytest.raises(StatementError, match="There is no table"):
            services.run_sql(database, sql)


def test_views_are_private_as_soon_as_their_column_is(connect, file):
    database = connect(path=file)
    assert SECRET in repr(services.run_sql(database, "SELECT word FROM words")[0].rows)
    services.describe(database, table="person", column="secret", description="", excluded=True)
    for table, column in sorted(DRAWN):
        with pytest.raises(StatementError, match="private"):
            services.run_sql(database, f"SELECT {column} FROM {table}")
    assert SECRET not in repr(services.run_sql(database, "SELECT * FROM words")[0].rows)


def test_values_are_not_linked_or_kept_from_the_moment_that_a_column_is_private(connect, file):
    database = connect(path=file)
    asked = "who has classified-1?"
    seen = link_question(asked, served(database).schema, served(database).cells)
    assert {value.key[0].table for value in seen.values} >= {"person", "plain", "several"}
    quoting = "SELECT name FROM several WHERE name = 'classified-1'"
    public = "SELECT name FROM person WHERE name = 'Ada'"
    for sql in (quoting, public):
        DatabaseQuestion.objects.create(
            database=database, text=asked, sql=sql, verdict="good", correction=sql
        )
    services.describe(database, table="person", column="secret", description="", excluded=True)
    seen = link_question(asked, served(database).schema, served(database).cells)
    assert not seen.values
    kept = DatabaseQuestion.objects.values_list("sql", "correction")
    assert sorted(kept) == [("", ""), (public, public)]
    assert [example["sql"] for example in training_examples(database.questions.all())] == [public]
