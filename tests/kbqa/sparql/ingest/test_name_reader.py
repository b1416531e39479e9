"""The names that are read from a graph."""

import pytest
from pyoxigraph import Literal

from kbqa.linking.names import NameRow
from kbqa.sparql.ingest import name_reader
from kbqa.sparql.ingest.name_reader import endpoint_names, names_in
from kbqa.sparql.ingest.profiler import profile_graph
from kbqa.sparql.profile import Naming
from tests.kbqa.sparql.graphs import iri, store_of

ENTITY, VALUE = "entity", "value"
FILMS = """
:f1 a :Film ; rdfs:label "Falcon", "Falke"@de ; :genre "drama" ; :year 1988 ; :director :p1 .
:f2 a :Film ; rdfs:label "Amber Night" ; :genre "drama", "noir"@fr ; :director :p1 .
:Film rdfs:label "motion picture" . :genre rdfs:label "kind" .
"""


def names(turtle: str, naming: Naming | None = None) -> list[NameRow]:
    store = store_of(turtle)
    return sorted(names_in(store.store, profile_graph(store, naming)))


def remote_names(turtle: str) -> list[NameRow]:
    """The names of a graph that is asked as an endpoint is."""
    store = store_of(turtle)
    return sorted(endpoint_names(store, profile_graph(store)))


def entities(rows: list[NameRow]) -> list[tuple[str, str, int]]:
    return [(term, text, count) for kind, term, _, text, count in rows if kind == ENTITY]


def values(rows: list[NameRow]) -> list[tuple[str, str, str]]:
    return [(term, predicate, text) for kind, term, predicate, text, _ in rows if kind == VALUE]


def test_entities_have_all_their_labels_and_as_many_edges_as_they_have():
    assert entities(names(FILMS)) == [
        (str(iri("f1")), "Falcon", 6),
        (str(iri("f1")), "Falke", 6),
        (str(iri("f2")), "Amber Night", 5),
    ]


def test_edges_count_both_ways_and_up_to_a_bound():
    turtle = ':hub rdfs:label "Hub" . ' + " ".join(f":n{n} :at :hub ." for n in range(300))
    assert entities(names(turtle)) == [(str(iri("hub")), "Hub", 201)]


def test_what_names_the_vocabulary_names_no_entity():
    assert not {"motion picture", "kind"} & {row[3] for row in names(FILMS)}


def test_texts_are_values_of_their_properties_once_each_and_numbers_are_not():
    assert values(names(FILMS)) == [
        (str(Literal("drama")), str(iri("genre")), "drama"),
        (str(Literal("noir", language="fr")), str(iri("genre")), "noir"),
    ]


def test_a_text_of_two_properties_is_a_value_of_both():
    assert [row[1] for row in values(names(':a :genre "drama" ; :mood "drama" .'))] == [
        str(iri("genre")),
        str(iri("mood")),
    ]


@pytest.mark.parametrize(("length", "is_value"), [(80, True), (81, False)])
def test_long_texts_are_no_values(length, is_value):
    assert bool(values(names(f':a :about "{"x" * length}" .'))) is is_value


PLAYERS = """
:Kofi_Mensah a :Player ; :playsFor :RedStars, :BlueStars .
:RedStars a :Club ; :rival :RedStars ; :since 1990 .
"""


def test_without_labels_things_are_called_by_their_iris_once_each():
    assert entities(names(PLAYERS)) == [
        (str(iri("BlueStars")), "Blue Stars", 1),
        (str(iri("Kofi_Mensah")), "Kofi Mensah", 3),
        (str(iri("RedStars")), "Red Stars", 5),
    ]


