"""Each request has a kind of work, and one without a place is told so at every door."""

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, get_resolver

from searchapp.admission import KINDS, REFUSED, Work, kind_of


def _names(patterns) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.name or ""
        elif not pattern.namespace:
            yield from _names(pattern.url_patterns)


def test_every_address_has_a_kind_and_every_kind_an_address():
    named = {name for name in _names(get_resolver().url_patterns) if name}
    assert named - set(KINDS) == set(), "searchapp/admission.py says of each address which kind of work it is"
    assert set(KINDS) - named == set()


@pytest.mark.parametrize(
    ("method", "path", "query", "kind"),
    [
        ("GET", "/", "q=x", Work.SEARCH),
        ("GET", "/api/v1/code/search", "q=x", Work.SEARCH),
        ("GET", "/api/v1/code/search/", "", Work.PAGES),
        ("GET", "/graphs/films", "", Work.PAGES),
        ("GET", "/graphs/films", "q=who", Work.ASKING),
        ("GET", "/graphs/films", "reading=1&q=", Work.PAGES),
        ("GET", "/graphs/films", "%71=who", Work.ASKING),
        ("GET", "/databases/shop", "q=who", Work.ASKING),
        ("GET", "/api/v1/graphs/films/ask", "q=who", Work.ASKING),
        ("GET", "/api/v1/graphs/films/ask/", "q=who", Work.ASKING),
        ("GET", "/api/v1/graphs/films/sparql", "query=ASK{}", Work.STATEMENTS),
        ("POST", "/api/v1/databases/shop/query/", "", Work.STATEMENTS),
        ("GET", "/databases/shop/query", "sql=SELECT", Work.STATEMENTS),
        ("GET", "/api/v1/graphs/films/export/", "", Work.TRANSFERS),
        ("GET", "/databases/shop/export", "sql=SELECT", Work.TRANSFERS),
        ("POST", "/api/v1/databases/shop/export/", "", Work.TRANSFERS),
        ("POST", "/api/v1/graphs/films/edit/", "", Work.TRANSFERS),
        ("GET", "/graphs/add", "", Work.PAGES),
        ("POST", "/graphs/add", "", Work.TRANSFERS),
        ("POST", "/api/v1/code/repositories/", "", Work.TRANSFERS),
        ("GET", "/api/v1/code/repositories/", "", Work.PAGES),
        ("GET", "/health", "", Work.HEALTH),
        ("GET", "/static/frontend/app.js", "", Work.PAGES),
        ("GET", "/admin/", "", Work.PAGES),
        ("GET", "/admin/codesearch/repository/1/change/", "", Work.PAGES),
        ("GET", "/nothing/here", "", Work.PAGES),
        ("GET", "/code/shop/" + "a/" * 100_000, "", Work.PAGES),
        ("GET", "/graphs/\ufffd\x00", "q=x", Work.PAGES),
        ("GET", "", "", Work.PAGES),
        ("GET", "/similar/" + "9" * 5000, "", Work.PAGES),
        ("BREW", "/", "", Work.SEARCH),
    ],
)
def test_the_kind_of_a_request(method, path, query, kind):
    assert kind_of(method, path, query) is kind


@pytest.mark.django_db
@pytest.mark.parametrize("kind", list(Work))
def test_a_request_without_a_place_is_told_when_to_try_again(client, kind):
    page = client.get("/graphs", **{REFUSED: kind})
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert "Try again in a few seconds" in page.content.decode()
    answer = client.get("/api/v1/code/search", {"q": "x"}, **{REFUSED: kind})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_client_cannot_say_itself_that_there_is_no_place(client):
    answer = client.get("/nothing", headers={REFUSED: "search"})
    assert answer.status_code == 404
