"""Questions for a graph, made from questions on another."""

import random
from dataclasses import replace

import pytest
from pyoxigraph import NamedNode, RdfFormat, Store

from kbqa.sparql.ingest.profiler import profile_graph
from kbqa.sparql.query import (
    RDF_TYPE,
    Branch,
    Comparison,
    Edge,
    Filter,
    Item,
    Period,
    Query,
    Variable,
    query_text,
)
from kbqa.sparql.stores import OxigraphStore
from kbqa.sparql.suggestions.example import Example
from training.sparql.parser import parse_query
from training.sparql.pattern_transfer import Shape, Surroundings, pattern_of, transferred

SHIPS = """
@prefix : <http://sea.example/> .
:s1 a :Ship ; :shipName "Argo" ; :tonnage 300 ; :port :p1 .
:s2 a :Ship ; :shipName "Vega" ; :tonnage 900 ; :port :p2 .
:p1 a :Port ; :townName "Porto" . :p2 a :Port ; :townName "Oslo" .
"""
PLAYERS = """
@prefix : <http://club.example/> .
:a a :Player ; :nick "Zed" ; :goals 3 ; :club :x .
:b a :Player ; :nick "Bo" ; :goals 7 ; :club :x .
:x a :Club ; :motto "onward" .
"""
PREFIXES = {"": "http://sea.example/"}
COMMON = frozenset(
    [
        "what", "is", "the", "are", "of", "each", "with", "a", "than", "more", "in", "how", "many", "for",
        "show", "all", "whose",
    ]
)  # fmt: skip


def around(text: str) -> Surroundings:
    store = Store()
    store.load(text.encode(), format=RdfFormat.TURTLE)
    return Surroundings(store, profile_graph(OxigraphStore(store, "")))


def made(question: str, sparql: str) -> set[tuple[str, str]]:
    pattern = pattern_of(Example(question, parse_query(sparql, PREFIXES)), around(SHIPS), COMMON)
    if pattern is None:
        return set()
    players = around(PLAYERS)
    found = (transferred(pattern, players, random.Random(seed)) for seed in range(40))
    return {
        (each.question, " ".join(query_text(each.query).split()))
        for each in found
        if each is not None and each.query is not None
    }


def test_names_and_values_are_those_of_the_other_graph():
    found = made(
        "What is the tonnage of all ships whose ship name is Argo?",
        'SELECT ?t WHERE { ?s a :Ship . ?s :tonnage ?t . ?s :shipName "Argo" . }',
    )
    assert {question for question, _ in found} == {
        f"What is the goal of all players whose nick is {name}?" for name in ("Zed", "Bo")
    }
    assert all(
        "<http://club.example/goals>" in sparql and "<http://club.example/Player>" in sparql
        for _, sparql in found
    )


def test_classes_connect_in_the_same_direction():
    sparql = "SELECT ?n (COUNT(?s) AS ?c) WHERE { ?s a :Ship . ?s :port ?p . ?p :townName ?n . } GROUP BY ?n"
    found = made("How many ships are in the port of each town name?", sparql)
    assert {question for question, _ in found} == {"How many players are in the club of each motto?"}


def test_what_has_no_answer_is_not_asked():
    found = made(
        "Show all ships with more than 500 tonnage",
        "SELECT ?s WHERE { ?s a :Ship . ?s :tonnage ?t . FILTER(?t > 500) }",
    )
    assert {question for question, _ in found} == {"Show all players with more than 3 goal"}


@pytest.mark.parametrize(
    "question",
    ["Show all the rusty ships", "What is the tonnage of all?", "What is the ship name of each ship?"],
)
def test_what_is_not_all_named_makes_no_pattern(question):
    assert not made(question, "SELECT ?t WHERE { ?s a :Ship . ?s :tonnage ?t . ?s :townName ?n . }")


@pytest.mark.parametrize(
    ("domain", "target", "kind", "identifier", "predicate"),
    [
        ("Ship", None, "", False, "shipName"),
        ("Ship", None, "number", False, "tonnage"),
        ("Ship", "Port", "", False, "port"),
        ("Ship", None, "number", True, "registryId"),
    ],
)
def test_a_property_has_the_shape_of_what_is_at_its_ends(domain, target, kind, identifier, predicate):
    ships = around(SHIPS + ":s1 :registryId 71 . :s2 :registryId 72 .")
    sea = "http://sea.example/"
    assert ships.shapes[NamedNode(sea + predicate)] == Shape(
        NamedNode(sea + domain), NamedNode(sea + target) if target else None, kind, identifier
    )


