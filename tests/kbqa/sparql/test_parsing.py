import pytest

from kbqa.sparql.examples.parsing import UnsupportedQueryError, parse_query
from kbqa.sparql.query import query_text

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
    query = parse_query("SELECT ?s WHERE { ?s a :ship . ?s :ship\\#fate ?f . FILTER(?f = 'Captured' || ?f = 'Lost') }", PREFIXES)
    assert query.edges[1].object.value == "Captured"
    assert [each.value for each in query.edges[1].alternatives] == ["Lost"]
    assert "VALUES" in query_text(query)


def test_a_comparison_with_a_mean():
    text = "select ?n where { ?t :age ?a . ?t :name ?n . FILTER(?a > ?m) . { select (avg(?b) as ?m) where { ?u :age ?b . } } }"
    assert "AVG(?each0)" in query_text(parse_query(text, PREFIXES))


@pytest.mark.parametrize(
    "text", ["SELECT * WHERE { ?s ?p ?o }", "DELETE WHERE { ?s ?p ?o }", "SELECT ?x WHERE { SERVICE <http://a/> { ?x ?y ?z } }", "SELECT ?x", "§"]
)
def test_what_the_grammar_cannot_write_is_refused(text):
    with pytest.raises(UnsupportedQueryError):
        parse_query(text)
