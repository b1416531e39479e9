"""What means harm, as requests: the tests' statements, addresses of sources, uploads, and mutations."""

import json
import random
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

import yaml

from benchmarks.hostile_uploads import Upload, uploads
from benchmarks.product import ROOT

_TESTS = ROOT / "tests"
_OWN = Path(__file__).parent / "hostile_cases"
WORLD = _TESTS / "kbqa/sql/stores/hostile_world.sql"
"""Statements that make the small database which the statements of the tests are about."""
PRIVATE = "classified"
"""What begins each value that nobody may read."""
GRAPH, EDITED, DATABASE = "company", "edited", "world"
"""The slugs of the graph that is read, of the one that may be changed, and of the database."""
_REPEATED = re.compile(r"⟦(\d+)×([^⟦⟧]*)⟧")
_PLACEHOLDER = re.compile(r"(%URL%|%HOST%|%PORT%|%FILE%)")
_PIECES = (
    "'",
    '"',
    "#",
    "--",
    "/*",
    "*/",
    "\\",
    "\0",
    "{",
    "}",
    "(",
    ")",
    ";",
    ".",
    "<",
    ">",
    "\n",
    "\r",
    "ſ",
    "\u202e",
)
_OTHER_HOSTS = 3


@dataclass(frozen=True)
class Limits:
    """The seconds that each kind of input may take."""

    query: float
    update: float
    sql: float
    adding: float = 10.0


@dataclass(frozen=True)
class Target:
    """What inputs try to reach: a server on this machine and a file."""

    port: int
    file: str

    def in_text(self, text: str, host: str = "127.0.0.1") -> str:
        """The text with the addresses in it."""
        found = text.replace("%URL%", f"http://127.0.0.1:{self.port}/x").replace("%HOST%", host)
        return found.replace("%PORT%", str(self.port)).replace("%FILE%", self.file)


@dataclass(frozen=True)
class Input:
    """A request that means harm."""

    kind: str
    text: str
    """What was written, for the report of a fault."""
    path: str
    body: bytes
    content_type: str
    seconds: float
    """How long its answer may take."""
    expected: str = ""
    """`refused` or `answered`, where the tests say which."""


def inputs(target: Target, limits: Limits, mutations: int, seed: int) -> list[Input]:
    """All cases, and as many mutations of their texts."""
    chance = random.Random(seed)
    statements = [*_sparql(), *_sql()]
    made = [
        _statement(kind, target.in_text(_expanded(text)), limits, says) for kind, text, says in statements
    ]
    made += [_source(*each, limits) for each in _sources(target, chance)]
    made += [_upload(upload, limits) for upload in uploads(target.in_text)]
    for _ in range(mutations):
        kind, text, _ = chance.choice(statements)
        other = chance.choice([each for each in statements if each[0] == kind])[1]
        made.append(_statement(kind, target.in_text(_expanded(_mutated(text, other, chance))), limits, ""))
    chance.shuffle(made)
    return made


def mutated_texts(kinds: tuple[str, ...], chance: random.Random) -> Iterator[str]:
    """Mutations of the tests' statements of these kinds, without end; a mutation may be mutated again."""
    texts = [_expanded(text) for kind, text, _ in [*_sparql(), *_sql()] if kind in kinds]
    short = [text for text in texts if len(text) < 2_000]
    while True:
        text = chance.choice(short if chance.random() < 0.98 else texts)
        for _ in range(chance.randint(1, 4)):
            text = _mutated(text, chance.choice(short), chance)
        yield text


def _sparql() -> Iterator[tuple[str, str, str]]:
    """(kind, text, expected) of the tests' SPARQL."""
    for part in yaml.safe_load((_TESTS / "kbqa/sparql/stores/hostile.yaml").read_text(encoding="utf-8")):
        for outcome in ("refused", "ended", "harmless"):
            for group in part.get(outcome, ()):
                for text in group["texts"] if isinstance(group, dict) else [group]:
                    # Without a query, a SPARQL service describes itself.
                    expected = "" if not text else "answered" if outcome == "harmless" else "refused"
                    yield part["kind"], text, expected


