"""What is found out about a graph's vocabulary; `test_profile.py` has what names things."""

import pytest

from kbqa.sparql.ingest.profiler import profile_graph
from kbqa.sparql.profile import ClassProfile, Naming, PredicateProfile, Profile
from tests.kbqa.sparql.graphs import iri, store_of


def profile(turtle: str, naming: Naming | None = None) -> Profile:
    return profile_graph(store_of(turtle), naming)


def predicate(turtle: str, name: str) -> PredicateProfile:
    return next(each for each in profile(turtle).predicates if each.predicate == iri(name))


def test_predicates_and_classes_are_counted_the_commonest_first():
    found = profile(":a a :City, :Port ; :twin :b, :c . :b a :City ; :twin :a ; :mayor :m .")
    assert [(each.text, each.count) for each in found.predicates] == [("twin", 3), ("mayor", 1)]
    assert found.classes == (ClassProfile(iri("City"), "city", 2), ClassProfile(iri("Port"), "port", 1))
    assert found.triples == 7


def test_labels_descriptions_types_and_schemas_are_no_relations():
    found = profile(
        """:a a :City, owl:NamedIndividual ; rdfs:label "A" ; rdfs:comment "…" ; rdfs:seeAlso :b ; :twin :b .
        <http://schema.org/x> <http://schema.org/description> "…" . :City a owl:Class, rdfs:Class ."""
    )
    assert [each.text for each in found.predicates] == ["twin"]
    assert [each.text for each in found.classes] == ["city"]


def test_the_vocabulary_is_called_by_its_labels():
    found = profile(':a a :C12 ; :p7 :b . :C12 rdfs:label "city" . :p7 rdfs:label "twinned with" .')
    assert (found.predicates[0].text, found.classes[0].text) == ("twinned with", "city")


def test_a_relation_goes_from_the_commonest_class_to_the_commonest():
    turtle = """:a a :City ; :mayor :m . :b a :City ; :mayor :n . :p a :Port ; :mayor :m .
        :m a :Person . :n a :Person, :Writer ."""
    assert (predicate(turtle, "mayor").domains, predicate(turtle, "mayor").ranges) == (("city",), ("person",))


@pytest.mark.parametrize(
    ("values", "ranges"),
    [
        ("1994", ("integer",)),
        ("1994.5", ("decimal",)),
        ('"1994-01-01"^^xsd:date', ("date",)),
        ("true", ("boolean",)),
        ('"drama"', ()),
        ('"drama"@en', ()),
        (":other", ()),
        ('1, 2, "three"', ("integer",)),
        ('1, "two"', ()),
        ("1, :other", ()),
        ("1, 2, :other", ("integer",)),
    ],
)
def test_a_property_leads_to_the_type_that_most_of_its_values_have(values, ranges):
    assert predicate(f":a :about {values} .", "about").ranges == ranges


def test_what_has_no_class_is_of_none():
    assert predicate(":a :twin :b .", "twin").domains == ()


def test_an_empty_graph_has_an_empty_profile():
    assert profile("") == Profile()


def test_usual_labels_come_in_their_order_before_the_graphs_own():
    turtle = """@prefix foaf: <http://xmlns.com/foaf/0.1/> .
        :a a :City ; :name "A" ; foaf:name "A" ; rdfs:label "A" . :b a :Person ; :name "B" ."""
    assert [each.value.rsplit("/", 1)[-1] for each in profile(turtle).labels] == [
        "rdf-schema#label",
        "name",
        "name",
    ]
    assert profile(turtle).labels[-1] == iri("name")


def test_labels_that_are_not_set_are_relations_like_others():
    turtle = ':a rdfs:label "A" ; <http://schema.org/name> "A" ; :code "x" .'
    found = profile(turtle, Naming((iri("code"),)))
    assert found.labels == (iri("code"),)
    assert [each.text for each in found.predicates] == ["name"], "what a schema has is none in any case"
