"""What the constraints alone guarantee: whatever a decoder likes, its query parses, runs, and has an answer."""

import random
from itertools import pairwise

import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store

from kbqa.decoding.actions import Action, Kind
from kbqa.decoding.beam import BeamOptions, search
from kbqa.decoding.scorers import RandomScorer
from kbqa.sparql.answer.entity_linking import numbers_in
from kbqa.sparql.grammar import LinkedQuestion, live_graph, start
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.profile import profile_graph
from kbqa.sparql.query import (
    RDF_TYPE,
    Aggregate,
    Branch,
    Comparison,
    Edge,
    Filter,
    Item,
    Query,
    Variable,
    query_text,
)
from kbqa.sparql.stores import OxigraphStore
from kbqa.sparql.suggestions.inflection import of_one, plural_of
from tests.kbqa.conftest import FILMS
from training.sparql.oracle import decisions
from training.synthetic.domains import DOMAINS
from training.synthetic.questions import questions_about
from training.synthetic.graphs import SyntheticGraph

XSD = "http://www.w3.org/2001/XMLSchema#"
BOTH = (Literal(True), Literal(False))


def live(store: Store) -> LiveGraph:
    opened = OxigraphStore(store, "1")
    return LiveGraph(opened, profile_graph(opened))


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
        Action(Kind.NUMBER, Literal(text, datatype=NamedNode(f"{XSD}integer")), text)
        for text in ("1", "2", "1995", "40")
    ]
    return LinkedQuestion(
        graph,
        tuple(Action(Kind.ENTITY, each, str(each)) for each in entities),
        tuple(Action(Kind.CLASS, each.iri, each.text) for each in graph.profile.classes),
        tuple(Action(Kind.VALUE, (quad.predicate, quad.object), quad.object.value) for quad in values),
        tuple(numbers),
    )


def films() -> Store:
    store = Store()
    store.load(FILMS.encode(), format=RdfFormat.TURTLE)
    return store


