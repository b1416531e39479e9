"""Candidates → order: fusion, boosts, penalties, diversification."""

from collections.abc import Sequence

from codesearch.parsing.words import query_words
from codesearch.retrieval.boosts import (
    CONTAINS_BOOST,
    NAMED_FILE_BOOST,
    defines,
    definition_boost,
    file_boosts,
    is_named_file,
    path_boost,
)
from codesearch.retrieval.candidates import Candidate
from codesearch.retrieval.fusion import fuse, similarity
from codesearch.retrieval.penalties import diversify, penalty
from codesearch.retrieval.query import Query


def rank(query: Query, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates in the order that a reader would look at them in, their `score` set."""
    words = set(query_words(query.text)) if not query.is_code else set()
    fuse(query, candidates)
    for candidate in candidates:
        candidate.defines = defines(query, candidate)
        if candidate.defines:
            candidate.score += definition_boost(query, candidate)
        elif candidate.contains_symbol:
            candidate.score += CONTAINS_BOOST
        if is_named_file(query, candidate.path):
            candidate.score += NAMED_FILE_BOOST
        candidate.score += path_boost(words, candidate.path)
    boosts = file_boosts(candidates)
    for candidate in candidates:
        candidate.score += boosts[candidate.file_id]
        candidate.score *= penalty(candidate, words)
    diversify(by_score(candidates))
    return by_score(candidates)


def rank_by_one_score(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates by one score: similarity where there is a vector, else the lexical one."""
    for candidate in candidates:
        candidate.score = similarity(candidate) if candidate.dense is not None else candidate.lexical
    return by_score(candidates)


def by_score(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates from the best to the worst; ties are broken by key."""
    return sorted(candidates, key=lambda candidate: (-candidate.score, candidate.id))
