"""(j) What means harm is sent to the running product: what it wrote, asked, took; whether searches go on."""

import json
import queue
import sqlite3
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

from benchmarks.base import Options, Row
from benchmarks.faults import Faults
from benchmarks.hostile_inputs import DATABASE, EDITED, GRAPH, PRIVATE, WORLD, Input, Limits, Target, inputs
from benchmarks.product import ASKED, Answer, Product, running_product
from benchmarks.watching import Listener, Memory, Searches, digests, searching, watched_memory
from evaluation.codesearch.metrics import percentile

_SEED = 11
# Fewer than there are threads for statements, so that no answer waits for a place.
_CLIENTS = 3
_PROCESSES, _PROCESS_BYTES = 4, 1_000_000_000
_LIMITS = Limits(query=4, update=6, sql=3)
# Above what the server takes at rest and all processes may take together.
_TOLERANCE, _SPARE_BYTES = 1.1, 500_000_000
_JOBS_SECONDS = 300.0
_UNEXPECTED = "The worker's log has the details."
"""What the error of a job ends with that nobody expected."""
_ENVIRONMENT = {
    "GRAPH_QUERY_TIMEOUT_MS": str(round(1000 * _LIMITS.query)),
    "GRAPH_UPDATE_TIMEOUT_MS": str(round(1000 * _LIMITS.update)),
    "DATABASE_QUERY_SECONDS": str(round(_LIMITS.sql)),
    # No server of this machine may be asked; the address leads nowhere.
    "ALLOWED_PRIVATE_HOSTS": "192.0.2.1",
    # As in the tests, which say which of their queries give too much.
    "GRAPH_MAX_RESULT_BYTES": "1000000",
    "DATABASE_SCAN_SECONDS": "5",
    "GRAPH_QUERY_PROCESSES": str(_PROCESSES),
    "DATABASE_PROCESSES": str(_PROCESSES),
    "GRAPH_QUERY_MEMORY_BYTES": str(_PROCESS_BYTES),
    "DATABASE_PROCESS_BYTES": str(_PROCESS_BYTES),
}


def run(options: Options) -> list[Row]:
    """Send all cases, and as many mutations as the options say."""
    faults = Faults("hostile")
    with running_product(**_ENVIRONMENT) as product, Listener() as listener:
        guarded = _prepared(product)
        target = Target(listener.port, str(product.folder / "made-by-hostile"))
        with searching(product) as alone:
            time.sleep(5)
        before, sent = digests(*guarded), inputs(target, _LIMITS, options.hostile, _SEED)
        with watched_memory(product) as memory, searching(product) as beside:
            _send(product, sent, faults)
            left = _wait_for_jobs(product, faults)
        written = _written(before, digests(*guarded))
        for path in written + [target.file] * Path(target.file).exists():
            faults.add("written", path=path)
        for heard in listener.heard:
            faults.add("asked elsewhere", sent=heard)
    return [*_rows(len(sent), faults, memory, left), *_search_rows(alone, beside)]


def _prepared(product: Product) -> tuple[Path, ...]:
    """Adds a graph that may change, and the tests' small database; what must stay as it is."""
    file = product.folder / "world.sqlite"
    statements = WORLD.read_text(encoding="utf-8").splitlines()
    with closing(sqlite3.connect(file)) as world, world:
        world.executescript("".join(each for each in statements if "hidden" not in each))
    product.manage("load_graph", str(ASKED / "graphs" / "company.ttl"), "--name", EDITED)
    product.manage("connect_database", str(file), "--name", DATABASE)
    private = json.dumps({"table": "person", "column": "secret", "excluded": True}).encode()
    told = product.send("POST", f"/api/v1/databases/{DATABASE}/describe/", private, "application/json")
    if told.status != 200:
        raise RuntimeError(f"The private column could not be told: {told.text}")
    with closing(sqlite3.connect(file)) as world, world:
        world.executescript("".join(each for each in statements if "hidden" in each))
    number = json.loads(product.get(f"/api/v1/graphs/{GRAPH}/status/").text)["job"]["subject"].rpartition(
        ":"
    )[2]
    return file, product.folder / "store.sqlite", product.folder / "graphs" / number


