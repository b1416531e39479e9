"""The process that runs one query or one change: the task as JSON on its input, the result on its output.

The result is a line of JSON, and after it the body. After a task that says to serve, it says so in a line and
runs queries one after another, each a line of its input, until that ends; results that other servers sent,
which follow their line, are read here, too. Imports nothing of ours, so that it begins soon. It ends with its
time or memory, and can neither connect to anything nor start programs: the engine can, if told to.
"""

import contextlib
import ctypes
import json
import os
import platform
import random
import resource
import signal
import struct
import sys
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from typing import Any

import pyoxigraph as rdf

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
_MAX_DEPTH = 100
"""Beyond some thousand, whoever reads the graph afterwards would crash."""
_CELL_BYTES = 8
"""Of the place that each cell of a result takes where its rows are read, also an empty one."""
_FOLDERS_KEPT = 2
"""Each opened one takes half a gigabyte of addresses."""
_NICENESS = 5
"""So that queries that compute for long leave the processor to the server."""
_CORES = 4
"""The store starts threads by the number of cores, and each takes of the memory that a query may have."""
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_SYSTEM_CALLS = {"x86_64": (0xC000003E, (41, 59, 322)), "aarch64": (0xC00000B7, (198, 221, 281))}
"""The audit number of an architecture, and its numbers of socket, execve and execveat."""


class Refused(Exception):  # noqa: N818 - reads as what it is
    """What is told to who asked; `kind` is one of those that `guarded` knows."""

    def __init__(self, kind: str, message: str = "") -> None:
        super().__init__(message)
        self.kind = kind


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
    task = json.loads(sys.stdin.buffer.readline())
    _limit(task)
    _stay_alone()
    if task["kind"] == "serve":
        _serve()
        return
    body: bytes = b""
    try:
        head, body = _changed(task) if task["kind"] == "change" else _queried(task, _opened(task["folder"]))
    except Refused as refused:
        head = {"refused": refused.kind, "message": str(refused)}
    except MemoryError:
        head = {"refused": "memory", "message": ""}
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n")
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()
    os._exit(0)  # without giving back, piece by piece, what may be gigabytes


def _serve() -> None:
    """Run queries, each ended by the system after its time, in case nobody is left to do so."""
    sys.stdout.buffer.write(b"\n")
    sys.stdout.buffer.flush()
    for line in iter(sys.stdin.buffer.readline, b""):
        task = json.loads(line)
        signal.setitimer(signal.ITIMER_REAL, task["seconds"])
        if "bodies" in task:
            _tell(task)
        else:
            _answer(task)
        sys.stdout.buffer.flush()
        signal.setitimer(signal.ITIMER_REAL, 0)


def _answer(task: dict[str, Any]) -> None:
    """Write the head and the body of a query's result."""
    body: bytes = b""
    try:
        head, body = _read(task) if "received" in task else _queried(task, _kept(task["folder"]))
    except Refused as refused:
        head = {"refused": refused.kind, "message": str(refused)}
    except OSError as error:
        head = {"refused": "store", "message": str(error)}
    except MemoryError:
        head = {"refused": "memory", "message": ""}
    sys.stdout.buffer.write(json.dumps({**head, "bytes": len(body)}).encode() + b"\n")
    sys.stdout.buffer.write(body)


def _tell(task: dict[str, Any]) -> None:
    """Write a letter for each body as soon as it is known: has it a solution, or can nobody say."""
    for body in task["bodies"]:
        try:
            solutions = _kept(task["folder"]).query(f"{body} LIMIT 1")
            letter = b"0" if next(iter(solutions), None) is None else b"1"  # type: ignore[arg-type, call-overload]
        except MemoryError:
            letter = b"?"
        except (SyntaxError, ValueError, OSError, RuntimeError):
            letter = b"!"
        sys.stdout.buffer.write(letter)
        sys.stdout.buffer.flush()


@lru_cache(_FOLDERS_KEPT)
def _kept(folder: str) -> rdf.Store:
    """A folder that stays opened. A version's folder never changes, and no other gets its name."""
    return rdf.Store.read_only(folder)


