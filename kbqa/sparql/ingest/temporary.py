"""Graphs for a block only, in the present database: what decoders are trained and measured on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from django.conf import settings
from pyoxigraph import Store

from kbqa.sparql import names
from kbqa.sparql.grammar.live_graph import LiveGraph, OpenedGraph
from kbqa.sparql.ingest.name_reader import names_in
from kbqa.sparql.ingest.profiler import profile_graph
from kbqa.sparql.ingest.rdf_parser import LoadError, RdfFile, Report, rdf_format, triples_of
from kbqa.sparql.models import Graph, GraphVersion
from kbqa.sparql.stores import OxigraphStore

_MAX_BYTES = 10**12


@contextmanager
def temporary_graph(path: Path, embedded_labels: int | None = None) -> Iterator[OpenedGraph]:
    """A file loaded as a graph of the present database for the block, as a load does it.

    `embedded_labels` get vectors; by default as many as the settings say. Raises LoadError.
    """
    limit = settings.GRAPH_EMBEDDED_LABELS if embedded_labels is None else embedded_labels
    with (
        TemporaryDirectory(prefix="searchapp-graph-", ignore_cleanup_errors=True) as folder,
        temporary_names(read_store(path, Path(folder) / "triples"), path.name, limit) as opened,
    ):
        yield opened


@contextmanager
def temporary_names(store: Store, name: str, embedded_labels: int) -> Iterator[OpenedGraph]:
    """A store as a graph of the present database for the block, whose names are looked up there.

    `embedded_labels` of its labels get vectors. Nothing of it is left after the block, however it ends.
    """
    row = Graph.objects.create(slug=f"temporary-{uuid4().hex}", name=name, source_kind=Graph.SourceKind.FILE)
    try:
        version = GraphVersion.objects.create(graph=row, number=1, load=1)
        opened = OxigraphStore(store, "1")
        profile = profile_graph(opened)
        names.names_of(version).write(names_in(store, profile))
        if embedded_labels:
            vectors = names.label_vectors_of(row.pk)
            vectors.write(names.labels_of(version, embedded_labels), names.encode_labels)
        yield OpenedGraph(version, LiveGraph(opened, profile))
    finally:
        names.names_of_load(row.pk, 0).delete(all_loads=True)
        row.delete()


def read_store(path: Path, folder: Path | None = None) -> Store:
    """The triples of an RDF file as a store: in a folder, or in memory without one. Raises LoadError."""
    store = Store() if folder is None else Store(str(folder))
    try:
        file = RdfFile(path, rdf_format(path.name), _MAX_BYTES)
        store.bulk_extend(triples_of(file, Report(), skip_bad_lines=False, progress=lambda done, total: None))
    except (LoadError, OSError) as error:
        raise LoadError(f"{path}: {error}") from error
    return store
