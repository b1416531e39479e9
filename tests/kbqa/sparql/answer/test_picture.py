"""What an answer rests on, as nodes and edges."""

from dataclasses import replace

import pytest
from pyoxigraph import Literal, NamedNode

from kbqa.sparql.answer.picture import MAX_SOLUTIONS, pattern_of
from kbqa.sparql.answer.picture import picture_of as picture_of_pattern
from kbqa.sparql.answer.registry import served
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
)
from tests.kbqa.sparql.graphs import iri, live_graph_of

F = "http://films.example/"
FILM, PERSON = Variable(0), Variable(1)


@pytest.fixture
def live(load):
    return served(load()).live


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
    live = served(load(lines, name="sizes", suffix=".nt")).live
    picture = picture_of(
        Query((Edge(FILM, NamedNode("http://p/size"), PERSON),), columns=(Item(FILM),)), live
    )
    assert picture.cut
    assert len(picture.edges) == MAX_SOLUTIONS


# Below, graphs are in memory, and patterns are looked at by themselves.

P, Q = iri("p"), iri("q")
CHAIN = ':a :p :b . :b :q 1, 2 . :c :p :b . :b rdfs:label "Bee" . :a a :Thing .'


def patterns_select(query: Query) -> str:
    return pattern_of(query).select.partition("}")[2].strip()


@pytest.mark.parametrize(
    ("fields", "end"),
    [
        ({}, "LIMIT 41"),
        ({"limit": 3}, "LIMIT 3"),
        ({"limit": 100}, "LIMIT 41"),
        ({"order": Item(PERSON), "descending": True, "limit": 1}, "ORDER BY DESC(?x1) LIMIT 1"),
        ({"order": Item(PERSON)}, "ORDER BY ASC(?x1) LIMIT 41"),
        ({"order": Item(PERSON, Aggregate.COUNT), "limit": 1}, "LIMIT 41"),
        ({"columns": (Item(FILM), Item(PERSON, Aggregate.COUNT)), "limit": 1}, "LIMIT 41"),
    ],
)
def test_as_much_is_drawn_as_the_answer_has_rows_but_groups_are_drawn_whole(fields, end):
    query = Query((Edge(FILM, P, PERSON),), columns=(Item(FILM),))
    assert patterns_select(replace(query, **fields)) == end


def test_what_the_question_named_are_the_constants_of_its_edges():
    edges = Edge(FILM, P, iri("b"), (iri("c"),)), Edge(Literal(1), Q, FILM), Edge(FILM, Q, PERSON)
    pattern = pattern_of(Query(edges[:1], branches=(Branch(edges[1:2]),), optionals=edges[2:]))
    assert pattern.named == {iri("b"), iri("c"), Literal(1)}


def test_answers_are_the_plain_columns():
    columns = Item(FILM), Item(PERSON, Aggregate.COUNT), Item(None, Aggregate.COUNT)
    assert pattern_of(Query((Edge(FILM, P, PERSON),), columns=columns)).answers == {"x0"}


def test_a_triple_of_several_solutions_is_drawn_once():
    edges = Edge(iri("a"), P, FILM), Edge(FILM, Q, PERSON)
    picture = picture_of(Query(edges, columns=(Item(PERSON),)), live_graph_of(CHAIN))
    assert drawn(picture) == {("a", "p", "Bee"), ("Bee", "q", "1"), ("Bee", "q", "2")}
    assert (len(picture.edges), len(picture.nodes)) == (3, 4)
    assert {node.text: (node.role, node.iri) for node in picture.nodes} == {
        "a": ("named", "http://x.example/a"),
        "Bee": ("", "http://x.example/b"),
        "1": ("answer", ""),
        "2": ("answer", ""),
    }


def test_what_is_named_and_an_answer_is_named():
    query = Query(
        (Edge(FILM, P, iri("b")),), (Filter(FILM, Comparison.EQUAL, iri("a")),), columns=(Item(FILM),)
    )
    roles = {node.text: node.role for node in picture_of(query, live_graph_of(CHAIN)).nodes}
    assert roles == {"a": "answer", "Bee": "named"}
    both = Query((Edge(iri("a"), P, iri("b")), Edge(FILM, P, iri("b"))), columns=(Item(FILM),))
    roles = {node.text: node.role for node in picture_of(both, live_graph_of(CHAIN)).nodes}
    assert roles == {"a": "named", "Bee": "named", "c": "answer"}


def test_classes_are_drawn_as_what_a_thing_is():
    picture = picture_of(Query((Edge(FILM, RDF_TYPE, iri("Thing")),)), live_graph_of(CHAIN))
    assert drawn(picture) == {("a", "is a", "Thing")}


def test_of_alternatives_of_a_subject_those_are_drawn_that_hold():
    edge = Edge(iri("a"), P, FILM, (iri("c"), iri("none")))
    picture = picture_of(Query((edge,), columns=(Item(FILM),)), live_graph_of(CHAIN))
    assert drawn(picture) == {("a", "p", "Bee"), ("c", "p", "Bee")}


def test_of_branches_and_what_may_be_missing_that_is_drawn_which_is_there():
    branches = Branch((Edge(FILM, P, iri("b")),)), Branch((Edge(FILM, RDF_TYPE, iri("Thing")),))
    query = Query(columns=(Item(FILM),), branches=branches, optionals=(Edge(FILM, Q, PERSON),))
    assert drawn(picture_of(query, live_graph_of(CHAIN))) == {
        ("a", "p", "Bee"),
        ("c", "p", "Bee"),
        ("a", "is a", "Thing"),
    }


def test_an_edge_that_may_be_missing_between_known_things_is_drawn_where_it_is_there():
    query = Query(
        (Edge(FILM, P, PERSON),), columns=(Item(FILM),), optionals=(Edge(FILM, RDF_TYPE, iri("Thing")),)
    )
    assert ("c", "is a", "Thing") not in drawn(picture_of(query, live_graph_of(CHAIN)))
    assert ("a", "is a", "Thing") in drawn(picture_of(query, live_graph_of(CHAIN)))


def test_without_a_solution_nothing_is_drawn():
    picture = picture_of(Query((Edge(iri("b"), P, FILM),)), live_graph_of(CHAIN))
    assert (picture.nodes, picture.edges, picture.cut) == ((), (), False)
