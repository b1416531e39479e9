"""A served graph is edited: by triples, or by SPARQL Update."""

import os
import time
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from django.db import connection
from pyoxigraph import Store

from kbqa.sparql.answer.registry import served
from kbqa.sparql.ingest import edits
from kbqa.sparql.ingest.edits import EditConflict, edit_triples, update_graph
from kbqa.sparql.ingest.load import LIFECYCLE
from kbqa.sparql.models import Graph, GraphVersion, Name, NameWord
from kbqa.sparql.stores import QueryError
from kbqa.sparql.stores.executor import change_folder, run_limited
from searchapp.errors import NotReady

LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
TURTLE = "@prefix f: <http://films.example/> . f:f5 a f:Film ; f:director f:p1 ."


def triples(version: GraphVersion) -> int:
    return len(Store.read_only(str(version.folder / "triples")))


@pytest.fixture
def films(load) -> Graph:
    return load()


def test_triples_are_added_and_removed_in_a_version_of_its_own(load):
    films = load(suggestions=40)
    before = films.serving
    version = edit_triples(
        films, add=TURTLE, remove="<http://films.example/f4> a <http://films.example/Film> ."
    )
    films.refresh_from_db()
    assert films.serving == version
    assert (version.number, version.load, version.triples, triples(version)) == (2, 1, 39, 39)
    assert triples(before) == 38, "who reads the version before is not disturbed"
    assert version.examples == before.examples != []


def test_what_is_there_already_or_not_there_changes_nothing(films):
    again = "<http://films.example/f4> <http://films.example/year> 1988 ."
    version = edit_triples(films, add=again, remove="<urn:none> <urn:none> <urn:none> .")
    assert (version, version.triples) == (films.serving, 38)


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
def test_what_cannot_be_edited_says_why(films, add, remove, says):
    with pytest.raises(QueryError, match=says):
        edit_triples(films, add=add, remove=remove)
    assert [folder.name for folder in films.serving.folder.parent.iterdir()] == ["1"]


def test_very_many_triples_are_a_file(films, monkeypatch):
    monkeypatch.setattr(edits, "MAX_TRIPLES", 2)
    lines = "".join(f"<urn:a> <urn:b> <urn:{number}> ." for number in range(3))
    with pytest.raises(QueryError, match="At most 2 triples at once; load a file for more"):
        edit_triples(films, add=lines)


def nested(depth: int) -> str:
    return "<urn:a> <urn:b> " + "<<( <urn:a> <urn:b> " * depth + "1" + " )>>" * depth + " ."


@pytest.mark.parametrize(
    "text",
    [nested(60_000), nested(101), "<urn:a> <urn:b> '\ud800' .", "\0", "<urn:a\0> <urn:b> 1 ."],
    ids=range(5),
)
def test_hostile_triples_end_with_an_error_and_change_nothing(films, text):
    with pytest.raises(QueryError):
        edit_triples(films, add=text)
    films.refresh_from_db()
    assert films.serving.number == 1


def test_an_update_that_takes_too_long_changes_nothing(films, settings):
    settings.GRAPH_UPDATE_TIMEOUT_MS = 1_000
    endless = "".join(f" VALUES ?v{number} {{ {'1 ' * 60} }}" for number in range(8))
    sums = "+".join(f"?v{number}" for number in range(8))
    with pytest.raises(QueryError, match="took longer than"):
        update_graph(films, f"INSERT {{ ?v0 <urn:p> 1 }} WHERE {{ {endless} FILTER({sums}<0) }}")
    films.refresh_from_db()
    assert films.serving.number == 1


@pytest.fixture
def meanwhile(monkeypatch):
    """Return a function that lets somebody else edit while a change is made, before it is served."""

    def let(films, texts):
        left = list(texts)

        def changed(*arguments, **options):
            has_changed = change_folder(*arguments, **options)
            if left and options["add"] == MINE:
                with ThreadPoolExecutor() as threads:
                    threads.submit(edited_by_another, films, left.pop()).result(60)
            return has_changed

        monkeypatch.setattr(edits, "change_folder", changed)

    return let


MINE = "<urn:a> <urn:b> <urn:mine> ."


def edited_by_another(graph: Graph, add: str) -> None:
    """An edit with a connection to the database of its own."""
    try:
        edit_triples(Graph.objects.get(pk=graph.pk), add=add)
    finally:
        connection.close()


def test_an_edit_meanwhile_is_served_at_once_and_neither_is_lost(films, meanwhile):
    meanwhile(films, ["<urn:a> <urn:b> <urn:other> ."])
    version = edit_triples(films, add=MINE)
    assert (version.number, version.triples) == (3, 40)


def opened_version(graph: Graph) -> GraphVersion:
    """The version that a load opens, with a connection to the database of its own."""
    try:
        return LIFECYCLE.open_or_resume(Graph.objects.get(pk=graph.pk))
    finally:
        connection.close()


