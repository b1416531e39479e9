"""Token embeddings for late interaction (ColBERT; Khattab and Zaharia 2020, arXiv 2004.12832).

One vector a unit says what it is about; which of its words answers which of the question's is lost in it. So
each token with a letter or a digit keeps a small vector of its own. A question is near to a unit where each
of its tokens finds a similar one there (`codesearch.encoding.maxsim`). How much a token of the question
counts is learned, and so is what a token of code is in its syntax tree: a name that is defined, called or
passed has another direction and another importance, though it is one word.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from codesearch.encoding import QuantisedTokens, QuestionVectors, TokenEmbeddings, quantised
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
MAX_TOKEN_EMBEDDINGS = 64
"""Of a unit's tokens, and of a question's, the first so many keep an embedding."""
NO_NODE = -1


class LateInteractionWeights(NamedTuple):
    """What turns a token's state, float [dimension], into a direction of `width` numbers and a logit."""

    projection: NDArray[np.float32]
    """[width, dimension]."""
    question_weight: NDArray[np.float32]
    """[dimension]: a token of a question counts by the softmax of this times its state."""
    code_weight: NDArray[np.float32]
    """[dimension]: a token of code has as importance twice the sigmoid of this times its state, plus
    what `syntax` adds.
    """
    syntax: NDArray[np.float32]
    """[positions, width + 1]: what a token's position in the tree adds to its direction and to its logit."""
    score_weight: float
    """What late interaction counts beside the cosine of the vectors."""


def read_late_interaction_weights(folder: Path, dimension: int, kinds: int) -> LateInteractionWeights | None:
    """Weights of late interaction in a model folder with so many `kinds` of nodes, None where it has none.

    Raises EncoderError if they do not fit.
    """
    path = folder / LATE_FILE
    if not path.exists():
        return None
    try:
        arrays = {name: np.asarray(value, dtype=np.float32) for name, value in load_file(path).items()}
        score_weight = float(arrays.pop("share"))
        weights = LateInteractionWeights(**arrays, score_weight=score_weight)
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
    if shapes != [(width, dimension), (dimension,), (dimension,), (syntax_position_count(kinds), width + 1)]:
        raise EncoderError(
            f"{path} was trained over another model."
            " Train it again with train_late_interaction, or remove it."
        )
    return weights


def content_tokens(tokenizer: Tokenizer) -> NDArray[np.bool_]:
    """Tokens that get an embedding, bool [vocabulary]: not special, and with a letter or a digit."""
    special = {token.content for token in tokenizer.get_added_tokens_decoder().values()} | set(
        tokenizer.encode("").tokens
    )
    content = np.zeros(tokenizer.get_vocab_size(), dtype=np.bool_)
    for token, number in tokenizer.get_vocab().items():
        content[number] = token not in special and any(character.isalnum() for character in token)
    return content


def embedded_tokens(tokens: Integers, content: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Positions of the tokens of a text that get an embedding, int [embeddings].

    >>> embedded_tokens(np.array([0, 2, 1, 2]), np.array([False, True, True])).tolist()
    [1, 2, 3]
    """
    return np.flatnonzero(content[tokens])[:MAX_TOKEN_EMBEDDINGS]


def syntax_position_count(kinds: int) -> int:
    """Number of rows of `LateInteractionWeights.syntax`, for all columns of `syntax_positions` together."""
    return 3 * (kinds + 1) + MAX_CHILDREN + 1 + MAX_DEPTH + 1


def syntax_positions(features: Features, tokens: NDArray[np.intp], kinds: int) -> NDArray[np.int64]:
    """Positions of tokens in the syntax tree, int64 [tokens, 5], as rows of `LateInteractionWeights.syntax`.

    Of the innermost node around a token: its kind, the innermost kind merged into it, its parent's kind, its
    number of children and its depth. A token outside of any node has `NO_NODE` everywhere.
    """
    owner = np.full(len(features.tokens), NO_NODE, dtype=np.int64)
    nodes = features.nodes.astype(np.int64)
    # Parents come before their children, which lie within them.
    for node, (first, end) in enumerate(nodes[:, [FIRST_TOKEN, END_TOKEN]]):
        owner[first:end] = node
    owner = owner[tokens]
    if not len(nodes):
        return np.full((len(tokens), 5), NO_NODE, dtype=np.int64)
    innermost = nodes[owner]
    parents = np.where(innermost[:, PARENT] < 0, owner, innermost[:, PARENT])
    columns = [
        innermost[:, KIND],
        innermost[:, INNER_KIND],
        nodes[parents, KIND],
        innermost[:, CHILDREN],
        innermost[:, DEPTH],
    ]
    offsets = np.cumsum([0, kinds + 1, kinds + 1, kinds + 1, MAX_CHILDREN + 1])
    return np.where(owner[:, None] == NO_NODE, NO_NODE, np.stack(columns, axis=1) + offsets)


def code_token_embeddings(
    outputs: Vectors, positions: NDArray[np.int64], weights: LateInteractionWeights
) -> QuantisedTokens:
    """A unit's token embeddings, int8 [tokens, width + 1].

    `outputs` are the network's for these tokens, float32 [tokens, width + 1]: a direction of unit length and
    a logit; `positions` are theirs in the syntax tree.
    """
    added = weights.syntax[positions].sum(axis=1) * (positions[:, :1] != NO_NODE)
    total = outputs + added
    directions = total[:, :-1] / np.maximum(np.linalg.norm(total[:, :-1], axis=1, keepdims=True), 1e-12)
    return quantised(directions, 2 / (1 + np.exp(-total[:, -1:])))


def question_token_embeddings(outputs: Vectors) -> TokenEmbeddings | None:
    """A question's token embeddings from the network's outputs; None for a question without words.

    >>> question_token_embeddings(np.array([[1.0, 0.0, 5.0], [0.0, 1.0, 5.0]])).weights.tolist()
    [0.5, 0.5]
    """
    if not len(outputs):
        return None
    exponents = np.exp(outputs[:, -1] - outputs[:, -1].max())
    return TokenEmbeddings(outputs[:, :-1], exponents / exponents.sum())


class TokenEmbedder:
    """Makes token embeddings of a network's outputs, by the weights of one model folder."""

    def __init__(self, weights: LateInteractionWeights, tokenizer: Tokenizer, kinds: int) -> None:
        """`kinds` is how many kinds of nodes the model knows."""
        self.weights, self._tokenizer, self._kinds = weights, tokenizer, kinds
        self._content = content_tokens(tokenizer)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Characters (first, end) of each token of a text that has an embedding."""
        encoding = self._tokenizer.encode(text)
        return [encoding.offsets[token] for token in self._embedded(np.array(encoding.ids, dtype=np.int32))]

    def of_question(self, vector: Vectors, tokens: Integers, outputs: Vectors) -> QuestionVectors:
        """A question's vectors, from its own and the network's outputs, float32 [tokens, width + 1]."""
        embeddings = question_token_embeddings(outputs[self._embedded(tokens)])
        return QuestionVectors(vector, embeddings, self.weights.score_weight)

    def of_unit(self, features: Features, outputs: Vectors) -> QuantisedTokens:
        """A unit's token embeddings, from the network's outputs, float32 [tokens, width + 1]."""
        tokens = self._embedded(features.tokens)
        positions = syntax_positions(features, tokens, self._kinds)
        return code_token_embeddings(outputs[tokens], positions, self.weights)

    def _embedded(self, tokens: Integers) -> NDArray[np.intp]:
        return embedded_tokens(tokens, self._content)
