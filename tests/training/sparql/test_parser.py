import pytest
from pyoxigraph import Literal, NamedNode

from kbqa.sparql.query import RDF_TYPE, Edge, Item, Query, Variable, query_text
from training.sparql.parser import UnsupportedQueryError, parse_query

PREFIXES = {"": "http://x.example/"}


@pytest.mark.parametrize(
    "text",
    [
        "SELECT DISTINCT ?x0 WHERE { ?x0 <http://x.example/p> <http://x.example/a> . }",
        "ASK { <http://x.example/a> <http://x.example/p> <http://x.example/b> . }",
        "SELECT ?x0 WHERE { ?x1 a <http://x.example/C> . ?x1 <http://x.example/p> ?x0 . } ORDER BY DESC(?x0) LIMIT 3",
        "SELECT ?x0 (COUNT(?x1) AS ?count_x1) WHERE { ?x1 <http://x.example/p> ?x0 . } GROUP BY ?x0 ORDER BY ASC(COUNT(?x1))",
        "SELECT (COUNT(DISTINCT ?x0) AS ?count_distinct_x0) WHERE { ?x1 <http://x.example/p> ?x0 . }",
    ],
)
def test_what_is_written_is_read_back(text):
    assert " ".join(query_text(parse_query(text)).split()) == text


def test_equalities_with_texts_become_constants():
    query = parse_query(
        "SELECT ?s WHERE { ?s a :ship . ?s :ship\\#fate ?f . FILTER(?f = 'Captured' || ?f = 'Lost') }",
        PREFIXES,
    )
    assert query.edges[1].object.value == "Captured"
    assert [each.value for each in query.edges[1].alternatives] == ["Lost"]
    assert "VALUES" in query_text(query)


def test_a_comparison_with_a_mean():
    text = "select ?n where { ?t :age ?a . ?t :name ?n . FILTER(?a > ?m) . { select (avg(?b) as ?m) where { ?u :age ?b . } } }"
    assert "AVG(?each0)" in query_text(parse_query(text, PREFIXES))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * WHERE { ?s ?p ?o }",
        "DELETE WHERE { ?s ?p ?o }",
        "SELECT ?x WHERE { SERVICE <http://a/> { ?x ?y ?z } }",
        "SELECT ?x",
        "§",
    ],
)
def test_what_the_grammar_cannot_write_is_refused(text):
    with pytest.raises(UnsupportedQueryError):
        parse_query(text)


def test_what_is_negated_is_looked_up_edge_by_edge():
    x, y, z = Variable(0), Variable(1), Variable(2)
    ship, flag, port = (NamedNode(f"http://x.example/{name}") for name in ("Ship", "flag", "port"))
    negated = (Edge(y, port, x), Edge(y, flag, Literal("red")), Edge(y, RDF_TYPE, ship))
    written = query_text(
        Query(
            (Edge(x, RDF_TYPE, ship), Edge(x, port, z)), negations=(negated, negated[:1]), columns=(Item(x),)
        )
    )
    assert (
        'FILTER NOT EXISTS { ?x1 <http://x.example/port> ?x0 . FILTER EXISTS { ?x1 <http://x.example/flag> "red" .'
        " FILTER EXISTS { ?x1 a <http://x.example/Ship> . } } }" in written
    )
    assert "FILTER NOT EXISTS { ?x1 <http://x.example/port> ?x0 . }" in written
