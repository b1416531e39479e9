"""`evaluate_repositories`: whole repositories indexed, and questions about them put through the search."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from codesearch.retrieval import Retriever, search
from codesearch.retrieval.pipeline import warm_up
from evaluation.codesearch.indexing import index_folder
from evaluation.codesearch.metrics import file_ndcg, percentile
from training.json_lines import read_as

DEPTH = 10


@dataclass(frozen=True)
class RepositoryQuery:
    """A question about one repository, with the files that answer it."""

    id: str
    repository: str
    text: str
    category: str
    targets: list[str]

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "RepositoryQuery":
        """The query of a row `{id, repository, query, category, relevant, secondary?}`. Raises KeyError."""
        targets = [*row["relevant"], *row.get("secondary", [])]
        return cls(row["id"], row["repository"], row["query"], row["category"], targets)


@dataclass(frozen=True)
class RepositoryEvaluation:
    """The measures, and for each query the files of its results."""

    measures: dict[str, Any]
    rankings: dict[str, list[str]]


def read_repository_queries(path: Path) -> list[RepositoryQuery]:
    """The queries of a file. Raises MalformedFile."""
    return read_as(path, RepositoryQuery.from_row)


def evaluate_repositories(
    queries: list[RepositoryQuery],
    sources: Path,
    *,
    retriever: Retriever,
    progress: Callable[[Iterable[RepositoryQuery]], Iterable[RepositoryQuery]] = iter,
) -> RepositoryEvaluation:
    """Index `sources/<repository>` and ask the questions. Runs inside `throwaway_database`."""
    for name in dict.fromkeys(query.repository for query in queries):
        index_folder(name, sources / name)
    warm_up()
    scores: dict[str, float] = {}
    rankings: dict[str, list[str]] = {}
    milliseconds = []
    for query in progress(queries):
        result = search(f"{query.text} repo:{query.repository}", retriever=retriever, limit=DEPTH)
        rankings[query.id] = [hit.candidate.path for hit in result.hits]
        scores[query.id] = file_ndcg(rankings[query.id], query.targets)
        milliseconds.append(result.milliseconds)
    by_repository = _means(queries, scores, "repository")
    measures = {
        "ndcg@10": round(mean(by_repository.values()), 4) if by_repository else 0.0,
        "by_category": _means(queries, scores, "category"),
        "by_repository": by_repository,
        "queries": len(queries),
        "ms_p50": round(percentile(milliseconds, 0.5), 2),
        "ms_p95": round(percentile(milliseconds, 0.95), 2),
    }
    return RepositoryEvaluation(measures, rankings)


def _means(queries: list[RepositoryQuery], scores: dict[str, float], field: str) -> dict[str, float]:
    groups: dict[str, list[float]] = defaultdict(list)
    for query in queries:
        groups[getattr(query, field)].append(scores[query.id])
    return {name: round(mean(values), 4) for name, values in sorted(groups.items())}
