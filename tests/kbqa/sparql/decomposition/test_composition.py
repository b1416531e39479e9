"""Questions taken apart by their structure, and the queries that are put together of known readings."""

from dataclasses import dataclass, replace

import pytest
from pyoxigraph import Literal, NamedNode

from kbqa.sparql.decomposition.composition import compose
from kbqa.sparql.decomposition.parts import Named, Part
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.query import (
    RDF_TYPE,
    Aggregate,
    Comparison,
    Edge,
    Filter,
    Item,
    Query,
    Variable,
    query_text,
)
from tests.kbqa.sparql.graphs import iri, live_graph_of

RIVERS = """
:River rdfs:label "river" .
:ana a :River ; rdfs:label "Ana" ; :length 300 ; :flowsInto :bel ; :town :t1, :t2 ; :land :l1 ;
    :opened "1901-01-01"^^xsd:date .
:bel a :River ; rdfs:label "Bel" ; :length 500 ; :flowsInto :cor ; :town :t1 ; :land :l1 ;
    :opened "1950-05-05"^^xsd:date .
:cor a :River ; rdfs:label "Cor" ; :length 500 ; :flowsInto :sea ; :land :l2 ; :near :dun .
:dun a :River ; rdfs:label "Dun" ; :length 90 ; :town :t1 ; :dam :d1 ; :near :cor .
:sea rdfs:label "Sea" .
"""
X, Y = Variable(0), Variable(1)
RIVER = Edge(X, RDF_TYPE, iri("River"))
BY_LENGTH = Query((RIVER, Edge(X, iri("length"), Y)), columns=(Item(X),), order=Item(Y), limit=1)
NAMES = ("Ana", "Bel", "Cor", "Dun", "Sea")


def of(name: str, prop: str, aggregate: Aggregate | None = None) -> Query:
    return Query((Edge(iri(name.lower()), iri(prop), X),), columns=(Item(X, aggregate),))


def longer_than(number: int) -> Query:
    value = Literal(str(number), datatype=NamedNode("http://www.w3.org/2001/XMLSchema#integer"))
    condition = Filter(Y, Comparison.GREATER, value)
    return Query((RIVER, Edge(X, iri("length"), Y)), (condition,), columns=(Item(X),))


READINGS = {
    "How long is Ana?": of("Ana", "length"),
    "How long is Cor?": of("Cor", "length"),
    "What is the length of Bel?": of("Bel", "length"),
    "What is the length of Ana?": of("Ana", "length"),
    "When was Ana opened?": of("Ana", "opened"),
    "How many towns does Dun have?": of("Dun", "town", Aggregate.COUNT),
    "How many towns does Ana have?": of("Ana", "town", Aggregate.COUNT),
    "What is the land of Ana?": of("Ana", "land"),
    "What is the land of Cor?": of("Cor", "land"),
    "Which land is Ana in?": of("Ana", "land"),
    "What is the longest river?": replace(BY_LENGTH, descending=True),
    "Which river is longer than 300?": longer_than(300),
    "Which rivers are longer than 500?": longer_than(500),
    "What does Ana flow into?": of("Ana", "flowsInto"),
    "What is Cor near?": of("Cor", "near"),
    "Which rivers are longer than 80?": longer_than(80),
    "Which rivers are in the town of Ana?": Query(
        (Edge(iri("ana"), iri("town"), X), Edge(Y, iri("town"), X)), columns=(Item(Y),)
    ),
    "How many rivers are there?": Query((RIVER,), columns=(Item(X, Aggregate.COUNT),)),
    "How many rivers have a dam?": Query(
        (RIVER, Edge(X, iri("dam"), Y)), columns=(Item(X, Aggregate.COUNT),)
    ),
}  # fmt: skip


@dataclass
class KnownReadings:
    """Reads what it knows, and finds the names of rivers."""

    graph: LiveGraph

    def read(self, question: str) -> list[Part]:
        return [Part(READINGS[question], 0.8)] if question in READINGS else []

    def named(self, question: str) -> list[Named]:
        return [Named(iri(name.lower()), name) for name in NAMES if name in question]


@pytest.fixture(scope="module")
def reader():
    return KnownReadings(live_graph_of(RIVERS))


def found(reader, question):
    composed = compose(question, reader)
    if not composed:
        return None
    text = query_text(composed[0].query)
    if not composed[0].query.columns:
        return reader.graph.store.ask(text)
    rows = reader.graph.store.select(text).rows
    return sorted(term.value.rsplit("/", 1)[-1] for row in rows for term in row)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Is Ana longer than Cor?", False),
        ("Is Cor longer than Ana?", True),
        ("Is Ana shorter than Cor?", None),
        ("Is the length of Bel greater than that of Ana?", True),
        ("Was Ana opened before Bel?", True),
        ("Does Dun have more towns than Ana?", False),
        ("Which is longer, Ana or Cor?", ["cor"]),
        ("Which of Ana and Dun has more towns?", ["ana"]),
        ("Do Ana and Bel have the same land?", True),
        ("Do Cor and Ana have the same land?", False),
        ("Are Ana and Bel in the same land?", True),
        ("What land do Ana and Bel share?", ["l1"]),
        ("Which river is longer than Ana?", ["bel", "cor"]),
        ("What is the third longest river?", ["ana"]),
        ("What is the second longest river?", ["bel", "cor"]),
        ("What does Ana eventually flow into?", ["bel", "cor", "sea"]),
        ("Which rivers are longer than 80 and have no dam?", ["ana", "bel", "cor"]),
        ("How much longer is Cor than Ana?", ["200"]),
        ("What percentage of rivers have a dam?", ["25"]),
    ],
)  # fmt: skip
def test_a_question_is_answered_from_the_readings_of_simpler_ones(reader, question, expected):
    assert found(reader, question) == expected


@pytest.mark.parametrize(
    "question",
    [
        "How long is Ana?",
        "What is the longest river?",
        # It leads straight back: near is no hierarchy.
        "What is Cor near, directly or indirectly?",
        # Nothing is known of how long Sea is.
        "Is Ana longer than Sea?",
        # No number has a second place.
        "Which rivers are in the second town of Ana?",
        "Is Ana nicer than Cor?",
    ],
)
def test_what_no_operator_understands_is_left_to_the_decoder(reader, question):
    assert compose(question, reader) == []


def test_a_composed_query_is_as_likely_as_its_parts_and_never_more(reader):
    (composed,) = compose("Is Cor longer than Ana?", reader)
    assert 0.5 < composed.probability < 0.8
    assert [step.step for step in composed.derivation] == ["COMPOSED"]
