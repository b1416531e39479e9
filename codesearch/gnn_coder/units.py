"""The part of `CodeEncoder` that is the same whatever runs the network: from units to what it reads."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from codesearch.encoding import CodeVectors, NodeWeight
from codesearch.gnn_coder.graph import SyntaxGraph, syntax_graph
from codesearch.gnn_coder.late_interaction import TokenEmbedder
from codesearch.parsing import CodeUnit
from codesearch.parsing.dense_text import dense_text
from searchapp.encoders.base import Vectors


class UnitReader(ABC):
    """Encodes units by their text and syntax graph."""

    token_embedder: TokenEmbedder | None
    """None for a model without weights of late interaction."""

    @abstractmethod
    def encode_code(self, texts: Sequence[str], graphs: Sequence[SyntaxGraph | None]) -> CodeVectors:
        """Vectors of units by their texts and graphs; without a graph the text alone speaks."""

    @abstractmethod
    def graph_weights(self, text: str, graph: SyntaxGraph) -> Vectors:
        """Weight of each node of the graph in the unit's vector, float32 [nodes], summing to 1.

        Nodes beyond the text that the network reads have 0.
        """

    def encode_units(self, units: Sequence[CodeUnit]) -> CodeVectors:
        """Vectors of units; one without a syntax tree is read as text."""
        dense = [dense_text(unit) for unit in units]
        graphs = [syntax_graph(unit, text) for unit, text in zip(units, dense, strict=True)]
        return self.encode_code([text.text for text in dense], graphs)

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Characters (first, end) of each token with an embedding, in order; none where none are kept."""
        return [] if self.token_embedder is None else self.token_embedder.spans(text)

    def node_weights(self, unit: CodeUnit) -> list[NodeWeight] | None:
        """Weights of a unit's nodes, summing to 1; None for a unit without a tree."""
        dense = dense_text(unit)
        graph = syntax_graph(unit, dense)
        if graph is None:
            return None
        weights = self.graph_weights(dense.text, graph).tolist()
        nodes = zip(graph.inner_kinds, graph.starts.tolist(), graph.ends.tolist(), weights, strict=True)
        return [NodeWeight(*node) for node in nodes]