def _sql() -> Iterator[tuple[str, str, str]]:
    lines = (_TESTS / "kbqa/sql/stores/hostile_statements.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if line and not line.startswith("#"):
            on_sqlite, _, sql = line.split(" ", 2)
            yield "sql", sql, "answered" if on_sqlite == "rows" else "refused"


def _expanded(text: str) -> str:
    """⟦3×ab⟧ → ababab, and each ?v of a part of its own."""
    while _REPEATED.search(text):
        text = _REPEATED.sub(lambda match: int(match[1]) * match[2], text)
    number = iter(range(10_000))
    return re.sub(r"\?v \{ ", lambda _: f"?v{next(number)} {{ ", text)


def _mutated(text: str, other: str, chance: random.Random) -> str:
    """A text of which something is left out, doubled, or put in; its addresses stay whole."""
    parts = [each for piece in _PLACEHOLDER.split(text) for each in _cut(piece)]
    others = [each for piece in _PLACEHOLDER.split(other) for each in _cut(piece)]
    start, length = chance.randrange(len(parts) + 1), chance.randint(1, 12)
    way = chance.randrange(5)
    if way == 0:
        del parts[start : start + length]
    elif way == 1:
        parts[start:start] = parts[start : start + length] * chance.randint(1, 3)
    elif way == 2:
        parts[start:start] = [chance.choice(_PIECES)]
    elif way == 3:
        parts[start:] = others[chance.randrange(len(others) + 1) :]
    else:
        parts[start : start + length] = [part.swapcase() for part in parts[start : start + length][::-1]]
    return "".join(parts)


def _cut(piece: str) -> list[str]:
    return [piece] if _PLACEHOLDER.fullmatch(piece) else list(piece)


def _statement(kind: str, text: str, limits: Limits, expected: str) -> Input:
    written = text.encode("utf-8", "surrogatepass")
    if kind == "query":
        body = b"query=" + quote_from_bytes(written, safe="").encode()
        path, content_type = f"/api/v1/graphs/{GRAPH}/sparql", "application/x-www-form-urlencoded"
        return Input(kind, text, path, body, content_type, limits.query, expected)
    if kind == "update":
        path, field, seconds = f"/api/v1/graphs/{EDITED}/edit/", "update", limits.update
    else:
        path, field, seconds = f"/api/v1/databases/{DATABASE}/query/", "sql", limits.sql
    return Input(kind, text, path, _json({field: text}), "application/json", seconds, expected)


def _json(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields).encode()


_ADDED_AS = {
    "git": ("/api/v1/code/repositories/", "git", "location"),
    "graph file": ("/api/v1/graphs/", "url", "location"),
    "endpoint": ("/api/v1/graphs/", "endpoint", "location"),
    "database": ("/api/v1/databases/", "url", "url"),
}


def _sources(target: Target, chance: random.Random) -> Iterator[tuple[str, str, int]]:
    """(kind, address, number) of each address, with some ways to write where it leads."""
    cases = yaml.safe_load((_OWN / "sources.yaml").read_text(encoding="utf-8"))
    hosts = list(dict.fromkeys([*cases.pop("hosts"), *_own_hosts_of_tests()]))
    number = iter(range(100_000))
    for kind, addresses in cases.items():
        for address in addresses:
            others = chance.sample(hosts[1:], _OTHER_HOSTS) if "%HOST%" in address else []
            for host in (hosts[0], *others):
                yield kind, target.in_text(address, host), next(number)


def _own_hosts_of_tests() -> Iterator[str]:
    """Those of the tests' hosts that lead to this machine: whatever fails, nobody else may be asked."""
    path = _TESTS / "searchapp/hosts.txt"
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        host = line.partition(" ")[2]
        if host and not line.startswith("#") and _is_own(host):
            yield f"[{host}]" if ":" in host else host


def _is_own(host: str) -> bool:
    try:
        found = ip_address(socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)[0][4][0])
    except (OSError, ValueError):
        return False
    return found.is_loopback or found.is_unspecified


def _source(kind: str, address: str, number: int, limits: Limits) -> Input:
    path, source_kind, field = _ADDED_AS[kind]
    body = _json({"name": f"hostile-{number}", "source_kind": source_kind, field: address})
    return Input(kind, address, path, body, "application/json", limits.adding)


def _upload(upload: Upload, limits: Limits) -> Input:
    path, source_kind, field = {
        "archive": ("/api/v1/code/repositories/", "archive", "archive"),
        "graph": ("/api/v1/graphs/", "file", "file"),
        "sqlite": ("/api/v1/databases/", "upload", "file"),
    }[upload.engine]
    boundary = b"----hostile-boundary"
    fields = {"name": upload.slug, "source_kind": source_kind}
    parts = [
        b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (name.encode(), value.encode())
        for name, value in fields.items()
    ]
    head = f'Content-Disposition: form-data; name="{field}"; filename="{upload.file_name}"'.encode()
    parts.append(head + b"\r\nContent-Type: application/octet-stream\r\n\r\n" + upload.data)
    body = (
        b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + boundary + b"--\r\n"
    )
    content_type = f"multipart/form-data; boundary={boundary.decode()}"
    return Input(f"upload, {upload.engine}", upload.name, path, body, content_type, limits.adding)
