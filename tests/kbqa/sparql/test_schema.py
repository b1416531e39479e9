"""What a graph says of its own words."""

import pytest
from pyoxigraph import NamedNode

from kbqa.sparql.ingest.profiler import profile_graph
from kbqa.sparql.profile import Profile
from kbqa.sparql.schema import asked_in, in_words_of_schema
from tests.kbqa.sparql.answer.test_asking import names
from tests.kbqa.sparql.graphs import live_graph_of, store_of

SCHEMA = """
@prefix : <http://words.example/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
:Work a owl:Class ; rdfs:label "creative work" ; rdfs:comment "What somebody made." .
:Film a owl:Class ; rdfs:label "film" ; rdfs:subClassOf :Work ; skos:altLabel "movie", "picture" .
:Song a owl:Class ; rdfs:label "song" ; rdfs:subClassOf :Work ; owl:deprecated true .
:director a owl:ObjectProperty ; rdfs:label "director" ; rdfs:domain :Film ; rdfs:range :Person .
:Person a owl:Class ; rdfs:label "person" .
:f1 a :Film ; rdfs:label "Falcon" ; :director :p1 . :p1 a :Person ; rdfs:label "Marta Silva" .
:f2 a :Film ; rdfs:label "Amber Night" ; :director :p2 . :p2 a :Person ; rdfs:label "Ann Lee" .
"""


@pytest.mark.parametrize(
    ("question", "as_read"),
    [
        ("What does film mean?", "What is the description of film?"),
        ("what is meant by Film", "What is the description of Film?"),
        ("Describe the dataset Rivers.", "What is the description of the dataset Rivers?"),
        ("What are synonyms for film?", "What are other names of film?"),
        ("What other terms for film are there?", "What other names of film are there?"),
        ("What else is a film called?", "What are the other names of a film?"),
        ("parent classes of film", "superclasses of film"),
        ("Who means well?", "Who means well?"),
    ],
)
def test_other_ways_to_ask_are_read_as_what_the_graph_has(question, as_read):
    profile = profile_graph(store_of(SCHEMA))
    assert in_words_of_schema(question, profile) == as_read
    assert in_words_of_schema(question, Profile()) == question


def test_a_definition_of_the_graphs_own_is_asked_for_by_its_name():
    profile = profile_graph(store_of(':a :definition "x" ; rdfs:comment "y" .'))
    assert in_words_of_schema("What does A mean?", profile) == "What is the definition of A?"


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("What are the subclasses of creative work?", {"subClassOf"}),
        ("What is the superclass of film?", {"subClassOf"}),
        ("What are the other names of film?", {"altLabel"}),
        ("What is the description of film?", {"comment"}),
        ("Which classes are deprecated?", {"deprecated"}),
        ("What is the range of director?", {"range"}),
        ("Which properties have the domain film?", {"domain"}),
        ("Who is the director of Falcon?", set()),
        ("How many films are there?", set()),
    ],
)
def test_they_are_offered_only_where_a_question_asks_for_them(question, asked):
    live = live_graph_of(SCHEMA)
    found = asked_in(question, live.profile)
    assert {iri.value.rsplit("#", 1)[-1] for iri in found} == asked
    assert {each.key for each in live.relations_of_schema(found)} == found


def test_what_a_property_of_the_graph_is_called_asks_for_that():
    profile = profile_graph(store_of(':a :definition "x" ; rdfs:comment "y" .'))
    assert not asked_in("Which of them have a definition?", profile)
    assert asked_in("Which of them have a description?", profile)


def test_they_are_no_relations_like_others_and_are_kept_with_the_profile():
    profile = profile_graph(store_of(SCHEMA))
    assert [each.text for each in profile.predicates] == ["director"]
    assert Profile.from_json(profile.as_json()) == profile
    assert NamedNode("http://www.w3.org/2002/07/owl#Class") in {each.iri for each in profile.schema_classes}


def test_questions_on_the_words_of_a_graph_are_answered(load):
    graph = load(SCHEMA, name="words")
    assert names(graph, "What are the subclasses of creative work?") == ["film", "song"]
    assert names(graph, "What is the superclass of film?") == ["creative work"]
    assert names(graph, "What are other names for film?") == ["movie", "picture"]
    assert names(graph, "What does creative work mean?") == ["What somebody made."]
    assert names(graph, "Who is the director of Falcon?") == ["Marta Silva"]
