"""The same state has the same status at every door: pages, API and commands."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import OperationalError
from rest_framework.test import APIClient
from sqlalchemy.engine import make_url

from kbqa.sparql.answer import registry
from kbqa.sparql.models import Graph
from kbqa.sparql.sources.services import add_graph
from kbqa.sparql.stores import StoreError
from kbqa.sql.sources.services import add_database
from kbqa.sql.stores.connections import ConnectError, engine_at
from searchapp.encoders import EncoderError
from tests.kbqa.conftest import FILMS, load
from tests.kbqa.sql.conftest import connect, shop_file

__all__ = ["connect", "load", "shop_file"]

PROBLEM = "application/problem+json"
GRAPH = [
    ("page", "/graphs/films", {"q": "who made Falcon?"}),
    ("api", "/api/v1/graphs/films/ask/", {"q": "who made Falcon?"}),
    ("command", "ask_graph", ("films", "who made Falcon?")),
]
GRAPH_QUERY = [
    ("page", "/graphs/films/query", {"query": "ASK { ?s ?p ?o }"}),
    ("api", "/api/v1/graphs/films/sparql", {"query": "ASK { ?s ?p ?o }"}),
]
GRAPH_READ = [
    ("page", "/graphs/films/node", {"iri": "http://films.example/f1"}),
    ("api", "/api/v1/graphs/films/profile/", {}),
    ("api", "/api/v1/graphs/films/export/", {}),
]
DATABASE = [
    ("page", "/databases/shop", {"q": "how many cities are there?"}),
    ("api", "/api/v1/databases/shop/ask/", {"q": "how many cities are there?"}),
    ("command", "ask_database", ("shop", "how many cities are there?")),
]
DATABASE_QUERY = [
    ("page", "/databases/shop/query", {"sql": "SELECT 1"}),
    ("post", "/api/v1/databases/shop/query/", {"sql": "SELECT 1"}),
]
CODE = [("page", "/", {"q": "x"}), ("api", "/api/v1/code/search", {"q": "x"})]


@pytest.fixture
def doors(admin_client, admin_user, capsys):
    """Go through doors and check what each answers: status, message, `Retry-After` and the API's field."""
    api = APIClient()
    api.force_authenticate(admin_user)

    def check(places, status, message, *, again=False, field=""):
        for kind, address, given in places:
            if kind == "command":
                with pytest.raises(CommandError, match=message):
                    call_command(address, *given)
                continue
            if kind == "page":
                response = admin_client.get(address, given)
                assert message in response.content.decode(), address
            else:
                method = api.post if kind == "post" else api.get
                response = method(address, given, **({"format": "json"} if kind == "post" else {}))
                assert response.headers["Content-Type"].startswith(PROBLEM), address
                body = response.json()
                assert message in str(body.get("errors", {}).get(field, [body["detail"]])[0]), address
            wanted = 400 if status == 422 and kind != "page" else status
            assert response.status_code == wanted, address
            assert response.headers.get("Retry-After") == ("5" if again else None), address

    return check


def raising(error):
    def fail(*_, **__):
        raise error

    return fail


@pytest.fixture
def unloaded(transactional_db, tmp_path, shop_file):
    """A graph and a database whose first jobs wait."""
    path = tmp_path / "films.ttl"
    path.write_text(FILMS)
    add_graph(name="films", source_kind="file", location=str(path), trusted=True)
    add_database(name="shop", source_kind="file", location=str(shop_file))


def test_what_is_not_loaded_yet_is_409(unloaded, doors):
    doors([*GRAPH, *GRAPH_QUERY, *GRAPH_READ], 409, "films has not been loaded yet.", again=True)
    edit = [("post", "/api/v1/graphs/films/edit/", {"add": "<urn:a> <urn:b> <urn:c> ."})]
    doors(edit, 409, "films has not been loaded yet.", again=True)


