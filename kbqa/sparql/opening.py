"""Graphs as the rest asks them: each process keeps those open that it asked last."""

import threading
from collections import OrderedDict

from kbqa.models import Graph, GraphVersion
from kbqa.sparql.constraints import LiveGraph
from kbqa.sparql.profile import Profile
from kbqa.sparql.stores import EndpointStore, GraphStore, OxigraphStore, StoreError

_MOST_OPEN = 8
_open: "OrderedDict[int, LiveGraph]" = OrderedDict()
_lock = threading.Lock()


def served(graph: Graph) -> tuple[GraphVersion, LiveGraph]:
    """Return the served version of a graph, opened. Raises StoreError."""
    for _ in range(2):
        version = GraphVersion.objects.filter(pk=graph.serving_id or 0).select_related("graph").first()
        if version is None:
            raise StoreError(f"{graph.name} has not been loaded yet.", transient=True)
        try:
            return version, live_graph(version)
        except StoreError:
            # Replaced between the two looks, and its folder is gone.
            graph.refresh_from_db()
            if graph.serving_id == version.pk:
                raise
    raise StoreError(f"{graph.name} is being replaced; try again.", transient=True)


def live_graph(version: GraphVersion) -> LiveGraph:
    """Return a version, opened. Raises StoreError."""
    with _lock:
        found = _open.get(version.pk)
        if found is None:
            store = _store(version)
            found = _open[version.pk] = LiveGraph(store, Profile.from_json(version.profile))
            while len(_open) > _MOST_OPEN:
                _open.popitem(last=False)
        _open.move_to_end(version.pk)
        return found


def _store(version: GraphVersion) -> GraphStore:
    name = f"{version.graph_id}.{version.number}"
    if version.graph.source_kind == Graph.SourceKind.ENDPOINT:
        return EndpointStore(version.graph.location, name, version.graph.token)
    return OxigraphStore.open(version.folder / "triples", name)
