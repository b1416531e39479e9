"""What a search gives: a page of hits with the reasons for each, and counts over all candidates."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from codesearch.retrieval.candidates import Candidate
from codesearch.retrieval.query import Query

_NEAR_IN_MEANING = 0.25
"""A cosine from which meaning counts as a reason."""


@dataclass(frozen=True)
class Hit:
    """A unit, or a file for lines that no unit has.

    `reasons` says in a word each why it is there: text, name, words, meaning.
    """

    candidate: Candidate
    rank: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class SearchResult:
    """A page of hits, and counts over all the candidates."""

    query: Query
    hits: list[Hit]
    total: int
    exhaustive: bool = False
    """Whether the hits are all that there are; otherwise they are the best candidates."""
    facets: dict[str, dict[str, int]] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    """The words, stemmed, that hits were matched by."""
    milliseconds: float = 0.0
    notice: str = ""
    """Why the search was narrower than asked, empty if it was not."""


def hits_of(ranked: Sequence[Candidate], offset: int, limit: int) -> list[Hit]:
    """Hits of one page, ranks counted from 1 over all pages."""
    page = ranked[offset : offset + limit]
    return [Hit(candidate, offset + number, reasons(candidate)) for number, candidate in enumerate(page, 1)]


def reasons(candidate: Candidate) -> tuple[str, ...]:
    """Why a candidate was found, the strongest reason first."""
    holds = {
        "text": bool(candidate.lines),
        "name": candidate.defines,
        "words": candidate.lexical > 0,
        "meaning": candidate.dense is not None and candidate.dense >= _NEAR_IN_MEANING,
    }
    return tuple(reason for reason, is_one in holds.items() if is_one)


def facets(counts: Iterable[tuple[str, str, str, int]]) -> dict[str, dict[str, int]]:
    """Numbers of hits by repository, language and kind, the most frequent first.

    >>> facets([("shop", "go", "class", 2), ("shop", "go", "method", 3)])
    {'repo': {'shop': 5}, 'lang': {'go': 5}, 'kind': {'method': 3, 'class': 2}}
    """
    totals: dict[str, Counter[str]] = {"repo": Counter(), "lang": Counter(), "kind": Counter()}
    for *values, count in counts:
        for counter, value in zip(totals.values(), values, strict=True):
            counter[str(value)] += count
    return {name: dict(counter.most_common()) for name, counter in totals.items()}
