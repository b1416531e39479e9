import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import JSON, SPARQLWrapper

from kbqa.sparql.models import Graph, GraphQuestion
from searchapp.jobs.models import Job
from searchapp.jobs.runner import run_stages
from tests.kbqa.conftest import FILMS

COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"


def test_add_look_ask_edit_delete(api, transactional_db):
    upload = SimpleUploadedFile("films.ttl", FILMS.encode())
    added = api.post("/api/v1/graphs", {"source_kind": "file", "file": upload}, format="multipart")
    assert added.status_code == 201, added.data
    assert added.data["slug"] == "films"
    job = Job.objects.get(kind="load_graph")
    run_stages(job.pk, follow=True)
    assert api.get("/api/v1/graphs/films").data["triples"] == 38
    profile = api.get("/api/v1/graphs/films/profile").data
    assert {each["text"]: each["count"] for each in profile["classes"]} == {"film": 4, "person": 4, "city": 2}
    answer = api.get("/api/v1/graphs/films/ask", {"q": "who is the director of Silent Harbour?"}).data
    assert answer["rows"][0][0]["text"] == "Marta Oliveira"
    assert answer["readings"][0]["sparql"].startswith("PREFIX films: <http://films.example/>\nSELECT")
    assert answer["readings"][0]["steps"][0]["choice"] == "Silent Harbour"
    exported = b"".join(api.get("/api/v1/graphs/films/export")).decode()
    assert exported.count(" .\n") == 38
    assert '<http://films.example/f4> <http://www.w3.org/2000/01/rdf-schema#label> "Falcon" .' in exported
    edited = api.post("/api/v1/graphs/films/edit", {"add": "<urn:x> <urn:p> <urn:y> ."}, format="json")
    assert edited.data["triples"] == 39
    judged = api.patch(
        f"/api/v1/graph-questions/{answer['id']}",
        {"verdict": "bad", "correction": "SELECT ?x WHERE { ?x a ?c }"},
        format="json",
    )
    assert judged.data["verdict"] == "bad"
    assert api.delete("/api/v1/graphs/films").status_code == 202
    assert api.get("/api/v1/graphs/films").status_code == 404


@pytest.mark.parametrize(
    ("method", "address", "body", "status", "says"),
    [
        ("post", "", {"source_kind": "url"}, 400, "required"),
        ("post", "", {"source_kind": "url", "location": "ftp://a/b.ttl"}, 400, "https://"),
        ("post", "", {"source_kind": "url", "location": "http://127.0.0.1/b.ttl"}, 400, "private address"),
        ("post", "", {"source_kind": "repository", "location": "none"}, 400, "no indexed repository"),
        ("get", "/films/ask", {}, 400, "required"),
        ("get", "/films/ask", {"q": "x" * 3_000}, 400, "at most 2,000"),
        ("get", "/films/sparql", {"query": "SELEC"}, 400, "cannot be read"),
        (
            "get",
            "/films/sparql",
            {"query": "SELECT * { SERVICE <http://a/> { ?s ?p ?o } }"},
            400,
            "SERVICE is not allowed",
        ),
        ("get", "/none/export", {}, 404, ""),
        ("get", "/films/sparql", {"query": "DROP ALL"}, 400, "Graphs cannot be cleared"),
        ("post", "/films/edit", {"add": "<a> <b"}, 400, "cannot be read"),
        ("post", "/films/edit", {}, 400, "nothing to add"),
        ("get", "/none/ask", {"q": "x"}, 404, ""),
    ],
)
def test_mistakes_are_problems(api, load, method, address, body, status, says):
    load()
    response = getattr(api, method)(f"/api/v1/graphs{address}", body)
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert says in str(response.json())


@pytest.mark.parametrize(
    ("accept", "kind", "starts"),
    [
        ("application/sparql-results+json", "application/sparql-results+json", b'{"head"'),
        ("application/sparql-results+xml", "application/sparql-results+xml", b"<?xml"),
        ("text/csv", "text/csv", b"n\r\n38"),
        ("text/tab-separated-values;q=0.9, text/html", "text/tab-separated-values", b"?n\n38"),
        ("", "application/sparql-results+json", b'{"head"'),
    ],
)
def test_content_is_negotiated(client, load, accept, kind, starts):
    load()
    response = client.get("/api/v1/graphs/films/sparql", {"query": COUNT}, headers={"accept": accept})
    assert response["Content-Type"].startswith(kind)
    assert response.content.startswith(starts)


