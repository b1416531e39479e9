"""The SPARQL 1.1 Protocol: the W3C's tests of queries, media types, other origins, and all rows."""

import json
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from pyoxigraph import QueryResultsFormat, RdfFormat, parse, parse_query_results

from kbqa.sparql.stores import QueryError, guarded
from searchapp.admission import Work, kind_of
from searchapp.audit.models import Entry

DATA = "http://kasei.us/2009/09/sparql/data/data"
DOCUMENTS = "".join(
    f"<{DATA}{number}.rdf> {{ <{DATA}{number}.rdf> a <http://xmlns.com/foaf/0.1/Document> }} "
    for number in (1, 2, 3)
)
ADDRESS = "/api/v1/graphs/films/sparql"
QUERY, FORM = "application/sparql-query", "application/x-www-form-urlencoded"
D1, D2, D3 = (f"{DATA}{number}.rdf" for number in (1, 2, 3))
BOTH = f"ASK {{ <{D1}> a ?type . <{D2}> a ?type . }}"
IN_GRAPHS = f"GRAPH ?g1 {{ <{D1}> a ?type }} GRAPH ?g2 {{ <{D2}> a ?type }}"


@pytest.fixture
def documents(load):
    return load(DOCUMENTS, name="films", suffix=".trig")


@pytest.fixture
def films(load):
    return load()


def address(**parameters) -> str:
    return f"{ADDRESS}?{urlencode(parameters, doseq=True)}"


NAMED = {"named-graph-uri": [D1, D2]}
POSTS = {
    "query_post_form": (address(), "query=ASK%20%7B%7D", FORM, True),
    "query_post_direct": (address(), "ASK {}", QUERY, True),
    "query_dataset_default_graphs_post": (address(**{"default-graph-uri": [D1, D2]}), BOTH, QUERY, True),
    "query_dataset_named_graphs_post": (address(**NAMED), f"ASK {{ {IN_GRAPHS} }}", QUERY, True),
    "query_dataset_full": (
        address(**NAMED, **{"default-graph-uri": D3}),
        f"ASK {{ <{D3}> a ?type {IN_GRAPHS} }}",
        QUERY,
        True,
    ),
    "query_multiple_dataset": (
        address(**NAMED),
        f"ASK FROM <{D3}> {{ {IN_GRAPHS} FILTER NOT EXISTS {{ <{D3}> a ?t }} }}",
        QUERY,
        True,
    ),
    "query_multiple_dataset of other graphs": (
        address(**{"default-graph-uri": D2}),
        f"ASK FROM <{D1}> {{ <{D1}> ?p ?o }}",
        QUERY,
        False,
    ),
    "in the form": (
        address(),
        urlencode({"query": f"ASK {{ <{D1}> ?p ?o }}", "default-graph-uri": D2}),
        FORM,
        False,
    ),
}


def test_w3c_queries_by_post(client, documents):
    for name, (where, body, kind, expected) in POSTS.items():
        response = client.post(where, body, content_type=kind)
        assert (response.status_code, response.json()["boolean"]) == (200, expected), name


GETS = [
    ({"query": "ASK {}"}, True),
    ({"query": "ASK {}", "default-graph-uri": f"{DATA}0.rdf"}, True),
    ({"query": BOTH, "default-graph-uri": [D1, D2]}, True),
    ({"query": BOTH, "default-graph-uri": [D1]}, False),
    ({"query": f"ASK {{ {IN_GRAPHS} }}", **NAMED}, True),
    ({"query": f"ASK {{ {IN_GRAPHS} }}", "named-graph-uri": [D1]}, False),
    ({"query": "ASK { ?s ?p ?o }", **NAMED}, False),
    ({"query": "ASK { GRAPH ?g { ?s ?p ?o } }", "default-graph-uri": D1}, False),
    ({"query": "ASK { ?s ?p ?o }", "default-graph-uri": "http://nowhere/"}, False),
]


def test_w3c_queries_by_get(client, documents):
    for parameters, expected in GETS:
        response = client.get(address(**parameters))
        assert (response.status_code, response.json()["boolean"]) == (200, expected), (parameters, expected)


