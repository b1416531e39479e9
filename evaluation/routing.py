"""How often a question finds its source: right source first, and among the first three."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

import numpy as np

from routing.features import asked, features
from routing.model import load_model
from routing.profiles import Profile, encode, profiled
from routing.sources import CODE
from training.json_lines import read_rows
from training.router.sources import FileSource, code_graph_source, code_source, database_source, graph_source

_PACKAGES = ("rest_framework", "asgiref")
"""Packages that every installation has, and that the router was not trained on."""

Asked = tuple[str, str]
"""A question, and the label of its source."""


@dataclass(frozen=True)
class Routed:
    """A question with the rank of its source, the likeliest sources, and how long ranking took."""

    question: str
    source: str
    rank: int
    likeliest: tuple[str, ...]
    milliseconds: float


def own_set(folder: Path) -> tuple[list[FileSource], list[Asked]]:
    """The sources and questions in a folder laid out as `benchmarks/asked`, beside two installed packages."""
    code = [
        code_source(Path(spec.origin).parent, name)
        for name in _PACKAGES
        if (spec := find_spec(name)) and spec.origin
    ]
    sources = [
        *map(database_source, sorted((folder / "databases").glob("*.sql"))),
        *map(graph_source, sorted((folder / "graphs").glob("*.ttl"))),
        *code,
        code_graph_source(code[0]),
    ]
    questions = [(row["question"], row["source"]) for row in read_rows(folder / "routed.jsonl")]
    for name in ("databases", "analysts"):
        questions += [(row["question"], f"db:{row['db_id']}") for row in read_rows(folder / f"{name}.jsonl")]
    questions += [
        (row["sql"], f"db:{row['db_id']}") for row in list(read_rows(folder / "databases.jsonl"))[::4]
    ]
    questions += [(row["question"], f"graph:{row['graph']}") for row in read_rows(folder / "graphs.jsonl")]
    known = {source.label for source in sources}
    return sources, [(text, source) for text, source in questions if source in known]


def public_set(folder: Path) -> tuple[list[FileSource], list[Asked]]:
    """The databases and graphs of a folder of public sources, and the questions that have an answer."""
    databases, graphs = folder / "databases", folder / "graphs"
    sources = [
        *map(database_source, sorted(databases.glob("*.sqlite"))),
        *(graph_source(path) for path in sorted(graphs.glob("*.gz")) if ".trig" not in path.name),
    ]
    known = {source.about.name: source.label for source in sources}
    rows = [*read_rows(databases / "questions.jsonl"), *read_rows(graphs / "questions.jsonl")]
    named = [
        (row["question"], str(row.get("db_id") or row.get("graph", "")).split(".")[0])
        for row in rows
        if row.get("gold") or row.get("sql") or row.get("sparql")
    ]
    return sources, [(text, known[name]) for text, name in named if name in known]


def route(sources: Sequence[FileSource], questions: Sequence[Asked]) -> list[Routed]:
    """Rank all sources for each question."""
    profiles = profiled([source.about for source in sources])
    labels = [source.label for source in sources]
    encode(["warm"])
    return [_routed(text, right, sources, profiles, labels) for text, right in questions]


def _routed(
    text: str, right: str, sources: Sequence[FileSource], profiles: Sequence[Profile], labels: Sequence[str]
) -> Routed:
    begun = perf_counter()
    vector = encode([text])[0]
    question = asked(text, vector)
    held = [source.held(question) for source in sources]
    is_code = np.array([profile.about.kind == CODE for profile in profiles], float)
    likely = load_model().probabilities(features(question, profiles, held), vector, is_code)
    order = np.argsort(-likely)
    took = 1000 * (perf_counter() - begun)
    rank = [labels[number] for number in order].index(right) + 1
    return Routed(text, right, rank, tuple(labels[number] for number in order[:3]), took)


def summary(routed: Sequence[Routed]) -> dict[str, float]:
    """Shares of questions whose source is first and among the first three, and the median of milliseconds."""
    ranks = Counter(min(each.rank, 4) for each in routed)
    return {
        "questions": len(routed),
        "first": round(ranks[1] / len(routed), 3),
        "first_three": round((len(routed) - ranks[4]) / len(routed), 3),
        "p50_ms": round(float(np.median([each.milliseconds for each in routed])), 1),
    }


def lines(routed: Sequence[Routed]) -> str:
    """The questions whose source is not first, as JSON lines."""
    wrong = (
        {"question": each.question, "source": each.source, "rank": each.rank, "likeliest": each.likeliest}
        for each in routed
        if each.rank > 1
    )
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in wrong)
