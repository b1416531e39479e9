"""Edits: a version made from the served one by hard links, changed, and served in one step.

The next question sees it. The change itself is made in a process that can be ended, while nothing is locked;
if the graph was changed by somebody else meanwhile, it is made again from what there is then.
"""

import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import transaction

from kbqa.sparql import names
from kbqa.sparql.ingest.load import LIFECYCLE, naming_of
from kbqa.sparql.ingest.name_reader import names_in
from kbqa.sparql.ingest.profiler import profile_graph
from kbqa.sparql.models import Graph, GraphVersion
from kbqa.sparql.stores import OxigraphStore, QueryError, ServedStore, StoreError
from kbqa.sparql.stores.base import Paced
from kbqa.sparql.stores.executor import change_folder, check_update
from kbqa.sparql.stores.guarded import Guard
from searchapp.audit import recording as audit
from searchapp.errors import Conflict
from searchapp.jobs.selectors import not_ready

MAX_TRIPLES = 10_000
_ATTEMPTS = 3
_LOOKS = 10
"""How many times as long as a change finding out what a graph has now may take."""
_UNFINISHED, _LEFT_SECONDS = "edit-", 3600
"""How the folder of a change is called until it is served, and when one must have been left behind."""


class EditConflict(Conflict):
    """A graph is being changed by others all the time; nothing was changed."""

    transient = True


def edit_triples(graph: Graph, *, add: str = "", remove: str = "") -> GraphVersion:
    """Add and remove triples, written as N-Triples or Turtle.

    Raises QueryError, StoreError, NotReady, EditConflict.
    """
    if not add.strip() and not remove.strip():
        raise QueryError("There is nothing to add or remove.", field="add")
    written = "\n".join(
        f"{word}\n{text}" for word, text in (("add", add), ("remove", remove)) if text.strip()
    )
    with audit.recorded(audit.Action.GRAPH_UPDATE, subject=f"graph: {graph.name}", detail=written):
        return _edit(
            graph,
            lambda folder, before: change_folder(
                folder, before, graph, add=add, remove=remove, limit=MAX_TRIPLES
            ),
        )


def update_graph(graph: Graph, update: str) -> GraphVersion:
    """Run a SPARQL Update. Raises QueryError, StoreError, NotReady, EditConflict."""
    with audit.recorded(audit.Action.GRAPH_UPDATE, subject=f"graph: {graph.name}", detail=update):
        check_update(update, graph)
        return _edit(graph, lambda folder, before: change_folder(folder, before, graph, update=update))


def _edit(graph: Graph, change: Callable[[Path, Path], bool]) -> GraphVersion:
    """The version that a change makes; the one that is served where there was nothing to change."""
    for _ in range(_ATTEMPTS):
        served = _editable(graph)
        with _unfinished(graph) as folder:
            before = OxigraphStore.open(served.folder / "triples", "")
            before.store.backup(str(folder / "triples"))
            if not change(folder / "triples", served.folder / "triples"):
                return served
            version = _published(graph, served, before, folder)
            if version is not None:
                return version
    raise EditConflict(f"{graph.name} is being changed by somebody else. Nothing was changed; try again.")


def _editable(graph: Graph) -> GraphVersion:
    """The served version of a graph that can be edited. Raises QueryError, NotReady."""
    graph.refresh_from_db()
    if graph.source_kind == Graph.SourceKind.ENDPOINT:
        raise QueryError(f"{graph.name} lives at {graph.location} and is edited there.")
    if graph.serving is None:
        raise not_ready(graph.subject, f"{graph.name} has not been loaded yet.")
    return graph.serving


@contextmanager
def _unfinished(graph: Graph) -> Iterator[Path]:
    """A folder for a change, removed unless it was served; so are those that ended processes left."""
    parent = GraphVersion(graph=graph, number=0).folder.parent
    for left in parent.glob(f"{_UNFINISHED}*"):
        if left.stat().st_mtime < time.time() - _LEFT_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    folder = parent / f"{_UNFINISHED}{uuid.uuid4().hex}"
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _published(
    graph: Graph, served: GraphVersion, before: OxigraphStore, folder: Path
) -> GraphVersion | None:
    """The version that a changed folder became; None if another one was served meanwhile."""
    after = ServedStore.open(folder / "triples", "", Guard.of_updates())
    profile = profile_graph(Paced(after, _ends_in_time()), naming_of(graph))
    try:
        old = set(names_in(before.store, served.parsed_profile))
        new = set(names_in(after.store, profile))
    except OSError as error:
        raise StoreError(f"The graph could not be read: {error}", transient=True) from error
    triples = after.count()
    del after
    # Whoever takes a number holds the graph's row: a load that begins meanwhile gets the next one.
    with transaction.atomic():
        graph.refresh_from_db(from_queryset=Graph.objects.select_for_update())
        if graph.serving_id != served.pk:
            return None
        version = GraphVersion(
            graph=graph,
            number=LIFECYCLE.next_number(graph),
            load=served.load,
            examples=served.examples,
            triples=triples,
        )
        version.parsed_profile = profile
        shutil.rmtree(version.folder, ignore_errors=True)
        folder.rename(version.folder)
        try:
            names.names_of(version).remove(old - new)
            names.names_of(version).write(new - old)
            LIFECYCLE.publish(graph, version)
        except BaseException:
            shutil.rmtree(version.folder, ignore_errors=True)
            raise
    return version


def _ends_in_time() -> Callable[[], None]:
    """What ends looking at a changed graph, of many predicates say, once that takes too long."""
    seconds = _LOOKS * settings.GRAPH_UPDATE_TIMEOUT_MS / 1000
    ends = time.monotonic() + seconds

    def may_go_on() -> None:
        if time.monotonic() > ends:
            raise QueryError(
                f"It took longer than {seconds:g} seconds to find out what is in the graph now. Nothing was "
                "changed; load the graph anew with the change in its file."
            )

    return may_go_on
