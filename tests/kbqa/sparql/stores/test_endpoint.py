"""A graph behind an endpoint: this product's own, asked over HTTP, and servers that misbehave."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kbqa.sparql.answer.cells import shown_rows
from kbqa.sparql.answer.registry import served
from kbqa.sparql.ingest.edits import edit_triples
from kbqa.sparql.models import Graph
from kbqa.sparql.sources import services
from kbqa.sparql.stores import EndpointStore, QueryError, StoreError
from searchapp.jobs.models import Job
from searchapp.jobs.runner import run_stages


@pytest.fixture
def private(settings):
    settings.SOURCE_ALLOW_PRIVATE_ADDRESSES = True


@pytest.fixture
def server():
    """Return a function that starts a server which answers each request by the function given."""
    running = []

    def start(answer):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                answer(self)

            def log_message(self, *_):
                pass

        running.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=running[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{running[-1].server_port}/sparql"

    yield start
    for each in running:
        each.shutdown()


def reply(handler, status, kind, body, **headers):
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def test_an_endpoint_is_asked_in_words(load, live_server, private):
    load()
    remote, job = services.add_graph(
        name="remote", source_kind="endpoint", location=f"{live_server.url}/api/v1/graphs/films/sparql"
    )
    run_stages(job.pk, follow=True)
    job.refresh_from_db()
    assert job.state == Job.State.SUCCEEDED, job.error
    remote.refresh_from_db()
    answer, _ = services.ask(remote, "who is the director of Silent Harbour?")
    _, live = served(remote)
    assert [row[0].text for row in shown_rows(answer.best.solutions, live)] == ["Marta Oliveira"]
    with pytest.raises(QueryError, match="edited there"):
        edit_triples(remote, add="<urn:a> <urn:b> <urn:c> .")


def test_many_questions_in_one_request_are_told_apart(load, live_server, private):
    load()
    store = EndpointStore(f"{live_server.url}/api/v1/graphs/films/sparql", "1")
    bodies = [
        f"SELECT * WHERE {{ ?x <http://films.example/year> {year} }}" for year in (1994, 1995, 2001, 1, 1988)
    ] * 9
    assert store.any_solution(bodies) == [True, False, True, False, True] * 9


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (lambda handler: reply(handler, 200, "text/html", b"<html>"), StoreError, "SPARQL result"),
        (
            lambda handler: reply(handler, 200, "application/sparql-results+json", b'{"head"'),
            StoreError,
            "cannot be read",
        ),
        (
            lambda handler: reply(handler, 500, "text/plain", b"out of order"),
            QueryError,
            "answers 500: out of order",
        ),
        (lambda handler: reply(handler, 403, "text/plain", b""), StoreError, "refuses access"),
        (
            lambda handler: reply(handler, 302, "text/plain", b"", Location="http://10.0.0.1/"),
            StoreError,
            "redirects elsewhere",
        ),
        (lambda handler: reply(handler, 429, "text/plain", b"", Retry_After="60"), StoreError, "is busy"),
        (lambda handler: time.sleep(3), QueryError, "took longer than"),
        (
            lambda handler: reply(handler, 200, "application/sparql-results+json", b" " * 70_000_000),
            QueryError,
            "more than can be read",
        ),
    ],
)
def test_bad_endpoints_are_named_for_what_they_do(server, private, settings, answer, kind, says):
    settings.GRAPH_QUERY_TIMEOUT_MS = 2_000 if says != "took longer than" else 700
    with pytest.raises(kind, match=says):
        EndpointStore(server(answer), "1").select("SELECT * WHERE { ?s ?p ?o }")


def test_a_busy_endpoint_is_asked_again(server, private):
    calls = []

    def answer(handler):
        calls.append(1)
        if len(calls) == 1:
            reply(handler, 503, "text/plain", b"")
        else:
            reply(handler, 200, "application/sparql-results+json", b'{"head": {}, "boolean": true}')

    assert EndpointStore(server(answer), "1").ask("ASK { ?s ?p ?o }") is True
    assert len(calls) == 2


def test_private_addresses_are_refused(db):
    with pytest.raises(StoreError, match="private address"):
        EndpointStore("http://127.0.0.1:9/sparql", "1").ask("ASK { ?s ?p ?o }")
    assert not Graph.objects.exists()
