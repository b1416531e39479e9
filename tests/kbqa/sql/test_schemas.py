"""Several schemas of one PostgreSQL: tables of one name are told apart, and short names do where they can."""

from dataclasses import replace

import pytest
from sqlalchemy import create_engine, text

from kbqa.sql.ingest.introspection import read_schema
from kbqa.sql.models import ColumnNote
from kbqa.sql.names import CellNames
from kbqa.sql.query import Aggregate, AllOf, Comparison, Condition, Item, Query, Term, Value
from kbqa.sql.rendering.select import query_text
from kbqa.sql.schema import ColumnRef, ForeignKey
from kbqa.sql.sources import glossary, services
from kbqa.sql.stores.connections import parsed_url, server_engine
from kbqa.sql.stores.databases import Source, note_on, served, with_notes
from kbqa.sql.stores.executor import execute
from kbqa.sql.stores.validator import StatementError, checked
from tests.kbqa.sql.postgresql import address_of

WORLD = (
    "CREATE SCHEMA sales", "CREATE SCHEMA hr", 'CREATE SCHEMA "Odd one"',
    "CREATE TABLE sales.customer (customer_id int PRIMARY KEY, name text, secret text)",
    "CREATE TABLE sales.purchase (purchase_id int PRIMARY KEY, customer_id int REFERENCES sales.customer, "
    "amount numeric)",
    "CREATE TABLE hr.customer (customer_id int PRIMARY KEY, name text, boss int)",
    "CREATE TABLE hr.employee (employee_id int PRIMARY KEY, name text, "
    "seller_of int REFERENCES sales.customer, purchase_id int)",
    'CREATE TABLE "Odd one"."select" ("Group" text)',
    "CREATE VIEW hr.leak AS SELECT c.customer_id, c.secret AS told FROM sales.customer c",
    "CREATE VIEW hr.harmless AS SELECT name FROM hr.customer",
    "INSERT INTO sales.customer VALUES (1, 'Ada', 'classified-1'), (2, 'Bo', 'classified-2')",
    "INSERT INTO sales.purchase VALUES (1, 1, 10), (2, 1, 30), (3, 2, 0.5)",
    "INSERT INTO hr.customer VALUES (7, 'Cyd', NULL), (8, 'Cyd', 7), (9, 'Dan', 7)",
    "INSERT INTO hr.employee VALUES (1, 'Eva', 1, 1)",
    "INSERT INTO \"Odd one\".\"select\" VALUES ('one')",
)  # fmt: skip
SCHEMAS = ("sales", "hr", "Odd one")


@pytest.fixture
def server(transactional_db):
    """Return the address of a server with three schemas, none of which its role sees by itself."""
    writer = create_engine(parsed_url(address_of()))
    with writer.begin() as connected:
        for statement in WORLD:
            connected.execute(text(statement))
    yield address_of("nothing_here")
    with writer.begin() as connected:
        for name in SCHEMAS:
            connected.execute(text(f'DROP SCHEMA "{name}" CASCADE'))
    writer.dispose()


@pytest.fixture
def source(server):
    engine = server_engine(server)
    return Source(read_schema(engine, schemas=SCHEMAS), CellNames(), engine)


def rows(source, sql):
    tree = checked(sql, source.schema)
    return list(execute(source.engine, tree, services._limits(), dialect="postgres").rows)


