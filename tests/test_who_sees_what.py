"""Every address, with every method, as every kind of person: what is not visible to them does not exist.

A route that the table does not know fails, so that nobody adds one without saying what it may show. Each
source has a secret word in its name and contents; no answer to a person who may not see the source may hold
it, and each such answer is the same as for a source that is not there.
"""

import re
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLResolver, get_resolver, resolve, reverse

from codesearch import services as repositories
from codesearch.models import Unit
from kbqa.sparql.models import GraphQuestion
from kbqa.sparql.sources import services as graphs
from kbqa.sql.models import DatabaseQuestion
from kbqa.sql.sources import services as databases
from searchapp.api.models import ApiKey
from searchapp.jobs.models import Job
from searchapp.jobs.runner import run_stages
from searchapp.visibility import Audience, Visibility
from tests.conftest import write_files

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
GROUP = "chemists"
AUDIENCES = {
    "everyone": Audience("everyone"),
    "signed-in": Audience("signed-in"),
    "groups": Audience("groups", (GROUP,)),
}
SECRETS = {
    (kind, visibility): f"{word}{kind}"
    for kind in ("repository", "graph", "database")
    for visibility, word in (("everyone", "oak"), ("signed-in", "yew"), ("groups", "elm"))
}


@dataclass(frozen=True)
class Place:
    """A source as addresses name it, with what hangs on it."""

    key: str
    secret: str = ""
    link: Any = ""
    unit: int = 0
    job: int = 0

    def values(self) -> dict[str, Any]:
        """What stands in addresses, by the names of their parts."""
        return {
            **dict.fromkeys(("key", "slug", "name", "repository"), self.key),
            **dict.fromkeys(("link", "id"), self.link),
            "unit": self.unit,
            "job": self.job,
            "path": "trees.py",
            "number": "0",
        }


@dataclass(frozen=True)
class Route:
    """What an address of a source is for, by method: what is sent, and what it tells of the source."""

    kind: str
    reads: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Methods that whoever sees the source may use, with what they send."""
    tells: bool = True
    """Whether an answer to them holds the source's secret."""
    writes: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Methods for staff."""
    judges: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Methods for people who are signed in."""
    change: str = ""
    pk: str = ""
    """What `pk` is in the address: a unit or a job."""


def source_routes(kind: str, change: str) -> dict[str, Route]:
    """The routes that sources of all kinds have."""
    return {
        kind: Route(kind, {"GET": {}}, tells=kind != "repository"),
        f"{kind}-status": Route(kind, {"GET": {}}, tells=False),
        f"{kind}-visibility": Route(kind, writes={"GET": {}, "POST": {"visibility": "groups"}}),
        f"change-{kind}": Route(kind, writes={"POST": {}}, change=change),
        f"api-{kind}-detail": Route(kind, {"GET": {}}, tells=kind != "repository", writes={"DELETE": {}}),
        f"api-{kind}-status": Route(kind, {"GET": {}}, tells=kind != "repository"),
        f"api-{kind}-visibility": Route(kind, writes={"POST": {"visibility": "groups"}}),
    }


def question_routes(kind: str) -> dict[str, Route]:
    """The routes of questions of both languages."""
    judgement = {"verdict": "good"}
    return {
        f"{kind}-answer": Route(kind, {"GET": {}}),
        f"judge-{kind}-question": Route(kind, judges={"POST": judgement}),
        f"api-{kind}-question-detail": Route(kind, {"GET": {}}, judges={"PATCH": judgement}),
        f"api-{kind}-question-reading": Route(kind, {"GET": {}}),
    }


