"""Saying who may see a source, through pages, API and admin; and questions, which are one's own."""

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from rest_framework.test import APIClient

from kbqa.sparql.models import Graph, GraphQuestion
from kbqa.sql.models import Database
from searchapp.api.models import ApiKey
from searchapp.visibility import audience_changed

FILE = b"<urn:a> <urn:b> <urn:c> ."
ADD = {"source_kind": "file", "name": "trees"}


@pytest.fixture
def group(db):
    return Group.objects.create(name="chemists")


@pytest.fixture
def browser(client, staff):
    client.force_login(staff)
    return client


@pytest.fixture
def reader(db):
    return User.objects.create_user("reader")


@pytest.fixture
def heard():
    """The sources whose audience changed."""
    changed = []

    def hear(sender, source, **_):
        changed.append(source)

    audience_changed.connect(hear)
    yield changed
    audience_changed.disconnect(hear)


def file():
    return SimpleUploadedFile("trees.nt", FILE)


@pytest.mark.parametrize(
    ("sent", "visibility", "groups"),
    [
        ({}, "everyone", []),
        ({"visibility": "everyone"}, "everyone", []),
        ({"visibility": "signed-in"}, "signed-in", []),
        ({"visibility": "groups", "groups": ["chemists"]}, "groups", ["chemists"]),
        ({"groups": ["chemists"]}, "groups", ["chemists"]),
        ({"visibility": "signed-in", "groups": ["chemists"]}, "signed-in", []),
    ],
)
def test_a_source_is_added_for_those_who_may_see_it(api, browser, group, sent, visibility, groups):
    added = api.post("/api/v1/graphs/", {**ADD, "file": file(), **sent}, format="multipart")
    assert added.status_code == 201, added.content
    assert (added.json()["visibility"], added.json()["groups"]) == (visibility, groups)
    page = browser.post("/graphs/add", {**ADD, "name": "page", "file": file(), **sent})
    assert page.status_code == 302
    if "visibility" in sent or not sent:
        graph = Graph.objects.get(slug="page")
        assert (graph.visibility, [each.name for each in graph.groups.all()]) == (visibility, groups)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"visibility": "nobody"}, "visibility"),
        ({"visibility": "groups"}, "groups"),
        ({"visibility": "groups", "groups": ["alchemists"]}, "groups"),
    ],
)
def test_what_is_no_audience_is_refused(api, browser, group, sent, field):
    refused = api.post("/api/v1/graphs/", {**ADD, "file": file(), **sent}, format="multipart")
    assert (refused.status_code, list(refused.json()["errors"])) == (400, [field])
    assert browser.post("/graphs/add", {**ADD, "file": file(), **sent}).status_code == 422
    assert not Graph.objects.exists()


def test_staff_change_who_may_see_a_source_and_others_hear_of_it(api, browser, group, heard):
    graph = Graph.objects.create(slug="trees", name="trees", source_kind="file")
    address = "/api/v1/graphs/trees/visibility/"
    changed = api.post(address, {"visibility": "groups", "groups": ["chemists"]}, format="json")
    assert (changed.status_code, changed.json()) == (200, {"visibility": "groups", "groups": ["chemists"]})
    assert api.post(address, {}, format="json").json() == {"visibility": "groups", "groups": ["chemists"]}
    assert api.post(address, {"visibility": "x"}, format="json").status_code == 400
    assert api.post(address, {"groups": []}, format="json").status_code == 400
    page = browser.get("/graphs/trees/visibility").content.decode()
    assert page.count(" checked") == 2
    assert "Chosen groups</span>" in browser.get("/graphs/trees").content.decode()
    for sent in (
        {"groups": ""},
        {"visibility": "groups"},
        {"visibility": "nobody"},
        {"groups": "alchemists"},
    ):
        assert browser.post("/graphs/trees/visibility", sent).status_code == 422
    assert browser.post("/graphs/trees/visibility", {"visibility": "everyone"}).status_code == 302
    graph.refresh_from_db()
    assert (graph.visibility, graph.groups.count()) == ("everyone", 0)
    assert "audience" not in browser.get("/graphs").content.decode()
    assert heard == [graph] * 3


def test_the_admin_changes_who_may_see_a_source(browser, group, heard):
    graph = Graph.objects.create(
        slug="trees", name="trees", source_kind="url", location="https://192.0.2.1/t.nt"
    )
    form = {
        "name": "trees", "source_kind": "url", "location": graph.location, "prefixes": "{}",
        "languages": "en", "label_predicates": "[]", "versions-TOTAL_FORMS": 0, "versions-INITIAL_FORMS": 0,
    }  # fmt: skip
    address = f"/admin/kbqa/graph/{graph.pk}/change/"
    assert 'name="groups"' in browser.get(address).content.decode()
    refused = browser.post(address, {**form, "visibility": "groups"})
    assert refused.status_code == 200
    assert browser.get("/admin/kbqa/graph/?visibility__exact=groups").status_code == 200
    browser.post("/admin/kbqa/graph/", {"action": "close", "_selected_action": [graph.pk]})
    graph.refresh_from_db()
    assert (graph.visibility, heard) == ("signed-in", [graph])


