"""The process that runs one query or one change: the task as JSON on its input, the result on its output.

The result is a line of JSON, and after it the body; of a task that says to stream, portions of it, each
after its length, and after an empty one a line of how it ended. After a task that says to serve, it says so
in a line and runs queries one after another, each a line of its input, until that ends; results that other
servers sent, which follow their line, are read here, too. Imports nothing of ours but the module beside it,
so that it begins soon. It ends with its time or memory, and can neither connect to anything nor start
programs: the engine can, if told to.
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
import time
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain, islice
from typing import Any, BinaryIO

import pyoxigraph as rdf

if __name__ == "__main__":
    from named_graphs import (  # type: ignore[import-not-found, no-redef, unused-ignore]
        asked_graphs,
        keep_overlaps,
        named_graphs,
        settle,
    )
else:
    from kbqa.sparql.stores.named_graphs import asked_graphs, keep_overlaps, named_graphs, settle

_TABLES = {
    "application/sparql-results+json": rdf.QueryResultsFormat.JSON,
    "application/json": rdf.QueryResultsFormat.JSON,
    "application/sparql-results+xml": rdf.QueryResultsFormat.XML,
    "application/xml": rdf.QueryResultsFormat.XML,
    "text/csv": rdf.QueryResultsFormat.CSV,
    "text/xml": rdf.QueryResultsFormat.XML,
    "text/tab-separated-values": rdf.QueryResultsFormat.TSV,
}
TRIPLES = {
    "text/turtle": rdf.RdfFormat.TURTLE,
    "application/n-triples": rdf.RdfFormat.N_TRIPLES,
    "application/ld+json": rdf.RdfFormat.JSON_LD,
    "application/rdf+xml": rdf.RdfFormat.RDF_XML,
    "application/x-turtle": rdf.RdfFormat.TURTLE,
    "text/n3": rdf.RdfFormat.TURTLE,
    "application/xml": rdf.RdfFormat.RDF_XML,
    "text/xml": rdf.RdfFormat.RDF_XML,
    "application/json": rdf.RdfFormat.JSON_LD,
}
_MAX_DEPTH = 100
"""Beyond some thousand, whoever reads the graph afterwards would crash."""
_CELL_BYTES = 8
"""Of the place that each cell of a result takes where its rows are read, also an empty one."""
_TAILS = {rdf.QueryResultsFormat.JSON: b"]}}", rdf.QueryResultsFormat.XML: b"</results></sparql>"}
"""How a table of some format ends, whatever its rows are."""
_PORTION_ROWS, _PORTION_BYTES = 1_000, 1 << 20
"""How many rows, and how many bytes of triples, are written at once."""
_LOOKED_AT = 10_000
"""Of how many triples a file declares the prefixes that they have a use for."""
_TOLD_OF_CHANGE = 0.25
"""The part of a change's time in which it is found out whether it changed something."""
_TOO_MANY = (
    "There are more than {:,} results, the most that are given at once. Ask for them in parts, by LIMIT and "
    "OFFSET."
)
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
    """What is told to who asked; `kind` is one of those that `guarded` knows, `field` what is wrong."""

    def __init__(self, kind: str, message: str = "", field: str = "") -> None:
        super().__init__(message)
        self.kind, self.field = kind, field

    @property
    def head(self) -> dict[str, str]:
        """The head of a result that there is not."""
        return {"refused": self.kind, "message": str(self), "field": self.field}


def negotiated(accept: str, formats: Mapping[str, Any]) -> str:
    """The media type among `formats` that an Accept header likes best, of those the first that it names.

    A range (`text/*`) stands for the types that the header does not name, in the order of `formats`. Raises
    Refused where there is none that it takes.
    """
    wanted = _wanted(accept)
    if not wanted:
        return next(iter(formats))
    ranked: list[tuple[float, int, int, str]] = []
    for index, name in enumerate(formats):
        ranges = (name, f"{name.partition('/')[0]}/*", "*/*")
        found = next((wanted[each] for each in ranges if each in wanted), None)
        if found is not None and found[0] > 0:
            ranked.append((-found[0], found[1], index, name))
    if not ranked:
        raise Refused("accept", ", ".join(formats))
    return min(ranked)[-1]


