"""One search, from the text a person typed to ranked hits."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

import psycopg
from django.conf import settings
from django.db import OperationalError, connection, transaction

from codesearch.gnn_coder.encoder import CodeEncoder
from codesearch.gnn_coder.late_interaction import QuestionVectors
from codesearch.indexing.vectors import encoder_of, read_vector, serving_index
from codesearch.models import Unit, VectorIndex
from codesearch.retrieval import candidates as finding
from codesearch.retrieval.filters import SERVED, Conditions, conditions_of
from codesearch.retrieval.fusion import rank
from codesearch.retrieval.query import Query, QueryError, parse_query
from codesearch.retrieval.scoring import Candidate, Scoring, pipeline
from searchapp.encoders import Encoder, EncoderError
from searchapp.encoders.base import Vectors

# How many candidates each way of finding contributes; facets and pages are made of their union.
DEPTH = 80
_SYMBOLS = 20
# Threads that encode questions, beside those that wait for PostgreSQL; no server has more of these, so that
# none waits for one.
_ENCODING = ThreadPoolExecutor(max_workers=64, thread_name_prefix="encoding")


class Retriever(StrEnum):
    """How candidates are found and ordered."""

    LEXICAL = "lexical"
    DENSE = "dense"
    HYBRID = "hybrid"


@dataclass(frozen=True)
class Hit:
    """A ranked unit. `reasons` says in a word each why it is there: words, meaning, name."""

    candidate: Candidate
    rank: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class SearchResult:
    """A page of hits, and counts over all the candidates."""

    query: Query
    hits: list[Hit]
    total: int
    facets: dict[str, dict[str, int]] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    """The words, stemmed, that hits were matched by."""
    milliseconds: float = 0.0
    notice: str = ""
    """Why the search was narrower than asked, empty if it was not."""


def search(
    asked: str | Query,
    *,
    retriever: Retriever = Retriever.HYBRID,
    offset: int = 0,
    limit: int = 10,
    depth: int = DEPTH,
) -> SearchResult:
    """Search the served units for what a person typed, or for a query that has been taken apart.

    Raises QueryError, and EncoderError where a dense search cannot encode the query; a hybrid one goes by
    words alone then. `depth` is how many candidates each way of finding contributes, and so how deep one can
    page.
    """
    started = time.perf_counter()
    query = parse_query(asked) if isinstance(asked, str) else asked
    if query.is_empty:
        return SearchResult(query, [], 0)
    with _time_limit(query):
        scored, words, notice = _candidates(query, retriever, depth)
    ranked = rank(query, scored, fused=retriever is Retriever.HYBRID)
    return SearchResult(
        query=query,
        hits=_hits(ranked, offset, limit),
        total=len(ranked),
        facets=_facets(ranked),
        words=words,
        milliseconds=(time.perf_counter() - started) * 1000,
        notice=notice,
    )


def similar_units(unit: Unit, *, limit: int = 10) -> list[Hit]:
    """Return the units nearest in meaning to a unit, itself and exact copies of it left out."""
    index = serving_index()
    if index is None:
        return []
    vector = read_vector(index, unit.text_hash)
    if vector is None:
        return []
    conditions = Conditions(f"{SERVED} AND u.text_hash <> %s", (unit.text_hash,))
    return _hits(nearest(vector, index, conditions, limit), 0, limit)


def nearest(
    vector: Vectors, index: VectorIndex, conditions: Conditions, limit: int, *, exact: bool = False
) -> list[Candidate]:
    """Return the units nearest to a vector, float32 [dimension], nearest first; with `exact`, every unit is
    compared.
    """
    asked = QuestionVectors(vector)
    scoring = Scoring(None, index)
    with pipeline():
        if exact:
            scoring.send(finding.by_meaning_exactly(vector, index, conditions, limit))
            scoring.fetch()
        else:
            scoring.set(finding.scan_settings(limit))
            _find_by_meaning(scoring, asked, index, conditions, limit)
    scoring.compare(asked)
    return rank(Query(""), scoring.candidates(), fused=False)


@contextmanager
def _time_limit(query: Query) -> Iterator[None]:
    """For text in quotes, all files that pass the filters may be read: give up before anyone stops waiting."""
    if not query.literals:
        yield
        return
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = %s", [settings.SEARCH_TIMEOUT_MS])
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            raise QueryError(
                "Looking for this text took too long. Add a filter such as repo: or path:, or whole words of it."
            ) from error
        raise


def _candidates(
    query: Query, retriever: Retriever, depth: int
) -> tuple[list[Candidate], tuple[str, ...], str]:
    """Return the candidates with their scores, the words they were found by, and why meaning was left out, if
    it was.
    """
    conditions = conditions_of(query)
    with pipeline():
        frequencies = finding.Frequencies(query) if query.text and retriever is not Retriever.DENSE else None
        index = serving_index() if query.text and retriever is not Retriever.LEXICAL else None
        words = frequencies.weigh() if frequencies is not None else None
        scoring = Scoring(words, index)
        scoring.set(finding.scan_settings(depth))
        if retriever is Retriever.HYBRID:
            scoring.send(finding.by_name(query, conditions, _SYMBOLS))
        _find_by_words(scoring, query, words, conditions, depth, alone=index is None)
        asked, notice = None, ""
        if index is not None:
            try:
                asked = _encode_beside(scoring, index, query.text)
            except EncoderError as error:
                if retriever is Retriever.DENSE:
                    raise
                notice = f"Found by words alone. {error}"
                _find_by_words(scoring, query, words, conditions, depth, alone=True)
            else:
                _find_by_meaning(scoring, asked, index, conditions, depth)
        scoring.fetch()
    scoring.compare(asked)
    return scoring.candidates(), words.words if words is not None else (), notice


def _find_by_words(
    scoring: Scoring,
    query: Query,
    words: finding.WeightedWords | None,
    conditions: Conditions,
    limit: int,
    *,
    alone: bool,
) -> None:
    """Find by words; where they find units `alone`, also by what is no word: filters, and text in quotes made
    of parts of words.
    """
    if words is not None and words.words:
        scoring.send(finding.by_words(words, conditions, limit, alone=alone))
    if alone and (query.quoted or not query.text):
        scoring.send(finding.by_place(conditions, limit))


def _encode_beside(scoring: Scoring, index: VectorIndex, text: str) -> QuestionVectors:
    """Encode the question while what has been sent is waited for. Raises EncoderError."""
    encoding = _ENCODING.submit(_encode, encoder_of(index), text)  # type: ignore[arg-type]
    scoring.fetch()
    return encoding.result()


def _find_by_meaning(
    scoring: Scoring, asked: QuestionVectors, index: VectorIndex, conditions: Conditions, limit: int
) -> None:
    """Find by the graph; where few units are left or the graph gives up early, by comparing with every unit."""
    if not conditions.few:
        scoring.send(finding.by_meaning(asked.vector, index, conditions, limit))
        scoring.compare(asked)
    if conditions.few or scoring.fetch() < limit:
        scoring.send(finding.by_meaning_exactly(asked.vector, index, conditions, limit))
        scoring.fetch()


@lru_cache(maxsize=512)
def _encode(encoder: Encoder, text: str) -> QuestionVectors:
    """Return the query's vectors; paging and facets ask for the same ones again."""
    return (
        encoder.encode_question(text)
        if isinstance(encoder, CodeEncoder)
        else QuestionVectors(encoder.encode([text])[0])
    )


