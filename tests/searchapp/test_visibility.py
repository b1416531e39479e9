"""The rule for who may see what, as every query has it."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import connection, models
from django.db.models import Count, Exists, OuterRef
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from codesearch.models import Repository
from kbqa.sparql.models import Graph, GraphQuestion, GraphVersion
from kbqa.sql.models import Database
from searchapp import sources, visibility
from searchapp.errors import InvalidInput
from searchapp.jobs.models import Job
from searchapp.jobs.selectors import active_jobs, newest_jobs
from searchapp.visibility import (
    ANONYMOUS,
    SYSTEM,
    Audience,
    ReaderMiddleware,
    Restricted,
    VisibleManager,
    VisibleSubjectManager,
    current_reader,
    reader_of,
    reading_as,
)

ROOT = Path(__file__).parents[2]
ALL = Graph.objects.order_by("slug")
"""A queryset that was made at import, as those of the API's views are."""

pytestmark = pytest.mark.django_db


@pytest.fixture
def chemists():
    """A group, and a graph for each audience, one of them for the group."""
    for kind in visibility.Visibility:
        Graph.objects.create(slug=kind, name=kind, source_kind="file", visibility=kind)
    group = Group.objects.create(name="chemists")
    Graph.objects.get(slug="groups").groups.add(group)
    return group


@pytest.fixture
def people(chemists):
    """Each kind of person, with the graphs that they see."""
    member = User.objects.create_user("member")
    member.groups.add(chemists)
    other = User.objects.create_user("other")
    other.groups.add(Group.objects.create(name="physicists"))
    every = ["everyone", "groups", "signed-in"]
    return [
        (AnonymousUser(), ["everyone"]),
        (None, ["everyone"]),
        (User.objects.create_user("gone", is_active=False, is_superuser=True, is_staff=True), ["everyone"]),
        (User.objects.create_user("alone"), ["everyone", "signed-in"]),
        (other, ["everyone", "signed-in"]),
        (member, every),
        (User.objects.create_user("staff", is_staff=True), every),
        (User.objects.create_user("superuser", is_superuser=True), every),
    ]


def slugs(graphs=None) -> list[str]:
    return sorted((Graph.objects if graphs is None else graphs).values_list("slug", flat=True))


def test_each_person_sees_what_they_may_however_they_ask(people):
    for user, seen in people:
        number = len(seen)
        with reading_as(reader_of(user)):
            assert (slugs(), slugs(ALL), slugs(ALL.all())) == (seen, seen, seen)
            assert (Graph.objects.count(), ALL.count(), len(list(ALL.iterator()))) == (number,) * 3
            assert Graph.objects.aggregate(number=Count("pk")) == {"number": number}
            assert Graph.objects.exclude(slug="everyone").exists() == (number > 1)
            assert Graph.objects.filter(Exists(Graph.objects.filter(pk=OuterRef("pk")))).count() == number
            assert len(Graph.objects.in_bulk()) == number
            assert slugs(Graph.objects.filter(slug="groups") | Graph.objects.filter(slug="everyone")) == [
                slug for slug in seen if slug != "signed-in"
            ]
            assert Graph.objects.filter(slug="everyone").union(Graph.objects.all()).count() == number
            assert Graph.objects.filter(name__gt="").update(languages="de") == number
            assert Graph.objects.select_for_update().filter(slug="groups").exists() == ("groups" in seen)
            assert Graph.objects.none().count() == 0


def test_nobody_deletes_what_they_do_not_see(chemists):
    with reading_as(ANONYMOUS):
        Graph.objects.all().delete()
    assert slugs() == ["groups", "signed-in"]


def test_what_hangs_on_a_source_is_seen_by_whom_the_source_is(people):
    for graph in Graph.objects.all():
        GraphVersion.objects.create(graph=graph, number=1, load=1)
        GraphQuestion.objects.create(graph=graph, text=graph.slug)
        Job.objects.create(kind="load_graph", subject=graph.subject, title=graph.slug)
    hidden = Graph.objects.get(slug="groups")
    for user, seen in people:
        with reading_as(reader_of(user)):
            assert sorted(GraphQuestion.objects.values_list("text", flat=True)) == seen
            assert sorted(GraphVersion.objects.values_list("graph__slug", flat=True)) == seen
            assert sorted(active_jobs().values_list("title", flat=True)) == seen
            assert sorted(Job.objects.values_list("title", flat=True)) == seen
            assert bool(newest_jobs([hidden.subject])) == ("groups" in seen)
            # Also by way of a row that somebody came by.
            assert hidden.questions.count() == ("groups" in seen)
            found = Graph.objects.prefetch_related("questions", "versions")
            assert sum(len(graph.questions.all()) + len(graph.versions.all()) for graph in found) == 2 * len(
                seen
            )