def _wanted(accept: str) -> dict[str, tuple[float, int]]:
    """The media types and ranges of an Accept header: how much each is liked, and its place in it."""
    wanted: dict[str, tuple[float, int]] = {}
    for index, entry in enumerate(accept.lower().split(",")):
        name, *parameters = (part.strip() for part in entry.split(";"))
        quality = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "1")
        with contextlib.suppress(ValueError):
            if name:
                wanted.setdefault(name, (float(quality), index))
    return wanted


def main() -> None:
    """Run the task."""
    task = json.loads(sys.stdin.buffer.readline())
    _limit(task)
    _stay_alone()
    if task["kind"] == "serve":
        _serve()
        return
    if task["kind"] == "stream":
        _stream(task)
        os._exit(0)
    body: bytes = b""
    try:
        head, body = _changed(task) if task["kind"] == "change" else _queried(task, _opened(task["folder"]))
    except Refused as refused:
        head = refused.head
    except MemoryError:
        head = {"refused": "memory", "message": ""}
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n")
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()
    os._exit(0)  # without giving back, piece by piece, what may be gigabytes


def _stream(task: dict[str, Any]) -> None:
    """Write the head of a query's result as soon as it has a row, then portions of its body, then its end."""
    out = _Portions(sys.stdout.buffer)
    end: dict[str, Any] = {}
    try:
        name, pieces, taken = _result(task, _opened(task["folder"]), out)
        out.begin({"content_type": name})
        for piece in pieces:
            out.write(piece)
        end = {"number": taken.number}
    except Refused as refused:
        end = refused.head
    except MemoryError:
        end = {"refused": "memory", "message": ""}
    except (SyntaxError, ValueError, OSError, RuntimeError) as error:
        end = {"refused": "query", "message": str(error)}
    out.end(end)


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
        head = refused.head
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
        name, pieces, taken = _result(task, store)
        body = b"".join(pieces)
    except (SyntaxError, ValueError, OSError, RuntimeError) as error:
        raise Refused("query", str(error)) from error
    if len(body) > task["bytes"]:
        raise Refused("size")
    return {"content_type": name, "cut": taken.cut}, body


def _result(
    task: dict[str, Any], store: rdf.Store, out: "_Portions | None" = None
) -> tuple[str, Iterable[bytes], "_Taken"]:
    """The media type of a query's result, its body in pieces, and what is known of it once they are taken.

    Of triples, the pieces are written to `out` if there is one. Raises Refused, and what the engine raises.
    """
    asked, graphs = asked_graphs(task, store)
    result = asked.query(task["query"], **graphs)
    if isinstance(result, rdf.QueryTriples):
        name = negotiated(task["accept"], TRIPLES)
        taken = _Taken(result, task)
        return name, _graph(taken, TRIPLES[name], task.get("prefixes", {}), out), taken
    name = negotiated(task["accept"], _TABLES)
    return name, *_table(result, _TABLES[name], task)


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
        pieces, taken = _table(result, _TABLES[name], task)
        body = b"".join(pieces)
    except RecursionError as error:
        raise Refused("query", "too much stands inside each other") from error
    except (SyntaxError, ValueError) as error:
        raise Refused("query", str(error)) from error
    return {"content_type": name, "cut": taken.cut}, body


def _opened(folder: str | None) -> rdf.Store:
    if folder is None:
        return rdf.Store()
    try:
        return rdf.Store.read_only(folder)
    except OSError as error:
        raise Refused("store", str(error)) from error


class _Taken:
    """The results of a query, of which at most as many are taken as are wanted.

    `number` is how many were, and `cut` says whether there are more, which is an error of a stream: its
    reader could not tell it from a whole one.
    """

    def __init__(self, results: Iterable[Any], task: Mapping[str, Any]) -> None:
        """Wait for the first one. Raises what the engine raises."""
        self.number, self.cut = 0, False
        self._limit, self._is_stream = task.get("limit"), task.get("kind") == "stream"
        rest = iter(results)
        self._results = chain(list(islice(rest, 1)), rest)
        self.room = _Room(task["bytes"], is_renewed=self._is_stream)

    def __iter__(self) -> Iterator[Any]:
        for each in self._results:
            if self.number == self._limit:
                if self._is_stream:
                    raise Refused("query", _TOO_MANY.format(self._limit))
                self.cut = True
                return
            self.number += 1
            yield each