def test_a_load_that_begins_while_an_edit_is_served_has_a_number_of_its_own(films, monkeypatch):
    next_number = type(LIFECYCLE).next_number
    with ThreadPoolExecutor() as threads:
        loads = []

        def taken(lifecycle, graph):
            number = next_number(lifecycle, graph)
            if not loads:
                loads.append(threads.submit(opened_version, films))
                wait(loads, timeout=1)
            return number

        monkeypatch.setattr(type(LIFECYCLE), "next_number", taken)
        edited = edit_triples(films, add=MINE)
        assert (edited.number, loads[0].result(60).number) == (2, 3)


def test_who_is_always_too_late_is_told_so(films, meanwhile):
    meanwhile(films, [f"<urn:a> <urn:b> <urn:{number}> ." for number in range(9)])
    with pytest.raises(EditConflict, match="Nothing was changed; try again") as conflict:
        edit_triples(films, add=MINE)
    assert (conflict.value.status, conflict.value.transient) == (409, True)
    films.refresh_from_db()
    assert films.serving.triples == 41
    folders = {folder.name for folder in films.serving.folder.parent.iterdir()}
    assert not [name for name in folders if name.startswith("edit-")]


def test_folders_that_ended_processes_left_are_cleared_away(films):
    parent = films.serving.folder.parent
    for name, age in (("edit-old", 7_200), ("edit-new", 0)):
        (parent / name).mkdir()
        os.utime(parent / name, (time.time() - age,) * 2)
    edit_triples(films, add="<urn:a> <urn:b> <urn:c> .")
    assert {folder.name for folder in parent.iterdir()} == {"1", "2", "edit-new"}


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


QUADS = """@prefix : <http://x.example/> .
:a :in "no graph" .
:g1 { :a :knows :b . :b :knows :c }
:g2 { :b :knows :c }
"""
PREFIX = "PREFIX : <http://x.example/> "


@pytest.fixture
def quads(load) -> Graph:
    return load(QUADS, name="quads", suffix=".trig")


def found(graph: Graph, query: str) -> list[tuple[str, ...]]:
    """The rows of a query on the served version, sorted, without the namespace."""
    graph.refresh_from_db()
    result = run_limited(graph.serving, PREFIX + query, 100)
    rows = [
        tuple(str(getattr(term, "value", term)).rpartition("/")[2] for term in row) for row in result.rows
    ]
    return sorted(rows)


def names(graph: Graph, triple: str) -> list[str]:
    """The graphs in which a triple stands, first `all` if it stands among all triples."""
    among_all = ["all"] * len(found(graph, f"SELECT ?x {{ {triple} BIND(1 AS ?x) }}"))
    return among_all + [name for (name,) in found(graph, f"SELECT ?g {{ GRAPH ?g {{ {triple} }} }}")]


def test_named_graphs_of_a_file_are_asked_by_their_names_and_all_triples_without(quads):
    assert quads.serving.triples == 3
    assert [each.count for each in quads.serving.parsed_profile.predicates if each.text == "knows"] == [2]
    assert found(quads, "SELECT ?s ?o { ?s :knows ?o }") == [("a", "b"), ("b", "c")]
    assert found(quads, "SELECT ?g ?s { GRAPH ?g { ?s :knows ?o } }") == [
        ("g1", "a"),
        ("g1", "b"),
        ("g2", "b"),
    ]
    assert found(quads, "SELECT DISTINCT ?g { GRAPH ?g { } }") == [("g1",), ("g2",)]
    assert found(quads, "SELECT ?s FROM :g2 { ?s ?p ?o }") == [("b",)]
    assert found(quads, "SELECT ?g ?s FROM NAMED :g2 { GRAPH ?g { ?s ?p ?o } }") == [("g2", "b")]
    assert found(quads, "SELECT ?s FROM NAMED :g2 { ?s ?p ?o }") == []
    assert "".join(served(quads).live.store.lines()).count(" .\n") == 3


def test_an_export_with_graphs_is_the_graph_again(quads, api, load):
    update_graph(quads, f"{PREFIX} INSERT DATA {{ :a :knows :b }}")
    exported = b"".join(api.get("/api/v1/graphs/quads/export", {"graphs": "true"}))
    x = "http://x.example/"
    assert sorted(exported.decode().splitlines()) == [
        f'<{x}a> <{x}in> "no graph" .',
        f"<{x}a> <{x}knows> <{x}b> .",
        f"<{x}a> <{x}knows> <{x}b> <{x}g1> .",
        f"<{x}b> <{x}knows> <{x}c> <{x}g1> .",
        f"<{x}b> <{x}knows> <{x}c> <{x}g2> .",
    ]
    again = load(exported, name="again", suffix=".nq")
    assert found(again, "SELECT ?g ?s { GRAPH ?g { ?s ?p ?o } }") == [("g1", "a"), ("g1", "b"), ("g2", "b")]


def test_what_is_inserted_into_a_graph_is_found_in_it_and_among_all(quads, films):
    for graph in (quads, films):
        before = graph.serving.triples
        version = update_graph(graph, f"{PREFIX} INSERT DATA {{ GRAPH :new {{ :x :p :y }} }}")
        assert version.triples == before + 1
        assert names(graph, ":x :p :y") == ["all", "new"]


