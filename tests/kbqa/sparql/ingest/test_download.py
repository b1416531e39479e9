"""A graph's file is fetched: from public hosts, up to a size, and no pages."""

import gzip
import zlib

import pytest
from pyoxigraph import RdfFormat

from kbqa.sparql.ingest.download import checked_location, fetch
from kbqa.sparql.ingest.rdf_parser import LoadError
from tests.http_server import Reply, Request, local_server

TURTLE = b"<urn:a> <urn:b> <urn:c> .\n"


@pytest.fixture
def target(tmp_path, settings):
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1", "localhost"]
    return tmp_path / "source"


def fetched(target, reply: Reply, path: str = "/films.ttl"):
    """The format of what a server answers, which lies in the target."""
    with local_server(lambda request: reply) as server:
        return fetch(server.address + path, target, lambda done, total: None)


def redirecting(times: int, location: str = "/{next}"):
    """An answer that redirects so many times, and then gives a file."""

    def answer(request: Request) -> Reply:
        number = int(request.path.strip("/") or 0)
        if number < times:
            return Reply(status=302, headers={"Location": location.format(next=number + 1)})
        return Reply(TURTLE, headers={"Content-Type": "text/turtle"})

    return answer


def test_a_file_is_written_as_it_came(target):
    assert fetched(target, Reply(TURTLE)) == RdfFormat.TURTLE
    assert target.read_bytes() == TURTLE


@pytest.mark.parametrize(
    ("path", "kind", "form"),
    [
        ("/films.nt?version=2", "text/turtle", RdfFormat.N_TRIPLES),
        ("/films.ttl.gz", "application/gzip", RdfFormat.TURTLE),
        ("/films", "application/ld+json; charset=utf-8", RdfFormat.JSON_LD),
        ("/films.php", "application/rdf+xml", RdfFormat.RDF_XML),
    ],
)
def test_the_name_says_the_format_or_else_the_media_type(target, path, kind, form):
    assert fetched(target, Reply(TURTLE, headers={"Content-Type": kind}), path) == form


@pytest.mark.parametrize(
    ("reply", "says", "transient"),
    [
        (Reply(b"<html>", headers={"Content-Type": "text/html; charset=utf-8"}), "is a web page", False),
        (Reply(TURTLE, headers={"Content-Type": "application/pdf"}), "RDF file by its name", False),
        (Reply(status=404), "answers 404", False),
        (Reply(status=410), "answers 410", False),
        (Reply(status=429), "answers 429", True),
        (Reply(status=500), "answers 500", True),
        (Reply(status=503), "answers 503", True),
        (Reply(status=304), "answers 304", False),
        (Reply(status=300), "answers 300", False),
        (Reply(TURTLE, length=1_000), "cannot be fetched", True),
    ],
)
def test_what_is_no_file_is_named(target, reply, says, transient):
    path = "/films" if "pdf" in str(reply.headers) else "/films.ttl"
    with pytest.raises(LoadError, match=says) as error:
        fetched(target, reply, path)
    assert error.value.transient is transient
    assert error.value.field == "location"


def test_a_server_that_is_away_may_come_back(target):
    with local_server(lambda request: Reply()) as server:
        gone = server.address
    with pytest.raises(LoadError, match="cannot be fetched") as error:
        fetch(gone + "/films.ttl", target, lambda done, total: None)
    assert error.value.transient


@pytest.mark.parametrize(("size", "fits"), [(99, True), (100, True), (101, False)])
def test_a_file_is_read_up_to_the_limit(target, settings, size, fits):
    settings.GRAPH_MAX_FILE_BYTES = 100
    reply = Reply(b"#" * size)
    if fits:
        fetched(target, reply)
        assert target.stat().st_size == size
    else:
        with pytest.raises(LoadError, match="larger than 100 bytes"):
            fetched(target, reply)


def test_progress_is_told_in_bytes(target):
    told = []
    body = b"#" * 200_000
    with local_server(lambda request: Reply(body)) as server:
        fetch(f"{server.address}/films.ttl", target, lambda done, total: told.append((done, total)))
    assert told[-1] == (200_000, 200_000)
    assert told == sorted(told)
    assert {total for _, total in told} == {200_000}


@pytest.mark.parametrize("times", [1, 5])
def test_redirects_are_followed(target, times):
    with local_server(redirecting(times)) as server:
        assert fetch(f"{server.address}/0", target, lambda done, total: None) == RdfFormat.TURTLE
    assert [request.path for request in server.requests] == [f"/{number}" for number in range(times + 1)]


def test_too_many_redirects_are_not_followed(target):
    with local_server(redirecting(6)) as server, pytest.raises(LoadError, match="more than 5 times"):
        fetch(f"{server.address}/0", target, lambda done, total: None)
    assert len(server.requests) == 6


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://user:pw@127.0.0.1/"])
def test_a_redirect_leads_to_no_other_kind_of_address(target, location):
    with local_server(redirecting(1, location)) as server, pytest.raises(LoadError):
        fetch(f"{server.address}/0", target, lambda done, total: None)
    assert len(server.requests) == 1


def test_every_redirect_is_checked_for_private_addresses(target, settings):
    other = redirecting(1, "http://localhost:1/1")
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    with local_server(other) as server, pytest.raises(LoadError, match="private address"):
        fetch(f"{server.address}/0", target, lambda done, total: None)
    assert len(server.requests) == 1


def test_a_public_server_redirects_to_no_private_one_though_that_is_allowed(target, settings, monkeypatch):
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.2"]
    monkeypatch.setattr("searchapp.addresses.is_public", lambda number: str(number) == "127.0.0.1")
    elsewhere = redirecting(1, "http://127.0.0.2:1/1")
    with local_server(elsewhere) as server, pytest.raises(LoadError, match="redirect leads to the private"):
        fetch(f"{server.address}/0", target, lambda done, total: None)


@pytest.mark.parametrize("address", ["http://127.0.0.1/x.ttl", "http://[::1]/x.ttl", "http://10.1.2.3/x.ttl"])
def test_private_addresses_are_refused(settings, address):
    settings.ALLOWED_PRIVATE_HOSTS = []
    with pytest.raises(LoadError, match="private address"):
        checked_location(address)


def test_the_server_is_asked_for_rdf_by_its_own_name(target):
    with local_server(lambda request: Reply(TURTLE)) as server:
        fetch(
            f"{server.address.replace('127.0.0.1', 'localhost')}/films.ttl", target, lambda done, total: None
        )
    headers = server.requests[0].headers
    assert headers["Host"].startswith("localhost:")
    assert headers["Accept"].startswith("text/turtle, application/n-triples")


def compressing(request: Request) -> Reply:
    """An answer that is packed in a way that the client accepts, if there is any besides gzip."""
    accepted = request.headers["Accept-Encoding"]
    if "deflate" in accepted:
        return Reply(zlib.compress(TURTLE), headers={"Content-Encoding": "deflate"})
    return Reply(gzip.compress(TURTLE), headers={"Content-Encoding": "gzip"})


def test_a_packed_answer_is_one_that_can_be_read(target):
    with local_server(compressing) as server:
        fetch(f"{server.address}/films.ttl", target, lambda done, total: None)
    assert gzip.decompress(target.read_bytes()) == TURTLE
