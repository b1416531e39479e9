"""An answer from a graph, kept and read again."""

import json
from dataclasses import replace

import pytest
from pyoxigraph import Literal, NamedNode

from kbqa.decoding.beam import DerivationStep
from kbqa.sparql.answer.kept_answer import kept_answer, kept_answer_of, kept_json, run_reading
from kbqa.sparql.answer.neighbourhood import neighbourhood_of
from kbqa.sparql.answer.picture import Pattern
from kbqa.sparql.answer.pipeline import Answer, Reading, named_last
from kbqa.sparql.answer.registry import served
from kbqa.sparql.grammar.actions import ForwardPointer, Step
from kbqa.sparql.models import Graph, GraphQuestion, GraphVersion
from kbqa.sparql.query import Aggregate, Branch, Edge, Item, Query, Variable, query_text
from kbqa.sparql.sources import services
from kbqa.sparql.stores.base import Solutions, StoreError
from searchapp.sharing import graph_sources
from searchapp.sharing.graph_sources import GraphSource
from tests.kbqa.sparql.graphs import iri, live_graph_of

QUESTIONS = (
    "who is the director of Silent Harbour?",
    "which films have the director Marta Oliveira?",
    "how many films are there?",
    "is Marta Oliveira the director of Falcon?",
    "who is the king of Spain?",
)


def test_a_kept_answer_is_the_answer(load):
    graph = load()
    live = served(graph).live
    for text in QUESTIONS:
        answer, question = services.ask(graph, text)
        question.refresh_from_db()
        assert kept_answer_of(question) == kept_answer(answer, live)


def test_a_kept_reading_finds_what_it_found(load):
    graph = load()
    _, question = services.ask(graph, "which films have the director Marta Oliveira?")
    answer = kept_answer_of(question)
    found = services.run_another(question, answer.best)
    assert sorted(row[0].text for row in found.rows) == ["Silent Harbour", "The Long Road"]
    assert (found.columns, found.picture) == (answer.result.columns, answer.result.picture)


def test_rows_with_what_the_question_names_come_last_in_kept_readings(load):
    graph = load()
    opened = served(graph)
    version, live = opened.version, opened.live
    _, question = services.ask(graph, "where was Marta Oliveira born?")
    marta, born = NamedNode("http://films.example/p1"), NamedNode("http://films.example/birthPlace")
    edges = (Edge(marta, born, Variable(0)), Edge(Variable(1), born, Variable(0)))
    pattern = Pattern("SELECT * WHERE { ?x1 ?p ?x0 } LIMIT 1", edges, frozenset({"x1"}))
    reading = replace(
        kept_answer_of(question).readings[0],
        query=f"SELECT ?x1 WHERE {{ {marta} {born} ?x0 . ?x1 {born} ?x0 }}",
        pattern=pattern,
        asks=False,
        ordered=False,
    )
    found = run_reading(reading, version, live)
    assert [row[0].text for row in found.rows] == ["Anna O'Hara", "Marta Oliveira"]


def test_yes_and_no_are_kept(load):
    graph = load()
    _, question = services.ask(graph, "how many films are there?")
    opened = served(graph)
    version, live = opened.version, opened.live
    reading = replace(
        kept_answer_of(question).readings[0], query="ASK { ?s a <http://films.example/City> }", asks=True
    )
    assert run_reading(reading, version, live).holds is True


@pytest.mark.parametrize("literal", [Literal('a "b"\n\\'), Literal("x", language="en"), Literal(3)])
def test_terms_of_patterns_survive(load, literal):
    from kbqa.sparql.answer.kept_answer import _node

    for term in (literal, NamedNode("http://films.example/ü"), Variable(12)):
        assert _node(str(term)) == term


def test_a_nodes_neighbourhood(load):
    graph = load()
    live = served(graph).live
    found = neighbourhood_of(NamedNode("http://films.example/p1"), graph, live)
    assert found.name == "Marta Oliveira"
    assert ["birth Place", "Porto"] in [[cell.text for cell in row] for row in found.leaving]
    assert ["Silent Harbour", "director"] in [[cell.text for cell in row] for row in found.entering]
    assert not found.code
    assert neighbourhood_of(NamedNode("http://films.example/none"), graph, live) is None


# Below, answers are kept and read again without a database.

A, P, Q = iri("a"), iri("p"), iri("q")
X, Y = Variable(0), Variable(1)
LETTERS = ':a :p :b, "x"@en ; :q 1 . :c :p :b . :b rdfs:label "Bee" .'
SELECT = Query((Edge(X, P, Y),), columns=(Item(X), Item(Y)))


def reading_of(query: Query, live, **fields) -> Reading:
    steps = (DerivationStep(Step.RELATION, ForwardPointer(P, "p"), 3, 1, 0.5),)
    reading = Reading(query, query_text(query), 0.75, steps)
    if query.columns:
        return replace(reading, solutions=live.store.select(reading.text, **fields))
    return replace(reading, holds=live.store.ask(reading.text))


def stored(answer: Answer, live):
    """The answer as the database gives it back."""
    data = json.loads(json.dumps(kept_json(kept_answer(answer, live))))
    return kept_answer_of(GraphQuestion(answer=data))