def test_both_tables_of_a_name_are_there_and_others_keep_short_names(source):
    assert sorted(table.name for table in source.schema.tables) == [
        "employee", "harmless", "hr.customer", "leak", "purchase", "sales.customer", "select",
    ]  # fmt: skip
    assert source.schema.table("sales.purchase").name == "purchase"
    keys = {(str(key.source), str(key.target), key.declared) for key in source.schema.keys}
    assert ("purchase.customer_id", "sales.customer.customer_id", True) in keys
    assert ("employee.seller_of", "sales.customer.customer_id", True) in keys
    assert ("employee.purchase_id", "purchase.purchase_id", False) in keys
    assert not [
        key
        for key in source.schema.keys
        if {key.source.table, key.target.table} >= {"sales.customer", "hr.customer"}
    ]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT name FROM sales.customer ORDER BY name", [("Ada",), ("Bo",)]),
        ("SELECT sales.customer.name FROM sales.customer WHERE customer.customer_id = 1", [("Ada",)]),
        ("SELECT customer.* FROM hr.customer WHERE boss = 7 ORDER BY 1", [(8, "Cyd", 7), (9, "Dan", 7)]),
        ("SELECT hr.customer.* FROM hr.customer WHERE boss IS NULL", [(7, "Cyd", None)]),
        ("SELECT SUM(amount) FROM purchase", [(40.5,)]),
        ('SELECT COUNT(*) FROM "hr.customer"', [(3,)]),
        ("SELECT COUNT(*) FROM HR.Customer", [(3,)]),
        ('SELECT "Group" FROM "Odd one"."select"', [("one",)]),
        (
            "SELECT hr.customer.name, sales.customer.name FROM hr.customer JOIN sales.customer "
            "ON hr.customer.customer_id = sales.customer.customer_id + 6 ORDER BY hr.customer.customer_id",
            [("Cyd", "Ada"), ("Cyd", "Bo")],
        ),
        (
            "SELECT name FROM sales.customer WHERE EXISTS (SELECT 1 FROM sales.purchase "
            "WHERE purchase.customer_id = sales.customer.customer_id AND amount > 20)",
            [("Ada",)],
        ),
        ("WITH customer AS (SELECT 1 AS n) SELECT n FROM customer", [(1,)]),
        ("WITH customer AS (SELECT 1 AS n) SELECT COUNT(*) FROM sales.customer", [(2,)]),
        ("SELECT customer FROM (SELECT MAX(name) AS customer FROM sales.customer) q", [("Bo",)]),
    ],
)  # fmt: skip
def test_a_statement_names_tables_with_their_schemas_or_without(source, sql, expected):
    assert [tuple(map(_plain, row)) for row in rows(source, sql)] == expected


def _plain(value):
    return float(value) if hasattr(value, "as_tuple") else value


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("SELECT * FROM customer", "several tables customer; write sales.customer or hr.customer"),
        ("SELECT * FROM public.customer", "There is no table public.customer"),
        ("SELECT * FROM pg_catalog.pg_user", "There is no table pg_catalog.pg_user"),
        ("SELECT * FROM testing.sales.customer", "CATALOG is not allowed"),
        ("SELECT customer.name FROM sales.customer, hr.customer", "several tables; write the schema"),
        ("SELECT sales.customer.name FROM hr.customer", "There is no sales.customer in FROM"),
        ("SELECT sales.c.name FROM sales.customer c", "There is no sales.c in FROM"),
        ("SELECT hr.customer.secret FROM hr.customer", "There is no column secret"),
    ],
)
def test_what_could_be_several_tables_or_is_none_is_refused(source, sql, says):
    with pytest.raises(StatementError, match=says):
        checked(sql, source.schema)


def test_what_is_rendered_runs_with_two_tables_of_one_name(source):
    name, total = ColumnRef("sales.customer", "name"), Term(ColumnRef("purchase", "amount"), Aggregate.SUM)
    joined = Query((Item(Term(name)), Item(total)), group=(name,))
    sql = query_text(joined, source.schema)
    assert "FROM sales.customer JOIN sales.purchase ON customer.customer_id = purchase.customer_id" in sql
    assert {(row[0], float(row[1])) for row in rows(source, sql)} == {("Ada", 40.0), ("Bo", 0.5)}
    key = ForeignKey(ColumnRef("hr.customer", "boss"), ColumnRef("sales.customer", "customer_id"))
    keyed = replace(source.schema, keys=(*source.schema.keys, key))
    both = Query(tuple(Item(Term(ColumnRef(table, "name"))) for table in ("hr.customer", "sales.customer")))
    sql = query_text(both, keyed)
    assert sql.startswith("SELECT hr.customer.name, sales.customer.name FROM hr.customer JOIN sales.customer")
    assert rows(source, sql.replace("ON hr.customer.boss", "ON 1 + hr.customer.boss - 7")) == [
        ("Cyd", "Ada"),
        ("Dan", "Ada"),
    ]
    counted = Query((Item(Term(AllOf("hr.customer"), Aggregate.COUNT)),), where=(
        Condition(Item(Term(ColumnRef("hr.customer", "name"))), Comparison.EQUAL, (Value("Cyd"),)),
    ))  # fmt: skip
    assert rows(source, query_text(counted, source.schema)) == [(2,)]


