"""The lifecycle of versions, with graphs for an example."""

import pytest

from kbqa.sparql.models import Graph, GraphVersion
from searchapp.jobs.context import JobContext
from searchapp.jobs.errors import JobError
from searchapp.jobs.models import Job
from searchapp.versions import Lifecycle, Version

pytestmark = pytest.mark.django_db
State = Version.State


class Hooks:
    """Remembers what was forgotten and cleared."""

    def __init__(self) -> None:
        self.forgotten: list[int] = []
        self.cleared: list[tuple[int, list[int], list[int]]] = []

    def forget(self, version):
        self.forgotten.append(version.number)

    def clear(self, source, version, usable, old):
        self.cleared.append(
            (version.number, [before.number for before in usable], [before.number for before in old])
        )


@pytest.fixture
def hooks():
    return Hooks()


@pytest.fixture
def lifecycle(hooks):
    return Lifecycle(Graph, GraphVersion, lost="Start again.", forget=hooks.forget, clear=hooks.clear)


@pytest.fixture
def graph():
    return Graph.objects.create(slug="films", name="films", source_kind="file")


@pytest.fixture
def context(graph):
    job = Job.objects.create(
        kind="load_graph", subject=graph.subject, title="Load", arguments={"graph": graph.pk}
    )
    return JobContext(job)


def states(graph):
    return {version.number: version.state for version in graph.versions.all()}


def test_a_version_that_is_open_is_gone_on_with(lifecycle, graph):
    version = lifecycle.open_or_resume(graph)
    assert (version.number, version.load, version.state) == (1, 1, State.LOADING)
    assert lifecycle.open_or_resume(graph) == lifecycle.current(graph) == version


def test_without_an_open_version_a_job_says_what_to_do(lifecycle, graph):
    with pytest.raises(JobError, match=r"Start again\."):
        lifecycle.current(graph)


def test_publishing_replaces_what_served(lifecycle, hooks, graph):
    for _ in range(4):
        lifecycle.publish(graph, lifecycle.open_or_resume(graph))
    assert states(graph) == {4: State.SERVING, 3: State.REPLACED, 2: State.REPLACED, 1: State.REPLACED}
    assert hooks.cleared == [(1, [], []), (2, [1], []), (3, [2], [1]), (4, [3], [2, 1])]
    assert graph.serving.number == Graph.objects.get().serving.number == 4
    assert graph.serving.finished is not None


def test_a_publication_that_fails_changes_nothing(lifecycle, hooks, graph):
    lifecycle.publish(graph, lifecycle.open_or_resume(graph))

    def fail(source, version):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        lifecycle.publish(graph, lifecycle.open_or_resume(graph), fail)
    assert states(graph) == {1: State.SERVING, 2: State.LOADING}
    assert Graph.objects.get().serving.number == 1


def test_abandoning_forgets_what_is_open_alone(lifecycle, hooks, graph, context):
    lifecycle.publish(graph, lifecycle.open_or_resume(graph))
    lifecycle.open_or_resume(graph)
    lifecycle.abandon(context)
    assert hooks.forgotten == [2]
    assert states(graph) == {1: State.SERVING, 2: State.ABANDONED}
    assert lifecycle.open_or_resume(graph).number == 3


def test_a_job_on_what_is_being_deleted_ends(lifecycle, graph, context):
    assert lifecycle.source_of(context) == graph
    Graph.objects.update(deleting=True)
    assert lifecycle.deleted_or_not(context) == graph
    with pytest.raises(JobError, match="The graph has been deleted"):
        lifecycle.source_of(context)
    Graph.objects.all().delete()
    lifecycle.abandon(context)


def test_versions_count_on_from_the_newest_of_their_own_source(lifecycle, graph):
    other = Graph.objects.create(slug="books", name="books", source_kind="file")
    assert lifecycle.next_number(graph) == 1
    lifecycle.publish(graph, lifecycle.open_or_resume(graph))
    graph.versions.filter(number=1).update(number=7)
    assert (lifecycle.next_number(graph), lifecycle.next_number(other)) == (8, 1)


def test_publishing_prepares_the_version_before_it_serves(lifecycle, graph):
    seen = []
    first = lifecycle.open_or_resume(graph)
    lifecycle.publish(graph, first, lambda source, version: seen.append((source, version.state)))
    assert seen == [(graph, State.LOADING)]


def test_publishing_leaves_other_sources_and_abandoned_versions_alone(lifecycle, graph, context):
    other = Graph.objects.create(slug="books", name="books", source_kind="file")
    lifecycle.publish(other, lifecycle.open_or_resume(other))
    lifecycle.open_or_resume(graph)
    lifecycle.abandon(context)
    lifecycle.publish(graph, lifecycle.open_or_resume(graph))
    assert states(other) == {1: State.SERVING}
    assert states(graph) == {1: State.ABANDONED, 2: State.SERVING}


@pytest.mark.parametrize(("kept", "usable", "old"), [(1, [], [2, 1]), (2, [2], [1]), (4, [2, 1], [])])
def test_as_many_versions_may_be_read_as_the_lifecycle_says(hooks, graph, kept, usable, old):
    lifecycle = Lifecycle(Graph, GraphVersion, lost="", forget=hooks.forget, clear=hooks.clear, kept=kept)
    for _ in range(3):
        lifecycle.publish(graph, lifecycle.open_or_resume(graph))
    assert hooks.cleared[-1] == (3, usable, old)
