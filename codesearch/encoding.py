"""What an encoder of code promises to indexing and retrieval, and how its vectors are compared.

An encoder gives every question and every unit one vector; their cosine says how near the two are as wholes.
One that keeps token embeddings, too, is compared token by token besides: by late interaction, with the MaxSim
operator (ColBERT; Khattab and Zaharia 2020, arXiv 2004.12832). No model is named here: one that follows
`CodeEncoder` registers itself as a backend of `searchapp.encoders`.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from codesearch.parsing import CodeUnit
from searchapp.encoders.base import Encoder, Vectors

QuantisedTokens = NDArray[np.int8]
"""A unit's token embeddings, [tokens, width + 1]: a direction of `width` numbers, then its importance."""
NO_TOKENS: QuantisedTokens = np.empty((0, 0), dtype=np.int8)
_DIRECTION_SCALE, _IMPORTANCE_SCALE = 127, 63


class TokenEmbeddings(NamedTuple):
    """The token embeddings of a question."""

    vectors: Vectors
    """[tokens, width], each row of unit length."""
    weights: Vectors
    """[tokens]: what each token counts, summing to one."""


class QuestionVectors(NamedTuple):
    """A question as an encoder sees it."""

    vector: Vectors
    """[dimension], of unit length."""
    token_embeddings: TokenEmbeddings | None = None
    """None from encoders that keep none, and of a question without words."""
    late_interaction_weight: float = 0.0
    """What late interaction counts beside the cosine."""


class CodeVectors(NamedTuple):
    """Units as an encoder sees them."""

    vectors: Vectors
    """[units, dimension], rows of unit length."""
    token_embeddings: list[QuantisedTokens] | None = None
    """Of each unit; None from encoders that keep none."""


class NodeWeight(NamedTuple):
    """A node of a unit's syntax tree, and its share of the unit's vector."""

    kind: str
    """As the grammar names it."""
    start: int
    """The node's first character in the unit's `dense_text`."""
    end: int
    """The character after its last."""
    weight: float


@runtime_checkable
class CodeEncoder(Encoder, Protocol):
    """An encoder that reads the structure of code, too."""

    def encode_question(self, text: str) -> QuestionVectors:
        """Vectors of a question. Raises EncoderError."""
        ...

    def encode_units(self, units: Sequence[CodeUnit]) -> CodeVectors:
        """Vectors of units; one without a syntax tree is read as text. Raises EncoderError."""
        ...

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Characters (first, end) of each token with an embedding, in order; none where none are kept."""
        ...

    def node_weights(self, unit: CodeUnit) -> list[NodeWeight] | None:
        """Weights of a unit's nodes, summing to 1; None for a unit without a tree. Raises EncoderError."""
        ...


def quantised(directions: Vectors, importance: Vectors) -> QuantisedTokens:
    """Token embeddings of a unit, a byte a number, as they are stored and as `maxsim` takes them.

    `directions` are float32 [tokens, width], rows of unit length; `importance` is [tokens, 1], 0 to 2.

    >>> quantised(np.array([[1.0, 0.0], [0.6, -0.8]]), np.array([[1.0], [2.0]])).tolist()
    [[127, 0, 63], [76, -102, 126]]
    """
    scaled = np.concatenate([directions * _DIRECTION_SCALE, importance * _IMPORTANCE_SCALE], axis=1)
    return np.asarray(np.rint(scaled), dtype=np.int8)


def maxsim(questions: Sequence[TokenEmbeddings], units: Sequence[bytes]) -> Vectors:
    """Late interaction of each question with each unit, float32 [questions, units].

    The weighted mean, over the question's tokens, of the most similar token of the unit (see
    `token_similarities`). A unit is the bytes of its `quantised` tokens; one without tokens gets 0.

    >>> question = TokenEmbeddings(np.eye(2, dtype=np.float32), np.array([0.75, 0.25], dtype=np.float32))
    >>> first, both = [[1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]]
    >>> units = [quantised(np.array(rows), np.ones((len(rows), 1))).tobytes() for rows in (first, both)]
    >>> maxsim([question], [*units, b""]).round(2).tolist()
    [[0.75, 1.0, 0.0]]
    """
    scores = np.zeros((len(questions), len(units)), dtype=np.float32)
    if not len(questions):
        return scores
    width = questions[0].vectors.shape[1] + 1
    lengths = np.array([len(unit) // width for unit in units], dtype=np.intp)
    filled = np.flatnonzero(lengths)
    if not len(filled):
        return scores
    starts = np.concatenate([[0], np.cumsum(lengths[filled])[:-1]])
    directions, importance = _decoded(b"".join(units), width)
    for row, question in enumerate(questions):
        similarities = (directions @ question.vectors.T) * importance
        scores[row, filled] = np.maximum.reduceat(similarities, starts, axis=0) @ question.weights
    return scores


def token_similarities(question: TokenEmbeddings, unit: bytes) -> Vectors:
    """Cosine times importance, float32 [tokens of the unit, tokens of the question].

    >>> question = TokenEmbeddings(np.eye(2, dtype=np.float32), np.array([0.75, 0.25], dtype=np.float32))
    >>> unit = quantised(np.array([[1.0, 0.0], [0.6, 0.8]]), np.array([[1.0], [2.0]])).tobytes()
    >>> [[round(float(number), 2) for number in row] for row in token_similarities(question, unit)]
    [[1.0, 0.0], [1.2, 1.61]]
    """
    directions, importance = _decoded(unit, question.vectors.shape[1] + 1)
    return np.asarray(directions @ question.vectors.T * importance, dtype=np.float32)


def _decoded(tokens: bytes, width: int) -> tuple[Vectors, Vectors]:
    """Directions, float32 [tokens, width - 1], and factors, [tokens, 1].

    Directions times unit vectors times factors are cosines times importance.
    """
    numbers = np.frombuffer(tokens, dtype=np.int8).reshape(-1, width).astype(np.float32)
    return numbers[:, :-1], numbers[:, -1:] / np.float32(_IMPORTANCE_SCALE * _DIRECTION_SCALE)