def test_prefixes_of_the_graph_need_not_be_declared(client, load):
    load()
    found = client.get(
        "/api/v1/graphs/films/sparql",
        {"query": "SELECT ?y { films:f4 films:year ?y }"},
        headers={"accept": "text/csv"},
    )
    assert found.content == b"y\r\n1988\r\n"


def test_prefixes_that_were_set_outlive_a_load_whatever_its_file_declares(load):
    graph = load()
    Graph.objects.filter(pk=graph.pk).update(
        prefixes={"rdfs": "http://set.example/", "mine": "http://films.example/"}
    )
    many = "".join(f"@prefix p{number}: <http://p{number}.example/> .\n" for number in range(80))
    load(
        f"@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n{many}"
        "<http://films.example/f1> rdfs:label 'x' ."
    )
    graph.refresh_from_db()
    assert (graph.prefixes["rdfs"], graph.prefixes["mine"]) == (
        "http://set.example/",
        "http://films.example/",
    )


def test_graphs_service_description_and_direct_post(client, load):
    load()
    turtle = client.get(
        "/api/v1/graphs/films/sparql",
        {"query": "CONSTRUCT WHERE { ?s a ?c }"},
        headers={"accept": "text/turtle"},
    )
    assert turtle["Content-Type"].startswith("text/turtle")
    assert "sd:Service" in client.get("/api/v1/graphs/films/sparql").content.decode()
    direct = client.post("/api/v1/graphs/films/sparql", COUNT, content_type="application/sparql-query")
    assert direct.json()["results"]["bindings"][0]["n"]["value"] == "38"


def test_rdflib_and_sparqlwrapper_work_unchanged(live_server, load):
    load()
    address = f"{live_server.url}/api/v1/graphs/films/sparql"
    store = SPARQLStore(address)
    assert int(next(iter(store.query(COUNT)))[0]) == 38
    wrapper = SPARQLWrapper(address, returnFormat=JSON)
    wrapper.setQuery(COUNT)
    assert wrapper.queryAndConvert()["results"]["bindings"][0]["n"]["value"] == "38"
    wrapper.setMethod("POST")
    assert wrapper.queryAndConvert()["results"]["bindings"][0]["n"]["value"] == "38"


def test_long_queries_are_stopped(client, load, settings):
    load()
    settings.GRAPH_QUERY_TIMEOUT_MS = 700
    endless = "SELECT (COUNT(*) AS ?n) WHERE { " + " ".join(f"?a{i} ?b{i} ?c{i} ." for i in range(12)) + " }"
    response = client.get("/api/v1/graphs/films/sparql", {"query": endless})
    assert response.status_code == 503
    assert "was stopped" in response.json()["detail"]


ADDRESS = "/api/v1/graphs/films/sparql"


@pytest.fixture
def films(load):
    return load()


def test_what_is_no_text_is_a_bad_request(client, films):
    for query in ("ASK%20%7B%7D%00", "ASK%20%7B%7D%23%FF", "%ED%A0%80", "%00"):
        assert client.get(f"{ADDRESS}?query={query}").status_code == 400
    for body in (b"ASK {} # \xff", b"ASK {} # \xed\xa0\x80", b"ASK {} \0"):
        assert client.post(ADDRESS, body, content_type="application/sparql-query").status_code == 400
        form = b"query=" + body.replace(b" ", b"+").replace(b"#", b"%23")
        kind = "application/x-www-form-urlencoded"
        assert client.post(ADDRESS, form, content_type=kind).status_code == 400


def test_the_editor_and_the_api_refuse_alike(client, films):
    query = "SELECT * { BIND('''it's \" ''' AS ?z) SERVICE <http://127.0.0.1:9/> { ?a ?b ?c } # '\n}"
    told = client.get(ADDRESS, {"query": query})
    assert told.status_code == 400
    page = client.get(f"{films.get_absolute_url()}/query", {"query": query})
    for words in ("SERVICE is not allowed", "line 1, column 38"):
        assert words in told.json()["detail"]
        assert words in page.content.decode()


def test_too_many_at_once_are_told_when_to_come_again(client, films, settings):
    settings.GRAPH_QUERY_PROCESSES = 0
    response = client.get(ADDRESS, {"query": "ASK {}"})
    assert response.status_code == 503
    assert response["Retry-After"]