def _graph(
    taken: _Taken, form: rdf.RdfFormat, prefixes: Mapping[str, str], out: "_Portions | None"
) -> Iterator[bytes]:
    """The triples in a format, with the prefixes that the first of them have a use for."""
    triples = _counted(taken)
    first = list(islice(triples, _LOOKED_AT))
    useful = _useful(prefixes, first) if form in (rdf.RdfFormat.TURTLE, rdf.RdfFormat.RDF_XML) else {}
    yield rdf.serialize(chain(first, triples), out, form, prefixes=useful) or b""  # type: ignore[arg-type]


def _counted(taken: _Taken) -> Iterator[rdf.Triple]:
    for number, triple in enumerate(taken):
        if not number % _PORTION_ROWS:
            taken.room.portion_began()
        taken.room.take(len(str(triple)))
        yield triple


def _useful(prefixes: Mapping[str, str], triples: Iterable[rdf.Triple]) -> dict[str, str]:
    """The prefixes that shorten an IRI of some triples."""
    names = {iri: name for name, iri in prefixes.items()}
    used: dict[str, str] = {}
    for triple in triples:
        for term in (triple.subject, triple.predicate, triple.object):
            named = term.datatype if isinstance(term, rdf.Literal) else term
            if isinstance(named, rdf.NamedNode):
                iri = named.value
                space = iri[: max(iri.rfind("/"), iri.rfind("#"), iri.rfind(":")) + 1]
                if space in names:
                    used[names[space]] = space
    return used


def _table(
    result: Any, form: rdf.QueryResultsFormat, task: Mapping[str, Any]
) -> tuple[Iterator[bytes], _Taken]:
    """The rows in a format in pieces, at most as many as are wanted."""
    if isinstance(result, rdf.QueryBoolean):
        return iter((result.serialize(format=form) or b"",)), _Taken((), task)
    taken = _Taken(result, task)
    found = [variable.value for variable in result.variables]
    places = {name: place for place, name in enumerate(task.get("columns", ()))}
    names = sorted(found, key=lambda name: places.get(name, len(places)))
    return _pieces(taken, found, names, form), taken


def _pieces(
    taken: _Taken, found: list[str], names: list[str], form: rdf.QueryResultsFormat
) -> Iterator[bytes]:
    """A table, a portion of its rows at a time: each is written as a table whose frame is left out.

    The library writes all rows or none: they are taken one by one, as JSON, which it turns into other forms.
    """
    tail = _TAILS.get(form, b"")
    head = _formed(names, [], form).removesuffix(tail)
    taken.room.take(len(head))
    yield head
    separator = b""
    rows = _written_rows(taken, found)
    while portion := list(islice(rows, _PORTION_ROWS)):
        yield separator + _formed(names, portion, form).removeprefix(head).removesuffix(tail)
        separator = b"," if form == rdf.QueryResultsFormat.JSON else b""
        taken.room.portion_began()
    yield tail


def _written_rows(taken: _Taken, names: list[str]) -> Iterator[str]:
    """The rows in JSON."""
    for solution in taken:
        row = {name: _term(term) for name, term in zip(names, solution, strict=True) if term is not None}
        written = json.dumps(row, ensure_ascii=False)
        taken.room.take(len(written) + _CELL_BYTES * len(names))
        yield written


def _formed(names: list[str], rows: list[str], form: rdf.QueryResultsFormat) -> bytes:
    """A table of rows in JSON in another format."""
    head = json.dumps({"vars": names})
    whole = f'{{"head":{head},"results":{{"bindings":[{",".join(rows)}]}}}}'.encode()
    if form == rdf.QueryResultsFormat.JSON:
        return whole
    return rdf.parse_query_results(whole, format=rdf.QueryResultsFormat.JSON).serialize(format=form) or b""


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
    """How many bytes a result, or each portion of one that is streamed, may still take."""

    def __init__(self, most: int, *, is_renewed: bool) -> None:
        self._left, self._most, self._is_renewed = most, most, is_renewed

    def portion_began(self) -> None:
        """Count anew, if portions are counted."""
        if self._is_renewed:
            self._left = self._most

    def take(self, number: int) -> None:
        """Count some. Raises Refused."""
        self._left -= number
        if self._left < 0:
            raise Refused("size")


