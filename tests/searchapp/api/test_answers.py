"""What a program is told by the API: where and who it is, what it did wrong, how many calls are left."""

import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import resolve
from rest_framework.test import APIClient

from searchapp.api.models import ApiKey
from searchapp.jobs.models import Job
from tests.kbqa.conftest import FILMS, load

__all__ = ["load"]
DOCUMENT = Path(__file__).parents[3] / "docs" / "api.md"


@pytest.fixture
def staff(admin_user):
    api = APIClient()
    api.force_authenticate(admin_user)
    return api


def errors(response, field):
    """What is said of a field."""
    assert response.status_code == 400, response.content
    return " ".join(response.json()["errors"][field])


def test_the_api_says_what_there_is(client, db):
    addresses = client.get("/api/v1/").json()["addresses"]
    assert addresses["graphs"] == "http://testserver/api/v1/graphs"
    for part, address in addresses.items():
        path = address.removeprefix("http://testserver")
        assert resolve(path), part
    assert client.get("/api/v1").status_code == 200


def test_a_program_is_told_who_it_is(db, client):
    assert client.get("/api/v1/me/").json()["signed_in"] is False
    account = User.objects.create_user("program", is_staff=True)
    for scope, writes in (("read", False), ("write", True)):
        key = ApiKey.objects.issue(user=account, name="ci", scope=scope)[1]
        me = client.get("/api/v1/me", headers={"Authorization": f"Bearer {key}"}).json()
        assert (me["name"], me["may_write"], me["key"]["scope"]) == ("program", writes, scope)
        assert key not in str(me)


@pytest.mark.parametrize(
    ("address", "name", "says"),
    [
        ("/api/v1/graphs/?visiblity=everyone", "visiblity", "Did you mean visibility?"),
        ("/api/v1/graphs/?visibility=nobody", "visibility", "everyone, signed-in, groups"),
        ("/api/v1/jobs/?sort=x", "sort", "kind, page, page_size, state, subject"),
        ("/api/v1/jobs/?state=ended", "state", "queued"),
        ("/api/v1/code/search?q=x&limit=3", "limit", "page_size"),
        ("/api/v1/code/search?q=x&retriever=foo", "retriever", "lexical, dense, hybrid"),
    ],
)
def test_what_is_not_known_is_refused_with_what_is(db, client, address, name, says):
    assert says in errors(client.get(address), name)


def test_jobs_are_found_by_what_they_do(staff):
    for kind, subject, state in (
        ("load", "graph:1", "failed"),
        ("delete", "graph:1", "queued"),
        ("load", "graph:2", "queued"),
    ):
        Job.objects.create(kind=kind, subject=subject, state=state, title=kind)

    def found(**wanted):
        return staff.get("/api/v1/jobs/", wanted).json()["count"]

    assert (found(), found(kind="load"), found(subject="graph:1"), found(state="queued")) == (3, 2, 2, 2)
    assert found(kind="load", subject="graph:1", state="queued") == 0


def test_adding_answers_with_the_job_that_can_be_followed(staff):
    file = SimpleUploadedFile("films.ttl", FILMS.encode())
    added = staff.post("/api/v1/graphs/", {"file": file}, format="multipart")
    assert added.status_code == 201, added.content
    assert added.json()["source_kind"] == "file"
    job = added.json()["job"]
    assert staff.get(f"/api/v1/jobs/{job['id']}/").json()["subject"] == job["subject"]


@pytest.mark.parametrize(
    ("address", "given", "kind"),
    [
        ("/api/v1/code/repositories/", {"location": "https://git.example.org/a"}, "git"),
        ("/api/v1/code/repositories/", {"location": "/nowhere"}, "folder"),
        ("/api/v1/graphs/", {"location": "https://example.org/a.ttl"}, "url"),
        ("/api/v1/databases/", {"url": "postgresql://r@db.example.org/x"}, "url"),
    ],
)
def test_the_kind_of_a_source_need_not_be_said(staff, monkeypatch, address, given, kind):
    seen = []

    def keep(**fields):
        seen.append(fields["source_kind"])
        raise RuntimeError

    for service in (
        "codesearch.services.add_repository",
        "kbqa.sparql.sources.services.add_graph",
        "kbqa.sql.sources.services.add_database",
    ):
        monkeypatch.setattr(service, keep)
    with pytest.raises(RuntimeError):
        staff.post(address, given, format="json")
    assert seen == [kind]


def test_a_wrong_kind_is_told_with_the_right_ones(staff):
    answer = staff.post("/api/v1/graphs/", {"source_kind": "ftp", "location": "x"}, format="json")
    assert "file, url, endpoint, repository" in errors(answer, "source_kind")


