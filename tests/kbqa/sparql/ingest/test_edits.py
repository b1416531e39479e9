"""A served graph is edited: by triples, or by SPARQL Update."""

import pytest
from pyoxigraph import Store

from kbqa.sparql.ingest import edits
from kbqa.sparql.ingest.edits import edit_triples, update_graph
from kbqa.sparql.models import Graph, GraphVersion, Name, NameWord
from kbqa.sparql.stores import QueryError
from searchapp.errors import NotReady

LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
TURTLE = "@prefix f: <http://films.example/> . f:f5 a f:Film ; f:director f:p1 ."


def triples(version: GraphVersion) -> int:
    return len(Store.read_only(str(version.folder / "triples")))


@pytest.fixture
def films(load) -> Graph:
    return load()


def test_triples_are_added_and_removed_in_a_version_of_its_own(films):
    before = films.serving
    version = edit_triples(
        films, add=TURTLE, remove="<http://films.example/f4> a <http://films.example/Film> ."
    )
    films.refresh_from_db()
    assert films.serving == version
    assert (version.number, version.load, version.triples, triples(version)) == (2, 1, 39, 39)
    assert triples(before) == 38, "who reads the version before is not disturbed"
    assert version.examples == before.examples


def test_what_is_there_already_or_not_there_changes_nothing(films):
    again = "<http://films.example/f4> <http://films.example/year> 1988 ."
    version = edit_triples(films, add=again, remove="<urn:none> <urn:none> <urn:none> .")
    assert version.triples == 38


def test_what_is_removed_and_added_at_once_is_there(films):
    triple = "<http://films.example/f4> <http://films.example/seen> true ."
    assert edit_triples(films, add=triple, remove=triple).triples == 39


def test_an_update_can_move_what_there_is(films):
    update = """PREFIX f: <http://films.example/>
        DELETE { ?film f:director ?p } INSERT { ?p f:directed ?film } WHERE { ?film f:director ?p }"""
    profile = update_graph(films, update).parsed_profile
    texts = {predicate.text: predicate.count for predicate in profile.predicates}
    assert texts["directed"] == 4
    assert "director" not in texts


def test_names_follow_and_count_as_often_as_they_are_there(films):
    film = "<http://films.example/f4>"
    for name in ("Zephyr", "Mistral"):
        edit_triples(films, add=f'{film} {LABEL} "{name}" .')
        edit_triples(films, remove=f'{film} {LABEL} "{name}" .')
    edit_triples(films, add=f"{film} <http://films.example/seen> true .")
    names = Name.objects.filter(graph=films, text="Falcon")
    assert [name.count for name in names] == [5], "it has an edge more"
    counts = dict(NameWord.objects.filter(graph=films).values_list("word", "count"))
    assert counts["falcon"] == 2
    assert not {"zephyr", "mistral"} & counts.keys()


@pytest.mark.parametrize(
    ("add", "remove", "says"),
    [
        ("", "", "nothing to add or remove"),
        (" \n", "# nothing", "nothing to add or remove"),
        ("<urn:a> <urn:b> .", "", "Line 1 cannot be read"),
        ("", "<urn:a> <urn:b> <urn:c> .\n<urn:a> nothing", "Line 2 cannot be read"),
        ("<a> <b> <c> .", "", "Line 1 cannot be read"),
    ],
)
def test_what_cannot_be_edited_says_why(add, remove, says):
    with pytest.raises(QueryError, match=says):
        edit_triples(Graph(), add=add, remove=remove)


def test_very_many_triples_are_a_file(monkeypatch):
    monkeypatch.setattr(edits, "MAX_TRIPLES", 2)
    lines = "".join(f"<urn:a> <urn:b> <urn:{number}> ." for number in range(3))
    with pytest.raises(QueryError, match="At most 2 triples at once; load a file for more"):
        edit_triples(Graph(), add=lines)


@pytest.mark.parametrize(
    ("update", "says"),
    [
        ("INSERT DATA { <urn:a> <urn:b> }", "cannot be read"),
        ("SELECT * WHERE { ?s ?p ?o }", "cannot be read"),
        ("LOAD <urn:a>; DELETE WHERE { SERVICE <urn:x> {} }", "LOAD is not allowed"),
    ],
)
def test_a_bad_update_changes_nothing_and_leaves_nothing(films, update, says):
    before = films.serving
    with pytest.raises(QueryError, match=says):
        update_graph(films, update)
    films.refresh_from_db()
    assert films.serving == before
    assert [folder.name for folder in before.folder.parent.iterdir()] == ["1"]
    assert update_graph(films, "INSERT DATA { <urn:a> <urn:b> <urn:c> }").number == 2


def test_a_graph_that_is_not_loaded_cannot_be_edited(db):
    graph = Graph.objects.create(slug="new", name="New", source_kind="file")
    with pytest.raises(NotReady, match="New has not been loaded yet"):
        edit_triples(graph, add="<urn:a> <urn:b> <urn:c> .")