def test_what_is_not_scanned_yet_is_409(unloaded, doors):
    described = [("post", "/api/v1/databases/shop/describe/", {"table": "city", "description": "Towns."})]
    read = [("api", "/api/v1/databases/shop/schema/", {})]
    doors([*DATABASE, *DATABASE_QUERY, *described, *read], 409, "shop has not been scanned yet.", again=True)


def test_a_page_about_what_is_not_loaded_yet_is_there(unloaded, admin_client):
    assert admin_client.get("/graphs/films").status_code == 200
    assert admin_client.get("/databases/shop").status_code == 200


def test_a_verdict_before_the_scan_is_409(unloaded, admin_client, admin_user):
    from kbqa.sql.models import Database, DatabaseQuestion

    database = Database.objects.get()
    kept = DatabaseQuestion.objects.create(database=database, text="x", sql="", confidence=0, milliseconds=0)
    verdict = {"verdict": "bad", "correction": "SELECT 1"}
    page = admin_client.post(f"/databases/shop/questions/{kept.link}", verdict)
    api = APIClient()
    api.force_authenticate(admin_user)
    answer = api.patch(f"/api/v1/database-questions/{kept.link}/", verdict, format="json")
    assert (page.status_code, answer.status_code) == (409, 409)
    note = admin_client.post("/databases/shop/describe?table=city", {"description": "Towns."})
    assert note.status_code == 409


def test_a_store_that_is_away_is_503(load, doors, monkeypatch):
    load()
    error = StoreError("The graph's folder cannot be opened.", transient=True)
    registry._open.clear()
    monkeypatch.setattr("kbqa.sparql.answer.registry._store", raising(error))
    doors([*GRAPH, *GRAPH_QUERY, GRAPH_READ[0], GRAPH_READ[1]], 503, "folder cannot be opened", again=True)


def test_a_store_that_stays_away_does_not_say_when_to_try_again(load, doors, monkeypatch):
    load()
    registry._open.clear()
    monkeypatch.setattr("kbqa.sparql.answer.registry._store", raising(StoreError("It refuses access.")))
    doors([*GRAPH, *GRAPH_QUERY], 503, "It refuses access.")


def test_a_database_that_is_away_is_503(connect, doors, monkeypatch):
    connect()
    error = ConnectError("The server does not answer.", transient=True)
    monkeypatch.setattr("kbqa.sql.stores.databases.engine_of", raising(error))
    doors([*DATABASE, *DATABASE_QUERY], 503, "The server does not answer.", again=True)


def test_a_server_that_cannot_be_reached_is_503(connect, doors, monkeypatch):
    connect()
    nowhere = engine_at(make_url("postgresql+psycopg://nobody@127.0.0.1:9/nothing?connect_timeout=2"))
    monkeypatch.setattr("kbqa.sql.stores.databases.engine_of", lambda *_, **__: nowhere)
    doors([*DATABASE, *DATABASE_QUERY], 503, "The database cannot be reached", again=True)


def test_a_file_that_is_gone_is_503(connect, doors, shop_file):
    connect()
    shop_file.unlink()
    doors([*DATABASE, *DATABASE_QUERY], 503, "The file shop.sqlite is gone.")


@pytest.mark.parametrize("transient", [False, True])
def test_a_model_that_cannot_be_loaded_is_503(load, connect, doors, monkeypatch, transient):
    load()
    connect()
    error = EncoderError("The model cannot be loaded.", transient=transient)
    monkeypatch.setattr("kbqa.sparql.answer.registry.load_decoder", raising(error))
    monkeypatch.setattr("kbqa.sql.decoder.load_decoder", raising(error))
    monkeypatch.setattr("frontend.views.search.search", raising(error))
    monkeypatch.setattr("codesearch.api.views.search", raising(error))
    doors([*GRAPH, *DATABASE, *CODE], 503, "The model cannot be loaded.", again=transient)


