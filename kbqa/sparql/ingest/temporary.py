"""Graphs for a block only, in the present database: what decoders are measured on."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from pyoxigraph import Store

from kbqa.sparql import names
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.ingest.name_reader import names_in
from kbqa.sparql.ingest.profiler import profile_graph
from kbqa.sparql.ingest.rdf_parser import RdfFile, Report, rdf_format, triples_of
from kbqa.sparql.models import Graph, GraphVersion
from kbqa.sparql.stores import OxigraphStore

_MAX_BYTES = 10**12


@contextmanager
def temporary_graph(
    path: Path, embedded_labels: int | None = None
) -> Iterator[tuple[GraphVersion, LiveGraph]]:
    """A file loaded as a graph of the present database for the block, as a load does it.

    `embedded_labels` get vectors; by default as many as the settings say. Raises LoadError or OSError.
    """
    graph = Graph.objects.create(
        slug=path.name.split(".")[0].lower()[:60], name=path.name, source_kind=Graph.SourceKind.FILE
    )
    version = GraphVersion.objects.create(graph=graph, number=1, load=1)
    folder = Path(tempfile.mkdtemp(prefix="searchapp-graph-"))
    limit = settings.GRAPH_EMBEDDED_LABELS if embedded_labels is None else embedded_labels
    try:
        store = _read(path, folder / "triples")
        opened = OxigraphStore(store, "1")
        profile = profile_graph(opened)
        names.names_of(version).write(names_in(store, profile))
        names.label_vectors_of(graph.pk).write(names.labels_of(version, limit), names.encode_labels)
        yield version, LiveGraph(opened, profile)
    finally:
        names.names_of_load(graph.pk, 0).delete(all_loads=True)
        graph.delete()
        shutil.rmtree(folder, ignore_errors=True)


def _read(path: Path, folder: Path) -> Store:
    store = Store(str(folder))
    file = RdfFile(path, rdf_format(path.name), _MAX_BYTES)
    store.bulk_extend(triples_of(file, Report(), skip_bad_lines=False, progress=lambda done, total: None))
    return store
