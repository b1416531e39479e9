"""Seeded inputs of what reads untrusted text and files, tried in processes that may crash.

`python -m benchmarks.fuzzing PART NUMBER SEED` tries one input here: that is how a fault is done again.
"""

import base64
import logging
import mmap
import multiprocessing
import os
import random
import resource
import sqlite3
import struct
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.faults import Faults
from benchmarks.hostile_inputs import WORLD, mutated_texts
from benchmarks.hostile_uploads import uploads
from benchmarks.product import ASKED

_MEMORY_BYTES = 4_000_000_000
_HANGS_AFTER = 20.0
_MAX_SEED_BYTES = 100_000
_STATE = struct.Struct("q?")
"""The number of the input at work, and whether one is."""
_QUERIES = (
    'lang:python "raise ValueError" -kind:class', "path:a/*.py repo:x progress bar", 'in:"quoted \\" text"',
    "-", "a -b -\"c\" kind:method", "lang:", "name:/[a-z]+/", "camelCase snake_case Dotted.name()", "ﬁ ſ İ ß",
)  # fmt: skip
_CHARACTERS = "\0\"'\\:-/*()[]{}<>#&|;.,~^\u202e\ufeff\ud800\u0301İſ😀 \n\t"


@dataclass
class Outcome:
    """What became of the inputs of a part."""

    tried: int = 0
    crashes: int = 0
    errors: int = 0
    hangs: int = 0
    seconds: float = 0.0


def fuzz_part(part: str, count: int, seed: int, faults: Faults) -> Outcome:
    """Try so many inputs; a process that ends is followed by another, which goes on after its last input."""
    outcome, start, context = Outcome(), time.monotonic(), multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="searchapp-fuzz-") as folder:
        state = Path(folder, "state")
        state.write_bytes(_STATE.pack(0, False))
        number = 0
        while number < count:
            process = context.Process(target=_work, args=(part, number, count, seed, folder))
            process.start()
            hung = _watch(process, state)
            at, _ = _STATE.unpack(state.read_bytes())
            if process.exitcode == 0:
                break
            what = "hang" if hung else "crash"
            outcome.hangs += hung
            outcome.crashes += not hung
            faults.add(
                what, part=part, number=at, seed=seed, status=process.exitcode, **_shown(part, at, seed)
            )
            number = at + 1
        outcome.tried = count
        outcome.errors = _errors(part, seed, Path(folder, "errors"), faults)
    outcome.seconds = time.monotonic() - start
    return outcome


def _watch(process: Any, state: Path) -> bool:
    """Wait for a process's end; whether it was ended here, since one input took too long."""
    last, since = b"", time.monotonic()
    while process.is_alive():
        process.join(0.5)
        now = state.read_bytes()
        if now != last:
            last, since = now, time.monotonic()
        # The first input waits for the imports, too.
        elif time.monotonic() - since > _HANGS_AFTER * (1 if last[-1] else 3):
            process.kill()
            process.join()
            return True
    return False


