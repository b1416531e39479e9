"""The process that runs one query: the task as JSON on standard input, the result on standard output.

Imports nothing of ours.
"""

import contextlib
import json
import sys
from itertools import islice
from typing import Any

import pyoxigraph as rdf

_MEMORY = 4 * 1024**3
_TABLES = {
    "application/sparql-results+json": rdf.QueryResultsFormat.JSON,
    "application/json": rdf.QueryResultsFormat.JSON,
    "application/sparql-results+xml": rdf.QueryResultsFormat.XML,
    "application/xml": rdf.QueryResultsFormat.XML,
    "text/csv": rdf.QueryResultsFormat.CSV,
    "text/tab-separated-values": rdf.QueryResultsFormat.TSV,
}
_TRIPLES = {
    "text/turtle": rdf.RdfFormat.TURTLE,
    "application/n-triples": rdf.RdfFormat.N_TRIPLES,
    "application/ld+json": rdf.RdfFormat.JSON_LD,
    "application/rdf+xml": rdf.RdfFormat.RDF_XML,
}


def negotiated(accept: str, formats: dict[str, Any]) -> str:
    """The media type among `formats` that an Accept header likes best."""
    wanted: list[tuple[float, int, str]] = []
    for index, entry in enumerate(accept.split(",")):
        name, *parameters = (part.strip() for part in entry.split(";"))
        quality = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "1")
        with contextlib.suppress(ValueError):
            wanted.append((-float(quality), index, name.lower()))
    for negative_quality, _, name in sorted(wanted):
        if negative_quality and name in formats:
            return name
    return next(iter(formats))


def main() -> None:
    """Run the task."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    task = json.load(sys.stdin)
    store = rdf.Store.read_only(task["folder"])
    try:
        result, limit = store.query(task["query"]), task["limit"]
        if isinstance(result, rdf.QueryTriples):
            name = negotiated(task["accept"], _TRIPLES)
            triples = list(islice(result, limit + 1))
            cut = len(triples) > limit
            body = rdf.serialize(triples[:limit], format=_TRIPLES[name])
        else:
            name = negotiated(task["accept"], _TABLES)
            body, cut = _table(result, _TABLES[name], limit)
    except (SyntaxError, ValueError, OSError, RuntimeError) as error:
        sys.stderr.write(str(error))
        sys.exit(2)
    sys.stdout.buffer.write(json.dumps({"content_type": name, "cut": cut}).encode() + b"\n" + (body or b""))


def _table(result: Any, form: Any, limit: int) -> tuple[bytes, bool]:
    """The rows in a format, at most `limit`, and whether there are more.

    The library writes all rows or none, so a long result is cut as JSON first.
    """
    if isinstance(result, rdf.QueryBoolean):
        return result.serialize(format=form) or b"", False
    whole: bytes = result.serialize(format=rdf.QueryResultsFormat.JSON)
    table = json.loads(whole)
    rows = table["results"]["bindings"]
    cut = len(rows) > limit
    if cut:
        table["results"]["bindings"] = rows[:limit]
        whole = json.dumps(table).encode()
    if form == rdf.QueryResultsFormat.JSON:
        return whole, cut
    shortened = rdf.parse_query_results(whole, format=rdf.QueryResultsFormat.JSON)
    return shortened.serialize(format=form) or b"", cut


if __name__ == "__main__":
    main()
