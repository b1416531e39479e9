"""SPARQL as text → queries as data: `parser.txt` has what is read, `parser_refusals.txt` what is not."""

from dataclasses import replace
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode

from kbqa.sparql.query import (
    RDF_TYPE,
    Branch,
    Comparison,
    Edge,
    Filter,
    Item,
    Query,
    Variable,
    query_text,
)
from tests.kbqa.sparql.grammar.spelled import BASE, cases, shortened
from training.sparql.parser import UnsupportedQueryError, folded, parse_query

FOLDER = Path(__file__).parent
PREFIXES, SHIPS = {"": BASE}, {"": "http://x.example/"}


@pytest.mark.parametrize(("text", "query"), cases(FOLDER / "parser.txt"))
def test_sparql_is_read_as_the_grammar_writes_it(text, query):
    assert shortened(query_text(parse_query(text, PREFIXES))) == query


@pytest.mark.parametrize(("text", "reason"), cases(FOLDER / "parser_refusals.txt"))
def test_what_the_grammar_has_no_form_for_is_refused(text, reason):
    with pytest.raises(UnsupportedQueryError) as refused:
        parse_query(text, PREFIXES)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT DISTINCT ?x0 WHERE { ?x0 <x:p> <x:a> . }",
        "ASK { <x:a> <x:p> <x:b> . }",
        "SELECT ?x0 WHERE { ?x1 a <x:C> . ?x1 <x:p> ?x0 . } ORDER BY DESC(?x0) LIMIT 3",
        "SELECT ?x0 (COUNT(?x1) AS ?count_x1) WHERE { ?x1 <x:p> ?x0 . } GROUP BY ?x0"
        " ORDER BY ASC(COUNT(?x1))",
        "SELECT (COUNT(DISTINCT ?x0) AS ?count_distinct_x0) WHERE { ?x1 <x:p> ?x0 . }",
    ],
)
def test_what_is_written_is_read_back(text):
    assert " ".join(query_text(parse_query(text)).split()) == text


def test_equalities_with_texts_become_constants():
    query = parse_query(
        "SELECT ?s WHERE { ?s a :ship . ?s :ship\\#fate ?f . FILTER(?f = 'Captured' || ?f = 'Lost') }",
        SHIPS,
    )
    assert query.edges[1].object.value == "Captured"
    assert [each.value for each in query.edges[1].alternatives] == ["Lost"]
    assert "VALUES" in query_text(query)


def test_a_comparison_with_a_mean():
    text = (
        "select ?n where { ?t :age ?a . ?t :name ?n . FILTER(?a > ?m) ."
        " { select (avg(?b) as ?m) where { ?u :age ?b . } } }"
    )
    assert "AVG(?each0)" in query_text(parse_query(text, SHIPS))


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
        "FILTER NOT EXISTS { ?x1 <http://x.example/port> ?x0 ."
        ' FILTER EXISTS { ?x1 <http://x.example/flag> "red" .'
        " FILTER EXISTS { ?x1 a <http://x.example/Ship> . } } }" in written
    )
    assert "FILTER NOT EXISTS { ?x1 <http://x.example/port> ?x0 . }" in written


GENRE, DIRECTOR, LIKES = (NamedNode(BASE + name) for name in ("genre", "director", "likes"))
FILM, KIND, OTHER = Variable(0), Variable(1), Variable(2)
OF_DRAMA = Query(
    (Edge(FILM, GENRE, KIND),),
    (Filter(KIND, Comparison.EQUAL, Literal("drama")),),
    columns=(Item(FILM),),
)


def test_an_equality_becomes_a_constant():
    found = folded(OF_DRAMA, [])
    assert (found.edges, found.filters) == ((Edge(FILM, GENRE, Literal("drama")),), ())


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"negations": ((Edge(OTHER, LIKES, KIND),),)},
        {"optionals": (Edge(KIND, LIKES, OTHER),)},
        {"branches": (Branch((Edge(OTHER, LIKES, KIND),)), Branch((Edge(FILM, DIRECTOR, OTHER),)))},
        {"branches": (Branch((), (Filter(KIND, Comparison.UNEQUAL, Literal("comedy")),)),)},
    ],
)
def test_an_equality_stays_where_another_part_needs_the_variable(elsewhere):
    query = replace(OF_DRAMA, **elsewhere)
    assert folded(query, []) == query


def test_an_equality_said_twice_stays_a_comparison():
    query = replace(OF_DRAMA, filters=OF_DRAMA.filters * 2)
    assert folded(query, []) == query


def test_a_text_in_a_language_is_a_constant_and_a_number_is_none():
    french = replace(OF_DRAMA, filters=(Filter(KIND, Comparison.EQUAL, Literal("drame", language="fr")),))
    assert folded(french, []).edges[0].object == Literal("drame", language="fr")
    numbered = replace(OF_DRAMA, filters=(Filter(KIND, Comparison.EQUAL, Literal(3)),))
    assert folded(numbered, []) == numbered


@pytest.mark.parametrize("text", ["drama", "it's", 'a "b"', "back\\slash", "two\nlines", "tab\there", ""])
def test_a_text_is_read_as_the_one_that_was_written(text):
    query = Query((Edge(FILM, GENRE, Literal(text)),), columns=(Item(FILM),))
    assert parse_query(query_text(query)) == query
