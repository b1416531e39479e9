"""Whether what was found can be an answer."""

import pytest
from pyoxigraph import Literal, NamedNode

from kbqa.sparql.answer.fitting import Found, fits
from kbqa.sparql.query import Aggregate, Edge, Item, Query, Variable
from tests.kbqa.sparql.graphs import iri

X = Variable(0)
LISTED = Query((Edge(iri("Pikachu"), iri("p"), X),), columns=(Item(X),))
COUNTED = Query((Edge(iri("Pikachu"), iri("p"), X),), columns=(Item(X, Aggregate.COUNT),))
ASKED = Query((Edge(iri("Pikachu"), iri("p"), iri("Ash")),))
PICTURE = Literal("https://x.example/25.png")
XSD = "http://www.w3.org/2001/XMLSchema#"
DATED = Literal("1999-01-01", datatype=NamedNode(f"{XSD}date"))


def found(term, *classes):
    text = term.value.rsplit("/", 1)[-1]
    return Found(term, text, frozenset(classes))


@pytest.mark.parametrize(
    ("question", "query", "rows", "is_answer"),
    [
        ("Who is the trainer of Pikachu?", LISTED, [found(PICTURE)], False),
        ("Who is the trainer of Pikachu?", LISTED, [found(iri("Ash"))], True),
        ("Who wrote it?", LISTED, [found(Literal("Redis Inc."))], True),
        ("Who wrote it?", LISTED, [found(Literal(5))], False),
        ("Where does it live?", LISTED, [found(iri("Ash"), "person")], False),
        ("Where does it live?", LISTED, [found(iri("Kanto"), "region")], True),
        ("When was it seen?", LISTED, [found(DATED)], True),
        ("When was it seen?", LISTED, [found(iri("Ash"))], False),
        ("How many moves has it?", LISTED, [found(iri("Ash"))], False),
        ("How many moves has it?", COUNTED, [found(Literal(3))], True),
        ("How tall is it?", LISTED, [found(Literal("40 cm"))], True),
        ("How tall is it?", LISTED, [found(iri("Ash"))], False),
        ("Who is the director of Pikachu?", LISTED, [found(iri("Pikachu"))], False),
        ("Who is the director of Pikachu?", LISTED, [found(Literal("pikachu"))], False),
        ("Who is like Pikachu?", LISTED, [found(iri("Pikachu")), found(iri("Raichu"))], True),
        ("Is Ash its trainer?", ASKED, [], True),
        ("Who is its trainer?", ASKED, [], False),
        ("Which has none?", LISTED, [], True),
    ],
)
def test_the_kind_of_an_answer(question, query, rows, is_answer):
    assert fits(question, query, rows, {iri("Pikachu"): "Pikachu"}) == is_answer
