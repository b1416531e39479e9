"""Terms as people read them."""

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kbqa.sparql.answer.cells import Cell, shown_rows
from kbqa.sparql.stores.base import Solutions
from tests.kbqa.sparql.graphs import iri, live_graph_of

ANN = iri("ann")


@pytest.mark.parametrize(
    ("term", "cell"),
    [
        (None, Cell("")),
        (ANN, Cell("Ann", "http://x.example/ann", "iri")),
        (iri("Bo_Lee"), Cell("Bo Lee", "http://x.example/Bo_Lee", "iri")),
        (Literal("drama"), Cell("drama", kind="string")),
        (Literal("Drama", language="de"), Cell("Drama", kind="de")),
        (Literal(7), Cell("7", kind="integer")),
        (Literal("x", datatype=NamedNode("urn:own")), Cell("x", kind="urn:own")),
        (BlankNode("b0"), Cell("unnamed", "_:b0", "blank")),
        (Triple(ANN, iri("p"), Literal(7)), Cell("« Ann p 7 »", kind="triple")),
    ],
)
def test_a_term_is_shown_by_its_name_and_kind(term, cell):
    live = live_graph_of(':ann rdfs:label "Ann" ; :p :bo .')
    assert shown_rows(Solutions(("x",), [(term,)]), live) == [[cell]]


def test_rows_keep_their_order_and_length():
    live = live_graph_of(':ann rdfs:label "Ann" ; :p :bo .')
    rows = shown_rows(Solutions(("x", "y"), [(Literal(2), ANN), (Literal(1), None)]), live)
    assert [[cell.text for cell in row] for row in rows] == [["2", "Ann"], ["1", ""]]
    assert shown_rows(Solutions(("x",), []), live) == []