def _limit(task: dict[str, Any]) -> None:
    """Limit this process; its time by the processor's clock, too, in case nobody is left to stop it."""
    limits = [(resource.RLIMIT_AS, task["memory"]), (resource.RLIMIT_CORE, 0)]
    if "seconds" in task:
        limits.append((resource.RLIMIT_CPU, int(task["seconds"]) + 2))
    for name, limit in limits:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(name, (limit, limit))
    if "seconds" in task:
        with contextlib.suppress(OSError):
            os.nice(_NICENESS)
    with contextlib.suppress(OSError, AttributeError):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, random.sample(cores, min(_CORES, len(cores))))


def _stay_alone() -> None:
    """Give up connecting and starting programs, where the system is one that knows how (seccomp).

    The grammar lets nothing through that would; this holds should it ever err.
    """
    audit, calls = _SYSTEM_CALLS.get(platform.machine(), (0, ()))
    if not calls or sys.platform != "linux":
        return
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    allow, deny = 0x7FFF0000, 0x00050000 | 1
    last = len(calls) + 1
    program = [(load, 0, 0, 4), (equal, 0, last + 1, audit), (load, 0, 0, 0)]
    program += [(equal, last - index, 0, call) for index, call in enumerate(calls)]
    program += [(at_least, 1, 0, 0x40000000), (give, 0, 0, allow), (give, 0, 0, deny)]
    code = b"".join(struct.pack("HBBI", *line) for line in program)
    buffer = ctypes.create_string_buffer(code)
    about = struct.pack("HP", len(program), ctypes.addressof(buffer))
    with contextlib.suppress(OSError, AttributeError):
        call = ctypes.CDLL(None).prctl
        call(_NO_NEW_PRIVILEGES, *map(ctypes.c_ulong, (1, 0, 0, 0)))
        call(_SET_SECCOMP, ctypes.c_ulong(_FILTER), ctypes.c_char_p(about), *map(ctypes.c_ulong, (0, 0)))


def _queried(task: dict[str, Any], store: rdf.Store) -> tuple[dict[str, Any], bytes]:
    """The head and the body of a query's result. Raises Refused."""
    try:
        result = store.query(task["query"])
        if isinstance(result, rdf.QueryTriples):
            name = negotiated(task["accept"], _TRIPLES)
            body, cut = _graph(result, _TRIPLES[name], task)
        else:
            name = negotiated(task["accept"], _TABLES)
            body, cut = _table(result, _TABLES[name], task)
    except (SyntaxError, ValueError, OSError, RuntimeError) as error:
        raise Refused("query", str(error)) from error
    if len(body) > task["bytes"]:
        raise Refused("size")
    return {"content_type": name, "cut": cut}, body


