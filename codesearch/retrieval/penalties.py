"""Penalties: what holds a candidate back, though it is similar.

Units that are near to everything; tests, examples, stubs, legacy code and re-exports, unless they are asked
for; kinds of units that say little by themselves; and further units of a file, so that the first page shows
several files.
"""

import re
import uuid
from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from codesearch.parsing.base import DECLARATION_KINDS
from codesearch.retrieval.candidates import Candidate
from searchapp.encoders.base import Vectors

NEIGHBOURS = 5
KIND_FACTORS = {
    "module": 0.9,
    "passage": 0.75,
    "constant": 0.8,
    "variable": 0.7,
    "field": 0.6,
    "property": 0.7,
    "macro": 0.8,
}
REPEAT_FACTOR, COPY_FACTOR = 0.65, 0.3


def set_hubness(candidates: Sequence[Candidate]) -> None:
    """Set the hubness of the candidates that have been compared by their vectors."""
    compared = [
        (candidate, candidate.vector)
        for candidate in candidates
        if candidate.vector is not None and candidate.dense is not None
    ]
    if len(compared) <= NEIGHBOURS:
        return
    values = hubness(np.array([vector for _, vector in compared]))
    for (candidate, _), value in zip(compared, values.tolist(), strict=True):
        candidate.hubness = value


def hubness(vectors: Vectors) -> Vectors:
    """Mean cosine of each unit vector, float32 [n, dimension], to its five nearest others, float32 [n].

    Some texts lie near every query (hubs: Radovanović, Nanopoulos and Ivanović 2010). Cross-domain similarity
    local scaling (CSLS; Conneau et al. 2018, arXiv 1710.04087) takes that away; a query's candidates are
    neighbourhood enough to measure it in. Wants more vectors than neighbours.

    >>> hubness(np.array([[1.0, 0.0]] * 6 + [[0.0, 1.0]])).tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0]
    """
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1.0)
    nearest: Vectors = np.partition(cosines, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS:].mean(axis=1)
    return nearest


_INLINE_TESTS = re.compile(r"(^|::)tests?::")


@dataclass(frozen=True)
class PathPenalty:
    """A factor on the score of files that stand aside for the code itself."""

    paths: re.Pattern[str]
    factor: float
    asking_words: frozenset[str]
    """Words, stemmed, of which one in the query asks for such files: then there is no penalty."""


def _path_penalty(paths: str, factor: float, asking_words: str) -> PathPenalty:
    pattern = re.compile(paths, re.IGNORECASE | re.VERBOSE)
    return PathPenalty(pattern, factor, frozenset(asking_words.split()))


PATH_PENALTIES = (
    _path_penalty(
        r"""(^|/)(tests?|testing|__tests__|specs?|testdata|fixtures|conftest\.py)(/|$)
          | (^|/)test_[^/]*$ | [._-](tests?|spec)\.\w+$ | _test\.\w+$ | tests?\.(java|cs|php)$""",
        0.6,
        "test fixtur mock spec assert",
    ),
    _path_penalty(
        r"(^|/)(examples?|samples?|demos?|docs?|docs_src|tutorials?|benchmarks?)(/|$)",
        0.75,
        "exampl sampl demo doc tutori benchmark",
    ),
    _path_penalty(
        r"""(^|/)(changes|change[-_]?log|change-archive|history|news|release[-_]?notes)[^/]*$
          | (^|/)(package-lock|npm-shrinkwrap)\.json$ | (^|/)pnpm-lock\.yaml$ | (^|/)go\.sum$ | \.lock$""",
        0.6,
        "chang changelog histori news releas version lock depend",
    ),
    _path_penalty(r"\.pyi$ | \.d\.[cm]?ts$", 0.7, "stub type"),
    _path_penalty(
        r"(^|/)(_?compat|deprecated|legacy|migrations?|v1)(/|$) | (^|/)_?(compat|deprecated|legacy)\w*\.\w+$",
        0.8,
        "compat deprec legaci migrat v1 version",
    ),
    _path_penalty(r"(^|/)(__init__\.py|index\.[cm]?[jt]sx?|mod\.rs)$", 0.85, "export packag init index"),
)


_TEST_PENALTY = PATH_PENALTIES[0]


def penalty(candidate: Candidate, query_words: Set[str]) -> float:
    """Factor on the score of a unit, by its kind and file, 1 for none; what the query names has none."""
    kind = candidate.kind
    is_asked = kind in query_words or (candidate.defines and kind in DECLARATION_KINDS)
    factor = 1.0 if is_asked else KIND_FACTORS.get(kind, 1.0)
    penalties = _penalties_of_path(candidate.path)
    if _is_inline_test(candidate) and _TEST_PENALTY not in penalties:
        penalties = (*penalties, _TEST_PENALTY)
    for path_penalty in penalties:
        if not query_words & path_penalty.asking_words:
            factor *= path_penalty.factor
    return factor


def _is_inline_test(candidate: Candidate) -> bool:
    """Whether a unit is a test among the code that it tests, as Rust has them in `mod tests`."""
    return candidate.language == "rust" and bool(_INLINE_TESTS.search(candidate.qualified_name))


@lru_cache(maxsize=200_000)
def _penalties_of_path(path: str) -> tuple[PathPenalty, ...]:
    return tuple(path_penalty for path_penalty in PATH_PENALTIES if path_penalty.paths.search(path))


def diversify(ordered: Sequence[Candidate]) -> None:
    """Let each further unit of a file count for less, by the number of its units before it in the order.

    A unit that defines what was asked for keeps its score, but for a copy of one before it.
    """
    earlier: dict[int, int] = defaultdict(int)
    texts: set[uuid.UUID] = set()
    for candidate in ordered:
        if candidate.text_hash in texts:
            candidate.score *= COPY_FACTOR
        elif candidate.text_hash is not None:
            texts.add(candidate.text_hash)
        candidate.score *= 1.0 if candidate.defines else REPEAT_FACTOR ** earlier[candidate.file_id]
        earlier[candidate.file_id] += 1
