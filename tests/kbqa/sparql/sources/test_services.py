"""Graphs are checked before they are added."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from kbqa.sparql.ingest.load import naming_of, uploaded_path
from kbqa.sparql.models import Graph
from kbqa.sparql.sources import services
from searchapp.errors import InvalidInput
from searchapp.sharing import graph_sources
from searchapp.sharing.graph_sources import GraphSource
from tests.kbqa.sparql.graphs import iri


@pytest.mark.parametrize(
    ("location", "name"),
    [
        ("https://films.example/data/films.ttl", "films"),
        ("https://films.example/films.nt.gz?version=2", "films"),
        ("/data/my films.owl", "my films"),
        ("films.v2.jsonld", "films.v2"),
        ("https://films.example/sparql", "sparql"),
        ("https://films.example/", "graph"),
        (".ttl", "graph"),
        ("", "graph"),
        ("x" * 150 + ".ttl", "x" * 100),
    ],
)
def test_a_graph_is_called_by_the_last_part_of_its_location(location, name):
    assert services.suggested_name(location) == name


@pytest.mark.parametrize(
    ("languages", "label_predicates", "naming"),
    [
        ("en", [], ((), ("en",))),
        ("de, EN", [], ((), ("de", "en"))),
        ("de en,fr", [], ((), ("de", "en", "fr"))),
        (" , ", [], ((), ("en",))),
        ("en", ["http://x.example/name"], ((iri("name"),), ("en",))),
    ],
)
def test_how_a_graph_names_things(languages, label_predicates, naming):
    found = naming_of(Graph(languages=languages, label_predicates=label_predicates))
    assert (found.predicates, found.languages) == naming


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "films.ttl"
    path.write_text("")
    return path


def graph(location: object, source_kind: str = "file", **fields: object) -> Graph:
    return Graph(slug="films", name="films", source_kind=source_kind, location=str(location), **fields)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"prefixes": ["ex"]}, "prefixes", "a short name, and a whole IRI"),
        ({"prefixes": {"1x": "http://a.example/"}}, "prefixes", "a short name, and a whole IRI"),
        ({"prefixes": {"ex": "no iri"}}, "prefixes", "a short name, and a whole IRI"),
        ({"label_predicates": {"a": 1}}, "label_predicates", "a list of whole IRIs"),
        ({"label_predicates": ["name"]}, "label_predicates", "a list of whole IRIs"),
        ({"location": "/none/films.ttl"}, "location", "There is no file /none/films.ttl"),
        ({"location": "/none/films.pdf"}, "location", "RDF file by its name"),
        ({"trusted": False}, "location", "There is no file"),
        ({"source_kind": "url", "location": "ftp://x.example/a.ttl"}, "location", "must start with https"),
        ({"source_kind": "url", "location": "http://127.0.0.1/a.ttl"}, "location", "private address"),
        ({"source_kind": "endpoint", "location": "http://127.0.0.1/sparql"}, "location", "private address"),
    ],
)
def test_what_is_wrong_with_a_graph_is_said_of_its_field(file, settings, fields, field, says):
    settings.ALLOWED_PRIVATE_HOSTS = []
    wrong = graph(**{"location": file, "trusted": True} | fields)
    with pytest.raises(InvalidInput, match=says) as error:
        services.check_graph(wrong)
    assert error.value.field == field


@pytest.mark.django_db
def test_a_graph_that_is_right_passes_and_its_name_is_then_taken(file):
    right = graph(file, trusted=True, prefixes={"f": "http://films.example/"}, label_predicates=["urn:name"])
    services.check_graph(right)
    right.save()
    services.check_graph(right)
    with pytest.raises(InvalidInput, match="There is a graph named films already") as error:
        services.check_graph(graph(file, trusted=True))
    assert error.value.field == "name"


@pytest.mark.django_db
def test_a_repository_must_be_indexed(monkeypatch):
    source = GraphSource(lambda location: iter(()), lambda location: location == "shop", lambda *_: "")
    monkeypatch.setitem(graph_sources._sources, "repository", source)
    services.check_graph(graph("shop", "repository"))
    with pytest.raises(InvalidInput, match="no indexed repository named mill"):
        services.check_graph(graph("mill", "repository"))


@pytest.fixture
def media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path


def test_an_upload_is_kept_under_a_name_of_its_own(media):
    stored = [services.store_file(SimpleUploadedFile("films.ttl.gz", b"x")) for _ in range(2)]
    assert len(set(stored)) == 2
    assert all(name.endswith(".ttl.gz") for name in stored)
    assert [uploaded_path(name).read_bytes() for name in stored] == [b"x", b"x"]


@pytest.mark.parametrize(
    ("name", "size", "says"),
    [("films.pdf", 1, "RDF file by its name"), ("films.ttl", 11, "larger than 10 bytes")],
)
def test_an_upload_that_is_no_graph_is_not_kept(media, tmp_path, settings, name, size, says):
    settings.GRAPH_MAX_FILE_BYTES = 10
    with pytest.raises(InvalidInput, match=says) as error:
        services.store_file(SimpleUploadedFile(name, b"x" * size))
    assert error.value.field == "file"
    assert not list(tmp_path.rglob("*.*"))


@pytest.mark.parametrize("name", ["../../etc/passwd.ttl", "/etc/passwd.ttl"])
def test_the_place_of_an_upload_is_below_the_uploads(media, tmp_path, name):
    assert uploaded_path(name) == tmp_path / "graphs" / "passwd.ttl"


@pytest.mark.django_db
def test_a_correction_must_be_a_query():
    asked = graph("x").questions.model(graph=Graph.objects.create(slug="a", name="a"), text="who?")
    asked.save()
    with pytest.raises(InvalidInput, match="cannot be read") as error:
        services.judge(asked, good=False, correction="SELECT nothing")
    assert (error.value.field, asked.verdict) == ("correction", "")
    assert services.judge(asked, good=False, correction="ASK {}").correction == "ASK {}"