SELECT = {"query": "SELECT ?o WHERE { ?s ?p ?o }"}
ROUTES = {
    **source_routes("repository", "index"),
    "file": Route("repository", {"GET": {}}),
    "folder": Route("repository", {"GET": {}}, tells=False),
    "raw-file": Route("repository", {"GET": {}}),
    "file-lines": Route("repository", {"GET": {"first": 1}}),
    "symbol": Route("repository", {"GET": {"line": 1, "column": 4}}, tells=False),
    "references": Route("repository", {"GET": {}}),
    "api-repository-detail": Route(
        "repository", {"GET": {}}, tells=False, writes={"PATCH": {"excludes": "x"}, "DELETE": {}}
    ),
    "api-repository-references": Route(
        "repository", {"GET": {"path": "trees.py", "symbol": ""}}, tells=False
    ),
    "api-unit-references": Route("repository", {"GET": {}}, pk="unit"),
    "similar": Route("repository", {"GET": {}}),
    "explain": Route("repository", {"GET": {}}),
    "api-repository-file": Route("repository", {"GET": {}}),
    "api-repository-index": Route("repository", writes={"POST": {}}),
    "api-repository-rebuild": Route("repository", writes={"POST": {}}),
    "api-unit-detail": Route("repository", {"GET": {}}, pk="unit"),
    "api-unit-explanation": Route("repository", {"GET": {}}, pk="unit"),
    "api-unit-similar": Route("repository", {"GET": {}}, tells=False, pk="unit"),
    **source_routes("graph", "load"),
    **question_routes("graph"),
    "graph-query": Route("graph", {"GET": SELECT}),
    "graph-node": Route("graph", {"GET": {"iri": "urn:t:1"}}),
    "graph-glossary": Route("graph", {"GET": {}}, tells=False, writes={"POST": {"forget": "0"}}),
    "api-graph-glossary": Route(
        "graph", {"GET": {}}, tells=False, writes={"POST": {"word": "wood"}, "DELETE": {"id": 1}}
    ),
    "graph-export": Route("graph", {"GET": SELECT}),
    "graph-sparql": Route("graph", {"GET": SELECT, "POST": SELECT}),
    "api-graph-ask": Route("graph", {"GET": {"q": "which tree?"}}, tells=False),
    "api-graph-edit": Route("graph", writes={"POST": {"add": "no triples"}}),
    "api-graph-export": Route("graph", {"GET": {}}),
    "api-graph-load": Route("graph", writes={"POST": {}}),
    "api-graph-node": Route("graph", {"GET": {"iri": "urn:t:1"}}),
    "api-graph-profile": Route("graph", {"GET": {}}),
    **source_routes("database", "scan"),
    **question_routes("database"),
    "database-query": Route("database", {"GET": {"sql": "SELECT * FROM tree"}}),
    "database-export": Route("database", {"GET": {"sql": "SELECT * FROM tree"}}),
    "database-note": Route("database", writes={"GET": {}, "POST": {}}),
    "database-glossary": Route("database", {"GET": {}}, tells=False, writes={"POST": {"forget": "0"}}),
    "api-database-glossary": Route(
        "database", {"GET": {}}, tells=False, writes={"POST": {"word": "wood"}, "DELETE": {"id": 1}}
    ),
    "api-database-ask": Route("database", {"GET": {"q": "how many trees?"}}, tells=False),
    "api-database-describe": Route("database", writes={"POST": {"table": "tree"}}),
    "api-database-query": Route("database", {"POST": {"sql": "SELECT * FROM tree"}}),
    "api-database-export": Route(
        "database", {"GET": {"sql": "SELECT * FROM tree"}, "POST": {"sql": "SELECT * FROM tree"}}
    ),
    "api-database-read-schema": Route("database", {"GET": {}}),
    "api-database-scan": Route("database", writes={"POST": {}}),
    "api-job-detail": Route("graph", {"GET": {}}, pk="job"),
    "api-job-cancel": Route("graph", writes={"POST": {}}, pk="job"),
    "api-job-retry": Route("graph", writes={"POST": {}}, pk="job"),
    "change-job": Route("graph", writes={"POST": {}}, change="retry"),
}
# Addresses of no source in particular, with what is sent, and the kind whose sources they list.
LISTS: dict[str, tuple[str, dict[str, Any]]] = {
    "repositories": ("repository", {}),
    "graphs": ("graph", {}),
    "databases": ("database", {}),
    "api-repository-list": ("repository", {}),
    "api-graph-list": ("graph", {}),
    "api-database-list": ("database", {}),
    "jobs": ("graph", {}),
    "api-job-list": ("graph", {"page_size": 100}),
    "search": ("repository", {"q": "plant a tree"}),
    "code-search": ("repository", {"q": "plant a tree", "page_size": 100}),
}
OPEN = {
    "code-hook",
    "health", "schema", "api-docs", "help", "sign-in", "sign-out", "oidc", "oidc-callback", None,
    "api-mcp", "api-index", "api-me", "api-metrics",
    "add-repository", "add-graph", "add-database", "api-graph-question-list", "api-database-question-list",
}  # fmt: skip


