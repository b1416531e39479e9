"""(k) Sixteen clients on all engines for long: errors, wrong answers, latency beside one client, memory."""

import json
import random
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from benchmarks.asking import asked_questions
from benchmarks.base import Options, Row
from benchmarks.faults import Faults
from benchmarks.product import Product, address, running_product
from benchmarks.watching import Memory, watched_memory
from evaluation.codesearch.metrics import percentile

_CLIENTS = 16
_MINUTES = (10.0, 30.0)
_SHARES = (0.5, 0.95, 0.99)
# What is made once is made by then: at most so many seconds, or so much of a shorter run.
_WARM_SECONDS, _WARM_SHARE = 300.0, 0.2
_SEARCH = "search"
_SEARCHES = (
    "start a process again when it has ended", "supervisor", "read a setting", "lang:python lock",
    "kind:class error", "who may see a source", '"raise"', "limit of requests", "background job",
    "encrypt a password", "health",
    "check an address", "render a template", "version that serves", "path:jobs retry",
)  # fmt: skip
_QUERIES = (
    "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }",
    "SELECT ?p (COUNT(*) AS ?n) WHERE { ?s ?p ?o } GROUP BY ?p ORDER BY ?p",
    "ASK { ?s ?p ?o }",
)
_STATEMENTS = (
    "SELECT COUNT(*) FROM customers",
    "SELECT 1 + 1",
    "SELECT * FROM customers ORDER BY 1 LIMIT 20",
)


@dataclass(frozen=True)
class Asked:
    """A request whose answer is the same each time."""

    kind: str
    method: str
    path: str
    essence: Callable[[Any], Any]
    body: bytes | None = None

    def outcome(self, text: str) -> Hashable:
        """What of an answer has to stay as it is."""
        return json.dumps(self.essence(json.loads(text)), sort_keys=True)


