"""What an answer rests on, as nodes and edges."""

import pytest
from pyoxigraph import Literal, NamedNode

from kbqa.sparql.answer.picture import MAX_SOLUTIONS, pattern_of
from kbqa.sparql.answer.picture import picture_of as picture_of_pattern
from kbqa.sparql.answer.registry import served
from kbqa.sparql.query import Edge, Item, Query, Variable

F = "http://films.example/"
FILM, PERSON = Variable(0), Variable(1)


@pytest.fixture
def live(load):
    return served(load())[1]


def picture_of(query, live):
    return picture_of_pattern(pattern_of(query), live)


def drawn(picture):
    texts = {node.key: node.text for node in picture.nodes}
    return {(texts[edge.source], edge.text, texts[edge.target]) for edge in picture.edges}


def test_solutions_become_triples_with_names(live):
    query = Query(
        (
            Edge(FILM, NamedNode(F + "director"), NamedNode(F + "p1")),
            Edge(FILM, NamedNode(F + "starring"), PERSON),
        ),
        columns=(Item(PERSON),),
    )
    picture = picture_of(query, live)
    assert drawn(picture) == {
        ("Silent Harbour", "director", "Marta Oliveira"),
        ("The Long Road", "director", "Marta Oliveira"),
        ("Silent Harbour", "starring", "Jón Þórsson"),
        ("Silent Harbour", "starring", "Anna O'Hara"),
        ("The Long Road", "starring", "Anna O'Hara"),
    }
    assert {node.text: node.role for node in picture.nodes if node.role} == {
        "Marta Oliveira": "named",
        "Jón Þórsson": "answer",
        "Anna O'Hara": "answer",
    }
    assert not picture.cut


def test_the_most_of_something_is_drawn_alone(live):
    edges = (Edge(FILM, NamedNode(F + "year"), PERSON),)
    picture = picture_of(
        Query(edges, columns=(Item(FILM),), order=Item(PERSON), descending=True, limit=1), live
    )
    assert drawn(picture) == {("Amber Night", "year", "2015")}


def test_alternatives_are_each_drawn(live):
    edge = Edge(FILM, NamedNode(F + "director"), NamedNode(F + "p2"), (NamedNode(F + "p4"),))
    assert drawn(picture_of(Query((edge,), columns=(Item(FILM),)), live)) == {
        ("Amber Night", "director", "Jón Þórsson"),
        ("Falcon", "director", "Marta Falcon"),
    }


def test_an_assertion_is_drawn(live):
    edge = Edge(
        NamedNode(F + "f4"),
        NamedNode(F + "year"),
        Literal("1988", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#integer")),
    )
    assert drawn(picture_of(Query((edge,)), live)) == {("Falcon", "year", "1988")}


def test_a_large_answer_is_drawn_in_part(load):
    lines = "".join(f'<http://a/{number}> <http://p/size> "{number}" .\n' for number in range(100))
    live = served(load(lines, name="sizes", suffix=".nt"))[1]
    picture = picture_of(
        Query((Edge(FILM, NamedNode("http://p/size"), PERSON),), columns=(Item(FILM),)), live
    )
    assert picture.cut
    assert len(picture.edges) == MAX_SOLUTIONS
