"""Late interaction: a question's pieces looked for in a unit's, one by one (ColBERT; Khattab and Zaharia
2020, arXiv 2004.12832).

One vector a unit says what it is about; which of its words answers which of the question's is lost in it. So
each piece of the tokenizer's that has a letter or a digit keeps a small vector of its own. A question is near
to a unit where each of its pieces finds a near one there. How much a piece of the question counts is learned,
and so is what a piece of code is in its syntax tree: a name that is defined, called or passed has another
direction and another importance, though it is one word.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from codesearch.gnn_coder.features import (
    CHILDREN,
    DEPTH,
    END_TOKEN,
    FIRST_TOKEN,
    INNER_KIND,
    KIND,
    MAX_CHILDREN,
    MAX_DEPTH,
    PARENT,
    Features,
    Integers,
)
from searchapp.encoders.base import EncoderError, Vectors

LATE_FILE = "late.safetensors"
MAX_PIECES = 64
"""Of a unit's pieces, and of a question's, the first so many are kept."""
_DIRECTION_SCALE, _IMPORTANCE_SCALE = 127, 63
NO_PIECES: NDArray[np.int8] = np.empty((0, 0), dtype=np.int8)
NO_NODE = -1


class LateWeights(NamedTuple):
    """What turns a token's state, float [dimension], into a piece: a direction of `piece dimension` numbers,
    and a logit.
    """

    projection: NDArray[np.float32]
    """[piece dimension, dimension]."""
    question_weight: NDArray[np.float32]
    """[dimension]: a piece of a question counts by the softmax of this times its state."""
    code_weight: NDArray[np.float32]
    """[dimension]: the importance of a piece of code is twice the sigmoid of this times its state, its place
    added.
    """
    syntax: NDArray[np.float32]
    """[places, piece dimension + 1]: what a piece's place in the tree adds to its direction and, last, to its
    logit.
    """
    share: float
    """What late interaction counts beside the cosine of the vectors."""


class QuestionPieces(NamedTuple):
    """A question's pieces: float32 [pieces, piece dimension], of unit length, and what each counts, [pieces],
    summing to one.
    """

    vectors: Vectors
    weights: Vectors


class QuestionVectors(NamedTuple):
    """A question as an encoder sees it: a unit vector, float32 [dimension], and its pieces, if the encoder
    keeps any.
    """

    vector: Vectors
    pieces: QuestionPieces | None = None
    share: float = 0.0


class CodeVectors(NamedTuple):
    """Units: float32 [units, dimension], rows of unit length; and of each its pieces, int8 [pieces, piece
    dimension + 1]: a direction and, last, its importance. None from encoders that keep no pieces.
    """

    vectors: Vectors
    pieces: list[NDArray[np.int8]] | None = None


def read_late_weights(folder: Path, dimension: int, kinds: int) -> LateWeights | None:
    """Return the weights of late interaction in a model folder, None where it has none; `kinds` is how many
    kinds of nodes it knows.

    Raises EncoderError if they do not fit.
    """
    path = folder / LATE_FILE
    if not path.exists():
        return None
    try:
        found = {name: np.asarray(value, dtype=np.float32) for name, value in load_file(path).items()}
        share = float(found.pop("share"))
        weights = LateWeights(**found, share=share)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise EncoderError(
            f"{path} cannot be read ({error}). Train it again with train_late_interaction, or remove it."
        ) from error
    width = len(weights.projection)
    shapes = [
        weights.projection.shape,
        weights.question_weight.shape,
        weights.code_weight.shape,
        weights.syntax.shape,
    ]
    if shapes != [(width, dimension), (dimension,), (dimension,), (places_in_trees(kinds), width + 1)]:
        raise EncoderError(
            f"{path} was trained over another model. Train it again with train_late_interaction, or remove it."
        )
    return weights


def telling_pieces(tokenizer: Tokenizer) -> NDArray[np.bool_]:
    """Return which pieces of the vocabulary say something, bool [pieces]: those with a letter or a digit, but
    no special ones.
    """
    special = {token.content for token in tokenizer.get_added_tokens_decoder().values()} | set(
        tokenizer.encode("").tokens
    )
    telling = np.zeros(tokenizer.get_vocab_size(), dtype=np.bool_)
    for piece, number in tokenizer.get_vocab().items():
        telling[number] = piece not in special and any(character.isalnum() for character in piece)
    return telling


def kept_tokens(tokens: Integers, telling: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return which of a text's tokens are its pieces, int [pieces]."""
    return np.flatnonzero(telling[tokens])[:MAX_PIECES]


def places_in_trees(kinds: int) -> int:
    """Return how many places `syntax_of` tells apart, each of its five columns by itself."""
    return 3 * (kinds + 1) + MAX_CHILDREN + 1 + MAX_DEPTH + 1


