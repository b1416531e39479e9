"""Terms as N-Triples write them."""

import pytest
from pyoxigraph import Literal, NamedNode

from kbqa.sparql.terms import parse_term

XSD = "http://www.w3.org/2001/XMLSchema#"


@pytest.mark.parametrize(
    "term",
    [
        NamedNode("http://films.example/ü?a=b#c"),
        NamedNode("urn:x"),
        Literal(""),
        Literal('a "b"\n\\ ü'),
        Literal("Straße", language="de-at"),
        Literal("1994", datatype=NamedNode(f"{XSD}gYear")),
        Literal("no number", datatype=NamedNode(f"{XSD}integer")),
        Literal(True),
        Literal("<urn:x>"),
    ],
)
def test_a_term_is_read_as_it_was_written(term):
    assert parse_term(str(term)) == term


@pytest.mark.parametrize(
    "text", ["", "Porto", '"open', "_:b0", "<", "<a b>", "<<( <a:a> <a:b> <a:c> )>>", "3"]
)
def test_what_is_no_iri_or_literal_is_refused(text):
    with pytest.raises(ValueError, match=r"neither an IRI|no term that a question|IRI"):
        parse_term(text)