def test_what_leaves_its_last_graph_leaves_all_unless_it_stands_there_without_one(quads):
    update_graph(quads, f"{PREFIX} DELETE DATA {{ GRAPH :g1 {{ :b :knows :c }} }}")
    assert names(quads, ":b :knows :c") == ["all", "g2"]
    update_graph(quads, f"{PREFIX} DELETE WHERE {{ GRAPH :g2 {{ ?s ?p ?o }} }}")
    assert names(quads, ":b :knows :c") == []
    assert found(quads, "SELECT DISTINCT ?g { GRAPH ?g { } }") == [("g1",)]
    for update in (
        "INSERT DATA { GRAPH :g1 { :a :in 'no graph' } }",
        "DELETE DATA { GRAPH :g1 { :a :in 'no graph' } }",
    ):
        update_graph(quads, PREFIX + update)
    assert names(quads, ":a :in 'no graph'") == ["all"]


def test_what_is_inserted_without_a_graph_stays_when_its_graphs_go(quads):
    update_graph(quads, f"{PREFIX} INSERT DATA {{ :a :knows :b }}")
    assert names(quads, ":a :knows :b") == ["all", "g1"], "no graph of our own is seen"
    update_graph(quads, f"{PREFIX} DELETE DATA {{ GRAPH :g1 {{ :a :knows :b }} }}")
    assert names(quads, ":a :knows :b") == ["all"]


def test_what_is_deleted_without_a_graph_is_gone_everywhere(quads):
    update_graph(quads, f"{PREFIX} DELETE WHERE {{ :b :knows ?x }}")
    assert names(quads, ":b :knows :c") == []


def test_triples_are_moved_between_graphs(quads):
    update_graph(
        quads,
        f"{PREFIX} DELETE {{ GRAPH :g1 {{ ?s ?p ?o }} }} INSERT {{ GRAPH :g3 {{ ?s ?p ?o }} }} "
        "WHERE { GRAPH :g1 { ?s ?p ?o } }",
    )
    assert names(quads, ":a :knows :b") == ["all", "g3"]
    everywhere = "GRAPH ?g { ?s ?p ?o }"
    update_graph(quads, f"DELETE {{ {everywhere} }} INSERT {{ ?s ?p ?o }} WHERE {{ {everywhere} }}")
    assert found(quads, "SELECT ?g { GRAPH ?g { ?s ?p ?o } }") == []
    assert found(quads, "SELECT ?s ?o { ?s :knows ?o }") == [("a", "b"), ("b", "c")]
    update_graph(
        quads, f"{PREFIX} DELETE {{ :a ?p ?o }} INSERT {{ GRAPH :g4 {{ :a ?p ?o }} }} WHERE {{ :a ?p ?o }}"
    )
    assert names(quads, ":a :knows :b") == ["all", "g4"]


def test_triples_are_added_to_and_removed_from_graphs_with_the_prefixes_of_the_graph(films):
    assert (
        edit_triples(films, add="films:g { films:f9 films:year 1999 } films:f8 films:year 1998 .").triples
        == 40
    )
    assert found(films, "SELECT ?g ?s { GRAPH ?g { ?s ?p ?o } }") == [("g", "f9")]
    assert edit_triples(films, remove="films:f9 films:year 1999 .").triples == 39
    assert found(films, "SELECT ?g ?s { GRAPH ?g { ?s ?p ?o } }") == []
    assert update_graph(films, "DELETE DATA { films:f8 films:year 1998 }").triples == 38


@pytest.mark.parametrize(
    "update",
    [
        "INSERT DATA { films:f4 films:year 1988 }",
        "DELETE DATA { films:none films:year 1 }",
        "DELETE { ?f films:year ?y } INSERT { ?f films:year ?y } WHERE { ?f films:year ?y }",
        "INSERT { ?f films:no ?y } WHERE { ?f films:no ?y }",
    ],
)
def test_an_update_that_changes_nothing_makes_no_version(films, update):
    assert update_graph(films, update) == films.serving
    assert [folder.name for folder in films.serving.folder.parent.iterdir()] == ["1"]


def test_an_update_of_graphs_that_changes_nothing_makes_no_version(quads):
    for update in (
        "INSERT DATA { GRAPH :g1 { :a :knows :b } :a :in 'no graph' }",
        "DELETE DATA { GRAPH :g2 { :a :knows :b } }",
    ):
        assert update_graph(quads, PREFIX + update) == quads.serving
    assert (
        update_graph(
            quads, f"{PREFIX} DELETE {{ :a :in ?x }} INSERT {{ :a :in 'x' }} WHERE {{ :a :in ?x }}"
        ).number
        == 2
    )


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        ({"update": "INSERT DATA {"}, "update"),
        ({"update": "INSERT DATA { <urn:a> <urn:b> ?x }"}, "update"),
        ({"add": "<urn:a> <urn:b>"}, "add"),
        ({"remove": "<urn:a> <urn:b>"}, "remove"),
        ({}, "add"),
    ],
)
def test_what_is_wrong_with_an_edit_stands_under_its_field(api, films, edit, field):
    response = api.post("/api/v1/graphs/films/edit", edit, format="json")
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
