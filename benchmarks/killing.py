"""(h) Processes are killed at random while all engines work: lost jobs, wrong answers, seconds until back."""

import json
import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psutil

from benchmarks.base import Options, Row
from benchmarks.product import REQUESTS, Answer, Product, outcome, running_product, wait_for
from evaluation.codesearch.metrics import percentile

# By what their commands have; "backend" is one of PostgreSQL's own children.
_PARTS = {
    "PostgreSQL": "bin/postgres",
    "PostgreSQL, a session": "",
    "Redis": "redis-server",
    "worker": "celery -A searchapp worker",
    "scheduler": "celery -A searchapp beat",
    "web server": "searchapp.web",
}
_SEED = 7


@dataclass
class Tally:
    """What the clients saw."""

    answers: Counter[str] = field(default_factory=Counter)
    others: list[str] = field(default_factory=list)


def run(options: Options) -> list[Row]:
    """Kill as many times as the options say."""
    chance, tally, back = random.Random(_SEED), Tally(), defaultdict(list)
    jobs: set[int] = set()
    with running_product() as product:
        expected = _expected(product)
        with _load(product, expected, tally):
            for _ in range(options.kills):
                jobs |= _started_job(product)
                name = chance.choice(list(_PARTS))
                back[name].append(_kill(product, _PARTS[name]))
        wait_for("the jobs' end", lambda: _all_ended(product))
        states = product.jobs()
        jobs |= {job for job in states if job > min(jobs)}
        lost = [job for job in jobs if states.get(job, "succeeded") != "succeeded"]
        reasons = [product.reason(job) for job in lost]
    total = sum(tally.answers.values())
    return [
        Row("killing", "processes killed", options.kills, "", f"{total} requests meanwhile"),
        Row("killing", "jobs lost", len(lost), "", "; ".join([f"of {len(jobs)}", *reasons])),
        Row("killing", "wrong answers", tally.answers["wrong"], "", "; ".join(tally.others[:3])),
        Row("killing", "other errors", tally.answers["other"], ""),
        Row("killing", "told to try again", tally.answers["away"], "", "503"),
        Row("killing", "cut off", tally.answers["cut off"], "", "the web server was killed"),
        *(_seconds(name, times) for name, times in sorted(back.items())),
    ]


def _seconds(name: str, times: list[float]) -> Row:
    note = f"{len(times)} times, at most {max(times):.1f} s"
    return Row("killing", f"back after {name}, median", round(percentile(times, 0.5), 1), "s", note)


def _expected(product: Product) -> list[Any]:
    """The answers while nothing is killed; waits for models to be loaded."""
    found = [outcome(product.get(path), essence) for path, essence in REQUESTS]
    if None in found:
        raise RuntimeError(f"The product does not answer: {found}")
    return found


class _load:  # noqa: N801 - a context, as a function would be
    """Clients of all engines, for as long as the block runs."""

    def __init__(self, product: Product, expected: list[Any], tally: Tally) -> None:
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(product, path, essence, wanted, tally))
            for (path, essence), wanted in zip(REQUESTS, expected, strict=True)
        ]

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _ask(
        self, product: Product, path: str, essence: Callable[[Any], Any], wanted: Any, tally: Tally
    ) -> None:
        while not self._ended.wait(0.1):
            answer = product.get(path)
            kind = _kind(answer, essence, wanted)
            tally.answers[kind] += 1
            if kind in ("wrong", "other"):
                found = outcome(answer, essence) or answer.text[:200]
                tally.others.append(f"{path}: {answer.status}, {found} instead of {wanted}")


def _kind(answer: Answer, essence: Callable[[Any], Any], wanted: Any) -> str:
    if answer.status == 200:
        return "right" if outcome(answer, essence) == wanted else "wrong"
    return {503: "away", 0: "cut off"}.get(answer.status, "other")


def _started_job(product: Product) -> set[int]:
    answer = product.post("/api/v1/code/repositories/searchapp/rebuild/")
    return {json.loads(answer.text)["id"]} if answer.status in (200, 201, 202) else set()


def _all_ended(product: Product) -> bool:
    states = product.jobs()
    return bool(states) and set(states.values()) <= {"succeeded", "failed", "cancelled"}


def _kill(product: Product, words: str) -> float:
    """Kill a part's main process; the seconds until another is there and all engines answer."""
    wait_for("the part", lambda: _processes(product, words))
    before = _processes(product, words)
    for process in before:
        with suppress(psutil.Error):
            process.kill()
    return wait_for("the part's return", lambda: _is_back(product, words, before))


def _is_back(product: Product, words: str, before: list[psutil.Process]) -> bool:
    if words and not any(process not in before for process in _processes(product, words)):
        return False
    return product.get("/health").status == 200 and all(
        product.get(path).status == 200 for path, _ in REQUESTS
    )


def _processes(product: Product, words: str) -> list[psutil.Process]:
    with suppress(psutil.Error):
        children = product.supervisor.children(recursive=not words)
        if words:
            return [child for child in children if words in _command(child)]
        return [child for child in children if _command(child).startswith("postgres: postgres searchapp")][:1]
    return []


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