KINDS = [
    ("SELECT (1 AS ?value) {}", "application/sparql-results+json"),
    ("ASK {}", "application/sparql-results+json"),
    ("DESCRIBE <http://example.org/>", "text/turtle"),
    ("CONSTRUCT { <s> <p> 1 } WHERE {}", "text/turtle"),
]


def test_w3c_media_types_of_results(client, documents):
    for query, kinds in KINDS:
        response = client.post(ADDRESS, query, content_type=QUERY)
        assert (response.status_code, response["Content-Type"]) == (200, f"{kinds}; charset=utf-8"), (
            query,
            kinds,
        )


BAD = {
    "bad_query_method": ("put", address(query="ASK {}"), "", FORM, 405),
    "bad_multiple_queries": ("get", address(query=["ASK {}", "SELECT * {}"]), None, None, 400),
    "bad_query_wrong_media_type": ("post", ADDRESS, "ASK {}", "text/plain", 415),
    "bad_query_missing_form_type": ("post", ADDRESS, "query=ASK%20%7B%7D", "", 415),
    "bad_query_missing_direct_type": ("post", ADDRESS, "ASK {}", "", 415),
    "bad_query_non_utf8": ("post", ADDRESS, "ASK {}", f"{QUERY}; charset=UTF-16", 400),
    "bad_query_syntax": ("get", address(query="ASK {"), None, None, 400),
    "bad_update_get": ("get", address(update="CLEAR ALL"), None, None, 400),
    "several in a form": ("post", ADDRESS, "query=ASK%20%7B%7D&query=ASK%20%7B%7D", FORM, 400),
    "an update as a query": ("get", address(query="INSERT DATA { <urn:a> <urn:b> 1 }"), None, None, 400),
    "an update in a form": ("post", ADDRESS, urlencode({"update": "CLEAR ALL"}), FORM, 400),
    "no query in a form": ("post", ADDRESS, "", FORM, 400),
    "no query as the body": ("post", ADDRESS, " \n", QUERY, 400),
    "an empty query": ("get", address(query=""), None, None, 400),
    "a graph that is no IRI": (
        "get",
        address(**{"query": "ASK {}", "named-graph-uri": "a b"}),
        None,
        None,
        400,
    ),
}


def test_w3c_requests_that_are_refused(client, documents):
    for name, (method, where, body, kind, status) in BAD.items():
        sent = {} if body is None else {"data": body, "content_type": kind}
        response = getattr(client, method)(where, **sent)
        assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json"), name


TABLE, TRIPLES = "SELECT ?y { ?f films:year ?y }", "CONSTRUCT WHERE { ?f films:year ?y }"


LIKED = [
    (TABLE, "text/xml", "text/xml"),
    (TABLE, "text/*", "text/csv"),
    (TABLE, "application/*", "application/sparql-results+json"),
    (TABLE, "*/*", "application/sparql-results+json"),
    (TABLE, "application/sparql-results+json;q=0, */*;q=0.1", "application/json"),
    (TABLE, "text/csv;q=0, text/*", "text/xml"),
    (TABLE, "*/*;q=0.1, text/csv", "text/csv"),
    (TABLE, "text/html, application/xml;q=0.9, */*;q=0.8", "application/xml"),
    (TABLE, "application/pdf, text/tab-separated-values;q=0.2", "text/tab-separated-values"),
    (TRIPLES, "text/*", "text/turtle"),
    (TRIPLES, "text/n3", "text/n3"),
    (TRIPLES, "text/xml", "text/xml"),
    (TRIPLES, "application/json", "application/json"),
    (TRIPLES, "application/sparql-results+json, text/turtle;q=0.5", "text/turtle"),
]


def test_the_form_that_is_liked_best_is_given(client, films):
    for query, accept, kind in LIKED:
        response = client.get(ADDRESS, {"query": query}, headers={"accept": accept})
        assert (response.status_code, response["Content-Type"]) == (200, f"{kind}; charset=utf-8"), (
            query,
            accept,
            kind,
        )


