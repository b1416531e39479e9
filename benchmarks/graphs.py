"""(f) A large graph: how long its load takes and how much memory, and how long a question on it takes."""

import gzip
import random
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from django.utils import timezone

from benchmarks.base import Options, Row, timed
from kbqa.sparql.public import Decoder, Graph, add_graph, ask, local_decoder, served
from searchapp.jobs.runner import run_stages
from training.throwaway import throwaway_database

_BASE = "http://large.example/"
_LABEL, _TYPE = (
    "http://www.w3.org/2000/01/rdf-schema#label",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#type",
)
_XSD = "http://www.w3.org/2001/XMLSchema#"
_RELATIONS = {"employer": "company", "birthPlace": "town", "spouse": "person"}
_CLASSES = {"person": 0.9, "company": 0.05, "town": 0.05}
_TRIPLES_A_THING = 7
_QUESTIONS = 100
_HUB = 0.2
"""How much of what is related to is the same company or town: a hub of hundreds of thousands of edges."""


def run(options: Options) -> list[Row]:
    """Load a graph of people, companies and towns as any upload is loaded, and ask about the people."""
    things = options.triples // _TRIPLES_A_THING
    rng = random.Random(0)
    decoder = local_decoder()
    with tempfile.TemporaryDirectory() as folder, throwaway_database():
        path = Path(folder) / "large.nt.gz"
        with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as file:
            file.writelines(_lines(things, rng))
        graph, rows = _measured_load(path, options.triples)
        return [*rows, *_measured_questions(graph, decoder, things, rng)]


def _measured_load(path: Path, triples: int) -> tuple[Graph, list[Row]]:
    _forget_peak()
    before = f"{_memory('VmRSS') / 1024:,.0f} MiB before; PostgreSQL apart"
    begun = timezone.now()
    seconds, graph = timed(lambda: _load(path))
    peak = round(_memory("VmHWM") / 1024)
    version = served(graph).version
    until_served = ((version.finished or begun) - begun).total_seconds()
    return graph, [
        Row("graphs", "load, until it serves", round(until_served, 1), "s", f"{version.triples:,} triples"),
        Row("graphs", "load, triples a second", round(triples / until_served), "/s"),
        Row("graphs", "load, with vectors of names", round(seconds, 1), "s"),
        Row("graphs", "most memory while loading", peak, "MiB", before),
    ]


def _measured_questions(graph: Graph, decoder: Decoder, things: int, rng: random.Random) -> list[Row]:
    opened = served(graph)
    version, live = opened.version, opened.live
    questions = [_question(number, things, rng) for number in range(_QUESTIONS)]
    answers = [(ask(question, version, live, decoder), wanted) for question, wanted in questions]
    right = sum(wanted in (answer.best.text if answer.best else "") for answer, wanted in answers)
    milliseconds = [answer.milliseconds for answer, _ in answers]
    return [
        Row("graphs", "question, p50", round(float(np.percentile(milliseconds, 50)), 1), "ms"),
        Row("graphs", "question, p95", round(float(np.percentile(milliseconds, 95)), 1), "ms"),
        Row("graphs", "questions about the right person", round(100 * right / _QUESTIONS), "%"),
    ]


def _lines(things: int, rng: random.Random) -> Iterator[str]:
    numbers = _numbers(things)
    for number in range(things):
        kind = _kind(number, things)
        subject = f"<{_BASE}{number}>"
        yield f"{subject} <{_TYPE}> <{_BASE}{kind}> .\n"
        yield f'{subject} <{_LABEL}> "{name(number)}" .\n'
        yield f'{subject} <{_BASE}since> "{rng.randint(1900, 2020)}"^^<{_XSD}integer> .\n'
        yield f'{subject} <{_BASE}height> "{rng.randint(10, 900)}"^^<{_XSD}integer> .\n'
        for relation, target in _RELATIONS.items():
            of = numbers[target]
            related = of.start if rng.random() < _HUB else rng.choice(of)
            yield f"{subject} <{_BASE}{relation}> <{_BASE}{related}> .\n"


def _numbers(things: int) -> dict[str, range]:
    numbers, begun = {}, 0
    for kind, share in _CLASSES.items():
        numbers[kind] = range(begun, begun + int(share * things))
        begun = numbers[kind].stop
    return numbers


def _kind(number: int, things: int) -> str:
    return next((kind for kind, numbers in _numbers(things).items() if number in numbers), "town")


def name(number: int) -> str:
    """An invented name, no two alike below a hundred million.

    First and last name are of ten thousand each, chosen by coprime remainders.
    """
    return f"{_spelled(number % 9_973)} {_spelled(10_000 + number % 10_007)}".title()


def _spelled(number: int) -> str:
    """A number in base 70, its digits as syllables."""
    syllables = [f"{first}{second}" for first in "bdfgklmnprstvz" for second in "aeiou"]
    return "".join(syllables[number // len(syllables) ** position % len(syllables)] for position in range(3))


def _question(number: int, things: int, rng: random.Random) -> tuple[str, str]:
    person = rng.choice(_numbers(things)["person"])
    relation, words = (
        ("employer", "Who is the employer of"),
        ("birthPlace", "What is the birth place of"),
        ("height", "What is the height of"),
    )[number % 3]
    return f"{words} {name(person)}?", f"<{_BASE}{person}> <{_BASE}{relation}>"


def _load(path: Path) -> Graph:
    graph, job = add_graph(name="Large", source_kind=Graph.SourceKind.FILE, location=str(path), trusted=True)
    run_stages(job.pk, follow=True)
    graph.refresh_from_db()
    return graph


def _memory(what: str) -> int:
    """This process's memory in KiB: what it has (`VmRSS`), or the most it had (`VmHWM`)."""
    line = re.search(rf"{what}:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(line[1]) if line else 0


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
