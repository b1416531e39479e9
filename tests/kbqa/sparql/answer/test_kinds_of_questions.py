"""Questions that are taken apart, whose answer is none, or that no answer fits: with the real decoder."""

import pytest
from pyoxigraph import Literal, NamedNode

from kbqa.sparql.answer.fitting import Found, fits
from kbqa.sparql.answer.kept_answer import kept_answer_of
from kbqa.sparql.query import Edge, Item, Query, Variable
from kbqa.sparql.sources import services
from tests.kbqa.sparql.answer.test_asking import names
from tests.kbqa.sparql.graphs import iri

PEAKS = """
@prefix : <http://peaks.example/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:Mountain rdfs:label "mountain" ; rdfs:subClassOf :Landform . :Landform rdfs:label "landform" .
:Volcano rdfs:label "volcano" ; rdfs:subClassOf :Mountain .
:elevation rdfs:label "elevation" . :inCountry rdfs:label "country" . :partOf rdfs:label "part of" .
:m1 a :Mountain ; rdfs:label "Mount Arden" ; :elevation 4810 ; :inCountry :n1 ; :partOf :r2 .
:m2 a :Mountain ; rdfs:label "Mount Belloc" ; :elevation 5120 ; :inCountry :n1 ; :partOf :r2 .
:m3 a :Volcano ; rdfs:label "Cerro Quila" ; :elevation 5120 ; :inCountry :n2 ; :partOf :r3 .
:m4 a :Volcano ; rdfs:label "Tolmar" ; :elevation 2330 ; :inCountry :n2 ; :partOf :r3 .
:n1 a :Country ; rdfs:label "Norvia" . :n2 a :Country ; rdfs:label "Quilania" .
:n3 a :Country ; rdfs:label "Estmark" .
:r2 a :Range ; rdfs:label "Great Divide" ; :partOf :r4 . :r3 a :Range ; rdfs:label "Fire Arc" ; :partOf :r4 .
:r4 a :Range ; rdfs:label "World Spine" .
"""


def test_what_is_compared_placed_and_followed_over_many_steps(load):
    graph = load(PEAKS, name="peaks")
    assert names(graph, "Is Mount Arden higher than Tolmar?") is True
    assert names(graph, "Which is higher, Mount Arden or Mount Belloc?") == ["Mount Belloc"]
    assert names(graph, "Which mountain has the highest elevation?") == ["Cerro Quila", "Mount Belloc"]
    assert names(graph, "What is the third highest mountain?") == ["Mount Arden"]
    assert names(graph, "What is Tolmar ultimately part of?") == ["Fire Arc", "World Spine"]
    assert names(graph, "How many landforms are there?") == ["4"]


def test_where_no_condition_can_be_met_the_answer_is_none_or_0_and_the_condition_is_named(load):
    graph = load(PEAKS, name="peaks")
    assert names(graph, "Which mountains are in Estmark?") == []
    assert names(graph, "How many mountains are in Estmark?") == ["0"]
    _, row = services.ask(graph, "Which mountains have an elevation over 6000?")
    kept = kept_answer_of(row)
    assert kept.answerable
    assert kept.result.rows == []
    assert "6000" in kept.notice


def test_a_composed_answer_is_kept_with_its_steps_and_its_picture(load):
    graph = load(PEAKS, name="peaks")
    _, row = services.ask(graph, "What is Tolmar ultimately part of?")
    kept = kept_answer_of(row)
    assert [edge.reach for edge in kept.best.pattern.edges] == ["+"]
    assert "Put together" in [step.step for step in kept.best.steps]
    assert {edge.text for edge in kept.result.picture.edges} == {"part of, in one step or more"}


THING, FOUND = iri("thing"), Variable(0)
LEADS = Query((Edge(THING, iri("p"), FOUND),), columns=(Item(FOUND),))
DATE = Literal("2001-01-01", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#date"))


@pytest.mark.parametrize(
    ("question", "found", "expected"),
    [
        ("Who trains Thing?", NamedNode("http://x.example/shiny.png"), False),
        ("Who trains Thing?", Literal(12), False),
        ("Who trains Thing?", iri("ann"), True),
        ("When was Thing made?", Literal("red"), False),
        ("When was Thing made?", DATE, True),
        ("Where is Thing?", DATE, False),
        ("How many wheels has Thing?", Literal("red"), False),
        ("How many wheels has Thing?", Literal(4), True),
        ("Who directs Thing?", Literal("Thing"), False),
        ("What is Thing called?", Literal("Thing"), True),
        ("What is next to Thing?", THING, False),
    ],
)
def test_an_answer_is_of_the_kind_that_the_question_asks_for_and_not_what_it_names(question, found, expected):
    text = found.value.rsplit("/", 1)[-1]
    assert fits(question, LEADS, [Found(found, text, frozenset())], {THING: "Thing"}) is expected


DOGS = """
@prefix : <http://dogs.example/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:Dog rdfs:label "dog" . :rex a :Dog ; rdfs:label "Rex" ; :photo <http://dogs.example/rex.png> ; :weight 3 .
"""


def test_readings_that_cannot_be_meant_leave_a_question_without_an_answer(load):
    assert names(load(DOGS, name="dogs"), "Who is the trainer of Rex?") is None