class _Portions:
    """Writes a result in portions, each after its length; none is written before its head."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._waiting, self._has_begun = stream, bytearray(), False

    def begin(self, head: Mapping[str, Any]) -> None:
        """Write the head, a line of JSON."""
        self._has_begun = True
        self._line(head)

    def write(self, data: bytes) -> int:
        """Take some of the body."""
        self._waiting += data
        if len(self._waiting) >= _PORTION_BYTES:
            self.flush()
        return len(data)

    def flush(self) -> None:
        """Write what waits."""
        if self._has_begun and self._waiting:
            self._stream.write(len(self._waiting).to_bytes(4, "big") + self._waiting)
            self._waiting.clear()

    def end(self, end: Mapping[str, Any]) -> None:
        """Write how it ended, which is all where it has not begun."""
        self.flush()
        if self._has_begun:
            self._stream.write(bytes(4))
        self._line(end)

    def _line(self, told: Mapping[str, Any]) -> None:
        self._stream.write(json.dumps(told).encode() + b"\n")
        self._stream.flush()


def _changed(task: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Change the graph in a folder that nobody reads yet. Raises Refused."""
    added, removed = (_parsed(name, task) for name in ("add", "remove"))
    if not (added or removed or task["update"]):
        raise Refused("query", "There is nothing to add or remove.", "add")
    before = _opened(task["before"])
    try:
        store = rdf.Store(task["folder"])
        is_named = bool(named_graphs(before))
        if task["update"]:
            store.update(task["marked"] if is_named else task["update"])
        for quad in removed:
            store.remove(quad)
        store.extend(added)
        if is_named:
            keep_overlaps(store, added)
        settle(store, before)
        store.flush()
        return {"changed": _differs(store, before, task["seconds"] * _TOLD_OF_CHANGE)}, b""
    except (SyntaxError, ValueError) as error:
        raise Refused("query", str(error), "update") from error
    except (OSError, RuntimeError) as error:
        raise Refused("store", str(error)) from error


def _differs(store: rdf.Store, before: rdf.Store, seconds: float) -> bool:
    """Whether a change changed something; so it is taken to where that is not known in time."""
    if len(store) != len(before):
        return True
    until = time.monotonic() + seconds
    for number, (now, then) in enumerate(zip(store, before, strict=True)):
        if now != then or (not number % _PORTION_ROWS and time.monotonic() > until):
            return True
    return False


def _parsed(name: str, task: Mapping[str, Any]) -> list[rdf.Quad]:
    """The triples to add or to remove, in Turtle, or in TriG with their graphs."""
    limit = task["triples"]
    # On the first line, so that the lines of what follows keep their numbers.
    declared = "".join(f"@prefix {prefix}: <{iri}> . " for prefix, iri in task["prefixes"].items())
    text = task[name].removeprefix("\ufeff")
    try:
        quads = list(islice(rdf.parse(declared + text, format=rdf.RdfFormat.TRIG), limit + 1))
    except SyntaxError as error:
        raise Refused("query", f"Line {error.lineno or 1} cannot be read: {error.msg}", name) from error
    except ValueError as error:
        raise Refused("query", f"The triples cannot be read: {error}", name) from error
    except MemoryError as error:
        raise Refused("query", "A text or IRI of the triples is too long; load a file.", name) from error
    if len(quads) > limit:
        raise Refused("query", f"At most {limit:,} triples at once; load a file for more.", name)
    if any(_depth(quad.object) > _MAX_DEPTH for quad in quads):
        raise Refused("query", f"Triples cannot be read that stand in more than {_MAX_DEPTH} others.", name)
    return quads


def _depth(term: Any) -> int:
    """In how many triples the innermost one of a term stands."""
    depth = 0
    while isinstance(term, rdf.Triple):
        term, depth = term.object, depth + 1
    return depth


if __name__ == "__main__":
    main()
