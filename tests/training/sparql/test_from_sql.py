"""Questions with SQL on a database, as SPARQL on a graph that was made of it."""

import sqlite3

import pytest
from pyoxigraph import RdfFormat, Store

from kbqa.sparql.query import query_text
from kbqa.sql.ingest.introspection import read_schema
from kbqa.sql.stores.connections import sqlite_engine
from training.sparql.from_sql import MappedGraph, examples_from, translated
from training.sparql.parser import UnsupportedQueryError
from training.sql.parser import parse_query

BASE = "http://sea.example/"
TABLES = """
CREATE TABLE port (id INTEGER PRIMARY KEY, town TEXT);
CREATE TABLE ship (id INTEGER PRIMARY KEY, name TEXT, tonnage INTEGER, flag TEXT, port_id INTEGER REFERENCES port (id));
INSERT INTO port VALUES (1, 'Porto'), (2, 'Oslo'), (3, 'Riga');
INSERT INTO ship VALUES (1, 'Argo', 300, 'red', 1), (2, 'Vega', 900, 'blue', 2), (3, 'Nina', 400, 'red', 2), (4, 'Rosa', NULL, 'green', 2);
"""
GRAPH = """
@prefix : <http://sea.example/> .
<port/1> a :port ; <port#id> 1 ; <port#town> "Porto" . <port/2> a :port ; <port#id> 2 ; <port#town> "Oslo" .
<port/3> a :port ; <port#id> 3 ; <port#town> "Riga" .
<ship/1> a :ship ; <ship#name> "Argo" ; <ship#tonnage> 300 ; <ship#flag> "red" ; <ship#port_id> 1 ; <ship#ref-port_id> <port/1> .
<ship/2> a :ship ; <ship#name> "Vega" ; <ship#tonnage> 900 ; <ship#flag> "blue" ; <ship#port_id> 2 ; <ship#ref-port_id> <port/2> .
<ship/3> a :ship ; <ship#name> "Nina" ; <ship#tonnage> 400 ; <ship#flag> "red" ; <ship#port_id> 2 ; <ship#ref-port_id> <port/2> .
<ship/4> a :ship ; <ship#name> "Rosa" ; <ship#flag> "green" ; <ship#port_id> 2 ; <ship#ref-port_id> <port/2> .
"""


@pytest.fixture
def engine(tmp_path):
    file = tmp_path / "sea.sqlite"
    with sqlite3.connect(file) as connection:
        connection.executescript(TABLES)
    connection.close()
    return sqlite_engine(file, introspects=True)


@pytest.fixture
def graph(engine):
    store = Store()
    store.load(GRAPH.encode(), format=RdfFormat.TURTLE, base_iri=BASE)
    return MappedGraph(store, read_schema(engine), BASE)


def written(statement, graph, engine) -> list[str]:
    found = examples_from([("?", statement)], graph, engine)
    return [" ".join(query_text(each.query).replace(BASE, "").split()) for each in found]


@pytest.mark.parametrize(
    ("statement", "sparql"),
    [
        ("SELECT count(*) FROM ship", "SELECT (COUNT(*) AS ?count) WHERE { ?x0 a <ship> . }"),
        (
            "SELECT name FROM ship WHERE flag = 'red'",
            'SELECT DISTINCT ?x2 WHERE { ?x0 a <ship> . ?x0 <ship#flag> "red" . ?x0 <ship#name> ?x2 . }',
        ),
        (
            "SELECT T2.town FROM ship AS T1 JOIN port AS T2 ON T1.port_id = T2.id WHERE T1.tonnage > 350",
            "SELECT DISTINCT ?x3 WHERE { ?x0 a <port> . ?x1 <ship#ref-port_id> ?x0 . ?x1 <ship#tonnage> ?x2 . ?x0 <port#town> ?x3 ."
            ' FILTER (?x2 > "350"^^<http://www.w3.org/2001/XMLSchema#integer>) }',
        ),
        (
            "SELECT flag, count(*) FROM ship GROUP BY flag HAVING count(*) > 1",
            "SELECT ?x1 (COUNT(*) AS ?count) WHERE { ?x0 a <ship> . ?x0 <ship#flag> ?x1 . } GROUP BY ?x1"
            ' HAVING (COUNT(*) > "1"^^<http://www.w3.org/2001/XMLSchema#integer>)',
        ),
        ("SELECT name FROM ship ORDER BY tonnage DESC LIMIT 1", None),
        ("SELECT name FROM ship WHERE tonnage = (SELECT max(tonnage) FROM ship)", None),
        ("SELECT town FROM port WHERE id IN (SELECT port_id FROM ship WHERE flag = 'green')", None),
        ("SELECT town FROM port WHERE id NOT IN (SELECT port_id FROM ship)", None),
        (
            "SELECT town FROM port EXCEPT SELECT T2.town FROM ship AS T1 JOIN port AS T2 ON T1.port_id = T2.id WHERE T1.flag = 'red'",
            None,
        ),
        (
            "SELECT T2.town FROM ship AS T1 JOIN port AS T2 ON T1.port_id = T2.id WHERE T1.flag = 'red'"
            " INTERSECT SELECT T2.town FROM ship AS T1 JOIN port AS T2 ON T1.port_id = T2.id WHERE T1.flag = 'blue'",
            None,
        ),
        ("SELECT name FROM ship WHERE flag = 'blue' OR flag = 'green'", None),
        (
            "SELECT name FROM ship WHERE tonnage > 800 OR tonnage < 350",
            "SELECT DISTINCT ?x2 WHERE { { ?x0 a <ship> . ?x0 <ship#tonnage> ?x1 . ?x0 <ship#name> ?x2 ."
            ' FILTER (?x1 > "800"^^<http://www.w3.org/2001/XMLSchema#integer>) }'
            " UNION { ?x0 a <ship> . ?x0 <ship#tonnage> ?x1 . ?x0 <ship#name> ?x2 ."
            ' FILTER (?x1 < "350"^^<http://www.w3.org/2001/XMLSchema#integer>) } }',
        ),
        ("SELECT name FROM ship WHERE flag = 'green' OR tonnage < 350", None),
        (
            "SELECT name FROM ship WHERE flag = 'green' UNION SELECT name FROM ship WHERE tonnage > 350 AND flag = 'blue'",
            None,
        ),
        ("SELECT name FROM ship WHERE tonnage IS NULL", None),
        ("SELECT name FROM ship WHERE tonnage > (SELECT avg(tonnage) FROM ship)", None),
        ("SELECT name FROM ship WHERE tonnage BETWEEN 200 AND 500 AND name LIKE '%i%'", None),
    ],
)
def test_what_sql_asks_is_asked_of_the_graph(statement, sparql, graph, engine):
    found = written(statement, graph, engine)
    assert len(found) == 1
    assert sparql is None or found == [sparql]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT name FROM ship WHERE flag = 'black'",
        "SELECT * FROM ship",
        "SELECT name, tonnage + id FROM ship",
        "SELECT name FROM ship WHERE tonnage > (SELECT min(tonnage) FROM ship WHERE flag = 'red')",
        "SELECT flag FROM ship WHERE tonnage > 350 UNION SELECT town FROM port",
        "not SQL",
    ],
)
def test_what_has_no_answer_or_no_form_is_left_out(statement, graph, engine):
    assert written(statement, graph, engine) == []


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
