"""Queries that people write: what is refused before it runs, and what a run gives back."""

import json

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, Store

from kbqa.sparql.models import Graph, GraphVersion
from kbqa.sparql.stores import executor
from kbqa.sparql.stores.base import QueryError, Solutions, StoreError
from kbqa.sparql.stores.executor import run_limited, run_query
from kbqa.sparql.stores.query_process import Refused, negotiated
from tests.kbqa.conftest import FILMS

JSON = "application/sparql-results+json"
IRI = {"type": "uri", "value": "urn:a"}


@pytest.fixture
def version(tmp_path, settings) -> GraphVersion:
    """The films as a version on disk that no database knows."""
    settings.DATA_DIR = tmp_path
    graph = Graph(pk=7, slug="films", source_kind="file", prefixes={"f": "http://films.example/"})
    version = GraphVersion(graph=graph, number=1)
    version.folder.mkdir(parents=True)
    store = Store(str(version.folder / "triples"))
    store.load(FILMS.encode(), format=RdfFormat.TURTLE)
    store.flush()
    del store
    return version


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", "text/csv"),
        ("*/*", "text/csv"),
        ("application/json", "application/json"),
        ("text/csv;q=0.5, application/json", "application/json"),
        ("text/csv, application/json", "text/csv"),
        ("application/json, text/csv", "application/json"),
        ("APPLICATION/JSON", "application/json"),
        ("application/json;q=0, */*", "text/csv"),
        ("application/json;q=many", "text/csv"),
        ("application/*;q=0.5, text/*;q=0.4", "application/json"),
        ("text/*, application/json", "text/csv"),
        ("text/csv;q=0.1, text/*", "text/csv"),
        ("*/*;q=0.5, application/json;q=0.4", "text/csv"),
        ("application/json; charset=utf-8; q=0.9, text/csv; q=0.8", "application/json"),
        ("image/png, application/json;q=0.1", "application/json"),
    ],
)
def test_the_best_liked_media_type_is_chosen_and_the_first_where_none_is(accept, chosen):
    assert negotiated(accept, {"text/csv": 1, "application/json": 2}) == chosen


@pytest.mark.parametrize("accept", ["application/json;q=0", "image/png", "*/*;q=0", "text/html, image/*"])
def test_what_is_not_taken_is_not_given(accept):
    with pytest.raises(Refused, match="text/csv, application/json"):
        negotiated(accept, {"text/csv": 1, "application/json": 2})


def test_a_select_gives_rows_in_the_wanted_form(version):
    query = "SELECT ?y WHERE { ?f f:year ?y } ORDER BY ?y"
    result = run_query(version, query, "text/csv")
    assert (result.content_type, result.cut) == ("text/csv", False)
    assert result.body.decode().split() == ["y", "1988", "1994", "2001", "2015"]
    table = json.loads(run_query(version, query, JSON).body)
    assert [row["y"]["value"] for row in table["results"]["bindings"]] == ["1988", "1994", "2001", "2015"]


@pytest.mark.parametrize(("limit", "rows", "cut"), [(3, 3, True), (4, 4, False), (5, 4, False)])
def test_rows_beyond_the_limit_are_cut_off_in_every_form(version, limit, rows, cut):
    for accept in (JSON, "text/csv"):
        result = run_query(version, "SELECT ?y WHERE { ?f f:year ?y }", accept, limit=limit)
        assert result.cut is cut
        lines = result.body.decode().count("\r\n") - 1
        bindings = json.loads(result.body)["results"]["bindings"] if accept == JSON else range(lines)
        assert len(bindings) == rows


def test_triples_are_cut_off_as_rows_are(version):
    query = "CONSTRUCT { ?f f:year ?y } WHERE { ?f f:year ?y }"
    whole = run_query(version, query, "application/n-triples")
    assert (whole.content_type, whole.body.count(b"\n"), whole.cut) == ("application/n-triples", 4, False)
    part = run_query(version, query, "application/n-triples", limit=3)
    assert (part.body.count(b"\n"), part.cut) == (3, True)


def test_solutions_are_terms_and_an_ask_is_yes_or_no(version):
    found = run_limited(version, "SELECT ?f ?n WHERE { ?f f:year 1988 OPTIONAL { ?f f:genre ?n } }", 10)
    assert found == Solutions(("f", "n"), [(NamedNode("http://films.example/f4"), None)])
    years = run_limited(version, "SELECT ?y WHERE { ?f f:year ?y } ORDER BY ?y", 1)
    assert (years.rows, years.cut) == ([(Literal(1988),)], True)
    assert run_limited(version, "ASK { ?f f:year 1988 }", 10) is True
    assert run_limited(version, "ASK { ?f f:year 1989 }", 10) is False


def test_a_run_that_fails_says_why(version, settings):
    settings.GRAPH_QUERY_TIMEOUT_MS = 1
    with pytest.raises(QueryError, match=r"took longer than 0\.001 seconds"):
        run_query(version, "ASK { ?f f:year 1988 }")


def test_what_an_endpoint_calls_something_else_is_not_read_as_json(monkeypatch):
    term = IRI
    for _ in range(100):
        term = {"type": "triple", "value": {"subject": IRI, "predicate": IRI, "object": term}}
    body = json.dumps({"head": {"vars": ["x"]}, "results": {"bindings": [{"x": term}]}}).encode()
    answered = executor.Result("text/csv", body, cut=False)
    monkeypatch.setattr(executor, "run_query", lambda *_, **__: answered)
    with pytest.raises(StoreError, match="text/csv"):
        run_limited(None, "SELECT * WHERE { ?s ?p ?x }", 10)


GRAPHS = """
GRAPH <urn:g1> { <urn:a> <urn:p> 1, 2 } GRAPH <urn:g2> { <urn:a> <urn:p> 2, 3 }
GRAPH <urn:g3> { <urn:a> <urn:p> 4 }
"""


@pytest.mark.parametrize(
    ("clauses", "number"),
    [
        ("FROM <urn:g1> FROM <urn:g2>", 3),
        ("FROM <urn:g1> FROM <urn:g3>", 3),
        ("FROM <urn:g1> FROM <urn:g1>", 2),
        ("FROM <urn:g2>", 2),
        ("FROM <urn:g1> FROM <urn:g2> FROM NAMED <urn:g3>", 3),
    ],
)
def test_a_triple_of_several_graphs_counts_once(version, clauses, number):
    store = Store(str(version.folder / "triples"))
    store.update(f"INSERT DATA {{ {GRAPHS} }}")
    store.flush()
    del store
    query = f'SELECT (COUNT(*) AS ?n) ("FROM <urn:g9>" AS ?text) {clauses} {{ ?s ?p ?o }}'
    assert run_limited(version, query, 5).rows[0][0].value == str(number)
    named = (
        "SELECT (COUNT(*) AS ?n) FROM <urn:g1> FROM <urn:g2> FROM NAMED <urn:g3> { GRAPH ?g { ?s ?p ?o } }"
    )
    assert run_limited(version, named, 5).rows[0][0].value == "1"
