"""What graphs and databases do when the product starts: networks are loaded for what can be asked."""

import pytest

from kbqa.decoding import pointer_network
from kbqa.sparql.models import Graph, GraphVersion
from kbqa.sql.models import Database, Scan
from kbqa.startup import warm_up

pytestmark = pytest.mark.django_db


def serve(source, version):
    source.serving = version
    source.save()


def loaded(monkeypatch) -> set[str]:
    """The engines whose networks a warm-up loads."""
    engines = set()
    make = pointer_network.DecoderModel
    monkeypatch.setattr(pointer_network, "_decoders", pointer_network.SharedCache(4))
    monkeypatch.setattr(
        pointer_network, "DecoderModel", lambda folder: engines.add(folder.parts[-2]) or make(folder)
    )
    warm_up()
    return engines


def test_without_sources_nothing_is_loaded(monkeypatch):
    Graph.objects.create(slug="films", name="Films", source_kind="file")
    assert loaded(monkeypatch) == set()


def test_networks_are_loaded_of_the_engines_that_have_something_to_be_asked(monkeypatch):
    graph = Graph.objects.create(slug="films", name="Films", source_kind="file")
    serve(graph, GraphVersion.objects.create(graph=graph, number=1, load=1))
    assert loaded(monkeypatch) == {"sparql"}
    database = Database.objects.create(slug="shop", name="Shop", source_kind="upload")
    serve(database, Scan.objects.create(database=database, number=1))
    assert loaded(monkeypatch) == {"sparql", "sql"}
