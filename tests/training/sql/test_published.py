"""Spider and BIRD as they lie in a folder: schemas of statements, of descriptions, and questions."""

import json
from pathlib import Path

import pytest

from kbqa.sql.schema import Column, ColumnRef, ColumnType, ForeignKey
from training.sql.published import (
    HELD_OUT_DATABASES,
    bird_question,
    bird_schemas,
    database_file,
    flat_schema,
    schema_of_statements,
)


def keys(schema) -> list[str]:
    return [f"{key.source} -> {key.target}" for key in schema.keys]


def test_statements_make_tables_with_types_and_primary_keys():
    schema = schema_of_statements(
        "CREATE TABLE lake (id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL, seen DATE, salty BOOLEAN,"
        " depth REAL)"
    )
    (lake,) = schema.tables
    assert [(column.name, column.type, column.primary) for column in lake.columns] == [
        ("id", ColumnType.NUMBER, True),
        ("name", ColumnType.TEXT, False),
        ("seen", ColumnType.DATE, False),
        ("salty", ColumnType.BOOLEAN, False),
        ("depth", ColumnType.NUMBER, False),
    ]
    assert lake.column("name").declared == "VARCHAR(80)"


def test_a_primary_key_may_be_of_several_columns():
    (table,) = schema_of_statements(
        "CREATE TABLE visit (day DATE, place TEXT, PRIMARY KEY (day, place))"
    ).tables
    assert [column.primary for column in table.columns] == [True, True]


def test_names_in_quotation_marks_lose_them():
    (table,) = schema_of_statements('CREATE TABLE "Big Lake" (`the name` TEXT, [depth (m)] REAL)').tables
    assert (table.name, [column.name for column in table.columns]) == ("Big Lake", ["the name", "depth (m)"])


LAKES = (
    "CREATE TABLE lake (lake_id INTEGER PRIMARY KEY, name TEXT);"
    "CREATE TABLE river (name TEXT, flows INTEGER{});"
)


@pytest.mark.parametrize(
    "reference",
    [
        " REFERENCES lake (lake_id)",
        " REFERENCES lake",
        " REFERENCES LAKE (LAKE_ID)",
        ", FOREIGN KEY (flows) REFERENCES lake (lake_id)",
        ", FOREIGN KEY (flows) REFERENCES lake",
        ", CONSTRAINT a FOREIGN KEY (FLOWS) REFERENCES lake (lake_id) ON DELETE CASCADE",
    ],
)
def test_foreign_keys_are_read_however_they_are_declared(reference):
    schema = schema_of_statements(LAKES.format(reference))
    assert schema.keys == (ForeignKey(ColumnRef("river", "flows"), ColumnRef("lake", "lake_id")),)


@pytest.mark.parametrize(
    "reference",
    [" REFERENCES sea (sea_id)", " REFERENCES lake (depth)", ", FOREIGN KEY (bed) REFERENCES lake"],
)
def test_a_key_to_what_is_not_there_is_left_out(reference):
    assert schema_of_statements(LAKES.format(reference)).keys == ()


def test_a_key_of_several_columns_is_one_for_each():
    schema = schema_of_statements(
        "CREATE TABLE seat (hall TEXT, row INTEGER, PRIMARY KEY (hall, row));"
        "CREATE TABLE ticket (price REAL, h TEXT, r INTEGER, FOREIGN KEY (h, r) REFERENCES seat (hall, row));"
    )
    assert keys(schema) == ["ticket.h -> seat.hall", "ticket.r -> seat.row"]


def test_a_key_to_a_later_table_is_found():
    schema = schema_of_statements(
        "CREATE TABLE river (flows INTEGER REFERENCES lake (lake_id));"
        "CREATE TABLE lake (lake_id INTEGER PRIMARY KEY)"
    )
    assert keys(schema) == ["river.flows -> lake.lake_id"]


@pytest.mark.parametrize(
    "statements",
    [
        "",
        "  ;  ",
        "SELECT 1",
        "CREATE INDEX a ON lake (name)",
        "CREATE TABLE (((",
        "CREATE VIEW a AS SELECT 1",
    ],
)
def test_what_makes_no_table_is_left_out(statements):
    assert schema_of_statements(statements).tables == ()


