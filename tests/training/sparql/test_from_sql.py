"""Questions with SQL on a database, as SPARQL on a graph that was made of it."""

import sqlite3
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, Store

from kbqa.sparql.query import query_text
from kbqa.sparql.stores import OxigraphStore
from kbqa.sql.ingest.introspection import read_schema
from kbqa.sql.schema import ColumnRef
from kbqa.sql.stores.connections import sqlite_engine
from tests.kbqa.sparql.grammar.spelled import cases, shortened
from training.sparql.from_sql import MappedGraph, examples_from, number, same_answers, translated
from training.sparql.parser import UnsupportedQueryError
from training.sparql.parser import parse_query as read_sparql
from training.sql.parser import parse_query

FOLDER = Path(__file__).parent
XSD_INTEGER = NamedNode("http://www.w3.org/2001/XMLSchema#integer")
BASE = "http://sea.example/"
TABLES = """
CREATE TABLE port (id INTEGER PRIMARY KEY, town TEXT);
CREATE TABLE ship (id INTEGER PRIMARY KEY, name TEXT, tonnage INTEGER, flag TEXT,
    port_id INTEGER REFERENCES port (id));
INSERT INTO port VALUES (1, 'Porto'), (2, 'Oslo'), (3, 'Riga');
INSERT INTO ship VALUES (1, 'Argo', 300, 'red', 1), (2, 'Vega', 900, 'blue', 2), (3, 'Nina', 400, 'red', 2),
    (4, 'Rosa', NULL, 'green', 2);
"""
GRAPH = """
@prefix : <http://sea.example/> .
@prefix ship: <http://sea.example/ship#> .
<port/1> a :port ; <port#id> 1 ; <port#town> "Porto" . <port/2> a :port ; <port#id> 2 ; <port#town> "Oslo" .
<port/3> a :port ; <port#id> 3 ; <port#town> "Riga" .
<ship/1> a :ship ; ship:name "Argo" ; ship:tonnage 300 ; ship:flag "red" ; ship:port_id 1 .
<ship/2> a :ship ; ship:name "Vega" ; ship:tonnage 900 ; ship:flag "blue" ; ship:port_id 2 .
<ship/3> a :ship ; ship:name "Nina" ; ship:tonnage 400 ; ship:flag "red" ; ship:port_id 2 .
<ship/4> a :ship ; ship:name "Rosa" ; ship:flag "green" ; ship:port_id 2 .
<ship/1> ship:ref-port_id <port/1> . <ship/2> ship:ref-port_id <port/2> .
<ship/3> ship:ref-port_id <port/2> . <ship/4> ship:ref-port_id <port/2> .
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    file = tmp_path_factory.mktemp("sea") / "sea.sqlite"
    with sqlite3.connect(file) as connection:
        connection.executescript(TABLES)
    connection.close()
    return sqlite_engine(file, introspects=True)


@pytest.fixture(scope="module")
def schema(engine):
    return read_schema(engine)


@pytest.fixture
def graph(schema):
    store = Store()
    store.load(GRAPH.encode(), format=RdfFormat.TURTLE, base_iri=BASE)
    return MappedGraph(store, schema, BASE)


def written(statement, graph, engine) -> list[str]:
    found = examples_from([("?", statement)], graph, engine)
    return [shortened(query_text(each.query).replace(BASE, "")) for each in found]


@pytest.mark.parametrize(("statement", "sparql"), cases(FOLDER / "from_sql.txt"))
def test_what_sql_asks_is_asked_of_the_graph(statement, sparql, graph, engine):
    assert written(statement, graph, engine) == [sparql]


@pytest.mark.parametrize(("statement", "reason"), cases(FOLDER / "from_sql_refusals.txt"))
def test_what_has_no_form_is_not_translated(statement, reason, graph, engine):
    with pytest.raises(UnsupportedQueryError) as refused:
        translated(parse_query(statement, graph.schema), graph)
    assert str(refused.value) == reason
    assert written(statement, graph, engine) == []


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT name FROM ship WHERE tonnage > 9000",
        "SELECT name FROM ship WHERE name = 'not there'",
        "SELECT flag, avg(tonnage) FROM ship GROUP BY flag",  # green's mean is empty here, not there
        "SELECT name FROM ship LIMIT 2",  # whichever two
        "SELECT port.town FROM port JOIN ship ON port.id = ship.id, sqlite_master",
        "not SQL",
    ],
)
def test_what_has_no_answer_or_another_one_is_left_out(statement, graph, engine):
    assert written(statement, graph, engine) == []


def test_a_statement_is_checked_once_for_all_its_questions(graph, engine):
    rows = [("how many?", "SELECT count(*) FROM ship"), ("number of ships", "SELECT count(*) FROM ship")]
    one, other = examples_from(rows, graph, engine)
    assert (one.question, other.question) == ("how many?", "number of ships")
    assert one.query is other.query


def test_tables_and_columns_are_looked_up_in_lower_case(graph):
    assert graph.table("SHIP").value == f"{BASE}ship"
    assert graph.column(ColumnRef("Ship", "Flag")).value == f"{BASE}ship#flag"
    with pytest.raises(UnsupportedQueryError, match="ship#cargo> is not in the graph"):
        graph.column(ColumnRef("ship", "cargo"))


def test_a_key_is_a_property_where_the_graph_has_it(graph):
    assert graph.key(ColumnRef("ship", "port_id")).value == f"{BASE}ship#ref-port_id"
    assert graph.key(ColumnRef("ship", "flag")) is None


@pytest.mark.parametrize(
    ("column", "wanted", "value"),
    [
        ("flag", "red", Literal("red")),
        ("flag", " red ", Literal("red")),
        ("tonnage", "300", Literal("300", datatype=XSD_INTEGER)),
        ("tonnage", "300.0", Literal("300", datatype=XSD_INTEGER)),
        ("tonnage", "301", Literal("301", datatype=XSD_INTEGER)),
        ("flag", "7", Literal("7", datatype=XSD_INTEGER)),
    ],
)
def test_a_value_is_written_as_the_graph_writes_it(graph, column, wanted, value):
    assert graph.value(graph.column(ColumnRef("ship", column)), wanted) == value


@pytest.mark.parametrize(
    ("text", "datatype"), [("3", "integer"), ("-3", "integer"), ("+3", "integer"), ("3.50", "decimal")]
)
def test_a_number_is_an_integer_or_a_decimal(text, datatype):
    assert number(text) == Literal(text, datatype=NamedNode(f"http://www.w3.org/2001/XMLSchema#{datatype}"))


@pytest.mark.parametrize("text", ["", "three", "3e5", "1,000", ".5", "0x1"])
def test_what_is_not_a_number_is_none(text):
    with pytest.raises(UnsupportedQueryError, match="is not a number"):
        number(text)


@pytest.mark.parametrize(
    ("sparql", "statement", "same"),
    [
        ("SELECT ?n { ?s :name ?n }", "SELECT name FROM ship", True),
        ("SELECT ?n { ?s :name ?n }", "SELECT name FROM ship ORDER BY name DESC", True),
        ("SELECT ?n { ?s :name ?n }", "SELECT name FROM ship UNION ALL SELECT name FROM ship", True),
        ("SELECT ?n { ?s :name ?n }", "SELECT name FROM ship WHERE id < 4", False),
        ("SELECT ?t { ?s :tonnage ?t }", "SELECT tonnage FROM ship WHERE tonnage > 0", True),
        ("SELECT ?t { ?s :tonnage ?t }", "SELECT tonnage * 1.0 FROM ship WHERE tonnage > 0", True),
        ("SELECT ?t { ?s :tonnage ?t }", "SELECT tonnage FROM ship", False),
        ("SELECT ?n { ?s :name ?n }", "SELECT name FROM ship WHERE 1 = 0", False),
        ("SELECT ?n { ?s :cargo ?n }", "SELECT name FROM ship WHERE 1 = 0", False),
    ],
)
def test_answers_are_compared_as_sets_and_numbers_by_their_value(graph, engine, sparql, statement, same):
    query = read_sparql(sparql, {"": f"{BASE}ship#"})
    assert same_answers(query, OxigraphStore(graph.store, ""), statement, engine) is same


def test_what_answers_otherwise_is_left_out(graph, engine):
    """SQL counts the rows without a tonnage as well."""
    assert len(written("SELECT flag, count(*) FROM ship GROUP BY flag", graph, engine)) == 1
    graph.store.update(
        f"DELETE {{ ?x <{BASE}ship#flag> ?f }} WHERE {{ ?x <{BASE}ship#flag> ?f FILTER (?f = 'red') }}"
    )
    assert written("SELECT flag, count(*) FROM ship GROUP BY flag", graph, engine) == []


def test_a_table_that_the_graph_lacks(graph):
    graph.store.update(f"DELETE WHERE {{ ?x a <{BASE}port> }}")
    with pytest.raises(UnsupportedQueryError):
        translated(parse_query("SELECT town FROM port", graph.schema), graph)
