"""(h) Many threads ask all engines while their sources are built anew: is each answer that of one thread?"""

import random
import sqlite3
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from django.db import connection

from benchmarks.asking import ASKED, asked_questions
from benchmarks.base import Options, Row, timed
from codesearch import services as code
from codesearch.models import Repository
from codesearch.retrieval import search
from kbqa.sparql.public import Graph, update_graph
from kbqa.sparql.public import services as graphs
from kbqa.sql.public import Database
from kbqa.sql.public import services as databases
from searchapp.errors import SearchappError
from searchapp.jobs.foreground import run_to_end
from searchapp.jobs.models import Job
from searchapp.shared import forget_all
from training.throwaway import throwaway_database

THREADS = 16
_PACKAGES = ("tqdm", "sqlparse", "rest_framework")
_SEARCHES = (
    "progress bar", "split statements", "check permission", "parse a token", "throttle requests",
    "format sql", "serialize a field", "close the bar", "render json", "pagination", "keyword list",
    "authenticate a user", 'lang:python "raise ValueError"', "kind:class view", "strip comments",
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """Something that is asked, and how; its answer can be compared, and is the same each time."""

    name: str
    answer: Callable[[], Hashable]


@dataclass
class Outcome:
    """What came of many requests."""

    asked: int = 0
    different: list[str] = field(default_factory=list)
    """Requests whose answer was not the expected one."""
    failed: list[str] = field(default_factory=list)
    """Requests that ended with an error, and which."""
    changes: int = 0
    """How often a source was built anew, edited, added or deleted meanwhile."""


def expected(requests: Sequence[Request]) -> dict[str, Hashable]:
    """The answers of one thread."""
    return {request.name: request.answer() for request in requests}


def ask_in_threads(
    requests: Sequence[Request],
    answers: dict[str, Hashable],
    *,
    threads: int,
    each: int,
    meanwhile: Sequence[Callable[[], object]] = (),
    pause: float = 0.1,
) -> Outcome:
    """Ask `each` requests in each of the threads, in orders of their own, with all caches empty.

    What happens `meanwhile`, each in a further thread, happens again and again until all are answered, with
    a `pause` in seconds: what was replaced twice is kept for nobody who still reads it.
    """
    forget_all()
    outcome, lock, together, over = Outcome(), threading.Lock(), threading.Barrier(threads), threading.Event()

    def ask(seed: int) -> None:
        order = random.Random(seed).sample(list(requests), len(requests))
        together.wait()
        for request in islice(cycle(order), each):
            wrong, failed = _judged(request, answers)
            with lock:
                outcome.asked += 1
                outcome.different += wrong
                outcome.failed += failed
        connection.close()

    def change(work: Callable[[], object]) -> None:
        while not over.is_set():
            _, failed = _judged(Request(getattr(work, "__name__", "change"), lambda: work() and None), None)
            with lock:
                outcome.changes += 1
                outcome.failed += failed
            over.wait(pause)
        connection.close()

    askers = [threading.Thread(target=ask, args=(seed,)) for seed in range(threads)]
    changers = [threading.Thread(target=change, args=(work,)) for work in meanwhile]
    for thread in (*askers, *changers):
        thread.start()
    for thread in askers:
        thread.join()
    over.set()
    for thread in changers:
        thread.join()
    return outcome


def _judged(request: Request, answers: dict[str, Hashable] | None) -> tuple[list[str], list[str]]:
    """The request's name as one with a different answer, and as one that failed."""
    try:
        answer = request.answer()
    except SearchappError as error:
        return [], [f"{request.name}: {error.message}"]
    except Exception as error:
        return [], [f"{request.name}: {type(error).__name__}: {error}"]
    return [request.name] if answers is not None and answer != answers[request.name] else [], []


def graph_request(graph: Graph, question: str) -> Request:
    """A question on a graph: the query, and what it found."""

    def answer() -> Hashable:
        best = graphs.ask(Graph.objects.get(pk=graph.pk), question)[0].best
        if best is None:
            return None
        return best.text, best.holds, frozenset(map(str, best.solutions.rows)) if best.solutions else None

    return Request(f"{graph.name}: {question}", answer)


def database_request(database: Database, question: str) -> Request:
    """A question on a database: the SQL, and its rows."""

    def answer() -> Hashable:
        best = databases.ask(Database.objects.get(pk=database.pk), question)[0].best
        return (best.sql, str(best.result and best.result.rows)) if best is not None else None

    return Request(f"{database.name}: {question}", answer)


def search_request(query: str) -> Request:
    """A search: where the first ten hits are."""

    def answer() -> Hashable:
        found = [hit.candidate for hit in search(query).hits]
        return tuple((unit.repository, unit.path, unit.qualified_name, unit.start_line) for unit in found)

    return Request(f"code: {query}", answer)


def ended(job: Job) -> Job:
    """A job that was run to its end here. Raises RuntimeError with its error."""
    job = run_to_end(job, lambda now: None)
    if job.state != Job.State.SUCCEEDED:
        raise RuntimeError(f"{job.kind}: {job.error}")
    return job


def run(options: Options) -> list[Row]:
    """Ask questions and search in 16 threads, while graphs, databases and repositories are built anew."""
    with throwaway_database(), tempfile.TemporaryDirectory() as folder:
        requests, changes = _sources(Path(folder))
        answers = expected(requests)
        each = options.requests // THREADS
        seconds, outcome = timed(
            lambda: ask_in_threads(requests, answers, threads=THREADS, each=each, meanwhile=changes)
        )
    for told in sorted({*outcome.different, *outcome.failed}):
        print(f"  not as one thread: {told}", flush=True)
    note = f"{len(requests)} requests, {outcome.changes} changes of sources meanwhile, {seconds:.0f} s"
    return [
        Row("threads", f"answers in {THREADS} threads", outcome.asked, "", note),
        Row("threads", "answers other than one thread's", len(outcome.different), ""),
        Row("threads", "errors", len(outcome.failed), ""),
    ]


def _sources(folder: Path) -> tuple[list[Request], list[Callable[[], object]]]:
    """Requests to four graphs, two databases and three repositories, and what can be done to these."""
    requests = [search_request(query) for query in _SEARCHES]
    changes: list[Callable[[], object]] = []
    for name, rows in asked_questions("graphs.jsonl", "graph").items():
        location = str(ASKED / "graphs" / f"{name}.ttl")
        graph, job = graphs.add_graph(name=name, source_kind="file", location=location, trusted=True)
        ended(job)
        requests += [graph_request(graph, row["question"]) for row in rows]
    first = Graph.objects.earliest("pk")
    changes += [_again(graphs.load_graph, graph), _edited(first), _added_and_deleted(location)]
    for name, rows in asked_questions("databases.jsonl", "db_id").items():
        file = folder / f"{name}.sqlite"
        with closing(sqlite3.connect(file)) as made:
            made.executescript((ASKED / "databases" / f"{name}.sql").read_text(encoding="utf-8"))
        database, job = databases.add_database(name=name, source_kind="file", location=str(file))
        ended(job)
        requests += [database_request(database, row["question"]) for row in rows]
    changes.append(_again(databases.scan_database, database))
    repository: Repository
    for package in _PACKAGES:
        location = str(Path(sysconfig.get_paths()["purelib"]) / package)
        if Path(location).is_dir():
            repository, job = code.add_repository(
                name=package, source_kind="folder", location=location, trusted=True
            )
            ended(job)
    changes.append(_again(code.index_repository, repository))
    return requests, changes


def _again(start: Callable[[Any], Job], source: Any) -> Callable[[], object]:
    """The building of a source, from what it was built of before."""

    def build_again() -> object:
        return ended(start(type(source).objects.get(pk=source.pk)))

    return build_again


def _edited(graph: Graph) -> Callable[[], object]:
    """An edit of a graph that writes a version, in which all is as it was."""

    def edit() -> object:
        fact = f"<urn:threads:{time.monotonic_ns()}> <urn:threads:seen> 1"
        return update_graph(Graph.objects.get(pk=graph.pk), f"DELETE DATA {{ {fact} }}")

    return edit


def _added_and_deleted(location: str) -> Callable[[], object]:
    """Another graph that is added, and deleted once it is loaded."""

    def add_and_delete() -> object:
        name = f"passing {time.monotonic_ns()}"
        graph, job = graphs.add_graph(name=name, source_kind="file", location=location, trusted=True)
        ended(job)
        return ended(graphs.delete_graph(graph))

    return add_and_delete
