"""Queries in words: complete, and in English."""

import pytest
from pyoxigraph import Literal, NamedNode

from kbqa.sparql.answer.wording import constants_of, headings, in_words
from kbqa.sparql.profile import entity_text
from kbqa.sparql.query import (
    RDF_TYPE,
    Aggregate,
    Average,
    Branch,
    Comparison,
    Edge,
    Filter,
    Having,
    Item,
    Period,
    Query,
    Variable,
)
from tests.kbqa.sparql.graphs import iri, live_graph_of

X, Y, Z = Variable(0), Variable(1), Variable(2)
ARE_FILMS = Edge(X, RDF_TYPE, iri("Film"))
DIRECTED = Edge(X, iri("director"), Y)
FIVE = Literal(5)


@pytest.fixture(scope="module")
def profile():
    return live_graph_of("""
        :Falcon a :Film ; :director :Ada_Lee ; :budget 3 ; :releasedOn "1999-01-01"^^xsd:date ; :isLost true .
        :Heron a :Film ; :director :Bo_Ray ; :budget 7 ; :sequelOf :Falcon .
        :Ada_Lee a :Person ; :bornIn :Porto ; :knows :Bo_Ray . :Bo_Ray a :Person ; :bornIn :Porto .
        :Porto a :City ; :twinnedWith :Porto . :Birds a :Class ; :inheritsFrom :Things .
    """).profile


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (Query((Edge(iri("Falcon"), iri("director"), X),), columns=(Item(X),)), "The director of Falcon."),
        (
            Query((ARE_FILMS, Edge(X, iri("director"), iri("Ada_Lee"))), columns=(Item(X),)),
            "Every film whose director is Ada Lee.",
        ),
        (
            Query((Edge(X, iri("inheritsFrom"), iri("Things")),), columns=(Item(X),)),
            "Every class that inherits from Things.",
        ),
        (
            Query(
                (ARE_FILMS, Edge(X, iri("isLost"), Literal(value=False))), columns=(Item(X, Aggregate.COUNT),)
            ),
            "The number of films that are not lost.",
        ),
        (
            Query(
                (ARE_FILMS, Edge(X, iri("budget"), Y)),
                filters=(Filter(Y, Comparison.GREATER, FIVE),),
                negations=((Edge(X, iri("sequelOf"), Z),),),
                columns=(Item(X),),
            ),
            "Every film whose budget is more than 5 and that is not sequel of any film.",
        ),
        (
            Query(
                (ARE_FILMS, Edge(X, iri("budget"), Y)),
                columns=(Item(X),),
                order=Item(Y),
                descending=True,
                limit=1,
            ),
            "The film with the highest budget.",
        ),
        (
            Query(
                (ARE_FILMS, DIRECTED),
                columns=(Item(Y), Item(X, Aggregate.COUNT)),
                order=Item(X, Aggregate.COUNT),
                descending=True,
                limit=3,
            ),
            "The 3 directors with the most films among directors of a film, with the number of films.",
        ),
        (
            Query((ARE_FILMS, Edge(X, iri("budget"), Y)), columns=(Item(Y, Aggregate.AVG),)),
            "The average budget of films.",
        ),
        (
            Query(
                (ARE_FILMS, Edge(X, iri("budget"), Y)),
                filters=(Filter(Y, Comparison.LESS, Average(Edge(Z, iri("budget"), Z))),),
                columns=(Item(X),),
            ),
            "Every film whose budget is less than the average budget.",
        ),
        (
            Query(
                (ARE_FILMS, Edge(X, iri("releasedOn"), Y)),
                filters=(Filter(Y, Comparison.EQUAL, Period("1999")),),
                columns=(Item(X), Item(Y)),
            ),
            "Every film, with its date released (is in 1999).",
        ),
        (
            Query(
                (ARE_FILMS,),
                branches=(
                    Branch((Edge(X, iri("director"), iri("Ada_Lee")),)),
                    Branch((Edge(X, iri("director"), iri("Bo_Ray")),)),
                ),
                columns=(Item(X),),
            ),
            "Every film whose director is Ada Lee or whose director is Bo Ray.",
        ),
        (
            Query(
                (ARE_FILMS, DIRECTED),
                columns=(Item(Y),),
                having=Having(Item(X, Aggregate.COUNT), Comparison.GREATER, FIVE),
            ),
            "Every director of a film, only those with more than 5 films.",
        ),
        (
            Query((Edge(iri("Falcon"), iri("director"), iri("Ada_Lee"), (iri("Heron"),)),)),
            "Whether the director of Falcon or Heron is Ada Lee.",
        ),
        (
            Query((Edge(iri("Falcon"), iri("budget"), X),), filters=(Filter(X, Comparison.GREATER, FIVE),)),
            "Whether the budget of Falcon is more than 5.",
        ),
        (
            Query(
                (DIRECTED, Edge(Y, iri("bornIn"), iri("Porto")), Edge(Y, iri("knows"), Z)), columns=(Item(X),)
            ),
            "Every film whose director is one that is born in Porto and that knows a person.",
        ),
    ],
)
def test_a_query_in_words(profile, query, words):
    assert in_words(query, profile, lambda thing: entity_text(thing.value)) == words


def test_no_condition_is_left_out(profile):
    """Whatever a query is made of, the names of what it names are said."""
    things = [iri(name) for name in ("Falcon", "Ada_Lee", "Porto", "Heron")]
    query = Query(
        (ARE_FILMS, DIRECTED, Edge(Y, iri("bornIn"), things[2]), Edge(things[1], iri("knows"), Z)),
        filters=(Filter(Z, Comparison.UNEQUAL, iri("Bo_Ray")),),
        negations=((Edge(X, iri("sequelOf"), things[0]),), (Edge(Y, iri("knows"), things[3]),)),
        columns=(Item(X),),
    )
    words = in_words(query, profile, lambda thing: entity_text(thing.value))
    assert all(name in words for name in ("Falcon", "Ada Lee", "Porto", "Heron", "Bo Ray"))


def test_the_heads_of_a_table(profile):
    query = Query(
        (ARE_FILMS, DIRECTED), columns=(Item(Y), Item(X, Aggregate.COUNT), Item(Y, Aggregate.COUNT))
    )
    assert headings(query, profile) == ("director", "number of films", "number of directors")


def test_what_a_query_names_is_asked_for_once():
    query = Query((Edge(iri("a"), iri("p"), X), Edge(X, iri("p"), iri("a"), (iri("b"),))))
    assert constants_of(query) == [iri("a"), iri("b")]
    assert isinstance(constants_of(query)[0], NamedNode)