@dataclass
class Tally:
    """What clients saw."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    """Of each right answer, by kind of request."""
    away: int = 0
    elapsed: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def answered(self) -> int:
        """How many answers were right."""
        return sum(map(len, self.seconds.values()))


def run(options: Options) -> list[Row]:
    """Keep on for each length of the options, each time with a product of its own."""
    faults = Faults("soak")
    return [row for minutes in options.minutes or _MINUTES for row in _soak(minutes, faults)]


def _soak(minutes: float, faults: Faults) -> list[Row]:
    before, length = faults.counts(), 60 * minutes
    with running_product() as product:
        requests = _requests()
        expected = {each: _expected(product, each) for each in requests}
        alone = _keep_on(product, expected, 1, min(60.0, length / 5), faults)
        with watched_memory(product) as memory:
            tally = _keep_on(product, expected, _CLIENTS, length, faults)
    wrong, failed = ((faults.counts() - before)[kind] for kind in ("wrong", "error"))
    name = f"{minutes:g} min"
    return [
        Row("soak", f"{name}: errors but 503 with Retry-After", failed, "", f"of {tally.answered} answers"),
        Row("soak", f"{name}: wrong answers", wrong, "", f"{len(requests)} requests"),
        Row("soak", f"{name}: told to try again", tally.away, "", "503"),
        *(_rate(f"{name}, {told}", each) for told, each in _by_clients(alone, tally)),
        *(row for told, each in _by_clients(alone, tally) for row in _latencies(f"{name}, {told}", each)),
        *_memory_rows(name, memory, length),
    ]


def _by_clients(alone: Tally, tally: Tally) -> tuple[tuple[str, Tally], ...]:
    return ("1 client", alone), (f"{_CLIENTS} clients", tally)


def _requests() -> list[Asked]:
    asked = [Asked(_SEARCH, "GET", address("/api/v1/code/search", q=each), _hits) for each in _SEARCHES]
    asked += [
        Asked("question", "GET", address("/api/v1/graphs/company/ask/", q=row["question"]), _rows_of_graph)
        for row in asked_questions("graphs.jsonl", "graph")["company"]
    ]
    asked += [
        Asked(
            "question", "GET", address("/api/v1/databases/store/ask/", q=row["question"]), _rows_of_database
        )
        for row in asked_questions("databases.jsonl", "db_id")["store"]
    ]
    path = "/api/v1/graphs/company/sparql"
    asked += [Asked("statement", "GET", address(path, query=each), lambda body: body) for each in _QUERIES]
    path = "/api/v1/databases/store/query/"
    return asked + [
        Asked("statement", "POST", path, lambda body: body["rows"], json.dumps({"sql": each}).encode())
        for each in _STATEMENTS
    ]


def _hits(body: Any) -> Any:
    return [(hit["path"], hit["qualified_name"]) for hit in body["results"]]


def _rows_of_graph(body: Any) -> Any:
    return body["rows"]


def _rows_of_database(body: Any) -> Any:
    return body["result"] and body["result"]["rows"]


def _expected(product: Product, asked: Asked) -> Hashable:
    answer = product.send(asked.method, asked.path, asked.body, "application/json")
    if answer.status != 200:
        raise RuntimeError(f"{asked.path} {asked.body!r}: {answer.status} {answer.text[:300]}")
    return asked.outcome(answer.text)


def _keep_on(
    product: Product, expected: dict[Asked, Hashable], clients: int, seconds: float, faults: Faults
) -> Tally:
    """Clients that ask in orders of their own, as many requests of each kind, for so many seconds."""
    tally, start = Tally(), time.monotonic()
    kinds: dict[str, list[Asked]] = {}
    for each in expected:
        kinds.setdefault(each.kind, []).append(each)
    tally.seconds = {kind: [] for kind in kinds}

    def ask(seed: int) -> None:
        chance = random.Random(seed)
        for kind in cycle(chance.sample(list(kinds), len(kinds))):
            if time.monotonic() - start > seconds:
                return
            asked = chance.choice(kinds[kind])
            _count(product, asked, expected[asked], tally, faults)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tally.elapsed = time.monotonic() - start
    return tally


def _count(product: Product, asked: Asked, wanted: Hashable, tally: Tally, faults: Faults) -> None:
    start = time.perf_counter()
    answer = product.send(asked.method, asked.path, asked.body, "application/json")
    taken = time.perf_counter() - start
    told = {"path": asked.path, "body": asked.body, "status": answer.status, "answer": answer.text[:500]}
    if answer.status == 503 and answer.retry_after:
        with tally.lock:
            tally.away += 1
        time.sleep(0.2)
    elif answer.status != 200:
        faults.add("error", seconds=taken, **told)
    elif asked.outcome(answer.text) != wanted:
        faults.add("wrong", wanted=wanted, **told)
    else:
        with tally.lock:
            tally.seconds[asked.kind].append(taken)


def _rate(name: str, tally: Tally) -> Row:
    each = ", ".join(f"{len(seconds)} {kind}" for kind, seconds in tally.seconds.items())
    return Row("soak", f"{name}: answers a second", round(tally.answered / tally.elapsed, 1), "", each)


def _latencies(name: str, tally: Tally) -> list[Row]:
    seconds = tally.seconds[_SEARCH] or [0.0]
    return [
        Row("soak", f"{name}: search p{100 * share:.0f}", round(1000 * percentile(seconds, share), 1), "ms")
        for share in _SHARES
    ]


def _memory_rows(name: str, memory: Memory, length: float) -> list[Row]:
    warm = min(_WARM_SECONDS, _WARM_SHARE * length)
    settled = [each for each in memory.samples if each[0] >= warm]
    window = (length - warm) / 5
    first = _mean(each for at, each in settled if at < warm + window)
    last = _mean(each for at, each in settled if at >= length - window)
    by_minute = [
        _mean(each for at, each in memory.samples if at // 60 == n) for n in range(int(length // 60) + 1)
    ]
    note = "a minute: " + ", ".join(f"{each:.0f}" for each in by_minute if each)
    growth = f"first fifth of the rest {first:.0f} MB, last {last:.0f} MB"
    return [
        Row("soak", f"{name}: memory of the web processes, most", memory.most >> 20, "MB", note),
        Row("soak", f"{name}: its growth after {warm:.0f} s", round(last - first), "MB", growth),
        Row("soak", f"{name}: web servers that ended", max(len(memory.servers) - 1, 0), ""),
    ]


def _mean(sizes: Any) -> float:
    """The mean of sizes in bytes, as MB."""
    found: Sequence[int] = list(sizes)
    return sum(found) / len(found) / (1 << 20) if found else 0.0
