"""Sources that are made of sources: who may see a graph of code, and facts of what is installed."""

import pytest
from django.contrib.auth.models import Group, User

from codesearch.models import Repository, SourceFile, Unit
from kbqa.sparql.models import Graph, GraphQuestion
from kbqa.sql.models import Database
from searchapp import sources
from searchapp.jobs.models import Job
from searchapp.visibility import (
    ANONYMOUS,
    Audience,
    reader_of,
    reading_as,
)

pytestmark = pytest.mark.django_db


def slugs() -> list[str]:
    """Return the slugs of the graphs that are seen."""
    return list(Graph.objects.order_by("slug").values_list("slug", flat=True))


@pytest.fixture
def code():
    """A repository, and the graph of its code."""
    repository = Repository.objects.create(
        name="shop", source_kind="git", location="x", visibility="signed-in"
    )
    graph = Graph.objects.create(
        slug="shop-code", name="shop code", source_kind="repository", location="shop", visibility="everyone"
    )
    return repository, graph


def test_a_graph_of_code_is_seen_by_those_who_may_see_both(code):
    _repository, _graph = code
    user = reader_of(User.objects.create_user("user"))
    for of_code, of_graph, anonymous, signed_in in (
        ("everyone", "everyone", True, True),
        ("signed-in", "everyone", False, True),
        ("everyone", "signed-in", False, True),
        ("groups", "everyone", False, False),
        ("everyone", "groups", False, False),
    ):
        Repository.objects.update(visibility=of_code)
        Graph.objects.update(visibility=of_graph)
        for reader, sees in ((ANONYMOUS, anonymous), (user, signed_in)):
            with reading_as(reader):
                assert Graph.objects.exists() == sees
    assert slugs() == ["shop-code"]


def test_a_graph_of_code_that_is_gone_is_for_staff(code):
    repository, _graph = code
    Repository.objects.update(visibility="everyone")
    Graph.objects.create(slug="shop", name="shop", source_kind="url", location="shop", visibility="everyone")
    repository.delete()
    with reading_as(reader_of(User.objects.create_user("user"))):
        assert slugs() == ["shop"]


def test_jobs_and_questions_of_a_graph_of_code_follow_the_repository(code):
    _repository, graph = code
    GraphQuestion.objects.create(graph=graph, text="which classes?")
    Job.objects.create(kind="load_graph", subject=graph.subject, title="Load shop code")
    with reading_as(ANONYMOUS):
        assert not GraphQuestion.objects.exists()
        assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("audience", "named"),
    [
        (Audience("everyone"), ["open"]),
        (Audience("signed-in"), ["known", "open"]),
        (Audience("groups", ("chemists",)), ["both", "chemists", "known", "open"]),
        (Audience("groups", ("chemists", "physicists")), ["both", "known", "open"]),
        (Audience("groups", ("botanists",)), ["known", "open"]),
    ],
)
def test_facts_tell_of_what_all_their_readers_may_see(audience, named):
    from codesearch.facts import repository_rows, unit_rows

    groups = {name: Group.objects.create(name=name) for name in ("chemists", "physicists", "botanists")}
    for name, kind, chosen in (
        ("open", "everyone", ()),
        ("known", "signed-in", ()),
        ("chemists", "groups", ("chemists",)),
        ("both", "groups", ("chemists", "physicists")),
        ("nobody", "groups", ()),
    ):
        repository = Repository.objects.create(name=name, source_kind="git", location="x", visibility=kind)
        repository.groups.set([groups[each] for each in chosen])
        file = SourceFile.objects.create(
            repository=repository, path="a.py", language="python", lines=1, since=1, blob=blob()
        )
        Unit.objects.create(
            repository=repository, file=file, path="a.py", language="python", kind="function", name=name,
            qualified_name=name, start_line=1, end_line=1, text_hash=f"{file.pk:032}", length=1, since=1,
        )  # fmt: skip
    database = Database(slug="facts", name="facts", source_kind="installed")
    sources.save_new(database, audience)
    with reading_as(database.audience_reader):
        assert sorted(row[1] for row in repository_rows()) == named
        assert len(list(unit_rows())) == len(named)


def test_a_database_for_no_group_tells_what_signed_in_people_may_see():
    Repository.objects.create(name="nobody", source_kind="git", location="x", visibility="groups")
    database = Database.objects.create(
        slug="facts", name="facts", source_kind="installed", visibility="groups"
    )
    with reading_as(database.audience_reader):
        assert not Repository.objects.exists()


@pytest.mark.parametrize("state", [Job.State.RUNNING, Job.State.CANCELLING])
def test_facts_that_change_while_they_are_read_are_read_again(state):
    from kbqa.sql.sources.services import scan_installed, share_anew

    database = Database.objects.create(slug="facts", name="facts", source_kind="installed")
    scan = Job.objects.create(kind="scan_database", subject=database.subject, title="Scan", state=state)
    scan_installed(sender=None)
    share_anew(sender=None, source=database)
    share_anew(sender=None, source=database)
    scan.refresh_from_db()
    assert (scan.state, scan.runs_again) == (Job.State.CANCELLING, True)


def blob():
    from codesearch.models import Blob

    return Blob.objects.get_or_create(digest=b"0" * 20, defaults={"text": "x"})[0]


@pytest.mark.parametrize("changed", ["repository", "database"])
def test_facts_are_not_served_once_others_may_see_them(changed, code):
    repository, _ = code
    database = Database.objects.create(
        slug="facts", name="facts", source_kind="installed", location="x.sqlite"
    )
    other = Database.objects.create(slug="other", name="other", source_kind="upload", location="y.sqlite")
    for each in (database, other):
        each.serving = each.scans.create(number=1)
        each.save()
        each.questions.create(text="which repositories?", answer={"rows": [["shop"]]})
    old = Job.objects.create(
        kind="scan_database",
        subject=database.subject,
        title="x",
        arguments={"database": database.pk},
        state="running",
    )
    sources.show_to(repository if changed == "repository" else database, Audience("everyone"))
    for each in (database, other, old):
        each.refresh_from_db()
    assert (database.serving, database.questions.get().answer) == (None, None)
    assert (other.serving is not None, other.questions.get().answer is not None) == (True, True)
    assert old.state == Job.State.CANCELLING


def test_a_queued_scan_of_facts_is_queued_anew(code):
    repository, _ = code
    database = Database.objects.create(
        slug="facts", name="facts", source_kind="installed", location="x.sqlite"
    )
    old = Job.objects.create(
        kind="scan_database", subject=database.subject, title="x", arguments={"database": database.pk}
    )
    sources.show_to(repository, Audience("everyone"))
    assert [job.state for job in Job.objects.filter(subject=database.subject)] == ["queued", "cancelled"]
    assert Job.objects.filter(subject=database.subject).first() != old
