"""An answer from a graph, kept and read again."""

from dataclasses import replace

import pytest
from pyoxigraph import Literal, NamedNode

from kbqa.sparql.answer.kept_answer import kept_answer, kept_answer_of, run_reading
from kbqa.sparql.answer.neighbourhood import neighbourhood_of
from kbqa.sparql.answer.picture import Pattern
from kbqa.sparql.answer.registry import served
from kbqa.sparql.query import Edge, Variable
from kbqa.sparql.sources import services

QUESTIONS = (
    "who is the director of Silent Harbour?",
    "which films have the director Marta Oliveira?",
    "how many films are there?",
    "is Marta Oliveira the director of Falcon?",
    "who is the king of Spain?",
)


def test_a_kept_answer_is_the_answer(load):
    graph = load()
    live = served(graph)[1]
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
    version, live = served(graph)
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
    version, live = served(graph)
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
    live = served(graph)[1]
    found = neighbourhood_of(NamedNode("http://films.example/p1"), graph, live)
    assert found.name == "Marta Oliveira"
    assert ["birth Place", "Porto"] in [[cell.text for cell in row] for row in found.leaving]
    assert ["Silent Harbour", "director"] in [[cell.text for cell in row] for row in found.entering]
    assert not found.code
    assert neighbourhood_of(NamedNode("http://films.example/none"), graph, live) is None