def syntax_of(features: Features, kept: NDArray[np.intp], kinds: int) -> NDArray[np.int64]:
    """Return where the pieces stand in the syntax tree, int64 [pieces, 5], each number a row of
    `LateWeights.syntax`.

    Of the innermost node around a piece: its kind, the innermost kind merged into it, its parent's kind, its
    number of children and its depth. A piece outside of any node has `NO_NODE` everywhere.
    """
    owner = np.full(len(features.tokens), NO_NODE, dtype=np.int64)
    nodes = features.nodes.astype(np.int64)
    # Parents come before their children, which lie within them.
    for node, (first, end) in enumerate(nodes[:, [FIRST_TOKEN, END_TOKEN]]):
        owner[first:end] = node
    owner = owner[kept]
    if not len(nodes):
        return np.full((len(kept), 5), NO_NODE, dtype=np.int64)
    of_piece = nodes[owner]
    parents = np.where(of_piece[:, PARENT] < 0, owner, of_piece[:, PARENT])
    columns = [
        of_piece[:, KIND],
        of_piece[:, INNER_KIND],
        nodes[parents, KIND],
        of_piece[:, CHILDREN],
        of_piece[:, DEPTH],
    ]
    offsets = np.cumsum([0, kinds + 1, kinds + 1, kinds + 1, MAX_CHILDREN + 1])
    return np.where(owner[:, None] == NO_NODE, NO_NODE, np.stack(columns, axis=1) + offsets)


def code_pieces(read: Vectors, syntax: NDArray[np.int64], weights: LateWeights) -> NDArray[np.int8]:
    """Return the pieces of a unit, int8 [pieces, piece dimension + 1], from what the network has read of
    them: float32 [pieces, piece dimension + 1], a unit direction and a logit.
    """
    added = weights.syntax[syntax].sum(axis=1) * (syntax[:, :1] != NO_NODE)
    total = read + added
    directions = total[:, :-1] / np.maximum(np.linalg.norm(total[:, :-1], axis=1, keepdims=True), 1e-12)
    importance = 2 / (1 + np.exp(-total[:, -1:]))
    scaled: Vectors = np.concatenate([directions * _DIRECTION_SCALE, importance * _IMPORTANCE_SCALE], axis=1)
    return np.rint(scaled).astype(np.int8)


def question_pieces(read: Vectors) -> QuestionPieces | None:
    """Return a question's pieces from what the network has read of them, as for code; None of a question
    without any.
    """
    if not len(read):
        return None
    exponents = np.exp(read[:, -1] - read[:, -1].max())
    return QuestionPieces(read[:, :-1], exponents / exponents.sum())


class Pieces:
    """Makes pieces of what a network has read, as one model folder's weights say."""

    def __init__(self, weights: LateWeights, tokenizer: Tokenizer, kinds: int) -> None:
        """`kinds` is how many kinds of nodes the model knows."""
        self.weights, self._tokenizer, self._kinds = weights, tokenizer, kinds
        self._telling = telling_pieces(tokenizer)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the characters (first, end) that each piece of a text stands for."""
        encoding = self._tokenizer.encode(text)
        return [encoding.offsets[token] for token in self.kept(np.array(encoding.ids, dtype=np.int32))]

    def kept(self, tokens: Integers) -> NDArray[np.intp]:
        """Return which of a text's tokens are its pieces, int [pieces]."""
        return kept_tokens(tokens, self._telling)

    def of_question(self, vector: Vectors, tokens: Integers, read: Vectors) -> QuestionVectors:
        """Return a question of what was read of its tokens, float32 [tokens, piece dimension + 1]."""
        return QuestionVectors(vector, question_pieces(read[self.kept(tokens)]), self.weights.share)

    def of_code(self, features: Features, read: Vectors) -> NDArray[np.int8]:
        """Return the pieces of a unit, int8 [pieces, piece dimension + 1], of what was read of its tokens, as
        for a question.
        """
        kept = self.kept(features.tokens)
        return code_pieces(read[kept], syntax_of(features, kept, self._kinds), self.weights)


def late_scores(questions: Sequence[QuestionPieces], units: Sequence[bytes]) -> Vectors:
    """Return how near each unit is to each question, float32 [questions, units]: the weighted mean, over the
    question's pieces, of the nearest piece of the unit, by cosine times importance. A unit is what
    `CodeVectors` has, as bytes; one without pieces gets 0.
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
        near = (directions @ question.vectors.T) * importance
        scores[row, filled] = np.maximum.reduceat(near, starts, axis=0) @ question.weights
    return scores


def nearness(question: QuestionPieces, pieces: bytes) -> Vectors:
    """Return cosine times importance, float32 [pieces of code, pieces of the question]."""
    directions, importance = _decoded(pieces, question.vectors.shape[1] + 1)
    return np.asarray(directions @ question.vectors.T * importance, dtype=np.float32)


def _decoded(pieces: bytes, width: int) -> tuple[Vectors, Vectors]:
    """Return directions, float32 [pieces, width - 1], and [pieces, 1] what makes of their products cosines
    times importance.
    """
    numbers = np.frombuffer(pieces, dtype=np.int8).reshape(-1, width).astype(np.float32)
    return numbers[:, :-1], numbers[:, -1:] / np.float32(_IMPORTANCE_SCALE * _DIRECTION_SCALE)
