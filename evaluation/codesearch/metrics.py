"""Ranking measures, by ir-measures; and the repository benchmark's NDCG, which counts files."""

import math
from collections.abc import Mapping, Sequence

import ir_measures
from ir_measures import RR, R, nDCG

Ranking = Sequence[str]


def ranking_measures(
    relevant: Mapping[str, Mapping[str, int]], rankings: Mapping[str, Ranking]
) -> dict[str, float]:
    """MRR, recall@1, recall@10 and nDCG@10, means over the queries of `relevant` (grades of documents).

    A query without a ranking scores 0. Rankings have no ties: ranks are made into falling scores.

    >>> measures = ranking_measures({"q": {"a": 1}, "r": {"b": 1}}, {"q": ["a", "b"], "r": ["a", "b"]})
    >>> measures["mrr"], measures["recall@1"], measures["recall@10"], measures["ndcg@10"]
    (0.75, 0.5, 1.0, 0.8155)
    """
    measures = {"mrr": RR, "recall@1": R @ 1, "recall@10": R @ 10, "ndcg@10": nDCG @ 10}
    run = {
        query: {document: 1.0 / rank for rank, document in enumerate(ranking, 1)}
        for query, ranking in rankings.items()
    }
    # ir-measures leaves out queries without results; they count as 0 here.
    run |= {query: {"-": 0.0} for query in relevant if not run.get(query)}
    means = ir_measures.calc_aggregate(
        list(measures.values()), {query: dict(grades) for query, grades in relevant.items()}, run
    )
    return {name: round(float(means[measure]), 4) for name, measure in measures.items()}


def file_ndcg(paths: Sequence[str], targets: Sequence[str], depth: int = 10) -> float:
    """nDCG over the files of the first `depth` results, from 0 to 1.

    A target counts once, at the rank of its first result; all targets count the same; the ideal has
    min(depth, targets) of them on top. A target is a path's end, as the benchmark writes paths from a
    repository's root.

    >>> file_ndcg(["src/a.py", "src/a.py", "b.py"], ["a.py"]), file_ndcg(["b.py", "src/a.py"], ["c.py"])
    (1.0, 0.0)
    >>> round(file_ndcg(["b.py", "a.py"], ["a.py"]), 4)
    0.6309
    """
    gained = 0.0
    open_targets = set(targets)
    for rank, path in enumerate(paths[:depth], 1):
        hit = next((target for target in open_targets if path == target or path.endswith(f"/{target}")), None)
        if hit is not None:
            open_targets.discard(hit)
            gained += 1 / math.log2(rank + 1)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(depth, len(targets)) + 1))
    return gained / ideal if ideal else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """Value below which a share (0 to 1) of the values lies, by the nearest rank; 0 of no values.

    >>> percentile([4, 1, 3, 2], 0.5), percentile([4, 1, 3, 2], 0.95), percentile([], 0.5)
    (2, 4, 0.0)
    """
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))] if ordered else 0.0