def test_what_is_private_in_one_schema_is_so_with_its_views_and_only_there(source):
    notes = [ColumnNote(table="sales.customer", column="secret", excluded=True)]
    noted = with_notes(source.schema, notes)
    hidden = {str(ref) for ref in noted.refs() if noted.column(ref).excluded}
    assert hidden == {"sales.customer.secret", "leak.told"}
    for sql in (
        "SELECT secret FROM sales.customer",
        "SELECT sales.customer.secret FROM sales.customer",
        "SELECT told FROM hr.leak",
        "SELECT * FROM hr.customer WHERE EXISTS (SELECT secret FROM sales.customer)",
    ):
        with pytest.raises(StatementError, match="private"):
            checked(sql, noted)
    tree = checked("SELECT * FROM sales.customer ORDER BY customer_id", noted)
    shown = execute(source.engine, tree, services._limits(), dialect="postgres")
    assert shown.columns == ("customer_id", "name")
    # What was written before there were two tables of the name is about both.
    before = [ColumnNote(table="customer", column="name", excluded=True)]
    both = with_notes(source.schema, before)
    assert both.column(ColumnRef("sales.customer", "name")).excluded
    assert both.column(ColumnRef("hr.customer", "name")).excluded
    after = [*before, ColumnNote(table="hr.customer", column="name", description="who", excluded=False)]
    assert not with_notes(source.schema, after).column(ColumnRef("hr.customer", "name")).excluded
    assert note_on(after, source.schema.table("hr.customer"), "name").description == "who"


def test_a_scan_reads_cells_of_both_and_keeps_what_is_written_about_each(server, connect):
    database = connect("world", url=server, schemas=list(SCHEMAS))
    known = served(database)
    assert [table.rows for table in known.schema.tables if table.local_name == "customer"] == [2, 3]
    assert known.schema.column(ColumnRef("sales.customer", "name")).unique
    assert not known.schema.column(ColumnRef("hr.customer", "name")).unique
    found = database.serving.parsed_digests
    assert {"sales.customer\tname", "hr.customer\tname", "employee\tname"} <= found.keys()
    services.describe(database, table="hr.customer", column="name", description="given name", excluded=False)
    services.describe(database, table="purchase", column="amount", description="", excluded=True)
    assert set(database.notes.values_list("table", flat=True)) == {"hr.customer", "sales.purchase"}
    word = glossary.define(
        database,
        word="double",
        kind="metric",
        table="sales.customer",
        meaning="SUM(sales.customer.customer_id * 2)",
    )
    assert (word.table, [tuple(ref) for ref in word.refs]) == (
        "sales.customer",
        [("sales.customer", "customer_id")],
    )
    metric = Query((Item(Term(ColumnRef("sales.customer", "double"), Aggregate.SUM)),))
    known = served(database)
    assert rows(known, query_text(metric, known.asked)) == [(6,)]


def test_chosen_schemas_that_change_keep_private_what_was(server, connect):
    database = connect("world", url=server, schemas=["sales"])
    services.describe(database, table="customer", column="secret", description="", excluded=True)
    database.schemas = ["sales", "hr"]
    database.save()
    database = connect("world")
    schema = served(database).schema
    assert schema.column(ColumnRef("sales.customer", "secret")).excluded
    assert schema.column(ColumnRef("leak", "told")).excluded
    assert not schema.column(ColumnRef("hr.customer", "name")).excluded
    database.url = address_of("sales")
    database.schemas = ["sales"]
    database.save()
    database = connect("world")
    schema = served(database).schema
    assert not schema.table("customer").qualified
    assert schema.column(ColumnRef("customer", "secret")).excluded
    assert rows(served(database), "SELECT name FROM sales.customer WHERE customer_id = 2") == [("Bo",)]