@dataclass(frozen=True)
class World:
    """Nine sources, one of each kind for each audience, and one of each kind that is not there."""

    places: dict[tuple[str, str], Place]
    absent: Place
    keys: dict[tuple[str, str], str]


def run(job: Job) -> None:
    run_stages(job.pk, follow=True)
    job.refresh_from_db()
    assert job.state == Job.State.SUCCEEDED, job.error


def add_place(kind: str, visibility: str, folder: Any, asker: User) -> Place:
    """Add a source with its secret in its contents, and ask it."""
    secret, key, audience = SECRETS[kind, visibility], f"{kind}-{visibility}", AUDIENCES[visibility]
    if kind == "repository":
        code = f'def plant_{secret}(tree):\n    """Plant a tree: {secret}."""\n    return tree.{secret}\n'
        root = write_files(folder / secret, {"trees.py": code})
        _, job = repositories.add_repository(
            name=key, source_kind="folder", location=str(root), trusted=True, audience=audience
        )
        run(job)
        return Place(key, secret, unit=Unit.objects.get(name=f"plant_{secret}").pk, job=job.pk)
    if kind == "graph":
        path = folder / f"{secret}.nt"
        label = "<http://www.w3.org/2000/01/rdf-schema#label>"
        path.write_text(
            f'<urn:t:1> {label} "{secret}" .\n<urn:t:1> <urn:{secret}> "{secret} wood" .\n'
            f"<urn:t:1> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <urn:{secret}-tree> .\n"
        )
        graph, job = graphs.add_graph(
            name=f"{key} {secret}", source_kind="file", location=str(path), trusted=True, audience=audience
        )
        graph.slug = key
        graph.save(update_fields=["slug"])
        run(job)
        graph.refresh_from_db()
        _, question = graphs.ask(graph, f"what is the {secret} of {secret}?", remember_for=asker)
        return Place(key, secret, link=question.link, job=job.pk)
    path = folder / f"{secret}.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(f"CREATE TABLE tree ({secret} TEXT); INSERT INTO tree VALUES ('{secret}');")
    database, job = databases.add_database(
        name=f"{key} {secret}", source_kind="file", location=str(path), audience=audience
    )
    database.slug = key
    database.save(update_fields=["slug"])
    run(job)
    database.refresh_from_db()
    _, question = databases.ask(database, f"what is the {secret} of each tree?", remember_for=asker)
    return Place(key, secret, link=question.link, job=job.pk)


