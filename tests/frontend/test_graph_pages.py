import re

import pytest

pytestmark = pytest.mark.django_db


def test_without_graphs_the_page_says_what_to_do(client, staff):
    assert "No graph has been added yet" in client.get("/graphs").content.decode()
    client.force_login(staff)
    assert "/graphs/add" in client.get("/graphs").content.decode()
    form = client.post("/graphs/add", {"source_kind": "file"})
    assert form.status_code == 422
    assert "This is needed for the chosen source" in form.content.decode()


def test_a_graph_shows_what_is_in_it(client, load):
    load()
    page = client.get("/graphs/films").content.decode()
    assert "birth place" in page
    assert "/api/v1/graphs/films/sparql" in page


def test_an_answer_shows_query_readings_and_decisions(client, load):
    load()
    page = client.get(
        "/graphs/films", {"q": "who is the director of Silent Harbour?"}, follow=True
    ).content.decode()
    assert "Marta Oliveira</a>" in page
    assert "SELECT DISTINCT" in page
    assert "How it was decided" in page
    other = client.get(
        "/graphs/films", {"q": "who is the director of Silent Harbour?", "reading": "1"}, follow=True
    ).content.decode()
    assert 'aria-current="true"' in other
    assert "Sign in</a> to say whether this is right." in page


def test_questions_and_names_are_escaped(client, load):
    named = '<http://x.example/b> <http://www.w3.org/2000/01/rdf-schema#label> "<script>alert(1)</script>" .'
    load(f"<http://x.example/a> <http://x.example/p> <http://x.example/b> . {named}")
    page = client.get(
        "/graphs/films", {"q": "what is the p of a <script>alert(2)</script>"}, follow=True
    ).content.decode()
    assert "<script>alert" not in page
    assert (
        "<script>alert"
        not in client.get("/graphs/films/node", {"iri": "http://x.example/b"}).content.decode()
    )


def test_mistakes_are_explained(client, load):
    load()
    assert client.get("/graphs/films", {"q": "x" * 3_000}).status_code == 422
    page = client.get("/graphs/films/query", {"query": "SELECT nonsense"})
    assert page.status_code == 422
    assert "cannot be read" in page.content.decode()
    assert client.get("/graphs/films/node", {"iri": "not an iri"}).status_code == 404
    assert client.get("/graphs/none").status_code == 404


def test_queries_run_and_nodes_lead_on(client, load):
    load()
    rows = client.get(
        "/graphs/films/query", {"query": "SELECT ?s WHERE { ?s a <http://films.example/City> }"}
    ).content.decode()
    assert "2 rows" in rows
    assert "/graphs/films/node?iri=http%3A%2F%2Ffilms.example%2Fc1" in rows
    node = client.get("/graphs/films/node", {"iri": "http://films.example/p1"}).content.decode()
    assert "What has it" in node
    assert "Silent Harbour" in node
    assert "Yes" in client.get("/graphs/films/query", {"query": "ASK { ?s ?p ?o }"}).content.decode()


def test_staff_load_again_and_delete(client, load, staff):
    load()
    assert client.post("/graphs/films/delete").status_code == 302
    assert "/sign-in" in client.post("/graphs/films/delete").headers["Location"]
    client.force_login(staff)
    assert client.post("/graphs/films/load").headers["Location"] == "/graphs/films"
    assert client.post("/graphs/films/delete").headers["Location"] == "/graphs"


ADDRESS = """
@prefix : <http://firm.example/> .
:Ann_Lee :livesAt [ :street "Main Street 5" ; :city "Porto" ] ; :bodyWeightKg 61 .
"""


def test_a_blank_node_is_shown_by_what_it_holds_and_has_a_page(client, load):
    load(ADDRESS, name="firm")
    page = client.get("/graphs/firm/node", {"iri": "http://firm.example/Ann_Lee"}).content.decode()
    assert ">Main Street 5, Porto</a>" in page
    assert ">61 kg<" in page
    address = re.search(r'href="(/graphs/firm/node\?iri=_%3A[^"]+)"', page)
    node = client.get(address[1]).content.decode()
    assert "<h1>Main Street 5, Porto</h1>" in node
    assert "Ann Lee" in node
    query = {"query": "SELECT ?x WHERE { ?a <http://firm.example/livesAt> ?x }"}
    rows = client.get("/graphs/firm/query", query).content.decode()
    assert ">Main Street 5, Porto</a>" in rows
    for shown in (page, node, rows):
        assert ">_:" not in shown
    assert client.get("/graphs/firm/node", {"iri": "_:gone"}).status_code == 404
    assert client.get("/graphs/firm/node", {"iri": "_:"}).status_code == 404