@pytest.mark.parametrize("read", [names, remote_names])
def test_a_label_of_one_thing_hides_no_other(read):
    turtle = PLAYERS + ':Player rdfs:label "player" . :RedStars rdfs:label "The Reds" . :Ann_Lee a :Player .'
    named = {(term, text) for term, text, _ in entities(read(turtle))}
    expected = {("BlueStars", "Blue Stars"), ("Kofi_Mensah", "Kofi Mensah"), ("RedStars", "The Reds")}
    assert named - {(str(iri("Ann_Lee")), "Ann Lee")} == {(str(iri(name)), text) for name, text in expected}
    assert len(named) == 4 or read is remote_names, "what has nothing but a class is named by its IRI, too"


def test_a_label_that_is_empty_names_nothing_and_hides_nothing():
    assert ("Kofi Mensah", 4) in [
        row[1:] for row in entities(names(PLAYERS + ':Kofi_Mensah rdfs:label " " .'))
    ]


@pytest.mark.parametrize(
    ("local", "said"),
    [
        ("NapaRegion", ["Napa Region"]),
        ("Kofi_Mensah", ["Kofi Mensah"]),
        ("RedStars_Berlin", ["Red Stars Berlin"]),
        ("McDonald_House", ["McDonald House"]),
        ("amber-night", ["amber night"]),
        ("amber%20night", ["amber night"]),
        ("R2-D2", ["R2 D2"]),
        ("McDonald", ["Mc Donald", "McDonald"]),
        ("Gen1", ["Gen 1", "Gen1"]),
        ("1994", ["1994"]),
        ("Q42", []),
        ("n123", []),
        ("p1", []),
        ("U2", ["U2"]),
        ("9783161484", []),
        ("9a8b7c6d5e4f", []),
        ("node_9a8b7c6d5e4f", []),
        ("550e8400-e29b-41d4-a716-446655440000", []),
        ("1aB3dE5fG9", []),
        ("portrait.jpg", []),
        ("___", []),
        ("facade", ["facade"]),
    ],
)
def test_words_of_an_iri_are_names_and_codes_are_none(local, said):
    turtle = f':Ann :of <http://x.example/{local}> . :Ann rdfs:label "Ann" .'
    assert [text for _, text, _ in entities(names(turtle))] == sorted(["Ann", *said])


def test_the_words_of_rdf_and_owl_are_no_things():
    turtle = ':Ann :of owl:Thing, :Bo ; rdfs:label "Ann" .'
    assert [text for _, text, _ in entities(names(turtle))] == ["Ann", "Bo"]


def test_blank_nodes_are_not_found_by_name():
    turtle = ':a rdfs:label "A" ; :of [ rdfs:label "nobody" ; :genre "drama" ] .'
    for rows in (names(turtle), remote_names(turtle)):
        assert [text for _, text, _ in entities(rows)] == ["A"]
        assert [text for _, _, text in values(rows)] == ["drama"]


def test_labels_that_are_no_texts_name_nothing():
    assert entities(names(":a rdfs:label :b ; :of :c .")) == []


def test_names_that_are_set_are_read_instead():
    turtle = ':a rdfs:label "A" ; :code "x1" ; :of :c .'
    assert [text for _, text, _ in entities(names(turtle, Naming((iri("code"),))))] == ["x1"]


def test_an_endpoint_has_the_same_names_but_counts_no_edges():
    rows = remote_names(FILMS)
    assert entities(rows) == [(term, text, 1) for term, text, _ in entities(names(FILMS))]
    assert values(rows) == values(names(FILMS))


def test_an_endpoints_names_are_asked_for_in_pages(monkeypatch):
    monkeypatch.setattr(name_reader, "_PAGE", 2)
    turtle = " ".join(f':e{n} rdfs:label "Name {n}" ; :at :h .' for n in range(5))
    assert len(entities(remote_names(turtle))) == 5
    monkeypatch.setattr(name_reader, "_MAX_ENDPOINT_NAMES", 4)
    assert len(entities(remote_names(turtle))) == 4


def test_very_long_names_of_an_endpoint_are_left_out():
    turtle = f':a rdfs:label "{"x" * 201}" ; :of :b . :b rdfs:label "{"y" * 200}" ; :of :a .'
    assert [text[0] for _, text, _ in entities(remote_names(turtle))] == ["y"]
