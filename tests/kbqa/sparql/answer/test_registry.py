"""Graphs that are kept open."""

import pytest
from django.utils import timezone
from pyoxigraph import RdfFormat, Store

from kbqa.sparql.answer import registry
from kbqa.sparql.answer.registry import live_graph
from kbqa.sparql.models import Graph, GraphVersion
from kbqa.sparql.profile import Profile
from kbqa.sparql.stores import EndpointStore, OxigraphStore, StoreError
from tests.threads import in_threads


@pytest.fixture
def version(tmp_path, settings):
    """A function that writes a version of a graph, which no database knows."""
    settings.DATA_DIR = tmp_path
    registry._open.clear()

    def write(number: int) -> GraphVersion:
        found = GraphVersion(pk=number, graph=Graph(pk=7, source_kind="file"), number=number)
        found.parsed_profile = Profile(triples=1)
        found.folder.mkdir(parents=True)
        store = Store(str(found.folder / "triples"))
        store.load(f"<urn:a> <urn:p> {number} .".encode(), format=RdfFormat.TURTLE)
        store.flush()
        return found

    return write


def test_a_version_is_opened_once_and_has_its_profile(version):
    first = version(1)
    live = live_graph(first)
    assert live_graph(first) is live
    assert live.profile == Profile(triples=1)
    assert isinstance(live.store, OxigraphStore)
    assert live.store.version == "7.1"


def test_versions_are_told_apart(version):
    versions = [version(number) for number in (1, 2)]
    for each in versions:
        assert live_graph(each).store.ask(f"ASK {{ ?s ?p {each.number} }}")


def test_eight_are_kept_open_those_that_were_asked_last(version):
    versions = [version(number) for number in range(1, 10)]
    opened = [live_graph(each) for each in versions[:8]]
    assert live_graph(versions[0]) is opened[0]
    live_graph(versions[8])
    assert live_graph(versions[0]) is opened[0]
    assert live_graph(versions[1]) is not opened[1], "it was asked the longest ago"


def test_an_endpoint_is_asked_where_it_is(version):
    graph = Graph(pk=8, source_kind="endpoint", location="http://x.example/sparql", token="secret")
    remote = GraphVersion(pk=80, graph=graph, number=3)
    remote.parsed_profile = Profile()
    store = live_graph(remote).store
    assert isinstance(store, EndpointStore)
    assert (store.address, store.version) == ("http://x.example/sparql", "8.3")


def test_a_folder_that_is_gone_is_not_remembered(version):
    gone = GraphVersion(pk=99, graph=Graph(pk=7, source_kind="file"), number=99)
    gone.parsed_profile = Profile()
    for _ in range(2):
        with pytest.raises(StoreError, match="cannot be opened"):
            live_graph(gone)


@pytest.mark.parametrize("changed", [{"location": "http://y.example/sparql"}, {"token": "other"}])
def test_an_endpoint_that_moved_is_asked_where_it_is_now(version, changed):
    given = {"location": "http://x.example/sparql", "token": "secret"}
    versions = []
    for fields in (given, given | changed):
        remote = GraphVersion(pk=80, graph=Graph(pk=8, source_kind="endpoint", **fields), number=3)
        remote.parsed_profile = Profile()
        versions.append(remote)
    before, after = (live_graph(each).store for each in versions)
    assert (after.address, after._headers.get("Authorization")) == (
        versions[1].graph.location,
        f"Bearer {versions[1].graph.token}",
    )
    assert before is not after


@pytest.mark.parametrize("field", ["number", "finished", "started"])
def test_a_row_whose_number_was_given_again_is_another_version(version, field):
    before, again = version(1), version(2)
    again.pk, again.number = before.pk, before.number
    live = live_graph(before)
    setattr(again, field, 2 if field == "number" else timezone.now())
    assert live_graph(again) is not live


def test_threads_that_ask_at_once_open_a_version_once(version):
    asked = version(1)
    assert len(set(map(id, in_threads(8, lambda _: live_graph(asked))))) == 1


def test_threads_see_their_own_of_more_versions_than_are_kept_open(version):
    versions = [version(number) for number in range(1, 13)]

    def ask(thread: int) -> bool:
        order = [versions[(thread * 5 + number) % 12] for number in range(36)]
        return all(live_graph(each).store.ask(f"ASK {{ ?s ?p {each.number} }}") for each in order)

    assert all(in_threads(8, ask))
