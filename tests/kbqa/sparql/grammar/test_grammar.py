"""What the constraints alone guarantee: whatever is chosen, the query parses, runs, and has an answer."""

import random
from functools import reduce
from itertools import pairwise
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store

from kbqa.decoding.beam import BeamOptions, search
from kbqa.decoding.scorers import RandomScorer
from kbqa.plurals import plural_of
from kbqa.sparql.answer.entity_linking import numbers_in
from kbqa.sparql.grammar import LinkedQuestion, live_graph, start
from kbqa.sparql.grammar.actions import (
    ClassPointer,
    EntityPointer,
    NumberPointer,
    ValuePointer,
)
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.query import (
    Edge,
    Query,
    Variable,
    query_text,
)
from kbqa.sparql.stores import OxigraphStore
from kbqa.sparql.suggestions.inflection import of_one
from tests.kbqa.sparql.grammar.spelled import (
    cases,
    films,
    linked,
    live,
    rows_of,
    shortened,
    spelled,
    step,
)
from training.sparql.oracle import decisions
from training.synthetic.domains import DOMAINS
from training.synthetic.graphs import SyntheticGraph
from training.synthetic.questions import questions_about

FOLDER = Path(__file__).parent
XSD = "http://www.w3.org/2001/XMLSchema#"
BOTH = (Literal(True), Literal(False))


def anything(graph: LiveGraph, rng: random.Random) -> LinkedQuestion:
    """A question that may mention any few things of the graph."""
    quads = list(graph.store.store.quads_for_pattern(None, None, None))
    rng.shuffle(quads)
    entities = list(
        dict.fromkeys(quad.subject for quad in quads[:60] if isinstance(quad.subject, NamedNode))
    )[:8]
    values = [
        quad for quad in quads if isinstance(quad.object, Literal) and quad.predicate in graph.profile.names
    ][:8]
    numbers = [
        NumberPointer(Literal(text, datatype=NamedNode(f"{XSD}integer")), text)
        for text in ("1", "2", "1995", "40")
    ]
    return LinkedQuestion(
        graph,
        tuple(EntityPointer(each, str(each)) for each in entities),
        tuple(ClassPointer(each.iri, each.text) for each in graph.profile.classes),
        tuple(ValuePointer((quad.predicate, quad.object), quad.object.value) for quad in values),
        tuple(numbers),
    )


GRAPHS = {
    "films": films,
    **{
        domain: (lambda name=domain: SyntheticGraph(name, 3).store)
        for domain in ("library", "hospital", "software")
    },
}


@pytest.mark.parametrize("name", GRAPHS)
def test_queries_by_chance_run_and_have_solutions(name):
    graph, rng, written = live(GRAPHS[name]()), random.Random(1), 0
    for seed in range(300):
        for hypothesis in search(start(anything(graph, rng)), RandomScorer(seed), BeamOptions(width=2)):
            state = hypothesis.state
            if not state.answerable:
                continue
            text = query_text(state.query)
            written += 1
            assert len(set(state.query.edges)) == len(state.query.edges), text
            if not state.query.columns:
                assert graph.store.ask(text) in (True, False)
                continue
            rows = graph.store.select(text, limit=1).rows
            assert rows, text
            assert any(term is not None for term in rows[0]), text
    assert written > 300


@pytest.mark.parametrize("domain", DOMAINS)
def test_known_queries_are_written_choice_by_choice(domain):
    world = SyntheticGraph(domain, 5)
    graph = live(world.store)
    entities = tuple(
        EntityPointer(node, name) for node, name in world.names.items() if isinstance(node, NamedNode)
    )
    classes = tuple(ClassPointer(each.iri, each.text) for each in graph.profile.classes)
    kept = {
        (each.predicate, value)
        for each in (*world.texts, *world.flags)
        for value in (*each.values.values(), *BOTH)
    }
    kept |= {
        (predicate, target)
        for _, predicate, pairs in world.facts
        for _, target in pairs
        if isinstance(target, Literal)
    }
    values = tuple(
        ValuePointer((predicate, value), value.value) for predicate, value in sorted(kept, key=str)
    )
    compared = 0
    for example in questions_about(world, 90):
        question = LinkedQuestion(graph, entities, classes, values, tuple(numbers_in(example.question)))
        state = start(question)
        for decision in decisions(example.query, question):
            state = state.apply(decision.action)
        assert state.step == ""
        if example.query is not None and example.query.columns:
            compared += 1
            assert set(graph.store.select(query_text(state.query)).rows) == set(
                graph.store.select(query_text(example.query)).rows
            )
    assert compared > 10