def _errors(part: str, seed: int, file: Path, faults: Faults) -> int:
    """How many inputs had an error that nobody expects."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    for line in lines:
        number, _, told = line.partition(" ")
        faults.add(
            "error", part=part, number=int(number), seed=seed, told=told, **_shown(part, int(number), seed)
        )
    return len(lines)


def _shown(part: str, number: int, seed: int) -> dict[str, str]:
    made = PARTS[part][0](_chance(part, number, seed))
    data = made if isinstance(made, bytes) else made.encode("utf-8", "surrogatepass")
    return {"input": ascii(data[:2_000]), "base64": base64.b64encode(data[:_MAX_SEED_BYTES]).decode()}


def _chance(part: str, number: int, seed: int) -> random.Random:
    return random.Random(f"{part}-{seed}-{number}")


def _work(part: str, first: int, count: int, seed: int, folder: str) -> None:
    """Try inputs in this process, whose memory is bounded."""
    _prepare(folder)
    make, read = PARTS[part]
    with Path(folder, "state").open("r+b") as file, mmap.mmap(file.fileno(), _STATE.size) as state:
        for number in range(first, count):
            state[:] = _STATE.pack(number, True)
            told = _tried(read, make(_chance(part, number, seed)))
            if told:
                with Path(folder, "errors").open("a", encoding="utf-8") as errors:
                    errors.write(f"{number} {told!a}\n")


def _prepare(folder: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "searchapp.settings.embedded")
    import django

    django.setup()
    os.chdir(folder)
    warnings.simplefilter("ignore")
    logging.disable()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _tried(read: Callable[[Any], object], made: Any) -> str:
    """What an input led to that nobody expects; empty if it was read, or refused in order."""
    from searchapp.errors import SearchappError

    try:
        read(made)
    except SearchappError:
        return ""
    except Exception as error:
        trace, places = error.__traceback__, list[str]()
        while trace:
            places.append(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
            trace = trace.tb_next
        return f"{type(error).__name__}: {str(error)[:300]} at {' '.join(places[-6:])}"
    return ""


def _query(chance: random.Random) -> str:
    text = " ".join(chance.choice(_QUERIES) for _ in range(chance.randint(1, 3)))
    for _ in range(chance.randint(0, 8)):
        at = chance.randrange(len(text) + 1)
        way = chance.randrange(3)
        if way == 0:
            text = text[:at] + chance.choice(_CHARACTERS) * chance.choice((1, 1, 2, 50)) + text[at:]
        elif way == 1:
            text = text[:at] + text[at + chance.randint(1, 5) :]
        else:
            text = text[:at] + chance.choice(_QUERIES) + text[at:]
    return text


def _read_query(text: str) -> object:
    from codesearch.retrieval.query import parse_query

    return parse_query(text)


def _sparql(chance: random.Random) -> str:
    return next(mutated_texts(("query", "update"), chance))


def _read_sparql(text: str) -> None:
    from kbqa.sparql.models import Graph
    from kbqa.sparql.stores.base import QueryError
    from kbqa.sparql.stores.executor import check_query, check_update

    graph = Graph(pk=7, slug="films", source_kind="file")
    for check in (check_query, check_update):
        try:
            check(text, graph)
        except QueryError:
            continue


def _sql(chance: random.Random) -> str:
    return next(mutated_texts(("sql",), chance))


def _read_sql(text: str) -> None:
    from kbqa.sql.stores.validator import StatementError, checked

    for dialect in ("sqlite", "postgres", "mysql"):
        try:
            checked(text, _schema(dialect)).sql(dialect=dialect)
        except StatementError:
            continue


@cache
def _schema(dialect: str) -> Any:
    from kbqa.sql.schema import Column, Schema, Table

    with closing(sqlite3.connect(":memory:")) as world:
        world.executescript(WORLD.read_text(encoding="utf-8"))
        names = [name for (name,) in world.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = {name: [row[1] for row in world.execute(f"PRAGMA table_info({name})")] for name in names}
    tables = (Table(name, tuple(map(Column, each))) for name, each in columns.items() if name != "hidden")
    return Schema(tuple(tables), (), dialect)


@cache
def _files(engine: str) -> list[tuple[str, bytes]]:
    """(file name, data) of the small files from which others are made."""
    found = [
        (each.file_name, each.data)
        for each in uploads(lambda text: text.replace("%URL%", "http://127.0.0.1:1/"))
        if each.engine == engine and 0 < len(each.data) < _MAX_SEED_BYTES
    ]
    if engine == "graph":
        found += [(path.name, path.read_bytes()) for path in sorted((ASKED / "graphs").glob("*.ttl"))]
    return found


def _mutated_file(engine: str, chance: random.Random) -> bytes:
    """The suffix of a file's name, a null, and the bytes of a file in which some were changed."""
    name, data = chance.choice(_files(engine))
    data = data[: chance.choice((200, 2_000, len(data)))] if engine == "graph" else data
    changed = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(changed) + 1)
        way = chance.randrange(4)
        if way == 0 and at < len(changed):
            changed[at] = chance.randrange(256)
        elif way == 1:
            del changed[at : at + chance.choice((1, 4, 100))]
        elif way == 2:
            changed[at:at] = changed[max(0, at - chance.choice((1, 10, 300))) : at] * chance.choice(
                (1, 2, 20)
            )
        else:
            changed[at:at] = chance.randbytes(chance.choice((1, 2, 8)))
    if engine == "graph" and chance.random() < 0.3:
        name = chance.choice(("a.nt", "a.nq", "a.ttl", "a.trig", "a.rdf", "a.jsonld", "a.nt.gz"))
    return "".join(Path(name).suffixes[-2:]).encode() + b"\0" + bytes(changed)


def _graph(chance: random.Random) -> bytes:
    return _mutated_file("graph", chance)


def _read_graph(made: bytes) -> None:
    from kbqa.sparql.ingest.rdf_parser import RdfFile, Report, rdf_format, triples_of

    for skip_bad_lines in (False, True):
        path = _written(made)
        file = RdfFile(path, rdf_format(path.name), 10_000_000)
        for _ in triples_of(file, Report(), skip_bad_lines=skip_bad_lines, progress=lambda *_: None):
            pass


def _archive(chance: random.Random) -> bytes:
    return _mutated_file("archive", chance)


def _read_archive(made: bytes) -> None:
    from codesearch.sources.archive import ArchiveLimits, archive_snapshot, check_archive
    from codesearch.sources.ignoring import IgnoreRules

    path = _written(made)
    check_archive(path)
    snapshot = archive_snapshot(path, IgnoreRules(""), ArchiveLimits(1_000, 10_000_000, 200, 1_000_000))
    for _ in snapshot.entries:
        pass


def _written(made: bytes) -> Path:
    suffix, _, data = made.partition(b"\0")
    path = Path(f"input{suffix.decode()}")
    path.write_bytes(data)
    return path


PARTS: dict[str, tuple[Callable[[random.Random], Any], Callable[[Any], object]]] = {
    "query language": (_query, _read_query),
    "SPARQL grammar": (_sparql, _read_sparql),
    "SQL validator": (_sql, _read_sql),
    "RDF parser": (_graph, _read_graph),
    "archives": (_archive, _read_archive),
}
"""How an input of each part is made, and what reads it."""


def _main(part: str, number: str, seed: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        _prepare(folder)
        make, read = PARTS[part]
        made = make(_chance(part, int(number), int(seed)))
        yield ascii(made[:5_000])
        yield _tried(read, made) or "read, or refused in order"


if __name__ == "__main__":
    for line in _main(*sys.argv[1:]):
        print(line, flush=True)
