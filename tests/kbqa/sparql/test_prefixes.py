"""IRIs with prefixes: what is shown can be run again, and says less."""

import pytest
from pyoxigraph import Store

from kbqa.sparql.prefixes import MAX_PREFIXES, is_prefix, prefixes_for, with_prefixes
from kbqa.sparql.stores.syntax import query_of

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


def test_a_declared_prefix_gives_way_to_nothing_and_a_known_name_is_not_used_again():
    iris = ["http://a.example/schema/x", "http://b.example/films/x"]
    found = {"films": "http://other.example/"}
    assert prefixes_for(iris, found) == {
        "films": "http://other.example/",
        "schema2": "http://a.example/schema/",
        "films2": "http://b.example/films/",
    }


def test_the_commonest_namespaces_come_first():
    iris = ["http://a.example/rare#x", *(f"http://a.example/often#x{number}" for number in range(2))]
    assert list(prefixes_for(iris, {})) == ["often", "rare"]


@pytest.mark.parametrize(
    ("iri", "name"),
    [
        ("http://www.films.example/x", "films"),
        ("http://example.org/Films/v1#x", "v1"),
        ("http://example.org/2024/films/#x", "films"),
        ("http://1.2.3.4/x", "ns"),
        (f"http://films.example/{'long' * 8}/x", "films"),
    ],
)
def test_a_namespace_is_called_by_its_last_word_or_its_host(iri, name):
    assert list(prefixes_for([iri], {})) == [name]


def test_prefixes_are_bounded_and_distinct():
    spaces = [f"http://{number}.example/films/x" for number in range(MAX_PREFIXES + 10)]
    made = prefixes_for(spaces, {})
    assert len(made) == len(set(made.values())) == MAX_PREFIXES
    declared = {f"p{number}": f"urn:{number}:" for number in range(MAX_PREFIXES + 10)}
    assert len(prefixes_for(spaces, declared)) == MAX_PREFIXES


def test_a_prefix_of_the_graph_counts_more_than_a_known_one():
    own = {"name": "http://schema.org/", "wd": "http://films.example/"}
    shown = with_prefixes("ASK { <http://schema.org/x> ?p <http://films.example/y> }", own)
    assert shown == (
        "PREFIX name: <http://schema.org/>\nPREFIX wd: <http://films.example/>\nASK { name:x ?p wd:y }"
    )


@pytest.mark.parametrize(
    "query",
    [
        "ASK { <http://films.example/a> <http://films.example/b> 1 } # <http://films.example/c>",
        "ASK { ?a ?b 'it\\'s <http://films.example/c>' . ?a <http://films.example/b_-2> 1 }",
        "SELECT * { ?a <http://films.example/year> ?b FILTER(?b<3&&?b>2) }",
    ],
)
def test_what_is_shown_can_be_run_again(query):
    shown = with_prefixes(query, FILMS)
    Store().query(shown)
    bare = shown.removeprefix("PREFIX films: <http://films.example/>\n")
    assert query_of(bare, FILMS).split() == query_of(query, {}).split()
