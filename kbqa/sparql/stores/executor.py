"""Queries that people and programs write: run in a process of their own, which ends with its time or memory.

The store cannot be told to stop, so a query that takes too long is killed with its process; the graph's
folder is opened for reading alone. Only SELECT, ASK, CONSTRUCT and DESCRIBE exist there: an update is not
even parsed, and nothing is fetched from elsewhere (SERVICE).
"""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from pyoxigraph import QueryBoolean, QueryResultsFormat, Store, parse_query_results

from kbqa.sparql.models import Graph, GraphVersion
from kbqa.sparql.prefixes import with_declarations
from kbqa.sparql.stores import EndpointStore, QueryError
from kbqa.sparql.stores.base import Solutions
from searchapp.audit import recording as audit

MAX_QUERY_CHARACTERS = 100_000
_WORD = re.compile(r"(?<![?$:\w])[A-Za-z]+(?![\w:])")
_QUOTED = re.compile(
    r"""<[^<>"{}|^`\\\s]*>|"{3}(?:\\.|[^\\])*?"{3}|'{3}(?:\\.|[^\\])*?'{3}"""
    r"""|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|#[^\r\n]*""",
    re.DOTALL,
)


@dataclass(frozen=True)
class Result:
    """The result of a query: its media type and its bytes. `cut` if rows were left out."""

    content_type: str
    body: bytes
    cut: bool


def check_query(query: str) -> None:
    """Check that a text is a query that may be run. Raises QueryError."""
    if len(query) > MAX_QUERY_CHARACTERS:
        raise QueryError(f"A query has at most {MAX_QUERY_CHARACTERS:,} characters.")
    if "SERVICE" in words_outside_quotes(query):
        raise QueryError("SERVICE is not allowed: a query asks this graph alone.")
    try:
        Store().query(with_keywords_spoilt(query, ("SERVICE",)))
    except (SyntaxError, ValueError) as error:
        raise QueryError(f"The query cannot be read: {error}") from error
    except (OSError, RuntimeError):
        return


def with_keywords_spoilt(text: str, keywords: Sequence[str]) -> str:
    """SPARQL in which names are other names and keywords are none any more.

    It can be parsed if and only if `text` can be and has none of the keywords, wherever a parser sees them:
    they need no space around them.

    >>> with_keywords_spoilt("ASK { ?service a <urn:x> . SERVICESILENT<urn:y>{} }", ["SERVICE"])
    'ASK { ?sxrvice a <urn:x> . SxRVICESILENT<urn:y>{} }'
    """
    for keyword in keywords:
        text = re.sub(f"({keyword[0]}){keyword[1]}({keyword[2:]})", r"\1x\2", text, flags=re.IGNORECASE)
    return text


def words_outside_quotes(text: str) -> set[str]:
    """SPARQL's bare words in capitals: keywords, but nothing of names, texts or comments."""
    return {word.upper() for word in _WORD.findall(_QUOTED.sub(" ", text))}


def run_query(version: GraphVersion, query: str, accept: str = "", *, limit: int | None = None) -> Result:
    """Run a query on a version of a graph; `accept` is an HTTP Accept header. Raises QueryError, StoreError.

    Prefixes that the graph is known by need not be declared.
    """
    with audit.recorded(audit.Action.GRAPH_QUERY, subject=f"graph: {version.graph.name}", detail=query):
        return _run_checked(version, query, accept, limit)


def _run_checked(version: GraphVersion, query: str, accept: str, limit: int | None) -> Result:
    graph = version.graph
    query = with_declarations(query, graph.prefixes)
    check_query(query)
    if graph.source_kind == Graph.SourceKind.ENDPOINT:
        return Result(*EndpointStore(graph.location, "", graph.token).forward(query, accept), cut=False)
    return _run_in_process(version.folder / "triples", query, accept, limit)


def run_limited(version: GraphVersion, query: str, limit: int) -> Solutions | bool:
    """The solutions of a SELECT, at most `limit`, or the answer to an ASK.

    Raises QueryError, StoreError.
    """
    result = run_query(version, query, "application/sparql-results+json", limit=limit)
    parsed = parse_query_results(result.body, format=QueryResultsFormat.JSON)
    if isinstance(parsed, QueryBoolean):
        return bool(parsed)
    variables = tuple(variable.value for variable in parsed.variables)
    return Solutions(variables, [tuple(row) for row in parsed], result.cut)


def _run_in_process(folder: Path, query: str, accept: str, limit: int | None) -> Result:
    seconds = settings.GRAPH_QUERY_TIMEOUT_MS / 1000
    task = json.dumps(
        {"folder": str(folder), "query": query, "accept": accept, "limit": limit or settings.GRAPH_MAX_ROWS}
    )
    command = [sys.executable, "-S", "-c", _START, str(Path(__file__).parent / "query_process.py")]
    try:
        done = subprocess.run(
            [*command, *sys.path], input=task.encode(), capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise QueryError(
            f"The query took longer than {seconds:g} seconds and was stopped. "
            "Add a LIMIT, or narrow its pattern."
        ) from None
    if done.returncode == 2:
        raise QueryError(done.stderr.decode(errors="replace").strip())
    if done.returncode != 0:
        raise QueryError("The query needed more memory than it may have and was stopped.")
    head, _, body = done.stdout.partition(b"\n")
    about = json.loads(head)
    return Result(about["content_type"], body, about["cut"])


# Without `site`, whose import takes longer than most queries.
_START = (
    "import runpy, sys; script = sys.argv[1]; sys.path[:] = sys.argv[2:]; "
    "runpy.run_path(script, run_name='__main__')"
)
