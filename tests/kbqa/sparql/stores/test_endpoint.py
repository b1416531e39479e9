"""A graph behind an endpoint: this product's own, asked over HTTP, and servers that misbehave."""

import contextlib
import resource
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from pyoxigraph import Literal, QueryResultsFormat

from kbqa.sparql.answer.cells import shown_rows
from kbqa.sparql.answer.registry import served
from kbqa.sparql.ingest.edits import edit_triples
from kbqa.sparql.models import Graph, GraphVersion
from kbqa.sparql.sources import services
from kbqa.sparql.stores import EndpointStore, QueryError, StoreError
from kbqa.sparql.stores.base import QueryTimeout, Solutions
from kbqa.sparql.stores.executor import run_query
from searchapp.jobs.models import Job
from searchapp.jobs.runner import run_stages
from tests.http_server import Reply, Request, local_server
from tests.kbqa.sparql.graphs import iri, store_of

JSON = "application/sparql-results+json"


@pytest.fixture
def private(settings):
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1", "localhost"]


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
        each.server_close()


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
    live = served(remote).live
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
        (lambda handler: reply(handler, 200, "text/html", b"<html>"), StoreError, "not a SPARQL result"),
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
            "answers with more than 50 MB",
        ),
    ],
)
def test_bad_endpoints_are_named_for_what_they_do(server, private, settings, answer, kind, says):
    settings.GRAPH_QUERY_TIMEOUT_MS = 50_000 if says != "took longer than" else 700
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


# Below, an endpoint answers as the store of a small graph does.


@pytest.fixture
def endpoint(private):
    """A function that starts an endpoint of a graph, and returns it with the queries that it was asked."""
    with contextlib.ExitStack() as running:

        def start(turtle: str, token: str = "", form: QueryResultsFormat = QueryResultsFormat.JSON):
            store = store_of(turtle).store

            def answer(request: Request) -> Reply:
                found = store.query(parse_qs(request.body.decode())["query"][0])
                return Reply(found.serialize(format=form), headers={"Content-Type": form.media_type})

            server = running.enter_context(local_server(answer))
            return EndpointStore(f"{server.address}/sparql", "1", token), server.requests

        yield start


A, B, P, Q = map(iri, "abpq")
TRIPLES = ":a :p :b, 1 . :b :q :a ; :p 1 ."


@pytest.mark.parametrize("form", [QueryResultsFormat.JSON, QueryResultsFormat.XML])
def test_solutions_are_read_in_every_form_that_is_asked_for(endpoint, form):
    store, _ = endpoint(TRIPLES, form=form)
    found = store.select(f"SELECT ?o ?none WHERE {{ {A} {P} ?o }} ORDER BY ?o")
    assert found == Solutions(("o", "none"), [(B, None), (Literal(1), None)])
    assert store.ask(f"ASK {{ {A} {P} {B} }}") is True
    assert store.ask(f"ASK {{ {B} {P} {A} }}") is False


@pytest.mark.parametrize(("limit", "rows", "cut"), [(None, 4, False), (3, 3, True), (4, 4, False)])
def test_rows_beyond_the_limit_are_left_out(endpoint, limit, rows, cut):
    found = endpoint(TRIPLES)[0].select("SELECT * WHERE { ?s ?p ?o }", limit=limit)
    assert (len(found.rows), found.cut) == (rows, cut)


def test_what_is_no_select_and_what_is_no_ask_is_refused(endpoint):
    store, _ = endpoint(TRIPLES)
    with pytest.raises(QueryError, match="SELECT query"):
        store.select("ASK { ?s ?p ?o }")
    with pytest.raises(QueryError, match="ASK query"):
        store.ask("SELECT * WHERE { ?s ?p ?o }")


def test_relations_are_those_of_a_folder(endpoint):
    store, requests = endpoint(TRIPLES)
    for term in (A, B, Literal(1), iri("none")):
        assert store.relations(term, [Q, P]) == store_of(TRIPLES).relations(term, [Q, P])
    asked = len(requests)
    assert store.relations(A, []) == ([], [])
    assert len(requests) == asked, "nothing is asked about no predicates"


