"""What every source has in common."""

import doctest

import pytest

from codesearch.models import Repository
from kbqa.sparql.models import Graph
from searchapp import sources
from searchapp.errors import InvalidInput


def test_the_examples_hold():
    assert doctest.testmod(sources).failed == 0


def test_a_name_of_nothing_that_addresses_have_is_made_up():
    assert sources.slug_of("你好", "graph").startswith("graph-")


@pytest.mark.django_db
def test_a_name_that_was_taken_meanwhile_is_an_error_of_the_name():
    Graph.objects.create(slug="films", name="films")
    with pytest.raises(InvalidInput, match="There is a graph named films already") as caught:
        sources.save_new(Graph(slug="films", name="films"))
    assert caught.value.field == "name"


@pytest.mark.parametrize(
    ("location", "last"),
    [
        ("https://x.example/a/b.git", "b.git"),
        ("https://x.example/a/b/", "b"),
        ("https://x.example/a?file=b/c", "a"),
        ("https://x.example/a#b/c", "a"),
        ("https://x.example", ""),
        ("/srv/code/shop//", "shop"),
        ("/srv/what?/a#b", "a#b"),
        ("films.ttl", "films.ttl"),
        ("", ""),
    ],
)
def test_a_source_is_called_after_the_last_part_of_where_it_is(location, last):
    assert sources.last_part(location) == last


@pytest.mark.parametrize(
    ("name", "slug"),
    [("My films!", "my-films"), ("Größe", "groe"), ("a/b", "ab"), ("--a--", "a"), ("x" * 80, "x" * 60)],
)
def test_a_name_for_addresses_has_letters_digits_and_dashes(name, slug):
    assert sources.slug_of(name, "graph") == slug


def test_sources_are_known_by_kind_and_key():
    graph = Graph(pk=7, slug="films", name="Films")
    repository = Repository(pk=7, name="a.b")
    assert (str(graph), graph.key, graph.subject) == ("Films", "films", "graph:7")
    assert (repository.key, repository.subject) == ("a.b", "repository:7")
    assert graph.get_absolute_url() == "/graphs/films"
    assert repository.get_absolute_url() == "/repositories/a.b"


@pytest.mark.django_db
def test_a_job_on_a_source_knows_it_and_says_what_it_does():
    graph = Graph.objects.create(slug="films", name="Films")
    job = sources.start(graph, "load_graph", "Load", afresh=True)
    assert (job.title, job.subject) == ("Load Films", f"graph:{graph.pk}")
    assert job.arguments == {"graph": graph.pk, "afresh": True}
    assert sources.start(graph, "load_graph", "Load") == job


@pytest.mark.django_db
def test_deleting_hides_the_source_and_cancels_what_works_on_it():
    graph, other = (Graph.objects.create(slug=name, name=name) for name in ("films", "books"))
    loading, elsewhere = (sources.start(graph, "load_graph", "Load") for graph in (graph, other))
    deleting = sources.delete(graph, "delete_graph")
    loading.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (loading.state, elsewhere.state, deleting.title) == ("cancelled", "queued", "Delete films")
    assert list(Graph.objects.filter(deleting=True)) == [graph]
