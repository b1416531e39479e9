"""Reranking: candidates' cosines and late interaction, on vectors made by hand."""

import pytest

from codesearch.encoding import QuestionVectors, TokenEmbeddings
from codesearch.retrieval.late_interaction import rerank
from tests.codesearch.retrieval.hand_made import candidate, tokens, vector

QUESTION = QuestionVectors(
    vector(1, 0),
    TokenEmbeddings(vector(1, 0, 0, 1).reshape(2, 2), vector(0.75, 0.25)),
    late_interaction_weight=0.5,
)


def test_every_candidate_with_a_vector_gets_its_cosine():
    near, far, without = (
        candidate(1, vector=vector(0.8, 0.6)),
        candidate(2, vector=vector(0, 1)),
        candidate(3),
    )
    rerank(QUESTION, [near, without, far])
    assert (near.dense, far.dense, without.dense) == (pytest.approx(0.8), 0.0, None)


def test_late_interaction_is_weighted_beside_the_cosine():
    both, one, none = (
        candidate(1, vector=vector(1, 0), token_embeddings=tokens((1, 0), (0, 1))),
        candidate(2, vector=vector(1, 0), token_embeddings=tokens((0, 1))),
        candidate(3, vector=vector(1, 0), token_embeddings=b""),
    )
    rerank(QUESTION, [both, one, none])
    assert [each.late_interaction for each in (both, one, none)] == pytest.approx([0.5, 0.125, 0], abs=0.01)
    assert [each.dense for each in (both, one, none)] == [1, 1, 1]


def test_importance_counts():
    plain, important = (
        candidate(1, token_embeddings=tokens((1, 0))),
        candidate(2, token_embeddings=tokens((1, 0), importance=2.0)),
    )
    rerank(QUESTION, [plain, important])
    assert important.late_interaction == pytest.approx(2 * plain.late_interaction, abs=0.01)


def test_without_token_embeddings_on_either_side_there_is_none():
    unit, other = candidate(1, vector=vector(1, 0), token_embeddings=tokens((1, 0))), candidate(2)
    rerank(QuestionVectors(vector(1, 0)), [unit, other])
    assert (unit.dense, unit.late_interaction) == (1, 0)
    rerank(QUESTION, [other])
    assert (other.dense, other.late_interaction) == (None, 0)
    rerank(QUESTION, [])
