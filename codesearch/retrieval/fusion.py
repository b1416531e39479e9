"""Score fusion: one score of what words and what meaning say.

Fused by score, not by rank, since every candidate has both: a convex combination (Bruch, Gai and Ingber 2023,
arXiv 2210.11934).
"""

from collections.abc import Sequence

from codesearch.retrieval.candidates import Candidate
from codesearch.retrieval.query import Query

DENSE_WEIGHT = {"symbol": 0.5, "mixed": 0.6, "sentence": 0.9, "code": 0.8}
"""Alpha of the convex combination, by the query's form: meaning counts most in a sentence."""
HUBNESS_WEIGHT = 0.3
_MIN_RANGE = 1e-6


def query_form(query: Query) -> str:
    """What a query is: `code`, a `symbol`, a `sentence`, or a sentence with symbols in it, which is `mixed`.

    >>> query_form(Query("parse a date")), query_form(Query("parse_date", symbols=("parse_date",)))
    ('sentence', 'symbol')
    """
    if query.is_code:
        return "code"
    if query.is_symbol:
        return "symbol"
    return "mixed" if query.symbols else "sentence"


def fuse(query: Query, candidates: Sequence[Candidate]) -> None:
    """Set each candidate's score to the convex combination of its similarity and its lexical score.

    Similarities lie close together, so they are spread over 0 to 1 between the worst and the best candidate.
    The lexical score is not: it says which part of the query's words a unit has, and where that is little it
    should not count for more. A candidate without a vector counts as the least similar.
    """
    similarities = [similarity(candidate) for candidate in candidates if candidate.dense is not None]
    floor, top = min(similarities, default=0.0), max(similarities, default=1.0)
    alpha = DENSE_WEIGHT[query_form(query)]
    for candidate in candidates:
        dense = min_max(similarity(candidate), floor, top) if candidate.dense is not None else 0.0
        candidate.score = convex_combination(dense, candidate.lexical, alpha)


def similarity(candidate: Candidate) -> float:
    """Cosine and what late interaction adds, less for a candidate that is near to everything.

    The last is cross-domain similarity local scaling: see `penalties.hubness`.
    """
    return (candidate.dense or 0.0) + candidate.late_interaction - HUBNESS_WEIGHT * candidate.hubness


def min_max(value: float, floor: float, top: float) -> float:
    """Position of a value between the least and the greatest, 0 to 1; 0 where they are the same.

    >>> min_max(0.5, 0.25, 0.75), min_max(0.75, 0.25, 0.75), min_max(0.5, 0.5, 0.5)
    (0.5, 1.0, 0.0)
    """
    return (value - floor) / max(top - floor, _MIN_RANGE)


def convex_combination(dense: float, lexical: float, alpha: float) -> float:
    """Weighted mean of two scores, `alpha` of it the dense one.

    >>> convex_combination(1.0, 0.0, alpha=0.75), convex_combination(0.0, 1.0, alpha=0.75)
    (0.75, 0.25)
    """
    return alpha * dense + (1 - alpha) * lexical