def test_surroundings_are_those_of_a_folder_and_come_in_portions(endpoint):
    store, requests = endpoint(TRIPLES)
    terms = [A, Literal(1), iri("none"), B] * 33
    assert store.surroundings(terms) == store_of(TRIPLES).surroundings(terms)
    assert len(requests) == 3, "of sixty terms each"


@pytest.mark.parametrize("token", ["", "secret"])
def test_a_token_is_sent_where_there_is_one(endpoint, token):
    store, requests = endpoint(TRIPLES, token)
    store.ask("ASK {}")
    headers = requests[0].headers
    assert headers["Authorization"] == (f"Bearer {token}" if token else None)
    assert headers["User-Agent"] == "Searchapp"
    assert headers["Accept"].startswith("application/sparql-results+json")


def test_a_query_that_somebody_wrote_is_passed_on_with_what_it_accepts(private):
    with local_server(lambda request: Reply(b"x,y", headers={"Content-Type": "text/csv;header=x"})) as server:
        store = EndpointStore(f"{server.address}/sparql", "1")
        assert store.forward("SELECT * {}", "text/csv") == ("text/csv", b"x,y", False)
        store.forward("SELECT * {}", "")
    assert server.requests[0].headers["Accept"] == "text/csv"
    assert server.requests[1].headers["Accept"].startswith("application/sparql-results+json")
    assert parse_qs(server.requests[0].body.decode()) == {"query": ["SELECT * {}"]}


DEEP = (
    b'{"type":"triple","value":{"subject":{"type":"uri","value":"urn:a"},'
    b'"predicate":{"type":"uri","value":"urn:a"},"object":'
)
NESTED = (
    b'{"head":{"vars":["x"]},"results":{"bindings":[{"x":'
    + DEEP * 5_000
    + b'{"type":"uri","value":"urn:a"}'
    + b"}}" * 5_000
    + b"}]}}"
)


@pytest.mark.parametrize(
    ("reply_with", "kind", "says"),
    [
        (Reply(b"<script>", headers={"Content-Type": "text/html"}), StoreError, "not a SPARQL result"),
        (Reply(b"{", headers={"Content-Type": JSON}), StoreError, "cannot be read"),
        (Reply(b"[" * 200_000, headers={"Content-Type": JSON}), StoreError, "cannot be read"),
        (Reply(NESTED, headers={"Content-Type": JSON}), StoreError, "cannot be read"),
        (Reply(b"\xff", headers={"Content-Type": JSON}), StoreError, "cannot be read"),
        (
            Reply(b"\x1f\x8b", headers={"Content-Type": JSON, "Content-Encoding": "gzip"}),
            StoreError,
            "packs its answers",
        ),
        (Reply(b" " * 2_000, headers={"Content-Type": JSON}), QueryError, "answers with more than"),
    ],
    ids=range(7),
)
def test_what_is_no_result_is_not_passed_on(reply_with, kind, says, private, settings):
    settings.GRAPH_MAX_RESULT_BYTES = 1_000 if says == "answers with more than" else 5_000_000
    with local_server(lambda request: reply_with) as server, pytest.raises(kind, match=says):
        EndpointStore(server.address, "1").forward("ASK {}", "")


NAMES, ROWS = b",".join(b'"v%d"' % n for n in range(3_000)), b",".join([b"{}"] * 20_000)


