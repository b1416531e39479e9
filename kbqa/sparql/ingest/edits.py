"""Edits: a version made from the served one by hard links, changed, and served in one step.

The next question sees it.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, transaction
from pyoxigraph import Quad, RdfFormat, Store, Triple, parse

from kbqa.sparql import names
from kbqa.sparql.ingest.load import LIFECYCLE, naming_of
from kbqa.sparql.ingest.name_reader import names_in
from kbqa.sparql.ingest.profiler import profile_graph
from kbqa.sparql.models import Graph, GraphVersion
from kbqa.sparql.stores import OxigraphStore, QueryError
from kbqa.sparql.stores.executor import with_keywords_spoilt, words_outside_quotes
from searchapp.audit import recording as audit
from searchapp.errors import NotReady

MAX_TRIPLES = 10_000
_LOCK_SPACE = 0x6BA1
_FORBIDDEN = ("LOAD", "SERVICE")


def edit_triples(graph: Graph, *, add: str = "", remove: str = "") -> GraphVersion:
    """Add and remove triples, written as N-Triples or Turtle. Raises QueryError, StoreError."""
    added, removed = _parsed(add), _parsed(remove)
    if not added and not removed:
        raise QueryError("There is nothing to add or remove.")

    def change(store: Store) -> None:
        for triple in removed:
            store.remove(_quad(triple))
        store.extend(map(_quad, added))

    numbers = f"{len(added)} triples added, {len(removed)} removed"
    with audit.recorded(audit.Action.GRAPH_UPDATE, subject=f"graph: {graph.name}", detail=numbers):
        return _edit(graph, change)


def update_graph(graph: Graph, update: str) -> GraphVersion:
    """Run a SPARQL Update. Raises QueryError, StoreError."""
    with audit.recorded(audit.Action.GRAPH_UPDATE, subject=f"graph: {graph.name}", detail=update):
        check_update(update)
        return _edit(graph, lambda store: _run(store, update))


def check_update(update: str) -> None:
    """Check that an update brings nothing from elsewhere. Raises QueryError."""
    if forbidden := set(_FORBIDDEN) & words_outside_quotes(update):
        raise QueryError(
            f"{' and '.join(sorted(forbidden))} is not allowed: an update changes this graph by what it says "
            "itself."
        )
    spoilt = with_keywords_spoilt(update, _FORBIDDEN)
    if spoilt != update:
        _run(Store(), spoilt)


def _run(store: Store, update: str) -> None:
    try:
        store.update(update)
    except (SyntaxError, ValueError) as error:
        raise QueryError(f"The update cannot be read: {error}") from error


def _edit(graph: Graph, change: Callable[[Store], None]) -> GraphVersion:
    with _alone(graph):
        graph.refresh_from_db()
        served = graph.serving
        if graph.source_kind == Graph.SourceKind.ENDPOINT:
            raise QueryError(f"{graph.name} lives at {graph.location} and is edited there.")
        if served is None:
            raise NotReady(f"{graph.name} has not been loaded yet.")
        number = LIFECYCLE.next_number(graph)
        version = GraphVersion(graph=graph, number=number, load=served.load, examples=served.examples)
        shutil.rmtree(version.folder, ignore_errors=True)
        version.folder.mkdir(parents=True)
        try:
            return _changed(graph, served, version, change)
        except BaseException:
            shutil.rmtree(version.folder, ignore_errors=True)
            raise


def _changed(
    graph: Graph, served: GraphVersion, version: GraphVersion, change: Callable[[Store], None]
) -> GraphVersion:
    before = OxigraphStore.open(served.folder / "triples", "").store
    before.backup(str(version.folder / "triples"))
    store = Store(str(version.folder / "triples"))
    change(store)
    store.flush()
    profile = profile_graph(OxigraphStore(store, ""), naming_of(graph))
    old = set(names_in(before, served.parsed_profile))
    new = set(names_in(store, profile))
    version.triples, version.parsed_profile = len(store), profile
    with transaction.atomic():
        names.names_of(version).remove(old - new)
        names.names_of(version).write(new - old)
        LIFECYCLE.publish(graph, version)
    return version


@contextmanager
def _alone(graph: Graph) -> Iterator[None]:
    """Let one edit of a graph at a time work, in whatever process."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [_LOCK_SPACE, graph.pk])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_SPACE, graph.pk])


def _parsed(text: str) -> Sequence[Triple]:
    if not text.strip():
        return []
    try:
        triples = [
            Triple(quad.subject, quad.predicate, quad.object) for quad in parse(text, format=RdfFormat.TURTLE)
        ]
    except SyntaxError as error:
        raise QueryError(f"Line {error.lineno or 1} cannot be read: {error.msg}") from error
    if len(triples) > MAX_TRIPLES:
        raise QueryError(f"At most {MAX_TRIPLES:,} triples at once; load a file for more.")
    return triples


def _quad(triple: Triple) -> Quad:
    return Quad(triple.subject, triple.predicate, triple.object)
