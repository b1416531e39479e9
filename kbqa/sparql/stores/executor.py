"""Queries and changes that people and programs write: understood first, then run in a process of their own.

Only SELECT, ASK, CONSTRUCT and DESCRIBE are queries, and an update inserts and deletes triples; neither asks
or fetches elsewhere.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from kbqa.sparql.models import Graph, GraphVersion
from kbqa.sparql.prefixes import KNOWN
from kbqa.sparql.stores import EndpointStore, QueryError
from kbqa.sparql.stores.base import Solutions, StoreError
from kbqa.sparql.stores.guarded import PLACES, Guard, run_guarded
from kbqa.sparql.stores.served import solutions_of
from kbqa.sparql.stores.syntax import query_of, update_of
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


def check_query(query: str, graph: Graph) -> None:
    """Check that a text is a query that may be run. Raises QueryError; StoreError if nobody can tell now."""
    query = query_of(query, _prefixes(graph))
    if graph.source_kind != Graph.SourceKind.ENDPOINT:  # whose functions only itself knows
        _run(None, query, "", 1)


def check_update(update: str, graph: Graph) -> None:
    """Check that a text is an update, as far as that can be told without running it. Raises QueryError."""
    update_of(update, _prefixes(graph))


def run_query(version: GraphVersion, query: str, accept: str = "", *, limit: int | None = None) -> Result:
    """Run a query on a version of a graph; `accept` is an HTTP Accept header. Raises QueryError, StoreError.

    Prefixes that the graph is known by need not be declared.
    """
    with audit.recorded(audit.Action.GRAPH_QUERY, subject=f"graph: {version.graph.name}", detail=query):
        return _run_checked(version, query, accept, limit)


def _run_checked(version: GraphVersion, query: str, accept: str, limit: int | None) -> Result:
    graph = version.graph
    query = query_of(query, _prefixes(graph))
    if graph.source_kind == Graph.SourceKind.ENDPOINT:
        with PLACES.one():
            store = EndpointStore(graph.location, "", graph.token)
            return Result(*store.forward(query, accept, limit or settings.GRAPH_MAX_ROWS))
    return _run(version.folder / "triples", query, accept, limit or settings.GRAPH_MAX_ROWS)


def run_limited(version: GraphVersion, query: str, limit: int) -> Solutions | bool:
    """The solutions of a SELECT, at most `limit`, or the answer to an ASK.

    Raises QueryError, StoreError.
    """
    result = run_query(version, query, "application/sparql-results+json", limit=limit)
    if result.content_type not in _JSON:
        raise StoreError(f"The graph answers with {result.content_type}, and not with results in JSON.")
    return solutions_of({"cut": result.cut}, result.body)


def change_folder(
    folder: Path, graph: Graph, *, update: str = "", add: str = "", remove: str = "", limit: int = 0
) -> None:
    """Change the triples in a folder that nobody reads yet: by an update, or by at most `limit` in Turtle.

    Raises QueryError, after which the folder is of no use; StoreError.
    """
    task = {
        "kind": "change",
        "folder": str(folder),
        "update": update_of(update, _prefixes(graph)) if update else "",
        "add": add,
        "remove": remove,
        "triples": limit,
    }
    with _mistakes_told("update"):
        run_guarded(task, Guard.of_updates(), "update")


def _prefixes(graph: Graph) -> dict[str, str]:
    return {**KNOWN, **graph.prefixes}


def _run(folder: Path | None, query: str, accept: str, limit: int) -> Result:
    task = {
        "kind": "query",
        "folder": None if folder is None else str(folder),
        "query": query,
        "accept": accept,
        "limit": limit,
    }
    with _mistakes_told("query"):
        head, body = run_guarded(task, Guard.of_queries())
    return Result(head["content_type"], body, head["cut"])


@contextmanager
def _mistakes_told(what: str) -> Iterator[None]:
    """Tell of a mistake that only the engine sees, with its line: columns are those of the new text."""
    try:
        yield
    except QueryError as error:
        match = _MISTAKE.match(error.message)
        if match is None:
            raise
        sentence = _SENTENCE.search(match[2])
        why = (
            sentence[1].rstrip(".") if sentence else "a variable is bound twice, or a function given too much"
        )
        raise QueryError(f"The {what} cannot be read near line {match[1]}: {why}") from error
