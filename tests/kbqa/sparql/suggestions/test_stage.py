"""Which of the questions that are made are suggested."""

from collections.abc import Iterator

import pytest

from kbqa.sparql.answer.pipeline import Answer, Reading
from kbqa.sparql.models import GraphVersion
from kbqa.sparql.query import Aggregate, Edge, Item, Query, Variable, query_text
from kbqa.sparql.stores import EndpointStore
from kbqa.sparql.suggestions import stage
from kbqa.sparql.suggestions.example import Example
from kbqa.sparql.suggestions.stage import working_questions
from tests.kbqa.sparql.graphs import iri, live_graph_of

X, Y = Variable(0), Variable(1)
FILMS = Query((Edge(X, iri("director"), iri("p1")),), columns=(Item(X),))
OTHERS = Query((Edge(X, iri("director"), iri("p2")),), columns=(Item(X),))
NUMBER = Query(FILMS.edges, columns=(Item(X, Aggregate.COUNT),))


@pytest.fixture
def graph():
    return live_graph_of(":f1 :director :p1 . :f2 :director :p1 . :f3 :director :p2 . :f4 :director :p3 .")


def answering(query: Query | None, graph, answerable: bool = True) -> Answer:
    if query is None:
        return Answer("", (), False, 0.0)
    solutions = graph.store.select(query_text(query)) if query.columns else None
    return Answer("", (Reading(query, query_text(query), 1.0, (), solutions),), answerable, 0.0)


@pytest.fixture
def suggested(graph, monkeypatch):
    """A function: which of some examples are suggested, where each is answered by the query beside it."""

    def run(*examples: tuple[str, Query | None, Query | None], **fields) -> list[str]:
        answers = {question: answering(answer, graph, **fields) for question, _, answer in examples}
        made: Iterator[Example] = (Example(question, query) for question, query, _ in examples)
        monkeypatch.setattr(stage, "make_examples", lambda *_, **__: made)
        monkeypatch.setattr(stage, "local_decoder", lambda: None)
        asked = {query: question for question, query, _ in reversed(examples) if query}
        monkeypatch.setattr(stage, "as_question", lambda query, _: asked[query])
        monkeypatch.setattr(stage, "ask", lambda question, *_: answers[question])
        return list(working_questions(GraphVersion(number=1), graph))

    return run


def test_a_question_works_that_is_answered_as_the_graph_does(suggested):
    assert suggested(("Films of p1", FILMS, FILMS)) == ["Films of p1"]
    assert suggested(("Films of p1", FILMS, OTHERS)) == []


def test_another_query_with_the_same_answers_works(suggested):
    same = Query(FILMS.edges, columns=(Item(X),), order=Item(X), descending=True)
    assert suggested(("Films of p1", FILMS, same)) == ["Films of p1"]


def test_what_is_not_answered_or_has_no_rows_is_not_suggested(suggested):
    assert suggested(("Films of p1", FILMS, None)) == []
    assert suggested(("Films of p1", FILMS, FILMS), answerable=False) == []
    assert suggested(("Is it so", Query(FILMS.edges), Query(FILMS.edges))) == []
    assert suggested(("No answer", None, FILMS)) == []


def test_a_query_is_suggested_once(suggested):
    assert suggested(("Films of p1", FILMS, FILMS), ("Which has p1", FILMS, FILMS)) == ["Films of p1"]


def test_two_of_a_shape_are_suggested(suggested):
    third = Query((Edge(X, iri("director"), iri("p3")),), columns=(Item(X),))
    questions = [("A", FILMS, FILMS), ("B", OTHERS, OTHERS), ("C", third, third), ("D", NUMBER, NUMBER)]
    assert suggested(*questions) == ["A", "B", "D"]


@pytest.mark.parametrize(("length", "number"), [(80, 1), (81, 0)])
def test_long_questions_are_not_suggested(suggested, length, number):
    assert len(suggested(("F" * length, FILMS, FILMS))) == number


def test_an_endpoint_suggests_nothing(graph):
    graph.store = EndpointStore("http://x.example/sparql", "1")
    assert list(working_questions(GraphVersion(number=1), graph)) == []