def _send(product: Product, sent: list[Input], faults: Faults) -> None:
    waiting: queue.SimpleQueue[Input] = queue.SimpleQueue()
    for each in sent:
        waiting.put(each)

    def send() -> None:
        while True:
            try:
                one = waiting.get_nowait()
            except queue.Empty:
                return
            start = time.perf_counter()
            answer = product.send("POST", one.path, one.body, one.content_type, seconds=10 * one.seconds)
            _judge(one, answer, time.perf_counter() - start, faults)

    threads = [threading.Thread(target=send) for _ in range(_CLIENTS)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        threads[0].join(20)
        print(f"  {waiting.qsize()} of {len(sent)} left", file=sys.stderr, flush=True)
        for thread in threads:
            thread.join(0.1)


def _judge(one: Input, answer: Answer, seconds: float, faults: Faults) -> None:
    told = {"kind": one.kind, "input": one.text[:5_000], "path": one.path, "seconds": round(seconds, 2)}
    told |= {"status": answer.status, "answer": answer.text[:500]}
    if answer.status == 0:
        faults.add("no answer", **told)
    elif answer.is_fault:
        faults.add("5xx", **told)
    elif answer.status == 503:
        faults.add("try again", **told)
    elif one.expected and (answer.status == 200) != (one.expected == "answered"):
        faults.add("another outcome", expected=one.expected, **told)
    if one.kind == "sql" and answer.status == 200 and PRIVATE in answer.text and PRIVATE not in one.text:
        faults.add("private", **told)
    if seconds > _TOLERANCE * one.seconds:
        faults.add("too late", **told)


def _wait_for_jobs(product: Product, faults: Faults) -> int:
    """How many jobs did not end."""
    end = time.monotonic() + _JOBS_SECONDS
    while (working := product.working()) != [] and time.monotonic() < end:
        time.sleep(1)
    for job in working or []:
        faults.add("job without end", job=job)
    for job in json.loads(product.send("GET", "/api/v1/jobs/?page_size=100").text or "{}").get("results", []):
        if job["state"] == "failed" and _UNEXPECTED in job["error"]:
            faults.add("unexpected error of a job", job=job)
    return len(working or [])


def _written(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return sorted(path for path in {*before, *after} if before.get(path) != after.get(path))


def _rows(sent: int, faults: Faults, memory: Memory, left: int) -> list[Row]:
    rest = memory.samples[0][1] if memory.samples else 0
    limit = rest + 2 * _PROCESSES * _PROCESS_BYTES + _SPARE_BYTES
    above = memory.most_of_child > _TOLERANCE * _PROCESS_BYTES
    note = f"at rest {rest >> 20} MB, limit {limit >> 20} MB"
    return [
        Row("hostile", "inputs sent", sent, "", f"{_CLIENTS} clients"),
        Row("hostile", "files changed or made", faults["written"], ""),
        Row(
            "hostile", "requests to elsewhere", faults["asked elsewhere"], "", "to this machine's own server"
        ),
        Row("hostile", "private values shown", faults["private"], ""),
        Row("hostile", "answers over their time by 10 %", faults["too late"], ""),
        Row("hostile", "answers of 5xx", faults["5xx"], "", "503 with Retry-After left out"),
        Row("hostile", "no answer", faults["no answer"], ""),
        Row("hostile", "told to try again", faults["try again"], "", "503"),
        Row("hostile", "other outcomes than the tests'", faults["another outcome"], ""),
        Row("hostile", "jobs that ended unexpectedly", faults["unexpected error of a job"], ""),
        Row("hostile", "jobs that did not end", left, "", f"within {_JOBS_SECONDS:.0f} s"),
        Row("hostile", "web servers that ended", max(len(memory.servers) - 1, 0), ""),
        Row("hostile", "most memory of the web processes", memory.most >> 20, "MB", note),
        Row("hostile", "memory above its limit", int(memory.most > limit), ""),
        Row("hostile", "most memory of one process for statements", memory.most_of_child >> 20, "MB"),
        Row("hostile", "such a process above its limit", int(above), "", f"{_PROCESS_BYTES >> 20} MB"),
    ]


def _search_rows(alone: Searches, beside: Searches) -> list[Row]:
    asked = len(beside.seconds) + len(beside.failed)
    rows = [
        Row("hostile", f"search p95, {name}", round(1000 * percentile(each.seconds or [0.0], 0.95)), "ms")
        for name, each in (("alone", alone), ("meanwhile", beside))
    ]
    note = "; ".join([f"of {asked}", *beside.failed[:2]])
    return [*rows, Row("hostile", "searches that failed", len(beside.failed), "", note)]