def test_what_is_not_there_is_called_by_its_name(db, client):
    answer = client.get("/api/v1/graphs/films/")
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:searchapp:not_found"
    assert "no graph 'films'" in answer.json()["detail"]


def test_a_method_that_there_is_not_comes_before_who_may_use_it(db, client):
    assert client.put("/api/v1/graphs/").status_code == 405
    assert client.post("/api/v1/graphs/").status_code == 401


def test_a_browser_is_shown_json(db, client):
    answer = client.get("/api/v1/graphs/", headers={"Accept": "text/html,application/xhtml+xml"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert client.get("/api/v1/graphs/", headers={"Accept": "text/csv"}).status_code == 406


def test_each_answer_tells_how_many_calls_are_left(db, client, settings):
    settings.THROTTLES = {**settings.THROTTLES, "anonymous": "2 per minute"}
    answers = [client.get("/api/v1/graphs/") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert {answer.headers["RateLimit-Limit"] for answer in answers} == {"2"}
    assert 0 < int(answers[2].headers["RateLimit-Reset"]) <= 120
    assert "RateLimit-Limit" not in client.get("/health").headers


ORIGIN = "https://app.example.org"


@pytest.mark.parametrize(
    ("origins", "allowed"), [([], None), ([ORIGIN], ORIGIN), (["*"], "*"), (["https://b.example"], None)]
)
def test_scripts_of_other_sites_read_where_a_setting_says_so(db, client, settings, origins, allowed):
    settings.API_CORS_ORIGINS = origins
    answer = client.get("/api/v1/graphs/", headers={"Origin": ORIGIN})
    assert answer.headers.get("Access-Control-Allow-Origin") == allowed
    assert "Access-Control-Allow-Credentials" not in answer.headers
    asked = client.options(
        "/api/v1/graphs/", headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    )
    assert asked.headers.get("Access-Control-Allow-Origin") == allowed
    assert ("Authorization" in asked.headers.get("Access-Control-Allow-Headers", "")) is bool(allowed)
    assert "Access-Control-Allow-Origin" not in client.get("/health", headers={"Origin": ORIGIN}).headers


def test_a_search_has_pages_as_lists_have(index, shop, client):
    index(shop)
    first = client.get("/api/v1/code/search?q=price&page_size=1").json()
    assert (first["count"], first["previous"]) == (first["total"], None)
    second = client.get(first["next"]).json()
    assert second["results"][0]["rank"] == 2
    last = first["count"]
    assert client.get(f"/api/v1/code/search?q=price&page_size=1&page={last}").json()["next"] is None
    assert client.get(f"/api/v1/code/search?q=price&page_size=1&page={last + 1}").status_code == 404


def documented():
    """Each method and address of the table of the documentation."""
    for line in DOCUMENT.read_text().splitlines():
        for methods, address in re.findall(r"^\| `([A-Z, ]+) (/[^`?]*)", line):
            for method in methods.split(", "):
                yield method, address.replace("{number}", "0")


@pytest.mark.parametrize(("method", "address"), sorted(set(documented())))
def test_documented_addresses_are_there(method, address):
    given = {"{id}": "1", "{name}": "a", "{slug}": "a", "{path}": "a.py"}
    if "questions" in address:
        given["{id}"] = "00000000-0000-0000-0000-000000000000"
    match = resolve(re.sub(r"\{\w+\}", lambda part: given[part[0]], address))
    actions = getattr(match.func, "actions", None) or {
        name: name for name in getattr(getattr(match.func, "cls", None), "http_method_names", ["get"])
    }
    assert method.lower() in actions


def commands():
    """The commands of the documentation's blocks of code."""
    blocks = re.findall(r"^```\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    return [
        command for block in blocks for command in re.split(r"(?<!\\)\n", block) if command.startswith("curl")
    ]


@pytest.mark.parametrize("command", commands())
def test_documented_calls_are_answered(command, admin_user, monkeypatch):
    monkeypatch.setattr("codesearch.services.validate_source", lambda _: None)
    words = [word for word in shlex.split(command.replace("\\\n", " ")) if word != "curl"]
    options = dict(pairwise(words))
    address = next(word for word in words if word.startswith("http"))
    key = ApiKey.objects.issue(user=admin_user, name="docs", scope="write")[1]
    headers = {"Authorization": f"Bearer {key}"}
    client, path = APIClient(), address.removeprefix("http://127.0.0.1:8000")
    if "-d" in options:
        answer = client.post(path, options["-d"], content_type="application/json", headers=headers)
    else:
        answer = client.get(path, headers=headers)
    assert answer.status_code in (200, 201), answer.content