def test_an_outage_of_postgresql_is_503(load, connect, doors, monkeypatch):
    load()
    connect()
    error = OperationalError("server closed the connection unexpectedly")
    monkeypatch.setattr("kbqa.sparql.sources.services.ask", raising(error))
    monkeypatch.setattr("kbqa.sql.sources.services.ask", raising(error))
    monkeypatch.setattr("frontend.views.search.search", raising(error))
    monkeypatch.setattr("codesearch.api.views.search", raising(error))
    doors([*GRAPH, *DATABASE, *CODE], 503, "The database or the queue is away right now.", again=True)


def test_input_that_cannot_be_understood_is_422_and_400(load, connect, doors):
    load()
    connect()
    long = "x" * 3_000
    asked = [
        ("page", "/graphs/films", {"q": long}),
        ("command", "ask_graph", ("films", long)),
        ("page", "/databases/shop", {"q": long}),
        ("command", "ask_database", ("shop", long)),
    ]
    doors(asked, 422, "A question has at most 2,000 characters")
    column = [
        ("page", "/databases/shop", {"q": "how many?", "column": "city.none"}),
        ("api", "/api/v1/databases/shop/ask/", {"q": "how many?", "column": "city.none"}),
        ("command", "ask_database", ("shop", "how many?", "--column", "city.none")),
    ]
    doors(column, 422, "There is no column city.none.", field="q")
    query = [
        ("page", "/graphs/films/query", {"query": "SELECT"}),
        ("api", "/api/v1/graphs/films/sparql", {"query": "SELECT"}),
    ]
    doors(query, 422, "This cannot be read: it ends too early", field="query")
    sql = [
        ("page", "/databases/shop/query", {"sql": "DELETE FROM city"}),
        ("post", "/api/v1/databases/shop/query/", {"sql": "DELETE FROM city"}),
    ]
    doors(sql, 422, "Only SELECT is allowed here.", field="sql")
    code = [("page", "/", {"q": "lang:klingon x"}), ("api", "/api/v1/code/search", {"q": "lang:klingon x"})]
    doors(code, 422, "lang:klingon is not known", field="q")


def test_a_source_that_is_wrong_is_told_at_its_field(transactional_db, admin_client, admin_user):
    api = APIClient()
    api.force_authenticate(admin_user)
    graph = {"name": "g", "source_kind": "url", "location": "ftp://films.example/f.ttl"}
    answer = api.post("/api/v1/graphs/", graph, format="json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["location"])
    page = admin_client.post(
        "/graphs/add", {"name": "g", "source_kind": "url", "address": "ftp://films.example/f.ttl"}
    )
    assert page.status_code == 422
    assert "must start with https:// or http://" in page.content.decode()
    with pytest.raises(CommandError, match="must start with https"):
        call_command("load_graph", "ftp://films.example/f.ttl")
    with pytest.raises(CommandError, match="There is no file"):
        call_command("connect_database", "/nowhere/shop.sqlite")
    with pytest.raises(CommandError, match="must start with https:// or http://"):
        call_command("index_code", "ftp://code.example/shop.git")
    assert not Graph.objects.exists()


def test_what_is_too_large_is_told_at_its_field(transactional_db, admin_client, admin_user, settings):
    settings.GRAPH_MAX_FILE_BYTES = settings.DATABASE_MAX_FILE_BYTES = settings.SOURCE_MAX_ARCHIVE_BYTES = 3
    api = APIClient()
    api.force_authenticate(admin_user)
    for kind, place, field, name in (
        ("file", "graphs", "file", "films.ttl"),
        ("upload", "databases", "file", "shop.sqlite"),
        ("archive", "code/repositories", "archive", "shop.zip"),
    ):
        sent = {"name": "large", "source_kind": kind, field: SimpleUploadedFile(name, b"large enough")}
        answer = api.post(f"/api/v1/{place}/", sent, format="multipart")
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field]), answer.content
        sent[field] = SimpleUploadedFile(name, b"large enough")
        page = admin_client.post(f"/{place.removeprefix('code/')}/add", sent)
        assert (page.status_code, "is larger than 3 bytes" in page.content.decode()) == (422, True)