def test_long_results_are_cut_and_say_so(client, load, settings):
    load()
    settings.GRAPH_MAX_ROWS = 5
    response = client.get("/api/v1/graphs/films/sparql", {"query": "SELECT * WHERE { ?s ?p ?o }"})
    assert len(response.json()["results"]["bindings"]) == 5
    assert response["X-Result-Cut"] == "true"


def test_visitors_read_and_do_not_write(client, load, settings):
    load()
    assert client.post("/api/v1/graphs/films/edit", {"add": "<urn:x> <urn:p> <urn:y> ."}).status_code in (
        401,
        403,
    )
    settings.ANONYMOUS_READ = False
    Graph.objects.update(visibility="signed-in")
    assert client.get("/api/v1/graphs/films/ask", {"q": "x"}).status_code in (401, 403)
    assert client.post("/api/v1/graphs/films/sparql", {"query": COUNT}).status_code in (401, 403)


def test_judged_questions_become_examples(client, load, staff):
    from kbqa.questions.selectors import training_examples

    graph = load()
    client.get("/graphs/films", {"q": "who is the director of Falcon?"})
    kept = GraphQuestion.objects.get(graph=graph)
    client.force_login(staff)
    client.post(f"/graphs/films/questions/{kept.link}", {"verdict": "good"})
    assert training_examples(GraphQuestion.objects.all()) == [
        {"graph": "films", "question": kept.text, "sparql": kept.sparql}
    ]
    assert Graph.objects.count() == 1


def test_a_question_comes_with_its_answer_as_it_was_given(api, load):
    load()
    given = api.get("/api/v1/graphs/films/ask", {"q": "who is the director of Silent Harbour?"}).json()
    question = api.get(f"/api/v1/graph-questions/{given['id']}").json()
    assert question["answer"] == given
    assert question["text"] == "who is the director of Silent Harbour?"
    assert "answer" not in api.get("/api/v1/graph-questions").json()["results"][0]
    GraphQuestion.objects.update(answer=None)
    assert api.get(f"/api/v1/graph-questions/{given['id']}").json()["answer"] is None
    assert api.get(f"/api/v1/graph-questions/{given['id']}/readings/0").status_code == 404


def test_a_reading_of_a_question_is_run(api, load):
    load()
    given = api.get("/api/v1/graphs/films/ask", {"q": "who is the director of Silent Harbour?"}).json()
    address = f"/api/v1/graph-questions/{given['id']}/readings"
    best = api.get(f"{address}/0").json()
    assert best == {name: given[name] for name in ("columns", "rows", "holds", "cut")}
    assert api.get(f"{address}/1/").status_code == 200
    assert api.get(f"{address}/99").status_code == 404
    assert GraphQuestion.objects.count() == 1


def test_a_node_comes_with_its_edges(api, load):
    load()
    node = api.get("/api/v1/graphs/films/node", {"iri": "http://films.example/p1"}).json()
    assert (node["name"], node["cut"], node["code"]) == ("Marta Oliveira", False, "")
    assert ["birth Place", "Porto"] in [[cell["text"] for cell in row] for row in node["leaving"]]
    assert api.get("/api/v1/graphs/films/node", {"iri": "http://films.example/none"}).status_code == 404
    assert api.get("/api/v1/graphs/films/node", {"iri": "no iri"}).status_code == 400


def test_the_work_on_a_graph_is_told(api, load):
    load()
    told = api.get("/api/v1/graphs/films/status").json()
    assert told["ready"] is True
    assert told["job"]["state"] == "succeeded"


def test_a_graph_is_opened_once_in_a_request(api, client, load, monkeypatch):
    from kbqa.sparql.answer import registry

    opened = []
    live_graph = registry.live_graph
    monkeypatch.setattr(registry, "live_graph", lambda version: opened.append(1) or live_graph(version))
    load()
    asked = {"q": "who is the director of Silent Harbour?"}
    answer = client.get("/graphs/films", asked).headers["Location"]
    addresses = (
        ("/graphs/films", {}, 1),
        ("/graphs/films", asked, 1),
        (answer, {}, 0),
        (answer, {"reading": "1"}, 1),
        ("/graphs/films/query", {"query": "ASK { ?s ?p ?o }"}, 1),
        ("/graphs/films/node", {"iri": "http://films.example/p1"}, 1),
        ("/api/v1/graphs/films/ask", asked, 1),
        ("/api/v1/graphs/films/node", {"iri": "http://films.example/p1"}, 1),
    )
    for address, given, times in addresses:
        opened.clear()
        assert client.get(address, given).status_code in (200, 302)
        assert len(opened) == times, address
