"""A full disk: what was there serves on, a sentence says so, nothing half-written is left, later it works."""

import resource
import sqlite3
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from kbqa.sparql.ingest.edits import edit_triples
from kbqa.sparql.models import Graph
from kbqa.sparql.sources import services as graphs
from kbqa.sparql.stores.executor import run_query
from kbqa.sparql.suggestions import stage
from kbqa.sql.models import Database
from searchapp.jobs.models import Job
from searchapp.jobs.runner import run_stages
from searchapp.outages import DiskFull, known_error
from tests.http_server import Reply, local_server

SENTENCE = "The server's disk is full."
COUNT = "SELECT (count(*) AS ?n) { ?s ?p ?o }"


@pytest.fixture(autouse=True)
def _no_models(monkeypatch, settings):
    monkeypatch.setattr(stage, "_TRIED", 0)
    settings.GRAPH_EMBEDDED_LABELS = 0


@contextmanager
def full_disk(free: int):
    """Let no file grow beyond so many bytes in the block, in this process and those that it starts."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def triples(number: int) -> str:
    return "".join(f'<urn:x{n}> <urn:p> "{n:060}" .\n' for n in range(number))


def folders(graph: Graph) -> list[str]:
    return sorted(path.name for path in graph.serving.folder.parent.iterdir())


@pytest.fixture
def graph(transactional_db, tmp_path) -> Graph:
    (tmp_path / "some.nt").write_text(triples(10))
    graph, job = graphs.add_graph(
        name="some", source_kind="file", location=str(tmp_path / "some.nt"), trusted=True
    )
    assert ended(job).state == Job.State.SUCCEEDED
    graph.refresh_from_db()
    return graph


def ended(job: Job) -> Job:
    run_stages(job.pk, follow=True)
    job.refresh_from_db()
    return job


def number(graph: Graph) -> str:
    graph.refresh_from_db()
    return run_query(graph.serving, COUNT, "text/csv").body.decode().split()[1]


def test_a_load_fails_and_the_version_before_serves(graph):
    Path(graph.location).write_text(triples(3_000))
    with full_disk(100_000):
        job = ended(graphs.load_graph(graph))
    assert (job.state, job.error[: len(SENTENCE)]) == (Job.State.FAILED, SENTENCE)
    assert (number(graph), folders(graph)) == ("10", ["1"])
    assert ended(graphs.load_graph(graph)).state == Job.State.SUCCEEDED
    assert number(graph) == "3000"


def test_a_file_that_is_fetched_has_no_room(transactional_db, settings):
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    with local_server(lambda _: Reply(triples(2_000).encode())) as server:
        graph, job = graphs.add_graph(name="far", source_kind="url", location=f"{server.address}/a.nt")
        with full_disk(50_000):
            job = ended(job)
        assert (job.state, job.error[: len(SENTENCE)]) == (Job.State.FAILED, SENTENCE)
        assert ended(graphs.load_graph(graph)).state == Job.State.SUCCEEDED


def test_an_edit_changes_nothing(graph):
    # Of the files of a store, its options are the largest that an edit writes anew.
    with full_disk(1_000), pytest.raises((DiskFull, OSError)) as error:
        edit_triples(graph, add=triples(500))
    assert isinstance(known_error(error.value), DiskFull), repr(error.value)
    assert (number(graph), folders(graph)) == ("10", ["1"])
    edit_triples(graph, add="<urn:a> <urn:b> <urn:c> .")
    assert number(graph) == "11"


def test_a_query_says_so_where_the_folder_for_temporary_files_is_full(graph, client, staff):
    client.force_login(staff)
    with full_disk(10):
        answer = client.get(f"/api/v1/graphs/{graph.slug}/sparql", {"query": COUNT})
    assert (answer.status_code, SENTENCE in answer.content.decode()) == (507, True)
    assert client.get(f"/api/v1/graphs/{graph.slug}/sparql", {"query": COUNT}).status_code == 200


@pytest.mark.parametrize("api", [False, True], ids=["page", "api"])
@pytest.mark.parametrize(("free", "size"), [(50_000, 200_000), (50_000, 4_000_000)])
def test_an_upload_is_refused_and_nothing_of_it_is_left(
    transactional_db, client, staff, settings, tmp_path, api, free, size
):
    settings.MEDIA_ROOT = tmp_path / "uploads"
    file = tmp_path / "a.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE town (name TEXT)")
        connection.execute("INSERT INTO town VALUES (?)", ["x" * size])
    client.force_login(staff)
    address = "/api/v1/databases/" if api else "/databases/add"
    form = {"name": "towns", "source_kind": "upload"}
    with full_disk(free):
        answer = client.post(address, {**form, "file": SimpleUploadedFile("a.sqlite", file.read_bytes())})
    assert (answer.status_code, SENTENCE in unescape(answer.content.decode())) == (507, True)
    assert not [path for path in tmp_path.glob("uploads/**/*") if path.is_file()]
    assert not Database.objects.exists()


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        OSError("IO error: No space left on device: While appending to file: /x/000017.sst"),
        sqlite3.OperationalError("database or disk is full"),
    ],
)
def test_all_tell_of_it_in_the_same_words(error):
    assert isinstance(known_error(error), DiskFull)