@pytest.mark.parametrize(
    "query",
    [
        SELECT,
        Query((Edge(A, P, iri("b")),)),
        Query((Edge(A, Q, Literal(2)),)),
        Query((Edge(X, P, iri("b"), (Literal("x", language="en"),)),), columns=(Item(X),), order=Item(X)),
        Query((Edge(X, P, Y),), columns=(Item(Y), Item(X, Aggregate.COUNT))),
        Query(branches=(Branch((Edge(X, Q, Y),)), Branch((Edge(X, P, Y),))), columns=(Item(X),)),
        Query((Edge(X, P, iri("none")),), columns=(Item(X),)),
    ],
)
def test_every_kind_of_answer_is_read_as_it_was_kept(query):
    live = live_graph_of(LETTERS)
    answer = Answer("what?", (reading_of(query, live), reading_of(SELECT, live)), True, 12.5, "slow")
    kept = kept_answer(answer, live)
    assert stored(answer, live) == kept
    assert (kept.question, kept.notice, kept.milliseconds, kept.answerable) == ("what?", "slow", 12.5, True)
    assert [reading.query for reading in kept.readings] == [query_text(query), query_text(SELECT)]
    assert kept.best.asks == (not query.columns)
    assert kept.best.ordered == (query.order is not None)
    assert (kept.best.words, kept.best.steps[0].step) == ("p", "Over what")


def test_rows_are_cells_with_names_and_it_is_kept_whether_there_are_more():
    live = live_graph_of(LETTERS)
    result = stored(Answer("", (reading_of(SELECT, live, limit=2),), True, 0.0), live).result
    assert (result.columns, len(result.rows), result.cut) == (("x0", "x1"), 2, True)
    whole = stored(Answer("", (reading_of(SELECT, live),), True, 0.0), live).result
    assert {tuple(cell.text for cell in row) for row in whole.rows} == {
        ("a", "Bee"),
        ("a", "x"),
        ("c", "Bee"),
    }
    assert whole.holds is None


def test_a_no_is_kept_as_a_no():
    live = live_graph_of(LETTERS)
    query = Query((Edge(A, Q, Literal(2)),))
    assert stored(Answer("", (reading_of(query, live),), True, 0.0), live).result.holds is False


def test_without_an_answer_there_are_readings_and_no_result():
    live = live_graph_of(LETTERS)
    kept = stored(Answer("what?", (reading_of(SELECT, live),), False, 0.0), live)
    assert (kept.best, kept.result, len(kept.readings)) == (None, None, 1)
    assert stored(Answer("what?", (), False, 0.0), live).readings == ()


def test_an_answer_that_was_forgotten_is_none():
    assert kept_answer_of(GraphQuestion(answer=None)) is None


def test_an_answer_is_kept_without_a_picture_where_the_graph_is_away(monkeypatch):
    live = live_graph_of(LETTERS)

    def away(*_):
        raise StoreError("away")

    monkeypatch.setattr("kbqa.sparql.answer.kept_answer.picture_of", away)
    result = kept_answer(Answer("", (reading_of(SELECT, live),), True, 0.0), live).result
    assert (result.picture, len(result.rows)) == (None, 3)


def test_answers_that_were_kept_before_doubtful_edges_were_are_read():
    live = live_graph_of(LETTERS)
    data = kept_json(kept_answer(Answer("", (reading_of(SELECT, live),), True, 0.0), live))
    del data["readings"][0]["doubtful"]
    assert kept_answer_of(GraphQuestion(answer=data)).readings[0].pattern.doubtful == 0


def test_rows_with_what_the_question_names_come_last_in_their_order():
    rows = [(A, Literal(1)), (P, Literal(2)), (Q, A), (Q, Literal(3))]
    found = named_last(Solutions(("x", "y"), rows, cut=True), {A})
    assert found.rows == [rows[1], rows[3], rows[0], rows[2]]
    assert found.cut
    assert named_last(found, set()) == found


@pytest.mark.parametrize(("ordered", "texts"), [(False, ["c", "a"]), (True, ["a", "c"])])
def test_a_kept_readings_own_order_counts_more_than_what_the_question_names(ordered, texts):
    live, version = live_graph_of(LETTERS), GraphVersion(graph=Graph(source_kind="endpoint"))
    kept = kept_answer(Answer("", (reading_of(SELECT, live),), True, 0.0), live).readings[0]
    pattern = replace(kept.pattern, edges=(Edge(A, P, Y), Edge(X, P, Y)))
    query = f"SELECT ?x0 WHERE {{ ?x0 {P} {iri('b')} }} ORDER BY ?x0"
    found = run_reading(replace(kept, query=query, pattern=pattern, ordered=ordered), version, live)
    assert [row[0].text for row in found.rows] == texts


@pytest.mark.parametrize(("edges", "cut"), [(99, False), (100, False), (101, True)])
def test_a_hundred_edges_each_way_are_a_neighbourhood(edges, cut):
    live = live_graph_of(" ".join(f":a :p {number} ." for number in range(edges)) + " :b :p :a .")
    found = neighbourhood_of(A, Graph(source_kind="file"), live)
    assert (len(found.leaving), len(found.entering), found.cut) == (min(edges, 100), 1, cut)
    assert (found.iri, found.name) == (A.value, "a")


def test_a_node_of_code_has_the_address_of_the_code(monkeypatch):
    source = GraphSource(iter, bool, lambda location, node: f"/{location}?{node}")
    monkeypatch.setitem(graph_sources._sources, "repository", source)
    live = live_graph_of(":a :p :b .")
    found = neighbourhood_of(A, Graph(source_kind="repository", location="shop"), live)
    assert found.code == "/shop?http://x.example/a"