@pytest.mark.parametrize(
    "body",
    [
        b'{"head":{"vars":[' + NAMES + b']},"results":{"bindings":[' + ROWS + b"]}}",
        b'{"results":{"bindings":[' + ROWS + b']},"head":{"vars":[' + NAMES + b"]}}",
    ],
    ids=["names first", "rows first"],
)
@pytest.mark.parametrize("limit", [None, 10_000])
def test_a_small_result_that_unfolds_to_a_huge_one_takes_no_memory_here(private, settings, body, limit):
    settings.GRAPH_MAX_RESULT_BYTES, settings.GRAPH_QUERY_MEMORY_BYTES = 3_000_000, 700_000_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with local_server(lambda request: Reply(body, headers={"Content-Type": JSON})) as server:
        store = EndpointStore(server.address, "1")
        with pytest.raises((QueryError, StoreError), match=r"larger than|cannot be read"):
            store.select("SELECT * {}", limit=limit)
        with pytest.raises((QueryError, StoreError), match=r"larger than|cannot be read"):
            store.forward("SELECT * {}", "text/csv", 10_000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "kB"


def test_a_result_is_given_in_the_form_that_is_asked_for_whatever_the_endpoint_sends(endpoint):
    store, _ = endpoint(TRIPLES, form=QueryResultsFormat.XML)
    kind, body, cut = store.forward("SELECT ?s ?o { ?s ?p ?o }", "text/csv", 2)
    assert (kind, body.count(b"\r\n"), cut) == ("text/csv", 3, True)


def _drop_by_drop(line: bytes):
    """An answer that never ends and is never quiet for long."""

    def answer(handler):
        with contextlib.suppress(OSError):
            handler.wfile.write(line)
            while True:
                handler.wfile.write(b"x")
                handler.wfile.flush()
                time.sleep(0.05)

    return answer


@pytest.mark.parametrize(
    "line",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: application/sparql-results+json\r\nContent-Length: 9999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 ",
    ],
)
def test_an_endpoint_that_answers_drop_by_drop_is_left(server, private, settings, line):
    settings.GRAPH_QUERY_TIMEOUT_MS = 400
    with pytest.raises(QueryError, match="took longer than"):
        EndpointStore(server(_drop_by_drop(line)), "1").forward("ASK {}", "")


def test_an_endpoint_gets_the_text_that_was_looked_at(private):
    reply_with = Reply(b'{"head":{},"boolean":true}', headers={"Content-Type": JSON})
    with local_server(lambda request: reply_with) as remote:
        graph = Graph(slug="r", source_kind="endpoint", location=remote.address, prefixes={"f": "urn:f:"})
        version = GraphVersion(graph=graph, number=1)
        assert run_query(version, "ask{?s f:p 'it\\'s \"' #\n}").body == reply_with.body
        with pytest.raises(QueryError, match="SERVICE is not allowed"):
            run_query(version, "ASK { SERVICE <urn:x> {} }")
        with pytest.raises(QueryError, match="asked as a whole: FROM"):
            run_query(version, "ASK FROM <urn:x> {}")
    [request] = remote.requests
    assert parse_qs(request.body.decode()) == {"query": ['ASK { ?s <urn:f:p> "it\'s \\""\n}']}


def test_rows_of_an_endpoint_beyond_the_limit_are_cut(private):
    rows = b",".join([b'{"x":{"type":"uri","value":"urn:a"}}'] * 4)
    body = b'{"head":{"vars":["x"]},"results":{"bindings":[' + rows + b"]}}"
    with local_server(lambda request: Reply(body, headers={"Content-Type": JSON})) as remote:
        graph = Graph(slug="r", source_kind="endpoint", location=remote.address)
        result = run_query(GraphVersion(graph=graph, number=1), "SELECT * {}", limit=3)
    assert (result.cut, result.body.count(b"urn:a")) == (True, 3)


def test_what_an_endpoint_says_of_a_wrong_query_is_told(private):
    with (
        local_server(lambda request: Reply(b"line 1: nonsense", 400)) as server,
        pytest.raises(QueryError, match="answers 400: line 1: nonsense"),
    ):
        EndpointStore(server.address, "1").forward("nonsense", "")


def test_a_busy_endpoint_is_asked_three_times_at_most(private, settings, monkeypatch):
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    with (
        local_server(lambda request: Reply(status=503)) as server,
        pytest.raises(StoreError, match="is busy"),
    ):
        EndpointStore(server.address, "1").ask("ASK {}")
    assert len(server.requests) == 3
    assert pauses[:2] == [0.5, 1.0]


def test_a_busy_endpoint_says_how_long_to_wait(private, monkeypatch):
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    busy = Reply(status=429, headers={"Retry-After": "2"})
    with local_server(lambda request: busy) as server, pytest.raises(StoreError) as error:
        EndpointStore(server.address, "1").ask("ASK {}")
    assert pauses[:1] == [2.0]
    assert error.value.transient


@pytest.mark.parametrize("status", [408, 429, 503, 504])
def test_a_query_that_takes_its_server_too_long_is_no_mistake(private, status):
    with (
        local_server(lambda request: Reply(status=status)) as server,
        pytest.raises(QueryTimeout, match="Try again later") as told,
    ):
        EndpointStore(server.address, "1").forward("ASK {}", "")
    assert (told.value.status, told.value.transient) == (503, True)
