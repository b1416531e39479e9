"""Names of sources: each leads to its page, and a command turns none into another by mistake."""

import pytest
from django.core.management import CommandError, call_command

from codesearch import services as code
from codesearch.models import Repository
from kbqa.sparql.models import Graph
from kbqa.sparql.sources import services as graphs
from kbqa.sql.models import Database
from kbqa.sql.sources import services as databases
from searchapp.errors import InvalidInput, NotReady
from searchapp.jobs.models import Job
from searchapp.jobs.selectors import not_ready

pytestmark = pytest.mark.django_db
LINES = "<urn:a> <urn:p> <urn:b> .\n"


@pytest.mark.parametrize("name", ["add", "Add", "ADD!", " add "])
def test_a_name_that_is_a_page_is_refused_for_each_kind(shop, tmp_path, name):
    triples, tables = tmp_path / "x.nt", tmp_path / "x.sqlite"
    triples.write_text(LINES)
    tables.write_bytes(b"SQLite format 3\0")
    folder = {"source_kind": "folder", "location": str(shop), "trusted": True}
    adding = [
        lambda: graphs.add_graph(name=name, source_kind="file", location=str(triples), trusted=True),
        lambda: databases.add_database(name=name, source_kind="file", location=str(tables)),
    ]
    if name.strip() == "add":
        adding.append(lambda: code.add_repository(name=name, **folder))
    for add in adding:
        with pytest.raises(InvalidInput, match="stands for a page") as error:
            add()
        assert error.value.field == "name"


@pytest.mark.parametrize("name", ["status", "query", "node", "sparql", "describe", "delete", "adds", "Add"])
def test_other_words_of_addresses_are_names_like_any(shop, client, name):
    repository, _ = code.add_repository(name=name, source_kind="folder", location=str(shop), trusted=True)
    assert client.get(repository.get_absolute_url()).status_code == 200
    assert client.get(f"/api/v1/code/repositories/{repository.name}").status_code == 200


@pytest.mark.parametrize("location", ["http://[::1", "https://[", "//[::1", "http://[x]/y"])
def test_a_location_that_is_no_address_is_said_so(location):
    for kind, field in (("url", "location"), ("endpoint", "location")):
        with pytest.raises(InvalidInput) as error:
            graphs.add_graph(name="", source_kind=kind, location=location)
        assert error.value.field == field
    with pytest.raises(InvalidInput):
        code.add_repository(name="", source_kind="git", location=location)
    with pytest.raises(InvalidInput):
        databases.add_database(name="", source_kind="url", url=location)


def test_commands_turn_no_source_into_one_of_another_kind(shop, tmp_path, settings):
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    Repository.objects.create(name="x", source_kind="git", location="https://x.example/y.git")
    Graph.objects.create(name="x", slug="x", source_kind="url", location="https://x.example/y.ttl")
    Database.objects.create(
        name="x", slug="x", source_kind="url", location="postgresql://x/y", url="postgresql://x/y"
    )
    (tmp_path / "x.nt").write_text(LINES)
    (tmp_path / "x.sqlite").write_bytes(b"SQLite format 3\0")
    commands = [
        ("index_code", str(shop)),
        ("load_graph", str(tmp_path / "x.nt")),
        ("load_graph", "http://127.0.0.1:1/sparql", "--endpoint"),
        ("connect_database", str(tmp_path / "x.sqlite")),
    ]
    for command, *arguments in commands:
        with pytest.raises(CommandError, match="from another kind of source"):
            call_command(command, *arguments, "--name", "x")
    assert not Job.objects.exists()
    assert Graph.objects.get().location == "https://x.example/y.ttl"
    call_command("load_graph", str(tmp_path / "x.nt"), "--name", "x", "--replace")
    assert (Graph.objects.get().source_kind, Graph.objects.get().serving.triples) == ("file", 1)


@pytest.mark.parametrize(
    ("state", "error", "says", "passes"),
    [
        ("failed", "The disk is full.", "Its job failed: The disk is full.", False),
        ("cancelled", "", "Its job was cancelled.", False),
        ("queued", "", "not loaded", True),
        ("running", "", "not loaded", True),
        ("succeeded", "", "not loaded", True),
        (None, "", "not loaded", True),
    ],
)
def test_what_is_not_ready_says_whether_waiting_helps(api, state, error, says, passes):
    graph = Graph.objects.create(name="x", slug="x", source_kind="file", location="x.nt")
    if state:
        Job.objects.create(kind="load_graph", subject=graph.subject, title="x", state=state, error=error)
    found = not_ready(graph.subject, "It is not loaded.")
    assert isinstance(found, NotReady)
    assert (says in found.message, found.transient) == (True, passes)
    response = api.get("/api/v1/graphs/x/ask?q=what")
    assert (response.status_code, "Retry-After" in response.headers) == (409, passes)