def _read(task: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """The head and the body of a result that another server sent, written anew. Raises Refused.

    JSON is read twice: the first reader fails where very much stands inside each other, for which the second
    one would take too long, or crash.
    """
    received = sys.stdin.buffer.read(task["received"])
    try:
        if _TABLES[task["media_type"]] == rdf.QueryResultsFormat.JSON:
            json.loads(received)
        result = rdf.parse_query_results(received, format=_TABLES[task["media_type"]])
        name = negotiated(task["accept"], _TABLES)
        body, cut = _table(result, _TABLES[name], task)
    except RecursionError as error:
        raise Refused("query", "too much stands inside each other") from error
    except (SyntaxError, ValueError) as error:
        raise Refused("query", str(error)) from error
    return {"content_type": name, "cut": cut}, body


def _opened(folder: str | None) -> rdf.Store:
    if folder is None:
        return rdf.Store()
    try:
        return rdf.Store.read_only(folder)
    except OSError as error:
        raise Refused("store", str(error)) from error


def _graph(result: Iterable[rdf.Triple], form: rdf.RdfFormat, task: dict[str, Any]) -> tuple[bytes, bool]:
    """The triples in a format, at most as many as are wanted, and whether there are more."""
    limit, room = task["limit"], _Room(task["bytes"])
    triples: list[rdf.Triple] = []
    for triple in result:
        if len(triples) == limit:
            return rdf.serialize(triples, format=form) or b"", True
        room.take(len(str(triple)))
        triples.append(triple)
    return rdf.serialize(triples, format=form) or b"", False


def _table(result: Any, form: rdf.QueryResultsFormat, task: dict[str, Any]) -> tuple[bytes, bool]:
    """The rows in a format, at most as many as are wanted, and whether there are more.

    The library writes all rows or none: they are taken one by one, as JSON, which it turns into other forms.
    """
    if isinstance(result, rdf.QueryBoolean):
        return result.serialize(format=form) or b"", False
    names = [variable.value for variable in result.variables]
    room, cut = _Room(task["bytes"]), False
    room.take(sum(map(len, names)))
    rows: list[str] = []
    for solution in result:
        if len(rows) == task["limit"]:
            cut = True
            break
        row = {name: _term(term) for name, term in zip(names, solution, strict=True) if term is not None}
        written = json.dumps(row, ensure_ascii=False)
        room.take(len(written) + _CELL_BYTES * len(names))
        rows.append(written)
    head = json.dumps({"vars": names})
    whole = f'{{"head":{head},"results":{{"bindings":[{",".join(rows)}]}}}}'.encode()
    if form == rdf.QueryResultsFormat.JSON:
        return whole, cut
    shortened = rdf.parse_query_results(whole, format=rdf.QueryResultsFormat.JSON)
    return shortened.serialize(format=form) or b"", cut


def _term(term: Any) -> dict[str, Any]:
    """A term in SPARQL's results in JSON."""
    if isinstance(term, rdf.NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, rdf.BlankNode):
        return {"type": "bnode", "value": term.value}
    if isinstance(term, rdf.Triple):
        parts = {"subject": term.subject, "predicate": term.predicate, "object": term.object}
        return {"type": "triple", "value": {name: _term(part) for name, part in parts.items()}}
    written: dict[str, Any] = {"type": "literal", "value": term.value}
    if term.language:
        written["xml:lang"] = term.language
        if term.direction is not None:
            written["its:dir"] = str(term.direction)
    elif term.datatype.value != "http://www.w3.org/2001/XMLSchema#string":
        written["datatype"] = term.datatype.value
    return written


class _Room:
    """How many bytes a result may still take."""

    def __init__(self, left: int) -> None:
        self._left = left

    def take(self, number: int) -> None:
        """Count some. Raises Refused."""
        self._left -= number
        if self._left < 0:
            raise Refused("size")


def _changed(task: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Change the graph in a folder that nobody reads yet. Raises Refused."""
    added, removed = (_parsed(task[name], task["triples"]) for name in ("add", "remove"))
    if not (added or removed or task["update"]):
        raise Refused("query", "There is nothing to add or remove.")
    try:
        store = rdf.Store(task["folder"])
        if task["update"]:
            store.update(task["update"])
        for triple in removed:
            store.remove(_quad(triple))
        store.extend(map(_quad, added))
        store.flush()
    except (SyntaxError, ValueError) as error:
        raise Refused("query", str(error)) from error
    except (OSError, RuntimeError) as error:
        raise Refused("store", str(error)) from error
    return {}, b""


def _parsed(text: str, limit: int) -> list[rdf.Quad]:
    try:
        triples = list(islice(rdf.parse(text, format=rdf.RdfFormat.TURTLE), limit + 1))
    except SyntaxError as error:
        raise Refused("query", f"Line {error.lineno or 1} cannot be read: {error.msg}") from error
    except ValueError as error:
        raise Refused("query", f"The triples cannot be read: {error}") from error
    if len(triples) > limit:
        raise Refused("query", f"At most {limit:,} triples at once; load a file for more.")
    if any(_depth(triple.object) > _MAX_DEPTH for triple in triples):
        raise Refused("query", f"Triples cannot be read that stand in more than {_MAX_DEPTH} others.")
    return triples


def _depth(term: Any) -> int:
    """In how many triples the innermost one of a term stands."""
    depth = 0
    while isinstance(term, rdf.Triple):
        term, depth = term.object, depth + 1
    return depth


def _quad(triple: rdf.Quad) -> rdf.Quad:
    return rdf.Quad(triple.subject, triple.predicate, triple.object)


if __name__ == "__main__":
    main()
