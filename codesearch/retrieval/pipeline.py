"""One search: query → candidates → rerank → fusion, boosts, penalties → hits."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import psycopg
from django.conf import settings
from django.db import DataError, OperationalError

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
    by_words,
    pipelined,
    without,
)
from codesearch.retrieval.filters import Conditions, conditions_of, served
from codesearch.retrieval.late_interaction import rerank
from codesearch.retrieval.lexical import WeightedWords, WordStatistics
from codesearch.retrieval.listing import matches_page, units_page
from codesearch.retrieval.occurrences import Occurrences, occurrences
from codesearch.retrieval.penalties import set_hubness
from codesearch.retrieval.query import Query, QueryError, parse_query
from codesearch.retrieval.ranking import rank, rank_by_one_score
from codesearch.retrieval.results import Hit, SearchResult, facets, hits_of
from searchapp.encoders import Encoder, EncoderError
from searchapp.encoders.base import Vectors

# How many candidates each way of finding contributes; facets and pages are made of their union.
DEPTH = 80
_MAX_NAMED = 20
# So many units that are known by their key are compared one by one, rather than looked for in the graph.
_FEW_UNITS = 5_000
_INCOMPLETE = (
    "There was no time to read all files, so there may be more."
    " Add a filter such as repo: or path:, or more of the text."
)
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
    page; filters, quotes and regular expressions list all that there is.
    """
    started = time.perf_counter()
    query = parse_query(raw) if isinstance(raw, str) else raw
    if query.is_empty:
        return SearchResult(query, [], 0, notice=" ".join(query.notices))
    with _giving_up_in_time():
        found = occurrences(query)
        conditions = _conditions(query, found)
        bounded = found is not None and found.bounded
        # Alternatives of texts and filters are a list, too, unless there are words to rank it by.
        has_words = bool(query.text) and (bounded or query.text != " ".join(query.quoted))
        is_ranked = has_words and not (bounded and conditions.none)
        result = _ranked(query, conditions, retriever, depth) if is_ranked else _Ranked([], ())
    if found is not None and bounded:
        hits, total, counts = matches_page(result.units, found.matches, offset, limit)
    elif has_words:
        hits, total = hits_of(result.units, offset, limit), len(result.units)
        counts = facets((unit.repository, unit.language, unit.kind, 1) for unit in result.units)
    else:
        hits, total, counts = units_page(conditions, offset, limit)
    complete = found is None or found.complete
    notices = [*query.notices, result.notice, "" if complete else _INCOMPLETE]
    return SearchResult(
        query=query,
        hits=hits,
        total=total,
        exhaustive=complete and (bounded or not has_words),
        facets=counts,
        words=result.words,
        milliseconds=(time.perf_counter() - started) * 1000,
        notice=" ".join(filter(None, notices)),
    )


def _conditions(query: Query, found: Occurrences | None) -> Conditions:
    """Conditions of a query: with texts that have been found, the units that they are known to leave."""
    if found is None:
        return conditions_of(query)
    if not found.bounded:
        return conditions_of(query, found.units)
    units = [match.unit for match in found.matches if match.unit is not None]
    conditions = served("u.id = ANY(%s)", parameters=(units,))
    return replace(conditions, few=len(units) <= _FEW_UNITS, none=not units)


class _Ranked(NamedTuple):
    """The best units in order, the words that they were found by, and what was left out of the search."""

    units: list[Candidate]
    words: tuple[str, ...]
    notice: str = ""


def _ranked(query: Query, conditions: Conditions, retriever: Retriever, depth: int) -> _Ranked:
    candidates, words, notice = _candidates(query, conditions, retriever, depth)
    set_hubness(candidates)
    is_hybrid = retriever is Retriever.HYBRID
    return _Ranked(rank(query, candidates) if is_hybrid else rank_by_one_score(candidates), words, notice)


class _Candidates(NamedTuple):
    """Candidates with their lexical scores, cosines and late interaction."""

    units: list[Candidate]
    words: tuple[str, ...]
    """The words that they were found by."""
    notice: str = ""
    """Why meaning was left out, if it was."""


def _candidates(query: Query, conditions: Conditions, retriever: Retriever, depth: int) -> _Candidates:
    """Find by name and words while the query is encoded, then by meaning while those are reranked."""
    with pipelined(settings.SEARCH_TIMEOUT_MS if query.filters or query.groups else None):
        statistics = WordStatistics(query) if retriever is not Retriever.DENSE else None
        index = serving_index() if retriever is not Retriever.LEXICAL else None
        weighted = statistics.weighted() if statistics is not None else None
        searches = CandidateSearch(weighted, index, depth)
        pending = searches.start(
            by_name(query, conditions, _MAX_NAMED) if retriever is Retriever.HYBRID else None,
            _word_query(weighted, conditions, depth, alone=index is None),
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
            more = searches.start(_word_query(weighted, conditions, depth, alone=True)).fetch()
            return _Candidates([*units, *without(more, units)], words, f"Found by words alone. {error}")
        return _Candidates(_with_nearest(units, question, index, searches, conditions, depth), words)


def _word_query(
    words: WeightedWords | None, conditions: Conditions, limit: int, *, alone: bool
) -> CandidateQuery | None:
    return by_words(words, conditions, limit, alone=alone) if words is not None else None


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
    vector = read_vector(index, unit.text_hash) if index is not None else None
    if index is None or vector is None:
        return []
    conditions = served("u.text_hash <> %s", parameters=(unit.text_hash,))
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
    """Say what to do where a filter takes longer than anyone waits, or PostgreSQL does not understand it."""
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            raise QueryError(
                "This search took too long. Add a filter such as repo: or path:, or a simpler one."
            ) from error
        raise
    except DataError as error:
        if isinstance(error.__cause__, psycopg.errors.InvalidRegularExpression):
            reason = error.__cause__.diag.message_primary
            raise QueryError(f"The expression of path: or name: is not understood: {reason}.") from error
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
