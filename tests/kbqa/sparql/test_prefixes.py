"""IRIs with prefixes: what is shown can be run again, and says less."""

import pytest
from pyoxigraph import Store

from kbqa.sparql.prefixes import is_prefix, prefixes_for, with_declarations, with_prefixes

FILMS = {"films": "http://films.example/"}


def test_namespaces_get_names_and_declared_ones_stay():
    iris = [
        "http://films.example/director",
        "http://films.example/year",
        "http://valuenet/ontop/a#b",
        "http://schema.org/name",
        "urn:x",
    ]
    assert prefixes_for(iris, {}) == {"films": "http://films.example/", "a": "http://valuenet/ontop/a#"}
    assert prefixes_for(iris, {"f": "http://films.example/", "": "http://empty/", "bad": "no iri"}) == {
        "f": "http://films.example/",
        "a": "http://valuenet/ontop/a#",
    }
    assert prefixes_for(["http://one.example/films/a", "http://two.example/films/a"], {}) == {
        "films": "http://one.example/films/",
        "films2": "http://two.example/films/",
    }


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        (
            "SELECT ?a WHERE { ?a <http://films.example/director> <http://other.example/x> }",
            "PREFIX films: <http://films.example/>\n"
            "SELECT ?a WHERE { ?a films:director <http://other.example/x> }",
        ),
        (
            'ASK { ?a ?b "<http://films.example/director>" }',
            'ASK { ?a ?b "<http://films.example/director>" }',
        ),
        (
            'ASK { ?a ?b "1"^^<http://www.w3.org/2001/XMLSchema#integer> }',
            'PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\nASK { ?a ?b "1"^^xsd:integer }',
        ),
        (
            "ASK { <http://films.example/a(b)> ?b <http://films.example/> }",
            "ASK { <http://films.example/a(b)> ?b <http://films.example/> }",
        ),
    ],
)
def test_queries_are_shown_with_prefixes_and_mean_the_same(query, shown):
    assert with_prefixes(query, FILMS) == shown
    Store().query(shown)


@pytest.mark.parametrize(
    ("query", "declared"),
    [
        (
            "ASK { ?a films:director ?b }",
            "PREFIX films: <http://films.example/>\nASK { ?a films:director ?b }",
        ),
        (
            "PREFIX films: <http://x/> ASK { ?a films:director ?b }",
            "PREFIX films: <http://x/> ASK { ?a films:director ?b }",
        ),
        ('ASK { ?a ?b "films:x" } # films:y', 'ASK { ?a ?b "films:x" } # films:y'),
        ("ASK { ?a unknown:b ?c }", "ASK { ?a unknown:b ?c }"),
        (
            "ASK { ?a rdfs:label ?b }",
            "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>\nASK { ?a rdfs:label ?b }",
        ),
    ],
)
def test_known_prefixes_need_not_be_declared(query, declared):
    assert with_declarations(query, FILMS) == declared


def test_what_can_be_a_prefix():
    assert is_prefix("ex", "http://example.org/")
    assert is_prefix("ex", "urn:example:")
    assert not any(
        is_prefix(*each)
        for each in [
            ("1x", "http://a/"),
            ("ex", "http://a b/"),
            ("ex", "nothing"),
            ("ex", 3),
            ("", "http://a/"),
        ]
    )
