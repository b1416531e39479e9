"""What IRIs are called in a graph."""

import pytest
from pyoxigraph import NamedNode

from kbqa.sparql.profile import entity_text
from kbqa.sparql.stores.labels import texts_of
from tests.kbqa.sparql.graphs import iri, store_of

LABEL = NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
NAME = iri("name")


def label(turtle: str, languages=("en",), labels=(LABEL,)) -> str:
    return texts_of(store_of(turtle), [iri("cityHall")], labels, languages)[iri("cityHall")]


def test_a_label_is_taken_before_what_the_iri_says():
    assert label(':cityHall rdfs:label "Town hall" .') == "Town hall"
    assert label("") == "city hall"
    assert label(':cityHall rdfs:label "Town hall" .', labels=()) == "city hall"


def test_what_an_iri_says_may_be_said_otherwise():
    assert texts_of(store_of(""), [iri("City_Hall")], (), said=entity_text) == {iri("City_Hall"): "City Hall"}


@pytest.mark.parametrize("blank", ['""', '" \\t"', '""@en', ":hall", "[]"])
def test_what_is_no_text_is_no_label(blank):
    assert label(f":cityHall rdfs:label {blank} .") == "city hall"


@pytest.mark.parametrize(
    ("texts", "languages", "shown"),
    [
        ('"hall"@en, "Saal"@de', ("en",), "hall"),
        ('"hall"@en, "Saal"@de', ("de",), "Saal"),
        ('"hall"@en, "Saal"@de', ("de", "en"), "Saal"),
        ('"hall"@en, "Saal"@de', ("fr", "en"), "hall"),
        ('"hall"@en-GB, "Saal"@de', ("en",), "hall"),
        ('"hall"@eng, "plain"', ("en",), "plain"),
        ('"plain", "Saal"@de', ("en",), "plain"),
        ('"plain", "hall"@en', ("en",), "hall"),
        ('"Saal"@de', ("en",), "Saal"),
    ],
)
def test_the_best_wanted_language_is_shown_then_none_then_any(texts, languages, shown):
    assert label(f":cityHall rdfs:label {texts} .", languages) == shown


def test_the_best_property_counts_more_than_the_best_language():
    turtle = ':cityHall rdfs:label "Saal"@de ; :name "hall"@en .'
    assert label(turtle, labels=(LABEL, NAME)) == "Saal"
    assert label(turtle, labels=(NAME, LABEL)) == "hall"


def test_nothing_is_asked_of_the_graph_for_nothing():
    assert texts_of(None, [], (LABEL,)) == {}