@pytest.fixture(scope="module")
def world(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with django_db_blocker.unblock():
        group = Group.objects.create(name=GROUP)
        other = Group.objects.create(name="physicists")
        people = {
            "outsider": User.objects.create_user("outsider"),
            "member": User.objects.create_user("member"),
            "staff": User.objects.create_user("staff", is_staff=True),
            "superuser": User.objects.create_user("superuser", is_superuser=True),
        }
        people["outsider"].groups.add(other)
        people["member"].groups.add(group, other)
        keys = {
            (name, scope): ApiKey.objects.issue(user=user, name=name, scope=scope)[1]
            for name, user in people.items()
            for scope in ("read", "write")
        }
        folder = tmp_path_factory.mktemp("sources")
        places = {
            (kind, visibility): add_place(kind, visibility, folder, people["superuser"])
            for kind, visibility in SECRETS
        }
        yield World(places, Place("nothing-here", link=uuid.uuid4(), unit=99_999_999, job=99_999_999), keys)
        call_command("flush", interactive=False, verbosity=0)


@dataclass(frozen=True)
class Person:
    """Somebody with a browser, or a program with a key of theirs."""

    name: str
    scope: str = ""

    def __str__(self) -> str:
        return f"{self.name}-{self.scope}" if self.scope else self.name

    def seen(self, address: str) -> set[str]:
        """The visibilities of the sources that they see there; a key opens the API alone."""
        if self.name == "anonymous" or (self.scope and not address.startswith("/api/")):
            return {"everyone"}
        return {"everyone", "signed-in"} if self.name == "outsider" else set(Visibility.values)

    def may_write(self, address: str) -> bool:
        """Whether they may change sources there."""
        return self.name == "staff" and self._is_known(address) and self.scope != "read"

    def may_judge(self, address: str) -> bool:
        """Whether they may judge answers there."""
        return self.name != "anonymous" and self._is_known(address) and self.scope != "read"

    def is_lost(self, address: str) -> bool:
        """Whether they are a program on a page, where its key says nothing: anybody could be there."""
        return bool(self.scope) and not address.startswith("/api/")

    def _is_known(self, address: str) -> bool:
        return not self.scope or address.startswith("/api/")


PEOPLE = [
    *map(Person, ("anonymous", "outsider", "member", "staff", "superuser")),
    *(Person("outsider", scope) for scope in ("read", "write")),
    *(Person("staff", scope) for scope in ("read", "write")),
    Person("member", "write"),
    Person("superuser", "read"),
]
Send = Callable[[str, str, dict[str, Any]], HttpResponse]


@pytest.fixture(autouse=True)
def _as_often_as_is_needed(settings: Any) -> None:
    settings.THROTTLES = dict.fromkeys(settings.THROTTLES, "100000 per 1 minute")


@pytest.fixture
def send(db: None, world: World, person: Person) -> Send:
    """Send a request as the person, and undo what it did."""
    client = Client(raise_request_exception=False)
    if person.scope:
        client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {world.keys[person.name, person.scope]}"
    elif person.name != "anonymous":
        client.force_login(User.objects.get(username=person.name))

    def request(method: str, address: str, given: dict[str, Any]) -> HttpResponse:
        if method in ("GET", "HEAD"):
            sent: dict[str, Any] = {"data": given}
        elif address.endswith("/sparql"):
            sent = {"data": urlencode(given), "content_type": "application/x-www-form-urlencoded"}
        elif address.startswith("/api/"):
            sent = {"data": given, "content_type": "application/json"}
        else:
            sent = {"data": given} if method == "POST" else {}
        with transaction.atomic():
            response = getattr(client, method.lower())(address, **sent)
            text(response)
            transaction.set_rollback(True)
        return response

    return request


def text(response: Any) -> str:
    """All that an answer says: its status, headers and body."""
    if not hasattr(response, "said"):
        body = b"".join(response.streaming_content) if response.streaming else response.content
        headers = "".join(f"{name}: {value}\n" for name, value in sorted(response.headers.items()))
        response.said = f"{response.status_code}\n{headers}{response.cookies.output()}\n{body.decode()}"
    return str(response.said)


def patterns(resolver: Any = None) -> Iterator[Any]:
    """The patterns of all addresses but those of the admin."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if not isinstance(pattern, URLResolver):
            yield pattern
        elif pattern.app_name != "admin":
            yield from patterns(pattern)


def address_of(name: str, place: Place) -> str:
    """The address of a route for a source."""
    route = ROUTES[name]
    wanted = next(pattern for pattern in patterns() if pattern.name == name).pattern
    names = set(wanted.regex.groupindex)
    values = place.values() | {"change": route.change, "pk": getattr(place, route.pk) if route.pk else 0}
    return reverse(name, kwargs={part: values[part] for part in names})


def alike(response: HttpResponse, address: str, key: str) -> str:
    """What an answer says, but for what differs between any two: the address that was asked for, tokens."""
    said = text(response)
    for shown in (address, address.lstrip("/"), key):
        said = said.replace(shown, "…")
    said = re.sub(r"no ([\w ]+) '[^']*' here", r"no \1 '…' here", said)
    said = re.sub(r"(X-Request-Id|RateLimit-\w+): [^\n]*", r"\1: …", said)
    return re.sub(r'(csrfmiddlewaretoken" value="|csrftoken=|Content-Length: )[\w]+', r"\1…", said)


def unseen(person: Person, address: str) -> set[str]:
    """The visibilities of the sources that a person may not see there."""
    return set() if person.is_lost(address) else set(Visibility.values) - person.seen(address)


def test_every_route_is_known():
    known = {*ROUTES, *LISTS, *OPEN}
    assert {pattern.name for pattern in patterns()} - known == set()
    assert {*ROUTES, *LISTS} - {pattern.name for pattern in patterns()} == set()


def test_every_operation_of_the_document_is_a_known_route(client, db):
    known = {*ROUTES, *LISTS, *OPEN} - {None}
    paths = client.get("/api/schema/", {"format": "json"}).json()["paths"]
    for path in paths:
        numbered = path.replace("{number}", "1")
        tried = [re.sub(r"\{\w+\}", value, numbered) for value in ("1", str(uuid.uuid4()))]
        assert {resolve(each).url_name for each in tried} & known, path
    assert len(paths) >= 40


@pytest.mark.parametrize(
    "person", [Person("anonymous"), Person("outsider"), Person("outsider", "write")], ids=str
)
def test_what_a_person_may_not_see_is_not_there(person, send, world):
    hidden = 0
    for name, route in ROUTES.items():
        nowhere = address_of(name, world.absent)
        places = [world.places[route.kind, visibility] for visibility in unseen(person, nowhere)]
        for method in METHODS if places else ():
            given = {**route.reads, **route.writes, **route.judges}.get(method, {})
            same = alike(send(method, nowhere, given), nowhere, world.absent.key)
            for place in places:
                address = address_of(name, place)
                response = send(method, address, given)
                assert place.secret not in text(response), (method, address)
                assert alike(response, address, place.key) == same, (method, address)
                if method in route.reads:
                    assert response.status_code == 404, (method, address)
                hidden += 1
    assert hidden > 100


@pytest.mark.parametrize("person", PEOPLE, ids=str)
def test_what_a_person_may_see_is_shown(person, send, world):
    for name, route in ROUTES.items():
        # Of the sources that they see, that which the fewest see.
        visibility = list(AUDIENCES)[len(person.seen(address_of(name, world.absent))) - 1]
        place = world.places[route.kind, visibility]
        address = address_of(name, place)
        if person.is_lost(address):
            continue
        for method, given in route.reads.items():
            response = send(method, address, given)
            assert response.status_code == 200, (method, address, text(response)[:600])
            assert not route.tells or place.secret in text(response), (method, address)
        for methods, may in ((route.writes, person.may_write), (route.judges, person.may_judge)):
            for method, given in methods.items():
                response = send(method, address, given)
                is_refused = response.status_code in (401, 403) or "sign-in?" in response.get("Location", "")
                assert is_refused != may(address), (method, address, text(response)[:600])
                assert response.status_code < 500, (method, address)


@pytest.mark.parametrize("person", PEOPLE, ids=str)
def test_lists_hold_what_a_person_may_see(person, send, world):
    for name, (kind, given) in LISTS.items():
        address = reverse(name)
        for method in METHODS if not person.is_lost(address) else ():
            said = text(send(method, address, given if method == "GET" else {}))
            for (each, visibility), place in world.places.items():
                if visibility not in person.seen(address):
                    assert place.secret not in said, (method, address)
                    assert place.key not in said, (method, address)
                elif each == kind and method == "GET":
                    assert place.key in said, (method, address, visibility)


@pytest.mark.parametrize("person", PEOPLE, ids=str)
def test_no_other_address_tells_of_what_a_person_may_not_see(person, send, world):
    names = [name for name in OPEN if name not in (None, "code-hook")]
    hook = reverse("code-hook", args=["nothing"])
    for address in (*map(reverse, names), hook, "/api/nothing", "/nothing", "/static/nothing"):
        for method in METHODS if not person.is_lost(address) else ():
            said = text(send(method, address, {}))
            for (_, visibility), place in world.places.items():
                if visibility not in person.seen(address) or "question" in address:
                    may = person.name in ("staff", "superuser") and visibility in person.seen(address)
                    assert may or (place.secret not in said and place.key not in said), (method, address)


@pytest.mark.parametrize("person", [Person("superuser"), Person("staff", "write")], ids=str)
def test_a_key_opens_no_page(person, send, world):
    for place in world.places.values():
        address = address_of("repository", place)
        expected = 200 if not person.scope or place.key.endswith("everyone") else 404
        assert "repository" not in place.key or send("GET", address, {}).status_code == expected


@pytest.mark.parametrize(
    "person", [each for each in PEOPLE if not each.scope and each.name != "staff"], ids=str
)
def test_the_admin_is_for_staff_with_a_browser(person, send, world):
    models = [f"{model._meta.app_label}/{model._meta.model_name}" for model in (Job, Unit, GraphQuestion)]
    for model in (*models, "codesearch/repository", "kbqa/graph", "kbqa/database", "kbqa/databasequestion"):
        for address in (f"/admin/{model}/", f"/admin/{model}/add/", f"/admin/{model}/1/change/"):
            for method in ("GET", "POST"):
                response = send(method, address, {"q": "elm", "action": "export", "_selected_action": "1"})
                assert response.status_code in (302, 404), (method, address)
                assert not [place for place in world.places.values() if place.secret in text(response)]
    assert DatabaseQuestion.objects.exists()