def test_lists_take_a_visibility_and_name_groups_to_staff(api, reader, group):
    for visibility in ("everyone", "signed-in", "groups"):
        graph = Graph.objects.create(
            slug=visibility, name=visibility, source_kind="file", visibility=visibility
        )
        graph.groups.set([group])
    reader.groups.add(group)
    listed = api.get("/api/v1/graphs/", {"visibility": "groups"}).json()["results"]
    assert [(graph["slug"], graph["groups"]) for graph in listed] == [("groups", ["chemists"])]
    assert api.get("/api/v1/graphs/", {"visibility": "x"}).status_code == 400
    member = APIClient()
    member.force_authenticate(reader)
    listed = member.get("/api/v1/graphs/", {"visibility": "groups"}).json()["results"]
    assert [(graph["slug"], graph["groups"]) for graph in listed] == [("groups", [])]
    assert APIClient().get("/api/v1/graphs/", {"visibility": "groups"}).json()["count"] == 0


@pytest.fixture
def question(reader):
    graph = Graph.objects.create(slug="trees", name="trees", source_kind="file")
    return GraphQuestion.objects.create(graph=graph, text="which tree?", asker=reader)


def test_lists_of_questions_hold_ones_own(api, reader, question):
    other, mine = APIClient(), APIClient()
    mine.force_authenticate(reader)
    other.force_authenticate(User.objects.create_user("other"))
    GraphQuestion.objects.create(graph=question.graph, text="asked by nobody", session="a" * 32)
    counts = [
        caller.get("/api/v1/graph-questions/").json()["count"] for caller in (api, mine, other, APIClient())
    ]
    assert counts == [2, 1, 0, 0]


def test_an_answer_is_found_by_its_link_and_by_no_number(question):
    caller = APIClient()
    assert caller.get(f"/api/v1/graph-questions/{question.link}/").json()["id"] == str(question.link)
    assert caller.get(f"/api/v1/graph-questions/{question.pk}/").status_code == 404
    assert caller.get(f"/answers/graph-{question.pk}").status_code == 404
    assert caller.get(f"/answers/graph-{question.link}").status_code == 200
    assert caller.get(f"/answers/database-{question.link}").status_code == 404
    Graph.objects.update(visibility="signed-in")
    assert caller.get(f"/api/v1/graph-questions/{question.link}/").status_code == 404


def test_people_who_are_signed_in_judge(question):
    address = f"/api/v1/graph-questions/{question.link}/"
    user = User.objects.create_user("user")
    for scope, status in (("read", 403), ("write", 200)):
        _, text = ApiKey.objects.issue(user=user, name=scope, scope=scope)
        caller = APIClient(HTTP_AUTHORIZATION=f"Bearer {text}")
        assert caller.patch(address, {"verdict": "good"}, format="json").status_code == status
    assert APIClient().patch(address, {"verdict": "bad"}, format="json").status_code == 401
    question.refresh_from_db()
    assert question.verdict == "good"


def test_a_session_is_not_named_by_its_key(db, monkeypatch):
    from frontend.views import graphs

    graph = Graph.objects.create(slug="trees", name="trees", source_kind="file")

    def ask(graph, text, *, session, **others):
        asked.append(session)
        return None, GraphQuestion.objects.create(graph=graph, text=text, session=session)

    asked: list[str] = []
    monkeypatch.setattr(graphs.services, "ask", ask)
    first, second = Client(), Client()
    for caller in (first, first, second):
        caller.get(f"/graphs/{graph.slug}", {"q": "which tree?"})
    assert asked[0] == asked[1] != asked[2]
    assert first.session.session_key not in asked
    assert len(asked[0]) == 32


def test_where_nothing_is_for_everyone_people_are_sent_to_sign_in(client, question, settings):
    settings.ANONYMOUS_READ = False
    assert client.get("/graphs").status_code == 200
    Graph.objects.update(visibility="signed-in")
    assert client.get("/graphs").headers["Location"] == "/sign-in?next=/graphs"
    assert client.get("/api/v1/graphs/").status_code == 401
    Database.objects.create(slug="d", name="d", source_kind="upload", visibility="everyone")
    assert client.get("/graphs").status_code == 200
    assert client.get("/graphs/trees").status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("anonymous_read", "expected"), [(True, "everyone"), (False, "signed-in")])
def test_sources_that_are_there_keep_who_may_see_them(settings, anonymous_read, expected):
    settings.ANONYMOUS_READ = anonymous_read
    executor = MigrationExecutor(connection)
    executor.migrate([("kbqa", "0009_kept_answers")])
    old = executor.loader.project_state([("kbqa", "0009_kept_answers")]).apps
    graph = old.get_model("kbqa", "Graph").objects.create(slug="trees", name="trees", source_kind="file")
    for text in ("which?", "where?"):
        old.get_model("kbqa", "GraphQuestion").objects.create(graph=graph, text=text)
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    assert Graph.objects.get().visibility == expected
    assert len({question.link for question in GraphQuestion.objects.all()}) == 2
