"""Files and endpoints that send for ever: a load of them ends with a sentence, and what was there serves."""

import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from pyoxigraph import QueryResultsFormat

from kbqa.sparql.ingest import download
from kbqa.sparql.sources import services
from kbqa.sparql.stores import base
from searchapp.jobs.models import Job
from searchapp.jobs.runner import run_stages
from tests.http_server import Reply, local_server
from tests.kbqa.sparql.graphs import store_of

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/turtle\r\n"
MANY = " ".join(f":a :p{number} :b ." for number in range(200))


@pytest.fixture(autouse=True)
def _impatient(settings, monkeypatch):
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    settings.GRAPH_LOAD_SECONDS = 1
    monkeypatch.setattr(download, "_HEAD_SECONDS", 0.5)


@pytest.fixture
def dripping():
    """Return a function that starts a server which sends some bytes, and then one after another."""
    running, is_over = [], threading.Event()

    def start(first: bytes) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                with suppress(OSError):
                    self.wfile.write(first)
                    while not is_over.wait(0.02):
                        self.wfile.write(b"x")

            def log_message(self, *_):
                pass

        running.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=running[-1].serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{running[-1].server_port}/films.ttl"

    yield start
    is_over.set()
    for each in running:
        each.shutdown()
        each.server_close()


def loaded(location: str, kind: str) -> Job:
    _, job = services.add_graph(name="slow", source_kind=kind, location=location)
    run_stages(job.pk, follow=True)
    job.refresh_from_db()
    return job


@pytest.mark.parametrize(
    ("first", "says", "state"),
    [
        (HEAD + b"Content-Length: 1000000000\r\n\r\n", "sends too slowly", Job.State.FAILED),
        (HEAD + b"\r\n# ", "sends too slowly", Job.State.FAILED),
        (HEAD + b"X-Slow: ", "cannot be fetched: it took longer than 0.5 seconds", Job.State.QUEUED),
        (b"HTTP/1.1 ", "cannot be fetched: it took longer than 0.5 seconds", Job.State.QUEUED),
        (HEAD + b"X-Large: " + b"x" * 300_000, "cannot be fetched", Job.State.QUEUED),
    ],
    ids=["body", "body without a length", "header", "status", "large header"],
)
def test_a_file_that_comes_byte_by_byte_is_given_up(transactional_db, dripping, first, says, state):
    job = loaded(dripping(first), "url")
    assert (job.state, says in f"{job.error}{job.message}") == (state, True), (job.error, job.message)


def test_looking_at_an_endpoint_ends_however_many_answers_it_has(transactional_db):
    store = store_of(MANY).store

    def answer(request):
        time.sleep(0.02)
        found = store.query(parse_qs(request.body.decode())["query"][0])
        form = QueryResultsFormat.JSON
        return Reply(found.serialize(format=form), headers={"Content-Type": form.media_type})

    with local_server(answer) as server:
        job = loaded(f"{server.address}/sparql", "endpoint")
    assert job.state == Job.State.FAILED
    assert job.error.startswith("It took longer than 1 seconds to find out what is in the graph.")


def test_looking_at_a_file_ends_and_what_was_there_before_serves(load, settings, monkeypatch):
    settings.GRAPH_LOAD_SECONDS = 600
    graph = load()
    settings.GRAPH_LOAD_SECONDS = 1
    select = base.Paced.select
    monkeypatch.setattr(
        base.Paced, "select", lambda *given, **named: time.sleep(0.3) or select(*given, **named)
    )
    job = load(fails=True)
    assert (job.state, "GRAPH_LOAD_SECONDS" in job.error) == (Job.State.FAILED, True)
    graph.refresh_from_db()
    assert graph.serving.number == 1
    assert not list(graph.serving.folder.parent.glob("*/reading-*"))