def forget_encoded() -> None:
    """Let the next search encode its query, though the same one was asked before: for measuring."""
    _encode.cache_clear()


def warm_up() -> None:
    """Load the encoder, so that the first search does not wait for it."""
    index = serving_index()
    if index is not None:
        encoder_of(index).encode(["warm up"])


def _hits(ranked: list[Candidate], offset: int, limit: int) -> list[Hit]:
    page = ranked[offset : offset + limit]
    return [Hit(candidate, offset + number, _reasons(candidate)) for number, candidate in enumerate(page, 1)]


def _reasons(candidate: Candidate) -> tuple[str, ...]:
    reasons = []
    if candidate.defines:
        reasons.append("name")
    if candidate.lexical > 0:
        reasons.append("words")
    if candidate.dense is not None and candidate.dense >= 0.25:
        reasons.append("meaning")
    return tuple(reasons)


def _facets(ranked: list[Candidate]) -> dict[str, dict[str, int]]:
    """Count all candidates by repository, language and kind, the most frequent first."""
    counts = {
        "repo": Counter(candidate.repository for candidate in ranked),
        "lang": Counter(candidate.language for candidate in ranked),
        "kind": Counter(candidate.kind for candidate in ranked),
    }
    return {name: dict(counter.most_common()) for name, counter in counts.items()}