def test_links_are_the_properties_from_class_to_class():
    ship, port = NamedNode("http://sea.example/Ship"), NamedNode("http://sea.example/Port")
    assert around(SHIPS).links() == {(ship, port): [NamedNode("http://sea.example/port")]}


def test_values_are_texts_and_numbers_short_enough_to_be_said():
    name = NamedNode("http://sea.example/shipName")
    ships = around(SHIPS + f':s1 :shipName "", "{"x" * 51}", "{"y" * 50}" .')
    assert {value.value for value in ships.values(name)} == {"Argo", "Vega", "y" * 50}
    assert ships.values(NamedNode("http://sea.example/port")) == []
    assert ships.values(NamedNode("http://sea.example/cargo")) == []


@pytest.mark.parametrize(
    ("question", "sparql"),
    [
        ("Show the tonnage of each ship", "SELECT ?t { ?s :tonnage ?t . ?s :flag ?f }"),
        ("Show the tonnage of each ship", "SELECT ?t { ?s :tonnage ?t . ?s :port :p1 }"),
        ("Show the tonnage of each port", "SELECT ?t { ?s a :Ship . ?s :tonnage ?t }"),
        ("Show all", "SELECT ?s { ?s :port ?p }"),
    ],
)
def test_what_other_graphs_cannot_have_makes_no_pattern(question, sparql):
    """A property without a class, a thing of its own, a class that is not asked for, nothing by its name."""
    assert not made(question, sparql)


def test_alternatives_and_what_may_be_missing_make_no_pattern():
    ships, sea = around(SHIPS), "http://sea.example/"
    ship, tonnage = Edge(Variable(0), RDF_TYPE, NamedNode(sea + "Ship")), NamedNode(sea + "tonnage")
    weighs = Edge(Variable(0), tonnage, Variable(1))
    plain = Query((ship, weighs), columns=(Item(Variable(1)),))
    year = Filter(Variable(1), Comparison.EQUAL, Period("2024"))
    question = "What is the tonnage of each ship?"
    assert pattern_of(Example(question, plain), ships, COMMON) is not None
    for query in (
        None,
        replace(plain, edges=(ship,), optionals=(weighs,)),
        replace(plain, edges=(ship,), branches=(Branch((weighs,)), Branch((weighs,)))),
        replace(plain, filters=(year,)),
    ):
        assert pattern_of(Example(question, query), ships, COMMON) is None


def test_means_and_negations_are_transferred():
    mean = (
        "SELECT ?s { ?s a :Ship . ?s :tonnage ?t ."
        " { SELECT (AVG(?u) AS ?m) { ?v :tonnage ?u } } FILTER(?t > ?m) }"
    )
    found = made("Show all ships with more tonnage than the tonnage of all", mean)
    assert {question for question, _ in found} == {"Show all players with more goal than the goal of all"}
    assert all("AVG(?each0)" in sparql and "club.example/goals> ?each0" in sparql for _, sparql in found)
    ships, sea = around(SHIPS), "http://sea.example/"
    without = Query(
        (Edge(Variable(0), RDF_TYPE, NamedNode(sea + "Ship")),),
        negations=((Edge(Variable(0), NamedNode(sea + "tonnage"), Variable(1)),),),
        columns=(Item(Variable(0)),),
    )
    pattern = pattern_of(Example("Show all ships with the tonnage", without), ships, COMMON)
    players = around(PLAYERS + ':c a :Player ; :nick "Al" ; :club :x . :x a :Club .')
    asked = [transferred(pattern, players, random.Random(seed)) for seed in range(10)]
    assert {each.query.negations[0][0].predicate.value for each in asked if each} == {
        "http://club.example/goals"
    }


def test_what_contains_a_part_of_a_text_is_asked_with_a_word_of_another():
    found = made(
        "Show all ships whose ship name is with ego",
        "SELECT ?s { ?s a :Ship . ?s :shipName ?n FILTER CONTAINS(?n, 'ego') }",
    )
    assert {question for question, _ in found} == {
        "Show all players whose nick is with zed",
        "Show all players whose nick is with bo",
        "Show all clubs whose motto is with onward",
    }


def test_a_graph_without_classes_gets_nothing():
    ships = around(SHIPS)
    example = Example(
        "What is the tonnage of each ship?",
        parse_query("SELECT ?t { ?s a :Ship . ?s :tonnage ?t }", PREFIXES),
    )
    pattern = pattern_of(example, ships, COMMON)
    assert pattern is not None
    assert transferred(pattern, around(""), random.Random(0)) is None
