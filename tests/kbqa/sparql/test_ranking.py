"""Readings as wholes: what of the question they leave out, and what that is worth."""

import numpy as np
import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, Store

from kbqa.decoding.beam import Hypothesis, Taken
from kbqa.decoding.choices import Choice, Kind
from kbqa.sparql.answering import ranked
from kbqa.sparql.constraints import LiveGraph
from kbqa.sparql.grammar import World, start
from kbqa.sparql.profile import profile_graph
from kbqa.sparql.ranking import FEATURES, Ranking, features_of, fitted
from kbqa.sparql.stores import OxigraphStore
from tests.kbqa.conftest import FILMS

QUESTION = "Which drama films have the director Marta Oliveira, and were made before 2000?"


def term(name: str) -> NamedNode:
    return NamedNode(f"http://films.example/{name}")


@pytest.fixture
def world() -> World:
    store = Store()
    store.load(FILMS.encode(), format=RdfFormat.TURTLE)
    opened = OxigraphStore(store, "1")
    graph = LiveGraph(opened, profile_graph(opened))

    def mention(kind, key, text, exact=1.0):
        begin = QUESTION.index(text)
        return Choice(kind, key, text, (begin, begin + len(text)), (1.0, exact, 0.0, 0.0, 0.0, 0.0))

    classes = tuple(Choice(Kind.CLASS, each.iri, each.text) for each in graph.profile.classes)
    values = (mention(Kind.VALUE, (term("genre"), Literal("drama")), "drama"),)
    return World(graph, (mention(Kind.ENTITY, term("p1"), "Marta Oliveira"),), classes, values, (mention(Kind.NUMBER, Literal("2000"), "2000"),))


def reading(world: World, *keys: object, score: float = -1.0) -> Hypothesis:
    """The hypothesis that takes the choices with these keys."""
    state, taken = start(world), []
    for key in keys:
        choice = next(each for each in state.choices() if each.key == key)
        taken.append(Taken(state.step, choice, 1, 0, 1.0))
        state = state.then(choice)
    assert state.step == ""
    return Hypothesis(state, score, tuple(taken))


@pytest.fixture
def readings(world) -> list[Hypothesis]:
    by_marta = (term("p1"), term("director"), "NEW", "END", 0, "STOP")
    drama = ((term("genre"), Literal("drama")), term("genre"), "NEW", 0, term("director"), term("p1"), "END", 0, "STOP")
    return [reading(world, *by_marta, score=-0.5), reading(world, *drama, score=-1.0), reading(world, "NONE", score=-2.0)]


def test_what_is_left_out_is_counted(world, readings):
    counted = [dict(zip(FEATURES, row, strict=True)) for row in features_of(QUESTION, readings, world)]
    one, both, none = counted
    assert (one["names left out"], both["names left out"], none["names left out"]) == (1, 0, 0)
    assert (one["numbers left out"], both["numbers left out"]) == (1, 1)
    assert (one["classes left out"], one["properties left out"], one["properties that nobody named"]) == (1, 0, 0)
    assert both["properties that nobody named"] == 1  # the question says drama, not genre
    assert (one["edges"], both["edges"]) == (1, 2)
    assert none["no answer"] == 1
    assert [each["log of probability"] for each in counted] == [-0.5, -1.0, -2.0]


def test_a_reading_that_leaves_nothing_out_comes_first_where_that_counts(world, readings):
    plain = ranked(QUESTION, readings, world, Ranking.default())
    assert [each for each, _ in plain] == readings
    assert sum(probability for _, probability in plain) == pytest.approx(1)
    strict = Ranking.of({"log of probability": 1.0, "names left out": -2.0})
    assert next(iter(ranked(QUESTION, readings, world, strict)))[0] == readings[1]
    assert ranked(QUESTION, [], world, strict) == []


def test_fitting_finds_what_tells_right_from_wrong(world, readings):
    features = features_of(QUESTION, readings, world)
    ranking = fitted([(features, np.array([False, True, False]))] * 40)
    assert ranking.named()["names left out"] < 0
    assert ranking.probabilities(features).argmax() == 1
    assert Ranking.of(ranking.named()).named() == ranking.named()


def test_what_is_left_out_never_speaks_for_a_reading(world, readings):
    features = features_of(QUESTION, readings, world)
    named = fitted([(features, np.array([True, False, False]))] * 40).named()
    assert all(weight <= 0 for name, weight in named.items() if name.endswith("left out"))