def test_jobs_of_no_source_and_of_sources_that_are_gone_are_for_staff(people):
    Job.objects.create(kind="switch_encoder", subject="encoder", title="Switch to another encoder")
    Job.objects.create(kind="load_graph", subject="graph:999999", title="Load what is gone")
    Job.objects.create(kind="odd", subject=f"graph:0{Graph.objects.first().pk}", title="odd")
    for user, _ in people:
        reader = reader_of(user)
        with reading_as(reader):
            assert Job.objects.count() == (3 if reader.sees_all else 0)


def test_a_change_of_groups_holds_at_once(chemists):
    user = User.objects.create_user("user")
    with reading_as(lambda: reader_of(user)):
        assert "groups" not in slugs()
        user.groups.add(chemists)
        assert "groups" in slugs()
        user.groups.clear()
        assert "groups" not in slugs()
        user.groups.add(chemists)
        Group.objects.all().delete()
        assert "groups" not in slugs()
    assert "groups" in slugs()


def test_groups_count_only_where_groups_are_chosen(chemists):
    Graph.objects.get(slug="signed-in").groups.add(chemists)
    with reading_as(ANONYMOUS):
        assert slugs() == ["everyone"]


def test_who_sees_everything_asks_nothing_more(chemists):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        list(Graph.objects.all())
    assert "visibility" not in queries[0]["sql"].split("FROM")[1]
    with CaptureQueriesContext(connection) as queries, reading_as(ANONYMOUS):
        list(Graph.objects.all())
    assert len(queries) == 1


# Every model, and every statement by hand


def restricted(model: type[models.Model]) -> bool:
    """Whether a model hangs on a source, by a foreign key or several."""
    related = [field.related_model for field in model._meta.concrete_fields if field.many_to_one]
    return any(issubclass(each, Restricted) or (each is not model and restricted(each)) for each in related)


def test_every_model_that_hangs_on_a_source_has_the_rule():
    through = {source.groups.through for source in apps.get_models() if issubclass(source, Restricted)}
    known = 0
    for model in apps.get_models(include_auto_created=True):
        if model not in through and (issubclass(model, Restricted) or restricted(model)):
            assert isinstance(model._default_manager, VisibleManager), model
            assert all(isinstance(manager, VisibleManager) for manager in model._meta.managers), model
            str(model._default_manager.all().query)
            known += 1
    assert known >= 16
    assert isinstance(Job._default_manager, VisibleSubjectManager)


def test_sql_by_hand_stands_only_where_it_is_known():
    """Add a module here only if its SQL takes `visible_sql`, or an owner's key that came from a manager.

    A backup, the log and a change of keys are the system's own work.
    """
    tables = re.compile(r"(?:FROM|JOIN|UPDATE|INTO)\s+(?:codesearch|kbqa|jobs)_\w+|_base_manager|\.raw\(")
    found = {
        str(path.relative_to(ROOT))
        for package in ("searchapp", "codesearch", "kbqa", "frontend")
        for path in (ROOT / package).rglob("*.py")
        if "migrations" not in path.parts and tables.search(path.read_text())
    }
    assert {name for name in found if not name.startswith("codesearch/indexing/")} == {
        "codesearch/retrieval/candidates.py",
        "codesearch/retrieval/lexical.py",
        "codesearch/retrieval/occurrences.py",
        "codesearch/retrieval/snippets.py",
        "searchapp/audit/listeners.py",
        "searchapp/backup/services.py",
        "searchapp/secrets.py",
        "searchapp/visibility.py",
    }


# Who reads


def test_commands_and_jobs_see_all_and_a_web_process_fails_closed(chemists, monkeypatch):
    assert current_reader() == SYSTEM
    monkeypatch.setattr(visibility, "_otherwise", [SYSTEM])
    visibility.fail_closed()
    assert (current_reader(), slugs()) == (ANONYMOUS, ["everyone"])
    with reading_as(SYSTEM):
        assert len(slugs()) == 3


def test_the_web_process_starts_and_fails_closed(tmp_path):
    """In a process of its own: here, the applications are loaded before anything is imported."""
    code = (
        "import os, searchapp.wsgi; from searchapp.visibility import current_reader;"
        "print(current_reader(), flush=True); os._exit(0)"
    )
    kept = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**kept, "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, str(ANONYMOUS)), done.stderr


