"""Encoded text and syntax graph → the numbers that the network reads."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from codesearch.gnn_coder.graph import SyntaxGraph

Integers = NDArray[np.int32]

UNKNOWN = 0
"""The id of a kind or an identifier that the vocabulary lacks."""
MAX_CHILDREN, MAX_DEPTH = 15, 15
"""Larger numbers of children and depths count as these."""


NO_POSITIONS: Integers = np.empty(0, dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Features:
    """One unit as the network reads it.

    `nodes` is int32 [n, 8], empty for a unit without a tree; see `COLUMNS`.
    """

    tokens: Integers
    """[tokens]: ids of the Transformer's vocabulary."""
    nodes: Integers
    positions: Integers = field(default_factory=lambda: NO_POSITIONS)
    """[nodes]: the nodes' indices in the syntax graph, of which some lie beyond the tokens."""
    read: NDArray[np.float16] | None = None
    """[1 + nodes, dimension]: what a Transformer that is not trained has read, where that is known
    beforehand: the mean of its states over all tokens, then over each node's tokens.
    """


COLUMNS = ("kind", "inner_kind", "parent", "children", "depth", "first_token", "end_token", "identifier")
KIND, INNER_KIND, PARENT, CHILDREN, DEPTH, FIRST_TOKEN, END_TOKEN, IDENTIFIER = range(len(COLUMNS))
NO_NODES: Integers = np.empty((0, len(COLUMNS)), dtype=np.int32)


@dataclass(frozen=True)
class Vocabulary:
    """Kinds of nodes and identifiers that the network knows; number k has the id k + 1, others 0.

    One vocabulary serves all languages: grammars name what they share alike, and so do programmers.
    """

    kinds: tuple[str, ...]
    identifiers: tuple[str, ...]


class Featurizer:
    """Tokenises texts, and looks up kinds of nodes and identifiers."""

    def __init__(self, tokenizer: Tokenizer, vocabulary: Vocabulary) -> None:
        self._tokenizer = tokenizer
        self._kinds = {kind: number for number, kind in enumerate(vocabulary.kinds, UNKNOWN + 1)}
        self._identifiers = {
            identifier: number for number, identifier in enumerate(vocabulary.identifiers, UNKNOWN + 1)
        }

    def __call__(self, texts: Sequence[str], graphs: Sequence[SyntaxGraph | None]) -> list[Features]:
        """Features of units, text by text."""
        encodings = self._tokenizer.encode_batch(list(texts))
        return [self._features(graph, encoding) for encoding, graph in zip(encodings, graphs, strict=True)]

    def _features(self, graph: SyntaxGraph | None, encoding: Encoding) -> Features:
        """A unit's tokens, and the nodes within them; children lie in their parents, so parents are kept."""
        tokens = np.array(encoding.ids, dtype=np.int32)
        offsets = np.array(encoding.offsets, dtype=np.int32)
        real = np.flatnonzero(offsets[:, 1] > offsets[:, 0])
        if graph is None or not len(real):
            return Features(tokens, NO_NODES)
        first = real[0] + np.searchsorted(offsets[real, 1], graph.starts, side="right")
        end = real[0] + np.searchsorted(offsets[real, 0], graph.ends, side="left")
        kept = np.flatnonzero(first < end)
        row_of = np.full(len(graph.parents) + 1, -1, dtype=np.int32)
        row_of[kept] = np.arange(len(kept))
        columns = (
            [self._kinds.get(graph.kinds[node], UNKNOWN) for node in kept],
            [self._kinds.get(graph.inner_kinds[node], UNKNOWN) for node in kept],
            row_of[graph.parents[kept]],
            np.minimum(graph.children[kept], MAX_CHILDREN),
            np.minimum(graph.depths[kept], MAX_DEPTH),
            first[kept],
            end[kept],
            [self._identifiers.get(graph.identifiers[node], UNKNOWN) for node in kept],
        )
        nodes = np.stack([np.asarray(column, dtype=np.int32) for column in columns], axis=1)
        return Features(tokens, nodes, kept.astype(np.int32))
