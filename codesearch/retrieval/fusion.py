"""Candidates → order, by what a reader would go by.

Words and meaning are fused by score, not by rank, since every candidate has both. Then what the code itself
says: the unit that defines a named symbol first, the query's words in the path, several good units of one
file; tests, examples, stubs and re-exports later, unless they are asked for; and results spread over files.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from codesearch.parsing.words import STOP_WORDS, query_words, words
from codesearch.retrieval.query import Query
from codesearch.retrieval.scoring import Candidate

# How much meaning counts against words: more in a sentence than in a bare name.
DENSE_SHARE = {"symbol": 0.5, "mixed": 0.6, "sentence": 0.9, "code": 0.8}
CROWDING_WEIGHT = 0.3
DEFINITION_BONUS, OTHER_CASE = 0.8, 0.4
PATH_BONUS = 0.2
FILE_BONUS = 0.15
REPEAT_FACTOR = 0.65
KIND_FACTORS = {"module": 0.9, "passage": 0.75}


@dataclass(frozen=True)
class _Demotion:
    """Files that stand aside for the code itself: a factor on the score, unless one of the (stemmed) words
    asks for them.
    """

    paths: re.Pattern[str]
    factor: float
    words: frozenset[str]


def _demotion_of(paths: str, factor: float, words_asking: str) -> _Demotion:
    return _Demotion(re.compile(paths, re.IGNORECASE | re.VERBOSE), factor, frozenset(words_asking.split()))


DEMOTIONS = (
    _demotion_of(
        r"""(^|/)(tests?|testing|__tests__|specs?|testdata|fixtures|conftest\.py)(/|$)
          | (^|/)test_[^/]*$ | [._-](tests?|spec)\.\w+$ | _test\.\w+$ | tests?\.(java|cs|php)$""",
        0.6,
        "test fixtur mock spec assert",
    ),
    _demotion_of(
        r"(^|/)(examples?|samples?|demos?|docs?|docs_src|tutorials?|benchmarks?)(/|$)",
        0.75,
        "exampl sampl demo doc tutori benchmark",
    ),
    _demotion_of(r"\.pyi$ | \.d\.[cm]?ts$", 0.7, "stub type"),
    _demotion_of(
        r"(^|/)(_?compat|deprecated|legacy|migrations?|v1)(/|$) | (^|/)_?(compat|deprecated|legacy)\w*\.\w+$",
        0.8,
        "compat deprec legaci migrat v1 version",
    ),
    _demotion_of(r"(^|/)(__init__\.py|index\.[cm]?[jt]sx?|mod\.rs)$", 0.85, "export packag init index"),
)


def rank(query: Query, candidates: Sequence[Candidate], *, fused: bool = True) -> list[Candidate]:
    """Return the candidates in order, their `score` set; ties are broken by key.

    With `fused` off, by the one score that they were retrieved for: meaning where there is a vector, else
    words.
    """
    if not fused:
        for candidate in candidates:
            candidate.score = _nearness(candidate) if candidate.dense is not None else candidate.lexical
        return sorted(candidates, key=_order)
    asked = set(query_words(query.text)) if not query.is_code else set()
    _fuse(query, candidates)
    for candidate in candidates:
        _add_bonuses(query, asked, candidate)
    _add_file_bonus(candidates)
    for candidate in candidates:
        candidate.score *= _demotion(candidate.path, candidate.kind, asked)
    return _spread(sorted(candidates, key=_order))


def query_form(query: Query) -> str:
    """Tell what a query is: code, a symbol, a sentence, or a sentence with symbols in it."""
    if query.is_code:
        return "code"
    if query.is_symbol:
        return "symbol"
    return "mixed" if query.symbols else "sentence"


def _order(candidate: Candidate) -> tuple[float, int]:
    return (-candidate.score, candidate.id)


def _fuse(query: Query, candidates: Sequence[Candidate]) -> None:
    """Set the score to a weighted mean of both scores.

    Cosines lie close together, so they are spread over 0–1 between the worst and the best candidate. The
    score by words is not: it says which part of the query's words a unit has, and where that is little it
    should not count for more.
    """
    nearness = {each.id: _nearness(each) for each in candidates if each.dense is not None}
    top, floor = max(nearness.values(), default=1.0), min(nearness.values(), default=0.0)
    share = DENSE_SHARE[query_form(query)]
    for candidate in candidates:
        meaning = (nearness.get(candidate.id, floor) - floor) / max(top - floor, 1e-6)
        candidate.score = share * meaning + (1 - share) * candidate.lexical


def _nearness(candidate: Candidate) -> float:
    """Return the cosine and what late interaction adds, less for a candidate that is near to everything."""
    return (candidate.dense or 0.0) + candidate.late - CROWDING_WEIGHT * candidate.crowding


def _add_bonuses(query: Query, asked: set[str], candidate: Candidate) -> None:
    if query.symbols and candidate.name.lower() in {symbol.lower() for symbol in query.symbols}:
        candidate.defines = True
        exact = candidate.name in query.symbols
        # A class or function that bears the name defines it more than a method of some class, or a module,
        # does.
        weight = {"class": 1.0, "function": 1.0, "method": 0.8, "module": 0.5, "passage": 0.2}[candidate.kind]
        candidate.score += DEFINITION_BONUS * weight * (1.0 if exact else OTHER_CASE)
    if asked:
        candidate.score += PATH_BONUS * _overlap(asked, _words_of_path(candidate.path))


def _overlap(asked: set[str], found: frozenset[str]) -> float:
    """Return how well two sets of words agree, 0 to 1: the geometric mean of both coverages."""
    common = len(asked & found)
    return common / (len(asked) * len(found)) ** 0.5 if common else 0.0


def _add_file_bonus(candidates: Sequence[Candidate]) -> None:
    """A file with several good units is about the query: lift its units by what the others of the file score."""
    by_file: dict[int, list[float]] = defaultdict(list)
    for candidate in candidates:
        by_file[candidate.file_id].append(candidate.score)
    top = max((candidate.score for candidate in candidates), default=0.0)
    if top <= 0:
        return
    support = {file_id: sum(sorted(scores, reverse=True)[1:4]) / 3 for file_id, scores in by_file.items()}
    for candidate in candidates:
        candidate.score += FILE_BONUS * support[candidate.file_id]


def _demotion(path: str, kind: str, asked: set[str]) -> float:
    factor = 1.0 if kind in asked else KIND_FACTORS.get(kind, 1.0)
    for demotion in _demotions_of(path):
        if not asked & demotion.words:
            factor *= demotion.factor
    return factor


@lru_cache(maxsize=200_000)
def _demotions_of(path: str) -> tuple[_Demotion, ...]:
    return tuple(demotion for demotion in DEMOTIONS if demotion.paths.search(path))


def _spread(ordered: list[Candidate]) -> list[Candidate]:
    """Let each further unit of a file count for less, so that the first page shows several files."""
    seen: dict[int, int] = defaultdict(int)
    for candidate in ordered:
        # A unit that defines what was asked for keeps its place.
        candidate.score *= 1.0 if candidate.defines else REPEAT_FACTOR ** seen[candidate.file_id]
        seen[candidate.file_id] += 1
    return sorted(ordered, key=_order)


@lru_cache(maxsize=50_000)
def _words_of_path(path: str) -> frozenset[str]:
    stem = path.rsplit(".", 1)[0]
    parts = stem.split("/")[-2:]
    return frozenset(word for word in words(" ".join(parts)) if word not in STOP_WORDS)