def test_an_edge_that_closes_a_circle_is_tried_on_so_many_solutions_only(monkeypatch):
    store, (knows, likes) = (
        Store(),
        (NamedNode("http://a.example/knows"), NamedNode("http://a.example/likes")),
    )
    people = [NamedNode(f"http://a.example/{number}") for number in range(40)]
    store.extend(Quad(one, knows, other) for one, other in pairwise(people))
    store.add(Quad(people[-1], likes, people[0]))
    graph, ends = live(store), [Variable(number) for number in range(4)]
    path = tuple(Edge(one, knows, other) for one, other in pairwise(ends))
    assert graph.holds([Query(edges=(*path, Edge(ends[3], knows, Variable(4))))]) == [True]
    monkeypatch.setattr(live_graph, "_FEW", 2)
    sent = []
    monkeypatch.setattr(
        graph.store,
        "select",
        lambda text, **options: sent.append(text) or OxigraphStore.select(graph.store, text, **options),
    )
    assert graph.holds([Query(edges=(*path, Edge(ends[3], likes, ends[0])))]) == [False]
    assert "LIMIT 2 }" in sent[0]


@pytest.mark.parametrize(("about", "mentions", "actions", "query", "rows"), cases(FOLDER / "walks.txt"))
def test_actions_write_a_query(about, mentions, actions, query, rows):
    graph = live(films())
    question = linked(graph, mentions)
    state = reduce(step, actions.split(), start(question))
    assert (state.step, state.answerable) == ("", True)
    text = query_text(state.query)
    assert shortened(text) == query
    assert rows_of(graph, text) == rows
    known = start(question)
    for decision in decisions(state.query, question):
        assert known.holds([decision.action]) == [True]
        known = known.apply(decision.action)
    assert rows_of(graph, query_text(known.query)) == rows


@pytest.mark.parametrize(("about", "mentions", "actions", "legal"), cases(FOLDER / "legal_actions.txt"))
def test_what_is_legal_and_holds(about, mentions, actions, legal):
    state = reduce(step, actions.split(), start(linked(live(films()), mentions)))
    offered = state.legal_actions()
    holding = [action for action, holds in zip(offered, state.holds(offered), strict=True) if holds]
    assert " ".join(map(spelled, holding)) == legal


def test_words_for_the_most_of_one_number_of_a_class_are_not_those_for_another():
    several = 0
    for seed in range(6):
        world = SyntheticGraph("railway", seed)
        for kind in world.classes:
            told = [
                word
                for kept in world.attributes
                if kept.definition.source == kind
                for word in (*kept.definition.most, *kept.definition.least)
            ]
            several += len([kept for kept in world.attributes if kept.definition.source == kind]) > 2
            assert len(told) == len(set(told)), kind
    assert several, "a word is told from others where there are several numbers"


@pytest.mark.parametrize(
    ("several", "one"),
    [
        ("live in the sea", "lives in the sea"),
        ("carry a sword", "carries a sword"),
        ("watch over it", "watches over it"),
        ("write", "writes"),
        ("are born in May", "is born in May"),
        ("have more than 3 legs", "has more than 3 legs"),
        ("do not fly", "does not fly"),
        ("play at home", "plays at home"),
    ],
)
def test_what_is_said_of_several_things_is_said_of_one(several, one):
    assert of_one(several) == one


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_question_names_every_thing_that_its_query_has(domain):
    world = SyntheticGraph(domain, 5)
    for example in questions_about(world, 300):
        if example.query is None:
            continue
        ends = {
            end
            for edge in example.query.every_edge
            for end in (edge.subject, edge.object, *edge.alternatives)
        }
        for end in ends & set(world.names):
            names = {world.names[end].casefold(), plural_of(world.names[end]).casefold()}
            assert any(name in example.question.casefold() for name in names), example
