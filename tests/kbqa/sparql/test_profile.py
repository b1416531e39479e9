"""What is found out about a graph: above all, what names things."""

import json

import pytest
from pyoxigraph import NamedNode, RdfFormat, Store

from kbqa.sparql.answer.registry import served
from kbqa.sparql.ingest.profiler import profile_graph
from kbqa.sparql.models import Graph
from kbqa.sparql.profile import ClassProfile, Naming, PredicateProfile, Profile, entity_text, local_text
from kbqa.sparql.sources import services
from kbqa.sparql.stores import OxigraphStore

OWN = """
@prefix : <http://firm.example/> .
:e1 a :Employee ; :name "Ann Smith" ; :salary 10 ; :department :d1 .
:e2 a :Employee ; :name "Bo Lee" ; :salary 20 ; :department :d1 .
:d1 a :Department ; :name "Research" ; :title "R&D" .
"""


def profile(text: str, naming: Naming | None = None) -> Profile:
    store = Store()
    store.load(text.encode(), format=RdfFormat.TURTLE)
    return profile_graph(OxigraphStore(store, ""), naming)


def named(found: Profile) -> set[str]:
    return {each.value.rsplit("/", 1)[-1].rsplit("#", 1)[-1] for each in found.labels}


def test_a_property_that_is_called_so_and_that_several_classes_have_names_things():
    found = profile(OWN)
    assert named(found) == {"name"}, "of one class only, a title is a property like others"
    assert "name" not in found.texts.values()


def test_numbers_and_things_name_nothing():
    assert not named(profile("@prefix : <http://x.example/> . :a a :A ; :name 7 . :b a :B ; :name 8 ."))
    assert not named(profile("@prefix : <http://x.example/> . :a a :A ; :name :b . :b a :B ; :name :a ."))


def test_a_graph_without_classes_has_names_too():
    assert named(
        profile('@prefix : <http://x.example/> . :a :title "One" ; :next :b . :b :title "Two" .')
    ) == {"title"}


def test_what_is_set_counts_alone_and_what_is_not_there_does_not():
    title = NamedNode("http://firm.example/title")
    found = profile(OWN, Naming((title,)))
    assert named(found) == {"title"}
    assert "name" in found.texts.values()
    assert named(profile(OWN, Naming((NamedNode("http://gone.example/x"),)))) == {"name"}


def test_names_are_shown_in_the_languages_that_are_set():
    text = """@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix : <http://x.example/> .
        :p rdfs:label "town"@en, "Stadt"@de-AT, "ville"@fr . :a :p :b ."""
    shown = [
        next(iter(profile(text, Naming(languages=languages)).texts.values()))
        for languages in (("en",), ("de", "en"), ("it",), ("it", "fr"))
    ]
    assert shown[:2] == ["town", "Stadt"]
    assert shown[3] == "ville"
    assert Profile.from_json(profile(text, Naming(languages=("de",))).as_json()).languages == ("de",)


def test_questions_name_things_by_what_is_set_after_the_next_load(load):
    graph = load(OWN, name="firm")
    assert services.ask(graph, "what is the salary of Ann Smith?")[0].best.solutions.rows[0][0].value == "10"
    Graph.objects.filter(pk=graph.pk).update(label_predicates=["http://firm.example/title"])
    assert served(load(OWN, name="firm")).live.profile.labels == (NamedNode("http://firm.example/title"),)


@pytest.mark.parametrize("wrong", ["http://a.example/x", ["no iri"], [7]])
def test_what_is_no_list_of_iris_is_refused(load, wrong):
    graph = load()
    graph.label_predicates = wrong
    with pytest.raises(services.InvalidInput, match="whole IRIs"):
        services.check_graph(graph)


@pytest.mark.parametrize(
    ("local", "thing", "word"),
    [
        ("Kofi_Mensah", "Kofi Mensah", "kofi mensah"),
        ("Tim_O'Hara", "Tim O'Hara", "tim o hara"),
        ("PremierDivision", "Premier Division", "premier division"),
        ("S%C3%A3o_Paulo", "São Paulo", "são paulo"),
        ("city/id=12", "12", "12"),
        ("UNESCO", "UNESCO", "UNESCO"),
        ("___", "___", "___"),
    ],
)
def test_what_an_iri_says(local, thing, word):
    assert entity_text(f"http://league.example/{local}") == thing
    assert local_text(f"http://league.example/{local}") == word


def test_a_profile_is_stored_with_all_it_has():
    kept = Profile(
        (PredicateProfile(NamedNode("urn:p"), "born in", 3, ("person",), ("city",)),),
        (ClassProfile(NamedNode("urn:c"), "city", 2),),
        (NamedNode("urn:label"),),
        17,
        ("de", "en"),
    )
    assert Profile.from_json(json.loads(json.dumps(kept.as_json()))) == kept


def test_profiles_that_were_stored_before_languages_were_are_english():
    assert Profile.from_json({"predicates": [], "classes": [], "labels": [], "triples": 0}) == Profile()


def test_a_vocabulary_is_known_by_its_stems():
    vocabulary = Profile(
        (PredicateProfile(NamedNode("urn:p"), "birth places"),), (ClassProfile(NamedNode("urn:c"), "Städte"),)
    )
    assert vocabulary.stems == {"birth", "place", "stadt"}
    assert vocabulary.names == (NamedNode("urn:p"),)
    assert vocabulary.texts == {NamedNode("urn:p"): "birth places", NamedNode("urn:c"): "Städte"}


@pytest.mark.parametrize(
    ("iri", "words"),
    [
        ("http://x.example/ns#birthPlace", "birth place"),
        ("http://x.example/ns#has_HTMLPage", "has HTML page"),
        ("http://x.example/ns#iso3166Code", "iso 3166 code"),
        ("http://x.example/birthPlace/", "birth place"),
        ("http://x.example/ns#A", "a"),
        ("urn:isbn:9783", "9783"),
        ("http://x.example/größe", "größe"),
        ("http://x.example/年", "年"),
        ("http://x.example/%20", " "),
    ],
)
def test_what_a_property_is_called_by_its_iri(iri, words):
    assert local_text(iri) == words