def test_a_request_is_read_by_its_person_and_by_nobody_afterwards(people, settings):
    assert settings.MIDDLEWARE[0] == "searchapp.visibility.ReaderMiddleware"
    for user, seen in people:
        request = RequestFactory().get("/")
        found = []

        def view(request, user=user, found=found):
            found.append(slugs())
            request.user = user
            found.append(slugs())
            return HttpResponse()

        ReaderMiddleware(view)(request)
        assert found == [["everyone"], seen]
        assert current_reader() == SYSTEM


def test_an_error_ends_the_reading_too():
    def view(request):
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        ReaderMiddleware(view)(RequestFactory().get("/"))
    assert current_reader() == SYSTEM


def test_what_is_streamed_is_read_by_the_same_person(people):
    for user, seen in people:
        request = RequestFactory().get("/")
        request.user = user
        response = ReaderMiddleware(
            lambda _: StreamingHttpResponse(f"{slug} " for slug in slugs(Graph.objects.all()))
        )(request)

        def lazily():
            yield ",".join(slugs())
            yield ";"
            yield ",".join(slugs())

        late = ReaderMiddleware(lambda _: StreamingHttpResponse(lazily()))(request)
        assert b"".join(response).decode().split() == seen
        assert b"".join(late).decode() == ";".join([",".join(seen)] * 2)
        assert current_reader() == SYSTEM


def test_files_are_left_to_the_server():
    with (ROOT / "README.md").open("rb") as file:
        response = ReaderMiddleware(lambda _: FileResponse(file))(RequestFactory().get("/"))
        assert response.file_to_stream is file


def test_threads_have_readers_of_their_own():
    seen = []
    with reading_as(ANONYMOUS):
        thread = threading.Thread(target=lambda: seen.append(current_reader()))
        thread.start()
        thread.join()
    assert seen == [SYSTEM]


@pytest.mark.parametrize(
    "user", [None, object(), SimpleNamespace(is_authenticated=False, is_staff=True, is_active=True)]
)
def test_whoever_is_not_signed_in_is_nobody_in_particular(user):
    assert reader_of(user) == ANONYMOUS


# Audiences


@pytest.mark.parametrize(("anonymous_read", "expected"), [(True, "everyone"), (False, "signed-in")])
def test_the_settings_say_who_may_see_new_sources(settings, anonymous_read, expected):
    settings.ANONYMOUS_READ = anonymous_read
    graph = Graph(slug="a", name="a", source_kind="file")
    sources.save_new(graph)
    assert (graph.visibility, Graph.objects.create(slug="b", name="b", source_kind="file").visibility) == (
        expected,
    ) * 2


@pytest.mark.parametrize(
    ("audience", "field", "message"),
    [
        (Audience("nobody"), "visibility", "one of everyone, signed-in, groups"),
        (Audience(""), "visibility", "one of everyone"),
        (Audience("groups"), "groups", "at least one group"),
        (Audience("groups", ("chemists", "alchemists")), "groups", "no group named alchemists"),
        (Audience("groups", ("CHEMISTS",)), "groups", "no group named CHEMISTS"),
    ],
)
def test_what_is_no_audience_is_refused_and_nothing_is_saved(chemists, audience, field, message):
    with pytest.raises(InvalidInput, match=message) as error:
        sources.save_new(Graph(slug="new", name="new", source_kind="file"), audience)
    assert error.value.field == field
    graph = Graph.objects.get(slug="groups")
    with pytest.raises(InvalidInput, match=message):
        sources.show_to(graph, audience)
    assert "new" not in slugs()
    graph.refresh_from_db()
    assert (graph.visibility, graph.groups.get()) == ("groups", chemists)


def test_groups_are_let_go_of_with_the_visibility(chemists):
    graph = Graph.objects.get(slug="groups")
    sources.show_to(graph, Audience("signed-in", ("chemists",)))
    assert not graph.groups.exists()


def test_errors_and_paths_are_told_to_staff_alone(chemists):
    job = Job(state="failed", error="/srv/secret: permission denied")
    waiting = Job(state="queued", message="Waiting: db.internal:5432 does not answer")
    folder = Repository(source_kind="folder", location="/srv/secret")
    git = Repository(source_kind="git", location="https://git.example/x.git")
    server = Database(source_kind="url", location="db.internal:5432/shop")
    assert (job.shown_error, folder.shown_location) == (job.error, folder.location)
    assert waiting.shown_message == waiting.message
    with reading_as(ANONYMOUS):
        assert "secret" not in job.shown_error + folder.shown_location
        assert server.shown_location == ""
        assert (waiting.shown_message, git.shown_location) == ("Waiting", git.location)
        assert Job(state="running", message="Reading cells").shown_message == "Reading cells"
