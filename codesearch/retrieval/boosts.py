"""Boosts: what lifts a candidate beyond its similarity, since a reader would go by it."""

import re
from collections import defaultdict
from collections.abc import Sequence, Set
from functools import lru_cache

from codesearch.parsing.words import STOP_WORDS, words
from codesearch.retrieval.candidates import Candidate
from codesearch.retrieval.query import Query

DEFINITION_BOOST, OTHER_CASE_FACTOR = 0.8, 0.4
# A class or function that bears the name defines it more than a method of some class, or a module, does.
DEFINITION_WEIGHTS = {
    "class": 1.0,
    "function": 1.0,
    "macro": 0.9,
    "method": 0.8,
    "constant": 0.8,
    "property": 0.7,
    "variable": 0.7,
    "field": 0.6,
    "module": 0.5,
    "passage": 0.2,
}
# A constructor is found with its class; it comes after it.
CONSTRUCTOR_WEIGHT = 0.3
OTHER_KIND_FACTOR, OTHER_SCOPE_FACTOR = 0.4, 0.6
NAMED_FILE_BOOST = 0.8
CONTAINS_BOOST = 0.3
PATH_BOOST = 0.2
FILE_BOOST = 0.15
_SUPPORTING_UNITS = 3


def defines(query: Query, candidate: Candidate) -> bool:
    """Whether a candidate bears a name that the query has, ignoring case."""
    return bool(query.symbols) and candidate.name.lower() in {symbol.lower() for symbol in query.symbols}


def definition_boost(query: Query, candidate: Candidate) -> float:
    """Boost of a unit that defines a symbol of the query, by its kind.

    Less in other capitals, of another kind than was asked for, and in another scope than was written.
    """
    scope = _last_part(candidate.qualified_name.removesuffix(candidate.name).rstrip(".:"))
    is_constructor = candidate.kind == "method" and scope == candidate.name
    boost = DEFINITION_BOOST * (CONSTRUCTOR_WEIGHT if is_constructor else DEFINITION_WEIGHTS[candidate.kind])
    if candidate.name not in query.symbols:
        boost *= OTHER_CASE_FACTOR
    if query.kinds and candidate.kind not in query.kinds:
        boost *= OTHER_KIND_FACTOR
    written = {name.lower(): scope for name, scope in query.scopes}.get(candidate.name.lower())
    if written and written not in {scope.lower(), *_package_of(candidate.path)}:
        boost *= OTHER_SCOPE_FACTOR
    return boost


def _last_part(name: str) -> str:
    return re.split(r"\.|::", name)[-1]


def _package_of(path: str) -> list[str]:
    """The names that code in a file is qualified by: its folder's, as in Go, and its own."""
    return path.lower().rsplit(".", 1)[0].split("/")[-2:]


def is_named_file(query: Query, path: str) -> bool:
    """Whether a path is of a file that the query names.

    >>> is_named_file(Query("db.h", files=("db.h",)), "include/db.h"), is_named_file(Query("db.h"), "db.h")
    (True, False)
    """
    return any(f"/{path.lower()}".endswith(f"/{file}") for file in query.files)


def path_boost(query_words: Set[str], path: str) -> float:
    """Boost by how well the query's words agree with those of a path's folder and name.

    >>> path_boost({"date"}, "src/date.py"), path_boost({"mail"}, "src/date.py")
    (0.1414213562373095, 0.0)
    """
    return PATH_BOOST * overlap(query_words, words_of_path(path))


def overlap(one: Set[str], other: Set[str]) -> float:
    """Agreement of two sets of words, 0 to 1: the geometric mean of both coverages.

    >>> overlap({"a", "b"}, {"b", "c"}), overlap({"a"}, {"a"}), overlap({"a"}, set())
    (0.5, 1.0, 0.0)
    """
    common = len(one & other)
    return common / (len(one) * len(other)) ** 0.5 if common else 0.0


def file_boosts(candidates: Sequence[Candidate]) -> dict[int, float]:
    """Boost of each file's units: the mean score of its second to fourth best, 0 for each not there.

    A file with several good units is about the query. No file is boosted where no candidate scores above 0.
    """
    scores: dict[int, list[float]] = defaultdict(list)
    for candidate in candidates:
        scores[candidate.file_id].append(candidate.score)
    if max((candidate.score for candidate in candidates), default=0.0) <= 0:
        return dict.fromkeys(scores, 0.0)
    return {
        file_id: FILE_BOOST
        * (sum(sorted(of_file, reverse=True)[1 : 1 + _SUPPORTING_UNITS]) / _SUPPORTING_UNITS)
        for file_id, of_file in scores.items()
    }


@lru_cache(maxsize=50_000)
def words_of_path(path: str) -> frozenset[str]:
    """Words, stemmed, of a path's last folder and its name, without stop words and extension.

    >>> sorted(words_of_path("django/core/mail_sender.py"))
    ['core', 'mail', 'mailsender', 'sender']
    """
    parts = path.rsplit(".", 1)[0].split("/")[-2:]
    return frozenset(word for word in words(" ".join(parts)) if word not in STOP_WORDS)