NOT_TO_BE_HAD = [
    (TABLE, "image/png"),
    (TABLE, "text/turtle"),
    (TABLE, "*/*;q=0"),
    (TABLE, "text/csv;q=0"),
    (TRIPLES, "text/csv"),
    ("ASK {}", "text/html"),
    (None, "text/csv"),
]


def test_what_cannot_be_had_is_not_acceptable_and_says_what_can(client, films):
    for query, accept in NOT_TO_BE_HAD:
        given = {} if query is None else {"query": query}
        response = client.get(ADDRESS, given, headers={"accept": accept})
        assert response.status_code == 406, (query, accept)
        says = "application/sparql-results+json" if query in (TABLE, "ASK {}") else "text/turtle"
        assert says in response.json()["detail"]


def test_the_service_description_has_the_form_that_is_asked_for(client, films):
    response = client.get(ADDRESS, headers={"accept": "application/n-triples"})
    assert response["Content-Type"].startswith("application/n-triples")
    told = {quad.object.value for quad in parse(response.content, format=RdfFormat.N_TRIPLES)}
    assert "http://testserver/api/v1/graphs/films/sparql" in told
    assert "http://www.w3.org/ns/sparql-service-description#SPARQL11Query" in told


def test_a_query_that_takes_too_long_is_no_mistake_of_who_wrote_it(client, films, settings):
    settings.GRAPH_QUERY_TIMEOUT_MS = 1
    response = client.get(ADDRESS, {"query": "ASK {}"})
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "Try again later" in response.json()["detail"]
    assert "errors" not in response.json()


ORIGIN = {"origin": "https://app.example"}
PREFLIGHT = ORIGIN | {"access-control-request-method": "POST"}


