"""Queries and changes that people and programs write: understood first, then run in a process of their own.

Only SELECT, ASK, CONSTRUCT and DESCRIBE are queries, and an update inserts and deletes triples; neither asks
or fetches elsewhere.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from pyoxigraph import NamedNode

from kbqa.sparql.models import Graph, GraphVersion
from kbqa.sparql.prefixes import KNOWN
from kbqa.sparql.stores import EndpointStore, QueryError
from kbqa.sparql.stores.base import Solutions, StoreError
from kbqa.sparql.stores.guarded import PLACES, Guard, run_guarded
from kbqa.sparql.stores.named_graphs import OVERLAP
from kbqa.sparql.stores.served import solutions_of
from kbqa.sparql.stores.streaming import ResultStream
from kbqa.sparql.stores.syntax import Query, understood, update_of
from searchapp.audit import recording as audit

_MISTAKE = re.compile(r"error at (\d+):\d+: expected (.*)", re.DOTALL)
_JSON = ("application/sparql-results+json", "application/json")
_SENTENCE = re.compile(r"(?:^|, )([A-Z][a-z]+ [^,\[\]]+)")


@dataclass(frozen=True)
class Result:
    """The result of a query: its media type and its bytes. `cut` if rows were left out."""

    content_type: str
    body: bytes
    cut: bool


@dataclass(frozen=True)
class Dataset:
    """The graphs that a request names for its query, by their IRIs, in place of those of the query itself."""

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise QueryError for what is no IRI."""
        for field, iris in (("default-graph-uri", self.default), ("named-graph-uri", self.named)):
            for iri in iris:
                try:
                    NamedNode(iri)
                except ValueError as error:
                    raise QueryError(f"{iri[:100]} is not a whole IRI.", field=field) from error


def check_query(query: str, graph: Graph) -> None:
    """Check that a text is a query that may be run. Raises QueryError; StoreError if nobody can tell now."""
    asked = understood(query, _prefixes(graph))
    if graph.source_kind != Graph.SourceKind.ENDPOINT:  # whose functions only itself knows
        _run(_task(None, asked, ""), 1)


def check_update(update: str, graph: Graph) -> None:
    """Check that a text is an update, as far as that can be told without running it. Raises QueryError."""
    with _mistakes_told("update"):
        update_of(update, _prefixes(graph))


def run_query(
    version: GraphVersion,
    query: str,
    accept: str = "",
    *,
    limit: int | None = None,
    dataset: Dataset | None = None,
    base: str = "",
) -> Result:
    """Run a query on a version of a graph; `accept` is an HTTP Accept header. Raises QueryError, StoreError.

    Prefixes that the graph is known by need not be declared; `base` is what relative IRIs are relative to.
    """
    with audit.recorded(audit.Action.GRAPH_QUERY, subject=f"graph: {version.graph.name}", detail=query):
        return _run_checked(version, query, accept, limit or settings.GRAPH_MAX_ROWS, dataset, base)


def stream_query(
    version: GraphVersion, query: str, accept: str = "", *, dataset: Dataset | None = None, base: str = ""
) -> ResultStream:
    """As `run_query`, for all rows, which come in portions while they are found."""
    graph, subject = version.graph, f"graph: {version.graph.name}"
    with audit.failures_recorded(audit.Action.GRAPH_QUERY, subject=subject, detail=query):
        asked = _understood(graph, query, dataset, base)
        if graph.source_kind == Graph.SourceKind.ENDPOINT:
            raise QueryError(f"{graph.name} lives at {graph.location}: ask for all rows there.", field="all")
    return ResultStream(_task(version.folder / "triples", asked, accept, dataset), subject, query)


def _run_checked(
    version: GraphVersion, query: str, accept: str, limit: int, dataset: Dataset | None, base: str
) -> Result:
    graph = version.graph
    asked = _understood(graph, query, dataset, base)
    if graph.source_kind == Graph.SourceKind.ENDPOINT:
        with PLACES.one():
            store = EndpointStore(graph.location, "", graph.token)
            return Result(*store.forward(asked.text, accept, limit))
    return _run(_task(version.folder / "triples", asked, accept, dataset), limit)


def _understood(graph: Graph, query: str, dataset: Dataset | None, base: str) -> Query:
    """A query that may be run on a graph. Raises QueryError."""
    asked = understood(query, _prefixes(graph), base)
    if dataset is not None:
        dataset.check()
    if graph.source_kind == Graph.SourceKind.ENDPOINT and (asked.has_dataset or dataset is not None):
        raise QueryError(
            f"{graph.name} lives at {graph.location}, and is asked as a whole: FROM, and graphs named beside "
            "the query, are for graphs that are loaded here."
        )
    return asked


def _task(folder: Path | None, asked: Query, accept: str, dataset: Dataset | None = None) -> dict[str, Any]:
    """What the process that evaluates is told of a query."""
    task: dict[str, Any] = {
        "folder": None if folder is None else str(folder),
        "query": asked.text,
        "columns": asked.columns,
        "prefixes": dict(asked.prefixes),
        "has_dataset": asked.has_dataset or "GRAPH" not in asked.text,
        "accept": accept,
    }
    if dataset is None:
        default, named = asked.graphs
        dataset = Dataset(tuple(dict.fromkeys(default)), named) if len(default) > 1 else None
    return task if dataset is None else {**task, "default": dataset.default, "named": dataset.named}


def run_limited(version: GraphVersion, query: str, limit: int) -> Solutions | bool:
    """The solutions of a SELECT, at most `limit`, or the answer to an ASK.

    Raises QueryError, StoreError.
    """
    result = run_query(version, query, "application/sparql-results+json", limit=limit)
    if result.content_type not in _JSON:
        raise StoreError(f"The graph answers with {result.content_type}, and not with results in JSON.")
    return solutions_of({"cut": result.cut}, result.body)


def change_folder(
    folder: Path,
    before: Path,
    graph: Graph,
    *,
    update: str = "",
    add: str = "",
    remove: str = "",
    limit: int = 0,
) -> bool:
    """Change a copy of the folder `before` that nobody reads yet, by an update or at most `limit` triples.

    Returns whether that changed anything. Raises QueryError, after which the folder is of no use; StoreError.
    """
    prefixes = _prefixes(graph)
    with _mistakes_told("update"):
        task = {
            "kind": "change",
            "folder": str(folder),
            "before": str(before),
            "update": update_of(update, prefixes) if update else "",
            "marked": update_of(update, prefixes, OVERLAP.value) if update else "",
            "prefixes": prefixes,
            "add": add,
            "remove": remove,
            "triples": limit,
        }
        head, _ = run_guarded(task, Guard.of_updates(), "update")
    return bool(head["changed"])


def _prefixes(graph: Graph) -> dict[str, str]:
    return {**KNOWN, **graph.prefixes}


def _run(task: dict[str, Any], limit: int) -> Result:
    with _mistakes_told("query"):
        head, body = run_guarded({**task, "kind": "query", "limit": limit}, Guard.of_queries())
    return Result(head["content_type"], body, head["cut"])


@contextmanager
def _mistakes_told(what: str) -> Iterator[None]:
    """Tell of a mistake that only the engine sees, with its line: columns are those of the new text."""
    try:
        yield
    except QueryError as error:
        if error.field == QueryError.field:
            error.field = what
        match = _MISTAKE.match(error.message)
        if match is None:
            raise
        sentence = _SENTENCE.search(match[2])
        why = (
            sentence[1].rstrip(".") if sentence else "a variable is bound twice, or a function given too much"
        )
        raise QueryError(
            f"The {what} cannot be read near line {match[1]}: {why}", field=error.field
        ) from error
