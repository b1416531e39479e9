"""Questions for a graph, made from questions on another."""

import random

import pytest
from pyoxigraph import RdfFormat, Store

from kbqa.sparql.ingest.profiler import profile_graph
from kbqa.sparql.query import query_text
from kbqa.sparql.stores import OxigraphStore
from kbqa.sparql.suggestions.example import Example
from training.sparql.parser import parse_query
from training.sparql.pattern_transfer import Surroundings, pattern_of, transferred

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