@pytest.mark.parametrize("origins", [["https://app.example", "https://other.example"], ["*"]])
def test_scripts_of_origins_that_are_set_read_results_and_errors(client, films, settings, origins):
    settings.SPARQL_CORS_ORIGINS = origins
    allowed = "*" if origins == ["*"] else "https://app.example"
    for query, status in (("ASK {}", 200), ("SELEC", 400)):
        response = client.get(ADDRESS, {"query": query}, headers=ORIGIN)
        assert (response.status_code, response["Access-Control-Allow-Origin"]) == (status, allowed)
        assert "Origin" in response["Vary"]
        assert "Access-Control-Allow-Credentials" not in response
    asked = client.options(ADDRESS, headers=PREFLIGHT)
    assert (asked.status_code, asked["Access-Control-Allow-Origin"]) == (204, allowed)
    assert "POST" in asked["Access-Control-Allow-Methods"]
    for header in ("Authorization", "Content-Type"):
        assert header in asked["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("origins", [[], ["https://other.example"], ["https://app.example.org"]])
def test_scripts_of_no_other_origin_read_anything(client, films, settings, origins):
    settings.SPARQL_CORS_ORIGINS = origins
    for response in (
        client.get(ADDRESS, {"query": "ASK {}"}, headers=ORIGIN),
        client.options(ADDRESS, headers=PREFLIGHT),
    ):
        assert not [name for name in response.headers if name.startswith("Access-Control")]


def whole(response) -> bytes:
    return b"".join(response.streaming_content)


@pytest.mark.parametrize(
    "accept", ["application/sparql-results+json", "text/csv", "text/tab-separated-values", "text/xml"]
)
def test_all_rows_are_given_to_who_asks_for_all(client, films, settings, accept):
    query = "SELECT * { ?s ?p ?o . ?a ?b ?c } ORDER BY ?s ?p ?o ?a ?b ?c"
    settings.GRAPH_MAX_ROWS = 2_000
    at_once = client.get(ADDRESS, {"query": query}, headers={"accept": accept})
    settings.GRAPH_MAX_ROWS = 5
    part = client.get(ADDRESS, {"query": query}, headers={"accept": accept})
    assert part["X-Result-Cut"] == "true"
    response = client.get(ADDRESS, {"query": query, "all": "true"}, headers={"accept": accept})
    assert response["Content-Type"] == at_once["Content-Type"]
    body = whole(response)
    assert body == at_once.content
    assert len(body) > 100_000


def test_triples_are_streamed_with_their_prefixes(client, films, settings):
    settings.GRAPH_MAX_ROWS = 1
    for accept, form in (("text/turtle", RdfFormat.TURTLE), ("application/rdf+xml", RdfFormat.RDF_XML)):
        query = {"query": "CONSTRUCT WHERE { ?s ?p ?o }", "all": "1"}
        body = whole(client.get(ADDRESS, query, headers={"accept": accept}))
        assert len(set(parse(body, format=form))) == 38
        assert b"http://films.example/" in body.split(b"\n\n")[0]


def test_results_beyond_the_limits_break_off_and_are_not_taken_for_whole(client, films, settings):
    settings.GRAPH_EXPORT_ROWS = 3
    asked = {"query": "SELECT * { ?s ?p ?o }", "all": "true"}
    received: list[bytes] = []
    with pytest.raises(QueryError, match="more than 3 results"):
        received.extend(client.get(ADDRESS, asked).streaming_content)
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(b"".join(received))
    assert Entry.objects.filter(action=Entry.Action.GRAPH_QUERY).latest("pk").outcome != Entry.Outcome.DONE


def test_all_rows_of_what_is_wrong_are_an_error_at_once(client, films, settings):
    for query, says in (("SELEC", "cannot be read"), ("SELECT (<urn:f>(1) AS ?x) {}", "not supported")):
        response = client.get(ADDRESS, {"query": query, "all": "true"})
        assert response.status_code == 400
        assert says in response.json()["detail"]
    response = client.get(ADDRESS, {"query": TABLE, "all": "true"}, headers={"accept": "image/png"})
    assert response.status_code == 406
    settings.GRAPH_QUERY_TIMEOUT_MS = 1
    assert client.get(ADDRESS, {"query": TABLE, "all": "true"}).status_code == 503


def test_streams_have_places_of_their_own_and_give_them_back(client, films, settings, monkeypatch):
    settings.GRAPH_EXPORT_PROCESSES = 1
    monkeypatch.setattr(guarded, "_WAIT_FOR_PLACE", 0.01)
    asked = {"query": "SELECT * { ?s ?p ?o . ?a ?b ?c . ?d ?e ?f }", "all": "true"}
    open_one = client.get(ADDRESS, asked)
    next(open_one.streaming_content)
    assert client.get(ADDRESS, asked).status_code == 503
    assert client.get(ADDRESS, {"query": "ASK {}"}).status_code == 200
    open_one.close()
    assert whole(client.get(ADDRESS, {"query": "ASK {}", "all": "true"}))


def test_all_rows_are_a_transfer_and_keep_no_query_waiting():
    path = reverse("graph-sparql", args=["films"])
    assert kind_of("GET", path, "query=ASK%7B%7D") == Work.STATEMENTS
    assert kind_of("POST", path, "all=true") == Work.TRANSFERS


def test_columns_stand_in_the_order_of_the_query(client, films):
    query = "SELECT * { ?work films:year ?number . OPTIONAL { ?work films:genre ?kind } }"
    for accept, starts in (
        ("text/csv", b"work,number,kind\r\n"),
        ("text/tab-separated-values", b"?work\t?number\t?kind\n"),
    ):
        assert client.get(ADDRESS, {"query": query}, headers={"accept": accept}).content.startswith(starts)
    told = client.get(ADDRESS, {"query": query}, headers={"accept": "application/sparql-results+xml"}).content
    names = [each.value for each in parse_query_results(told, format=QueryResultsFormat.XML).variables]
    assert names == ["work", "number", "kind"]
    assert client.get(ADDRESS, {"query": query}).json()["head"]["vars"] == names


def test_triples_in_turtle_have_the_prefixes_that_they_use(client, films):
    pattern = "CONSTRUCT { ?f a mine:Document ; films:year ?y } { ?f films:year ?y }"
    query = f"PREFIX mine: <http://xmlns.com/foaf/0.1/> {pattern}"
    told = client.get(ADDRESS, {"query": query}, headers={"accept": "text/turtle"}).content.decode()
    assert "mine:Document" in told
    assert "@prefix films: <http://films.example/>" in told
    assert "films:year" in told
    assert "@prefix skos" not in told
    assert len(list(parse(told, format=RdfFormat.TURTLE))) == 8