def test_a_statement_that_does_not_parse_leaves_the_others():
    schema = schema_of_statements("CREATE TABLE one (a TEXT); CREATE TABLE ((; CREATE TABLE two (b TEXT)")
    assert [table.name for table in schema.tables] == ["one", "two"]


def test_what_is_written_about_columns_is_asked_for_each():
    schema = schema_of_statements(
        "CREATE TABLE lake (name TEXT, depth REAL)", lambda table, column: f"{column} of a {table}"
    )
    assert [column.description for column in schema.tables[0].columns] == [
        "name of a lake",
        "depth of a lake",
    ]


@pytest.fixture
def bird(tmp_path) -> Path:
    (tmp_path / "train_schemas.json").write_text(
        json.dumps({"seas": "CREATE TABLE Sea (SeaName TEXT, Salt REAL, Age INTEGER, Kind TEXT)"})
    )
    meanings = {
        "seas|Sea|SeaName": "# The name of the sea. ",
        "Seas|sea|salt": "#The column Salt of the table stores how salty it is",
        "seas|Sea|Kind": "# Database ID: seas Description: open or closed",
        "other|Sea|Age": "of another database",
    }
    (tmp_path / "train_column_meaning.json").write_text(json.dumps(meanings))
    return tmp_path


def test_schemas_of_bird_have_what_is_written_about_their_columns(bird):
    schemas = bird_schemas(bird)
    assert list(schemas) == ["seas"]
    assert [column.description for column in schemas["seas"].tables[0].columns] == [
        "The name of the sea.",
        "how salty it is",
        "",
        "open or closed",
    ]


def test_a_folder_without_bird_is_an_error(tmp_path):
    with pytest.raises(OSError, match="train_schemas"):
        bird_schemas(tmp_path)


@pytest.mark.parametrize(
    ("evidence", "question"),
    [
        ("deep means depth > 100", "Which? deep means depth > 100"),
        ("  padded ", "Which? padded"),
        ("  ", "Which?"),
        ("", "Which?"),
        (None, "Which?"),
    ],
)
def test_a_question_of_bird_has_its_evidence_behind_it(evidence, question):
    assert bird_question({"question": "Which?", "evidence": evidence}) == question
    assert bird_question({"question": "Which?"}) == "Which?"


def test_a_database_of_spider_lies_in_a_folder_of_its_name():
    assert database_file(Path("a/database"), "lakes") == Path("a/database/lakes/lakes.sqlite")


def test_the_held_out_databases_stay_the_same_as_decoders_go_on_from_others():
    assert len(set(HELD_OUT_DATABASES)) == len(HELD_OUT_DATABASES) == 8


def test_rows_that_each_describe_a_column_make_a_schema():
    rows = [
        {"table": "lake", "column": "lake_id", "type": "INTEGER"},
        {"table": "river", "column": "name"},
        {"table": "lake", "column": "name", "type": None, "description": "what it is called"},
        {"table": "river", "column": "lake_id", "type": "INTEGER", "description": None},
    ]
    schema = flat_schema(rows)
    lake, river = schema.tables
    assert lake.columns == (
        Column("lake_id", ColumnType.NUMBER, "INTEGER", primary=True),
        Column("name", description="what it is called"),
    )
    assert [column.primary for column in river.columns] == [False, False]
    assert keys(schema) == ["river.lake_id -> lake.lake_id"]
    assert not schema.keys[0].declared


@pytest.mark.parametrize(
    ("table", "first", "primary"),
    [
        ("lake", "id", True),
        ("lake", "lake_id", True),
        ("lakes", "LakeID", True),
        ("lakes", "lakes_id", True),
        ("lake", "river_id", False),
        ("lake", "name", False),
        ("lake", "idea", False),
    ],
)
def test_the_first_column_is_the_key_where_it_is_called_so(table, first, primary):
    (made,) = flat_schema([{"table": table, "column": name} for name in (first, "other_id")]).tables
    assert [column.primary for column in made.columns] == [primary, False]


def test_no_rows_make_an_empty_schema():
    assert flat_schema([]).tables == ()
