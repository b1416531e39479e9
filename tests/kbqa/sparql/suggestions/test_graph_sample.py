"""A part of a graph to make questions from."""

import random

import pytest
from pyoxigraph import BlankNode, Literal

from kbqa.sparql.suggestions.graph_sample import GraphSample
from kbqa.sparql.suggestions.templates import make_examples
from tests.kbqa.sparql.graphs import iri, live_graph_of

FIRM = """
:ann a :Employee, :Person ; rdfs:label "Ann" ; :reportsTo :bo ; :salary 50 ; :office "3 b" .
:bo a :Employee ; rdfs:label "Bo"@en ; :reportsTo :cy ; :salary 60.5 ; :awards 2 ; :office 7 .
:cy a :Person ; :salary "7e1"^^xsd:double ; :awards 3 .
"""


def sample_of(turtle: str) -> GraphSample:
    live = live_graph_of(turtle)
    return GraphSample(live.store.store, live.profile, random.Random(0))


@pytest.fixture
def firm() -> GraphSample:
    return sample_of(FIRM)


def predicate(sample: GraphSample, name: str):
    return next(each for each in sample.profile.predicates if each.predicate == iri(name))


@pytest.mark.parametrize(
    ("term", "name"),
    [
        (iri("ann"), "Ann"),
        (iri("bo"), "Bo"),
        (iri("cy"), None),
        (BlankNode("b"), None),
        (Literal("3 b"), "3 b"),
        (Literal("x" * 59), "x" * 59),
        (Literal("x" * 60), None),
        (Literal("Bo", language="en"), None),
        (Literal(7), None),
    ],
)
def test_a_thing_is_called_by_its_label_and_a_short_text_by_itself(firm, term, name):
    assert firm.name(term) == name


def test_the_class_of_a_thing_is_the_commonest_of_its_classes(firm):
    assert firm.class_of(iri("bo")).text == "employee"
    assert firm.class_of(iri("cy")).text == "person"
    assert firm.class_of(Literal("Ann")) is None
    assert firm.class_of(iri("nobody")) is None


def test_edges_that_leave_a_thing_are_those_that_read_as_nouns(firm):
    assert {(each.text, target.value) for each, target in firm.leaving(iri("bo"))} == {
        ("salary", "60.5"),
        ("awards", "2"),
        ("office", "7"),
    }
    assert firm.leaving(Literal("Bo")) == []


def test_verbs_and_nouns_are_told_apart_and_numbers_are_no_verbs(firm):
    assert {firm.predicate(verb=True).text for _ in range(20)} == {"reports to"}
    assert {firm.predicate().text for _ in range(50)} == {"salary", "awards", "office"}
    assert sample_of(":a :calls :b .").predicate() is None


def test_an_edge_is_one_of_its_property(firm):
    edges = {firm.edge(predicate(firm, "reportsTo")) for _ in range(20)}
    assert edges == {(iri("ann"), iri("bo")), (iri("bo"), iri("cy"))}


def test_numbers_are_those_of_a_property_that_has_nothing_else(firm):
    assert sorted(float(number.value) for number in firm.numbers(predicate(firm, "salary"))) == [50, 60.5, 70]
    assert firm.numbers(predicate(firm, "office")) == []


@pytest.mark.parametrize("wrong", ['"unknown"', '"1,200"', '""'])
def test_what_is_typed_as_a_number_and_is_none_is_none(wrong):
    firm = sample_of(f":ann a :Person ; :age {wrong}^^xsd:integer . :bo a :Person ; :age 7 .")
    assert firm.numbers(predicate(firm, "age")) == []


@pytest.mark.parametrize("odd", ["INF", "-INF", "NaN"])
def test_numbers_that_nobody_writes_are_no_numbers(odd):
    firm = sample_of(f':ann a :Person ; :age "{odd}"^^xsd:double .')
    assert firm.numbers(predicate(firm, "age")) == []


@pytest.mark.parametrize(
    "odd",
    [
        ':age rdfs:label "" .',
        ':age rdfs:label " " .',
        ":ann :said <<( :ann :age 7 )>> .",
        "<< :ann :age 7 >> :source :bo .",
        ':ann :age "unknown"^^xsd:integer .',
        ':ann :age "NaN"^^xsd:double .',
        "_:b a :Person ; :age 9 ; :knows _:b .",
        "",
    ],
)
def test_questions_are_made_whatever_a_graph_has(odd):
    live = live_graph_of(f':ann a :Person ; rdfs:label "Ann" ; :age 7 ; :knows :bo . :bo a :Person . {odd}')
    examples = [
        example for seed in range(8) for example in make_examples(live.store.store, live.profile, 45, seed)
    ]
    assert examples
    assert not [example for example in examples if "  " in example.question]


def test_no_questions_are_made_of_nothing():
    live = live_graph_of("")
    assert list(make_examples(live.store.store, live.profile, 30, 1)) == []
