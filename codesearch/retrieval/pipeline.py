"""One search: query → candidates → rerank → fusion, boosts, penalties → hits."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import psycopg
from django.conf import settings
from django.db import OperationalError

from codesearch.encoding import CodeEncoder, QuestionVectors
from codesearch.indexing.vectors import encoder_of, read_vector, serving_index
from codesearch.models import Unit, VectorIndex
from codesearch.retrieval.candidates import (
    Candidate,
    CandidateQuery,
    CandidateSearch,
    by_meaning,
    by_meaning_exactly,
    by_name,
    by_position,
    by_words,
    pipelined,
    without,
)
from codesearch.retrieval.filters import Conditions, conditions_of, served
from codesearch.retrieval.late_interaction import rerank
from codesearch.retrieval.lexical import WeightedWords, WordStatistics
from codesearch.retrieval.penalties import set_hubness
from codesearch.retrieval.query import Query, QueryError, parse_query
from codesearch.retrieval.ranking import rank, rank_by_one_score
from codesearch.retrieval.results import Hit, SearchResult, facets, hits_of
from searchapp.encoders import Encoder, EncoderError
from searchapp.encoders.base import Vectors

# How many candidates each way of finding contributes; facets and pages are made of their union.
DEPTH = 80
_MAX_NAMED = 20
# Threads that encode questions, beside those that wait for PostgreSQL; no server has more of these, so that
# none waits for one.
_ENCODING = ThreadPoolExecutor(max_workers=64, thread_name_prefix="encoding")


class Retriever(StrEnum):
    """How candidates are found and ordered."""

    LEXICAL = "lexical"
    DENSE = "dense"
    HYBRID = "hybrid"


def search(
    raw: str | Query,
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
    query = parse_query(raw) if isinstance(raw, str) else raw
    if query.is_empty:
        return SearchResult(query, [], 0)
    with _giving_up_in_time():
        candidates, words, notice = _candidates(query, retriever, depth)
    set_hubness(candidates)
    ranked = rank(query, candidates) if retriever is Retriever.HYBRID else rank_by_one_score(candidates)
    return SearchResult(
        query=query,
        hits=hits_of(ranked, offset, limit),
        total=len(ranked),
        facets=facets(ranked),
        words=words,
        milliseconds=(time.perf_counter() - started) * 1000,
        notice=notice,
    )


class _Candidates(NamedTuple):
    """Candidates with their lexical scores, cosines and late interaction."""

    units: list[Candidate]
    words: tuple[str, ...]
    """The words that they were found by."""
    notice: str = ""
    """Why meaning was left out, if it was."""


def _candidates(query: Query, retriever: Retriever, depth: int) -> _Candidates:
    """Find by name and words while the query is encoded, then by meaning while those are reranked."""
    conditions = conditions_of(query)
    # For text in quotes all files may be read.
    with pipelined(settings.SEARCH_TIMEOUT_MS if query.literals else None):
        statistics = WordStatistics(query) if query.text and retriever is not Retriever.DENSE else None
        index = serving_index() if query.text and retriever is not Retriever.LEXICAL else None
        weighted = statistics.weighted() if statistics is not None else None
        searches = CandidateSearch(weighted, index, depth, query.symbols)
        pending = searches.start(
            by_name(query, conditions, _MAX_NAMED) if retriever is Retriever.HYBRID else None,
            *_word_queries(query, weighted, conditions, depth, alone=index is None),
        )
        words = weighted.words if weighted is not None else ()
        if index is None:
            return _Candidates(pending.fetch(), words)
        encoding = _ENCODING.submit(_encode, index, query.text)
        units = pending.fetch()
        try:
            question = encoding.result()
        except EncoderError as error:
            if retriever is Retriever.DENSE:
                raise
            more = searches.start(*_word_queries(query, weighted, conditions, depth, alone=True)).fetch()
            return _Candidates([*units, *without(more, units)], words, f"Found by words alone. {error}")
        return _Candidates(_with_nearest(units, question, index, searches, conditions, depth), words)


def _word_queries(
    query: Query, words: WeightedWords | None, conditions: Conditions, limit: int, *, alone: bool
) -> list[CandidateQuery | None]:
    """Queries by words, and where they find units `alone`, by what is no word.

    Filters are none, nor is text in quotes made of parts of words.
    """
    return [
        by_words(words, conditions, limit, alone=alone) if words is not None else None,
        by_position(conditions, limit) if alone and (query.quoted or not query.text) else None,
    ]


def _with_nearest(
    units: list[Candidate],
    question: QuestionVectors,
    index: VectorIndex,
    searches: CandidateSearch,
    conditions: Conditions,
    limit: int,
) -> list[Candidate]:
    """Units found by words, and those nearest to the question, all reranked.

    The nearest come from the graph; where few units are left or it gives up early, from comparing with every
    unit.
    """
    pending = searches.start(by_meaning(question.vector, index, conditions, limit))
    rerank(question, units)
    nearest = pending.fetch()
    if len(nearest) < limit:
        exact = by_meaning_exactly(question.vector, index, conditions, limit)
        nearest += searches.start(exact).fetch()
    new = without(nearest, units)
    rerank(question, new)
    return [*units, *new]


def similar_units(unit: Unit, *, limit: int = 10) -> list[Hit]:
    """Hits for the units nearest in meaning to a unit, itself and exact copies of it left out."""
    index = serving_index()
    text = unit.text_hash
    vector = read_vector(index, text) if index is not None and text is not None else None
    if index is None or vector is None:
        return []
    conditions = served("u.text_hash <> %s", parameters=(text,))
    return hits_of(nearest(vector, index, conditions, limit), 0, limit)


def nearest(
    vector: Vectors, index: VectorIndex, conditions: Conditions, limit: int, *, exact: bool = False
) -> list[Candidate]:
    """Units nearest to a vector, float32 [dimension], nearest first; with `exact`, every unit is compared."""
    question = QuestionVectors(vector)
    with pipelined():
        searches = CandidateSearch(None, index, limit)
        if exact:
            units = searches.start(by_meaning_exactly(vector, index, conditions, limit)).fetch()
            rerank(question, units)
        else:
            units = _with_nearest([], question, index, searches, conditions, limit)
    set_hubness(units)
    return rank_by_one_score(units)


@contextmanager
def _giving_up_in_time() -> Iterator[None]:
    """Say what to do where text in quotes was looked for longer than anyone waits."""
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            raise QueryError(
                "Looking for this text took too long."
                " Add a filter such as repo: or path:, or whole words of it."
            ) from error
        raise


def _encode(index: VectorIndex, text: str) -> QuestionVectors:
    """Vectors of a query by the encoder of an index. Raises EncoderError."""
    return _question_vectors(encoder_of(index), text)  # type: ignore[arg-type]


@lru_cache(maxsize=512)
def _question_vectors(encoder: Encoder, text: str) -> QuestionVectors:
    """Vectors of a query, kept: paging and facets ask for the same ones again. Nobody may write to them."""
    if not isinstance(encoder, CodeEncoder):
        return _read_only(QuestionVectors(encoder.encode([text])[0]))
    return _read_only(encoder.encode_question(text))


def _read_only(question: QuestionVectors) -> QuestionVectors:
    """A question whose arrays refuse to be written to."""
    for array in (question.vector, *(question.token_embeddings or ())):
        array.setflags(write=False)
    return question


def forget_encoded() -> None:
    """Let the next search encode its query, though the same one was asked before: for measuring."""
    _question_vectors.cache_clear()


def warm_up() -> None:
    """Load the encoder, so that the first search does not wait for it."""
    index = serving_index()
    if index is not None:
        encoder_of(index).encode(["warm up"])
