"""Whatever stands in an address: no route of the pages and the API answers it with 500."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from searchapp.jobs.models import Job

ROOT = Path(__file__).parents[1]
NASTY = (
    "%00", "a%00b", "%00%00", "x%C0%80y", "%ED%A0%80", "%ED%BF%BF", "%F4%90%80%80", "%C0%AF", "%FF%FE", "%80",
    "%EF%BF%BE", "%E2%80%AE", "%F0%9F%92%A9", "..%2F..%2Fetc%2Fpasswd", "http:%2F%2F%5B::1", "%0D%0AX:%20y",
    "%25%30%30", "%u0000", "-1", "0", "9" * 40, "1e9", "%D9%A1", "'%22--", "%5B", "(", "*", "%5C", "%7F",
    "%20", "x" * 4_000, "add", "null", "%2E%2E", "%3Cscript%3E", "%7B%7B7*7%7D%7D",
)  # fmt: skip
_INSIDE = r"[^()\[\]]|\[[^\]]*\]"
_ARGUMENT = re.compile(rf"<(?:\w+:)?\w+>|\(\?P<\w+>(?:{_INSIDE}|\((?:{_INSIDE})*\))*\)")


def routes(patterns=None, prefix="") -> Iterator[str]:
    """Return the routes of pages and API, each argument as `{}`."""
    for pattern in patterns if patterns is not None else get_resolver().url_patterns:
        text = str(pattern.pattern)
        if not isinstance(pattern.pattern, RoutePattern):
            text = (
                text.removeprefix("^")
                .removesuffix("$")
                .removesuffix(r"\Z")
                .replace("/?", "")
                .replace(r"\.", ".")
            )
        whole = prefix + _ARGUMENT.sub("{}", text)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, whole) if whole != "admin/" else ()
        elif isinstance(pattern, URLPattern):
            yield f"/{whole}"


def parameters() -> set[str]:
    """Return the names of parameters that the product reads anywhere."""
    found = {"page", "limit", "offset", "format", "search", "ordering"}
    for package in ("frontend", "routing", "searchapp", "codesearch", "kbqa"):
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            found |= set(re.findall(r"(?:GET|query_params|params)(?:\.get(?:list)?\(|\[)\s*\"(\w+)\"", text))
            found |= set(re.findall(r"OpenApiParameter\(\s*(?:name=)?\"(\w+)\"", text))
            found |= set(re.findall(r"^    (\w+) = serializers\.\w+Field", text, re.MULTILINE))
    return found


@pytest.fixture
def sources(index, shop):
    """Add a repository, so that pages have something to look for in."""
    return index(shop)


@pytest.fixture(params=["staff", "anybody"])
def visitor(request, staff, settings, sources):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_CLASSES": []}
    client = Client(raise_request_exception=False)
    if request.param == "staff":
        client.force_login(staff)
    return client


def answered(client, method, address, failed):
    response = getattr(client, method)(address)
    if response.status_code >= 500 and response.status_code != 503:
        failed.append((method, address[:120], response.status_code))
    return response.status_code


def test_the_routes_are_all_there():
    assert len(set(routes())) > 60
    assert {"/graphs/{}", "/code/{}/{}", "/api/v1/code/repositories/{}", "/api/v1/graphs/{}/sparql"} <= set(
        routes()
    )


def test_no_argument_of_any_route_is_an_error_of_the_server(visitor, monkeypatch):
    monkeypatch.setattr("searchapp.api.throttles.CallerThrottle.allow_request", lambda *_: True)
    failed, codes = [], set()
    for route in sorted(set(routes())):
        for nasty in NASTY if "{}" in route else ():
            address = route.replace("{}", nasty)
            codes.add(answered(visitor, "get", address, failed))
            if "%00" in nasty:
                assert answered(visitor, "post", address, failed) in (302, 401, 403, 404, 405), address
                assert visitor.get(address).status_code == 404, address
    assert failed == []
    assert 404 in codes


def test_no_parameter_of_any_route_is_an_error_of_the_server(visitor, monkeypatch):
    monkeypatch.setattr("searchapp.api.throttles.CallerThrottle.allow_request", lambda *_: True)
    failed = []
    for place, route in enumerate(sorted(set(routes()))):
        address = route.replace("{}", "shop")
        for shift in range(3):
            # Each parameter with each string, spread over the routes.
            at = 3 * place + shift
            texts = (OTHERS[(at + number) % len(OTHERS)] for number in range(len(NAMES)))
            query = "&".join(f"{name}={text}" for name, text in zip(NAMES, texts, strict=True))
            answered(visitor, "get", f"{address}?{query}", failed)
        name = NAMES[place % len(NAMES)]
        for query in (f"{name}=%00", f"{name}=1&{name}=a%00", "a%00=1"):
            assert answered(visitor, "get", f"{address}?{query}", failed) in (400, 404), (address, query)
    assert failed == []


NAMES, OTHERS = sorted(parameters()), [nasty for nasty in NASTY if "%00" not in nasty]


@pytest.mark.parametrize(
    "content", [b'{"question": "\\ud800"}', b'{"question": "a\\u0000b"}', b"\xff\x00", b"[" * 99_999]
)
@pytest.mark.parametrize("route", ["/api/v1/graphs", "/api/v1/databases", "/api/v1/code/repositories"])
def test_no_body_is_an_error_of_the_server(visitor, route, content):
    body = content.replace(b"question", b"name").replace(
        b"}", b', "source_kind": "url", "location": "http://[::1"}'
    )
    response = visitor.post(route, body, content_type="application/json")
    assert response.status_code in (400, 401, 403)
    assert not Job.objects.exclude(title__contains="shop").exists()
