"""The graphs that this process asked last, opened, and the decoder that the settings choose."""

from pathlib import Path
from typing import Any

from django.conf import settings

from kbqa.decoding.beam import BeamOptions
from kbqa.decoding.pointer_network import load_decoder
from kbqa.language_model import configured_server
from kbqa.sparql.answer.decoders import WIDTH, Decoder, NetworkDecoder, SequenceDecoder
from kbqa.sparql.answer.language_model import ServerDecoder
from kbqa.sparql.grammar.live_graph import LiveGraph, OpenedGraph
from kbqa.sparql.models import Graph, GraphVersion
from kbqa.sparql.stores import EndpointStore, GraphStore, ServedStore, StoreError
from searchapp.errors import NotReady
from searchapp.jobs.selectors import not_ready
from searchapp.shared import SharedCache

MODEL_FOLDER = Path(__file__).parents[1] / "model"
_MAX_OPEN = 8
_open = SharedCache[tuple[Any, ...], LiveGraph](_MAX_OPEN)


def served(graph: Graph) -> OpenedGraph:
    """The served version of a graph, opened. Raises NotReady, StoreError."""
    for _ in range(2):
        version = GraphVersion.objects.filter(pk=graph.serving_id or 0).select_related("graph").first()
        if version is None:
            raise not_ready(graph.subject, f"{graph.name} has not been loaded yet.")
        try:
            return OpenedGraph(version, live_graph(version))
        except StoreError:
            # Replaced between the two looks, and its folder is gone.
            graph.refresh_from_db()
            if graph.serving_id == version.pk:
                raise
    raise NotReady(f"{graph.name} is being replaced; try again.")


def live_graph(version: GraphVersion) -> LiveGraph:
    """A version, opened. Raises StoreError."""
    graph = version.graph
    # The number of a row alone says too little: it is given again after a database is brought back.
    key = (version.pk, graph.pk, version.number, version.started, version.finished)
    where = (graph.source_kind, graph.location, graph.token)
    return _open.get((*key, *where), lambda: LiveGraph(_store(version), version.parsed_profile))


def _store(version: GraphVersion) -> GraphStore:
    name = f"{version.graph_id}.{version.number}"
    if version.graph.source_kind == Graph.SourceKind.ENDPOINT:
        return EndpointStore(version.graph.location, name, version.graph.token)
    return ServedStore.open(version.folder / "triples", name)


def configured_decoder() -> Decoder:
    """The decoder that the settings choose, a language-model server before the local network.

    Raises EncoderError.
    """
    chosen = settings.DECODER
    if chosen["backend"] == "huggingface":
        return SequenceDecoder(chosen["model"], WIDTH)
    server = configured_server()
    return ServerDecoder(server, local_decoder()) if server is not None else local_decoder()


def local_decoder(folder: Path | None = None) -> NetworkDecoder:
    """The network of a folder, else that the settings name, else the one that comes with the package.

    Raises EncoderError.
    """
    model = settings.DECODER["model"]
    loaded = load_decoder(folder or (Path(model).expanduser() if model else MODEL_FOLDER))
    return NetworkDecoder(loaded, BeamOptions(width=WIDTH), settings.GRAPH_READING_SECONDS)