GRAPHS = {
    "films": films,
    **{
        domain: (lambda name=domain: World(name, 3).store)
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
    world = World(domain, 5)
    graph = live(world.store)
    entities = tuple(
        Action(Kind.ENTITY, node, name) for node, name in world.names.items() if isinstance(node, NamedNode)
    )
    classes = tuple(Action(Kind.CLASS, each.iri, each.text) for each in graph.profile.classes)
    kept = {
        (each.predicate, value)
        for each in (*world.texts, *world.flags)
        for value in (*each.values.values(), *BOTH)
    }
    kept |= {
        (predicate, target)
        for _, predicate, edges in world.edges
        for _, target in edges
        if isinstance(target, Literal)
    }
    values = tuple(
        Action(Kind.VALUE, (predicate, value), value.value) for predicate, value in sorted(kept, key=str)
    )
    compared = 0
    for example in questions_about(world, 90):
        question = LinkedQuestion(graph, entities, classes, values, tuple(numbers_in(example.question)))
        state = start(question)
        for step in decisions(example.query, question):
            state = state.apply(step.legal[step.gold])
        assert state.step == ""
        if example.query is not None and example.query.columns:
            compared += 1
            assert set(graph.store.select(query_text(state.query)).rows) == set(
                graph.store.select(query_text(example.query)).rows
            )
    assert compared > 10


def test_only_what_holds_is_offered_at_the_end():
    graph = live(films())
    film = Action(Kind.ENTITY, NamedNode("http://films.example/f4"), "Falcon")
    state = start(LinkedQuestion(graph, (film,))).apply(film)
    offered = state.legal_actions()
    assert {choice.text for choice in offered if choice.kind == Kind.FORWARD} == {"director", "year"}
    assert all(state.holds(offered))


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


F = "http://films.example/"


def film(name: str) -> NamedNode:
    return NamedNode(f"{F}{name}")


def walked(query: Query, entities: tuple[str, ...] = (), numbers: str = "") -> set[tuple[str, ...]]:
    """The rows of a query that was taken apart into choices and written anew from these, each of which must
    hold.
    """
    graph = live(films())
    world = LinkedQuestion(
        graph,
        tuple(Action(Kind.ENTITY, film(each), each) for each in entities),
        tuple(Action(Kind.CLASS, each.iri, each.text) for each in graph.profile.classes),
        numbers=tuple(numbers_in(numbers)),
    )
    state = start(world)
    for step in decisions(query, world):
        assert state.holds([step.legal[step.gold]]) == [True]
        state = state.apply(step.legal[step.gold])
    rows = graph.store.select(query_text(state.query)).rows
    return {tuple("" if term is None else term.value.removeprefix(F) for term in row) for row in rows}


X, Y, Z = Variable(0), Variable(1), Variable(2)
FILM, PERSON = Edge(X, RDF_TYPE, film("Film")), Edge(X, RDF_TYPE, film("Person"))


def test_what_either_relation_leads_to():
    branches = (
        Branch((Edge(film("f1"), film("director"), X),)),
        Branch((Edge(film("f1"), film("starring"), X),)),
    )
    assert walked(Query(columns=(Item(X),), branches=branches), ("f1",)) == {("p1",), ("p2",), ("p3",)}


def test_what_fits_one_description_or_another_of_several_edges():
    born = (Edge(X, film("director"), Y), Edge(Y, film("birthPlace"), film("c1")))
    branches = (Branch(born), Branch((Edge(X, film("starring"), film("p4")),)))
    assert walked(Query((FILM,), columns=(Item(X),), branches=branches), ("c1", "p4")) == {
        ("f1",),
        ("f2",),
        ("f3",),
    }


def test_alternatives_have_conditions_of_their_own_and_count_once():
    year = Edge(X, film("year"), Y)
    older, newer = (
        Filter(Y, sign, Literal(text, datatype=NamedNode(f"{XSD}integer")))
        for sign, text in ((Comparison.LESS, "1990"), (Comparison.LESS, "1995"))
    )
    query = Query(
        (FILM, year),
        columns=(Item(X, Aggregate.COUNT_DISTINCT),),
        branches=(Branch(filters=(older,)), Branch(filters=(newer,))),
    )
    assert walked(query, numbers="before 1990 or before 1995") == {("2",)}


def test_what_may_be_missing_is_shown_where_it_is_known():
    query = Query((PERSON,), columns=(Item(X), Item(Y)), optionals=(Edge(X, film("birthPlace"), Y),))
    assert walked(query) == {("p1", "c1"), ("p2", "c2"), ("p3", "c1"), ("p4", "")}


def test_counting_what_may_be_missing_counts_from_none():
    query = Query(
        (PERSON,), columns=(Item(X), Item(Y, Aggregate.COUNT)), optionals=(Edge(Y, film("director"), X),)
    )
    assert walked(query) == {("p1", "2"), ("p2", "1"), ("p3", "0"), ("p4", "1")}


def test_what_may_be_missing_is_something_that_one_has_at_least():
    graph = live(films())
    state = start(LinkedQuestion(graph, (Action(Kind.ENTITY, film("f4"), "Falcon"),)))
    for wanted in (film("f4"), film("director"), "NEW", "OPTIONAL", 0):
        state = state.apply(next(choice for choice in state.legal_actions() if choice.key == wanted))
    offered = state.legal_actions()
    holding = {choice.text for choice, holds in zip(offered, state.holds(offered), strict=True) if holds}
    assert "birth place" in {choice.text for choice in offered}
    assert holding == {
        "director",
        "starring",
    }  # Marta Falcon directs and plays, but nothing says where she was born


def test_an_alternative_that_is_there_already_cannot_be_closed():
    graph = live(films())
    state = start(LinkedQuestion(graph, (Action(Kind.ENTITY, film("f1"), "Silent Harbour"),)))
    once = ("EITHER", film("f1"), film("director"), "NEW")
    for wanted in (*once, "OR", film("f1"), film("director"), 0):
        state = state.apply(next(choice for choice in state.legal_actions() if choice.key == wanted))
    assert not {"OR", "CLOSE"} & {choice.key for choice in state.legal_actions()}


def test_what_is_asked_to_be_so_is_of_a_kind_that_the_relation_leads_to():
    graph = live(films())
    entities = tuple(Action(Kind.ENTITY, film(each), each) for each in ("f1", "p2", "p4", "c1"))
    state = start(LinkedQuestion(graph, entities))
    for wanted in ("ASK", film("f1"), film("director")):
        state = state.apply(next(choice for choice in state.legal_actions() if choice.key == wanted))
    offered = [choice for choice in state.legal_actions() if choice.kind == Kind.ENTITY]
    assert [choice.text for choice, holds in zip(offered, state.holds(offered), strict=True) if holds] == [
        "p2",
        "p4",
    ]


def test_words_for_the_most_of_one_number_of_a_class_are_not_those_for_another():
    several = 0
    for seed in range(6):
        world = World("railway", seed)
        for kind in world.classes:
            told = [
                word
                for kept in world.attributes
                if kept.what.source == kind
                for word in (*kept.what.most, *kept.what.least)
            ]
            several += len([kept for kept in world.attributes if kept.what.source == kind]) > 2
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
    world = World(domain, 5)
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
