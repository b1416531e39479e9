"""Reranking by meaning: every candidate's cosine to the question, and what late interaction adds to it."""

from collections.abc import Sequence

import numpy as np

from codesearch.encoding import QuestionVectors, maxsim
from codesearch.retrieval.candidates import Candidate


def rerank(question: QuestionVectors, candidates: Sequence[Candidate]) -> None:
    """Set `dense` and `late_interaction` of the candidates with vectors and with token embeddings.

    What was found by words is compared as what was found by meaning is, so both can be put in one order.
    """
    with_vector = [(candidate, candidate.vector) for candidate in candidates if candidate.vector is not None]
    if with_vector:
        cosines = np.array([vector for _, vector in with_vector]) @ question.vector
        for (candidate, _), cosine in zip(with_vector, cosines.tolist(), strict=True):
            candidate.dense = cosine
    with_tokens = [
        (candidate, candidate.token_embeddings)
        for candidate in candidates
        if candidate.token_embeddings is not None
    ]
    if with_tokens and question.token_embeddings is not None:
        (similarities,) = question.late_interaction_weight * maxsim(
            [question.token_embeddings], [tokens for _, tokens in with_tokens]
        )
        for (candidate, _), similarity in zip(with_tokens, similarities.tolist(), strict=True):
            candidate.late_interaction = similarity
