import gzip

import pytest
from pyoxigraph import RdfFormat, Store, serialize

from kbqa.sparql.answer.registry import served
from kbqa.sparql.ingest import load as stages
from kbqa.sparql.models import Graph, GraphVersion
from searchapp.jobs.context import JobContext
from searchapp.jobs.models import Job
from tests.kbqa.conftest import FILMS

LINES = b'<urn:a> <urn:p> "1" .\n<urn:b> <urn:p> .\n<urn:c> <urn:p> "3" .\n'


def as_format(form: RdfFormat) -> bytes:
    store = Store()
    store.load(FILMS.encode(), format=RdfFormat.TURTLE)
    quads = list(store.quads_for_pattern(None, None, None))
    return serialize([quad.triple for quad in quads], format=form)


@pytest.mark.parametrize(
    ("suffix", "form"),
    [
        (".ttl", RdfFormat.TURTLE),
        (".nt", RdfFormat.N_TRIPLES),
        (".nq", RdfFormat.N_QUADS),
        (".trig", RdfFormat.TRIG),
        (".rdf", RdfFormat.RDF_XML),
        (".jsonld", RdfFormat.JSON_LD),
    ],
)
def test_every_format_and_packed(load, suffix, form):
    text = as_format(form)
    plain = load(text, name="plain", suffix=suffix)
    packed = load(gzip.compress(text), name="packed", suffix=f"{suffix}.gz")
    assert plain.serving.triples == packed.serving.triples == 38


def test_a_bad_line_stops_the_load_and_is_named(load):
    job = load(LINES, suffix=".nt", fails=True)
    assert job.state == Job.State.FAILED
    assert "Line 2" in job.error


def test_bad_lines_are_skipped_and_counted_if_wished(load):
    graph = load(LINES, suffix=".nt", skip_bad_lines=True)
    assert (graph.serving.triples, graph.serving.skipped) == (2, 1)
    assert graph.serving.complaints[0].startswith("Line 2:")


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".ttl", b"<a> <b"),
        (".rdf", b"<html><body>no</body></html"),
        (".jsonld", b'{"@context": '),
        (".nt", b"\xff\xfe\x00"),
        (".ttl.gz", b"\x1f\x8bnothing"),
    ],
)
def test_malformed_files_fail_with_a_reason_and_the_old_version_serves(load, suffix, text):
    graph = load(FILMS, suffix=suffix if suffix == ".ttl" else ".ttl")
    before = graph.serving_id
    other = load(text, name="broken", suffix=suffix, fails=True)
    assert other.state == Job.State.FAILED
    assert "cannot be read" in other.error
    graph.refresh_from_db()
    assert graph.serving_id == before
    assert not Graph.objects.get(name="broken").versions.exclude(state=GraphVersion.State.ABANDONED).exists()


def test_entities_that_grow_are_bounded(load):
    many = b"".join(b'<!ENTITY e%d "%s">' % (depth, b"&e%d;" % (depth - 1) * 10) for depth in range(1, 12))
    text = (
        b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY e0 "aaaaaaaaaa">%s]><r xmlns="http://x.example/">&e11;</r>'
        % many
    )
    assert load(text, name="laughs", suffix=".rdf", fails=True).state == Job.State.FAILED


def test_odd_but_valid_content(load):
    text = (
        '<rel> <p> _:b . _:b <p> _:b . <rel> <http://www.w3.org/2000/01/rdf-schema#label> "'
        + "long " * 50_000
        + '" .'
    )
    assert load(text).serving.triples == 3
    assert load("", name="empty").serving.triples == 0
    assert (
        load(
            "<http://x.example/Ada> <http://x.example/knows> <http://x.example/Bob> .", name="unlabelled"
        ).serving.triples
        == 1
    )


def test_a_new_load_replaces_and_the_old_names_are_gone(load):
    from kbqa.sparql.models import Name

    load()
    graph = load('<http://x.example/a> <http://www.w3.org/2000/01/rdf-schema#label> "Only this" .')
    assert graph.serving.number == 2
    assert list(Name.objects.filter(graph=graph).values_list("text", flat=True)) == ["Only this"]


def test_a_load_that_was_killed_goes_on(load):
    graph = load()
    job = Job.objects.create(
        kind="load_graph",
        subject=graph.subject,
        title="Load",
        arguments={"graph": graph.pk},
        state=Job.State.RUNNING,
    )
    stages.fetch_source(JobContext(job))
    stages.read(JobContext(job))
    stages.read(JobContext(job))
    _, live = served(graph)
    assert live.store.version.endswith(".1")
    stages.publish(JobContext(job))
    graph.refresh_from_db()
    assert (graph.serving.number, graph.serving.triples) == (2, 38)
