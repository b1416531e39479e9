"""The network: a Transformer over tokens, a graph network over the syntax tree, a gate that fuses them."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.data import Batch, Data
from torch_geometric.nn import FAConv, GATConv, GCNConv
from torch_geometric.utils import scatter, softmax
from transformers import PreTrainedModel

from codesearch.gnn_coder.constants import FIRST_STATE_WEIGHT, LAYER_NORM_EPSILON
from codesearch.gnn_coder.features import (
    CHILDREN,
    DEPTH,
    END_TOKEN,
    FIRST_TOKEN,
    IDENTIFIER,
    INNER_KIND,
    KIND,
    MAX_CHILDREN,
    MAX_DEPTH,
    PARENT,
    UNKNOWN,
    Features,
    Vocabulary,
)
from codesearch.gnn_coder.pooling import ASTGPool, Trees


@dataclass(frozen=True)
class NetworkConfig:
    """Everything that shapes the graph network; the Transformer brings its own configuration."""

    kinds: tuple[str, ...]
    identifiers: tuple[str, ...] = ()
    dimension: int = 384
    channels: int = 192
    layers: int = 2
    levels: int = 2
    ratio: float = 0.5
    convolution: str = "fa"
    pooling: str = "ast"
    content: str = "contextual"
    dropout: float = 0.1
    identifier_dropout: float = 0.5
    share: float = 1.0
    """Weight of the readout beside the sequence's vector; below 1, the network is set back (WiSE-FT)."""

    @property
    def vocabulary(self) -> Vocabulary:
        """Kinds and identifiers that the network knows."""
        return Vocabulary(self.kinds, self.identifiers)

    def as_dict(self) -> dict[str, Any]:
        """Fields for JSON."""
        return asdict(self)


class CodeBatch(NamedTuple):
    """Units as tensors: tokens int64 [units, longest], mask likewise, and the syntax graphs as one PyG batch.

    `read`, if it is known beforehand: what `GnnCoder.read` returns.
    """

    tokens: Tensor
    mask: Tensor
    graphs: Batch
    read: tuple[Tensor, Tensor] | None = None

    def to(self, device: torch.device) -> "CodeBatch":
        """Batch on a device."""
        read = None if self.read is None else (self.read[0].to(device), self.read[1].to(device))
        return CodeBatch(self.tokens.to(device), self.mask.to(device), self.graphs.to(device), read)


def collate(features: Sequence[Features]) -> CodeBatch:
    """Units as one batch; either all of them bring what the Transformer has read, or none."""
    tokens, mask = pad([unit.tokens for unit in features])
    known = [torch.from_numpy(unit.read) for unit in features if unit.read is not None]
    read = None
    if known:
        of_units = torch.stack([means[0] for means in known]).float()
        read = of_units, torch.cat([means[1:] for means in known]).float()
    return CodeBatch(tokens, mask, Batch.from_data_list([_data(unit) for unit in features]), read)


def pad(rows: Sequence[np.ndarray[Any, np.dtype[np.int32]]]) -> tuple[Tensor, Tensor]:
    """(tokens, mask), both int64 [rows, longest]."""
    width = max(len(row) for row in rows)
    tokens = torch.zeros(len(rows), width, dtype=torch.int64)
    mask = torch.zeros_like(tokens)
    for number, row in enumerate(rows):
        tokens[number, : len(row)] = torch.from_numpy(row.astype(np.int64))
        mask[number, : len(row)] = 1
    return tokens, mask


def _data(features: Features) -> Data:
    nodes = torch.from_numpy(features.nodes.astype(np.int64))
    up = torch.stack([torch.arange(len(nodes))[1:], nodes[1:, PARENT]])
    return Data(nodes=nodes, edge_index=torch.cat([up, up.flip(0)], dim=1), num_nodes=len(nodes))


class Convolutions(nn.Module):
    """Graph convolutions over the edges between nodes and their parents, each residual and normalised."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        channels = config.channels
        self.convolutions = nn.ModuleList([_convolution(config) for _ in range(config.layers)])
        self.mixes = nn.ModuleList([nn.Linear(channels, channels) for _ in range(config.layers)])
        self.normals = nn.ModuleList(
            [nn.LayerNorm(channels, LAYER_NORM_EPSILON) for _ in range(config.layers)]
        )
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, trees: Trees) -> Trees:
        """Trees with new states.

        FAConv also sees the states before the first layer (Bo et al. 2021).
        """
        states = first = trees.states
        edges = trees.edges
        for convolution, mix, normal in zip(self.convolutions, self.mixes, self.normals, strict=True):
            inputs = (states, first) if isinstance(convolution, FAConv) else (states,)
            message = convolution(*inputs, edges)
            states = normal(states + self.dropout(functional.gelu(mix(message))))
        return trees._replace(states=states)


class GraphNetwork(nn.Module):
    """Tokens' states and syntax graph → one vector in the Transformer's space, with each node's weight."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.channels
        self.kind_embedding = nn.Embedding(len(config.kinds) + 1, channels)
        self.inner_kind_embedding = nn.Embedding(len(config.kinds) + 1, channels)
        self.children_embedding = nn.Embedding(MAX_CHILDREN + 1, channels)
        self.depth_embedding = nn.Embedding(MAX_DEPTH + 1, channels)
        # What an identifier means as a whole, which its tokens may not tell (`getcwd`).
        self.identifier_embedding = nn.Embedding(
            len(config.identifiers) + 1, config.dimension, padding_idx=UNKNOWN
        )
        self.content = nn.Linear(config.dimension, channels)
        self.normal = nn.LayerNorm(channels, LAYER_NORM_EPSILON)
        levels = config.levels if config.pooling != "mean" else 1
        self.convolutions = nn.ModuleList([Convolutions(config) for _ in range(levels)])
        pools = 0 if config.pooling == "mean" else levels
        self.pools = nn.ModuleList(ASTGPool(channels, config.ratio, config.pooling) for _ in range(pools))
        self.values = nn.Linear(channels, config.dimension, bias=False)
        self.dropout = nn.Dropout(config.dropout)
        for embedding in (
            self.kind_embedding,
            self.inner_kind_embedding,
            self.children_embedding,
            self.depth_embedding,
        ):
            nn.init.normal_(embedding.weight, std=0.1)
        nn.init.zeros_(self.values.weight)
        nn.init.zeros_(self.identifier_embedding.weight)

    def forward(self, contents: Tensor, graphs: Batch) -> tuple[Tensor, Tensor]:
        """(readout float [graphs, dimension], weights float [nodes] that sum to 1 over each graph's nodes).

        `contents` is float [nodes, dimension]: the mean of the tokens' states over each node's span.
        """
        trees = self._trees(contents + self._meanings(graphs.nodes[:, IDENTIFIER]), graphs)
        number = graphs.num_graphs
        if not self.pools:
            trees = self.convolutions[0](trees)
            weights = softmax(
                torch.zeros_like(trees.batch, dtype=torch.float32), trees.batch, num_nodes=number
            )
            return self._read(trees, weights, number), weights
        readout = contents.new_zeros(number, self.config.dimension, dtype=torch.float32)
        total = torch.zeros(len(contents), device=contents.device)
        for convolutions, pool in zip(self.convolutions, self.pools, strict=True):
            trees, scores = pool(convolutions(trees))
            weights = softmax(scores, trees.batch, num_nodes=number)
            readout = readout + self._read(trees, weights, number) / len(self.pools)
            total = total.index_add(0, trees.origin, weights / len(self.pools))
        return readout, total

    def _meanings(self, identifiers: Tensor) -> Tensor:
        """Embeddings of identifiers, float [nodes, dimension].

        In training some are left out, so that none is learned by heart.
        """
        if not self.config.identifiers:
            identifiers = torch.zeros_like(identifiers)
        elif self.training:
            identifiers = identifiers * (
                torch.rand(identifiers.shape, device=identifiers.device) >= self.config.identifier_dropout
            )
        meanings: Tensor = self.identifier_embedding(identifiers)
        return meanings

    def _trees(self, contents: Tensor, graphs: Batch) -> Trees:
        nodes = graphs.nodes
        states = (
            self.content(contents)
            + self.kind_embedding(nodes[:, KIND])
            + self.inner_kind_embedding(nodes[:, INNER_KIND])
            + self.children_embedding(nodes[:, CHILDREN])
            + self.depth_embedding(nodes[:, DEPTH])
        )
        everything = torch.arange(len(nodes), device=nodes.device)
        parents = torch.where(
            nodes[:, PARENT] < 0, everything, nodes[:, PARENT] + graphs.ptr[:-1][graphs.batch]
        )
        return Trees(
            self.dropout(self.normal(states)), contents, parents, nodes[:, CHILDREN], graphs.batch, everything
        )

    def _read(self, trees: Trees, weights: Tensor, number: int) -> Tensor:
        """Weighted mean of contents and states, in the Transformer's space; zeros without nodes."""
        weighted = weights.unsqueeze(-1)
        contents = scatter(trees.contents.float() * weighted, trees.batch, dim_size=number, reduce="sum")
        states = scatter(trees.states.float() * weighted, trees.batch, dim_size=number, reduce="sum")
        readout: Tensor = contents + self.values(states).float()
        return readout


def _convolution(config: NetworkConfig) -> nn.Module:
    layer: nn.Module
    if config.convolution == "fa":
        layer = FAConv(config.channels, eps=FIRST_STATE_WEIGHT)
    else:
        layer = {"gcn": GCNConv, "gat": GATConv}[config.convolution](config.channels, config.channels)
    return layer


class GnnCoder(nn.Module):
    """Code and questions → unit vectors of one space. Without `config` the Transformer alone reads both.

    With `bf16` set, products are computed in bfloat16, whatever the weights are kept in.
    """

    bf16 = False

    def __init__(self, transformer: PreTrainedModel, config: NetworkConfig | None) -> None:
        super().__init__()
        self.transformer = transformer
        self.config = config
        if config is not None:
            self.graph = GraphNetwork(config)
            self.gate = nn.Linear(2 * config.dimension, config.dimension)
            nn.init.zeros_(self.gate.weight)
            nn.init.zeros_(self.gate.bias)

    def states(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Transformer's last states, float [units, tokens, dimension]."""
        with self._precision(tokens.device):
            states: Tensor = self.transformer(input_ids=tokens, attention_mask=mask).last_hidden_state
        return states

    def encode_texts(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Unit vectors of texts, float [texts, dimension]."""
        with self._precision(tokens.device):
            return functional.normalize(_mean(self.states(tokens, mask), mask), dim=1)

    def encode_code(self, batch: CodeBatch) -> Tensor:
        """Unit vectors of units, float [units, dimension]."""
        return self.explain(batch)[0]

    def read(self, batch: CodeBatch) -> tuple[Tensor, Tensor]:
        """Mean states of units, float32 [units, dimension], and of nodes, float32 [nodes, dimension]."""
        return self.means(self.states(batch.tokens, batch.mask), batch)

    def means(self, states: Tensor, batch: CodeBatch) -> tuple[Tensor, Tensor]:
        """Mean states of units, float32 [units, dimension], and of nodes, float32 [nodes, dimension].

        `states` are the Transformer's last, float [units, tokens, dimension].
        """
        with self._precision(batch.tokens.device):
            static = self.config is not None and self.config.content == "static"
            source = self.transformer.get_input_embeddings()(batch.tokens) if static else states
            return _mean(states, batch.mask), span_means(source, batch.graphs.nodes, batch.graphs.batch)

    def explain(self, batch: CodeBatch) -> tuple[Tensor, Tensor]:
        """Unit vectors, and the weight that pooling gave each node of `batch.graphs`."""
        with self._precision(batch.tokens.device):
            return self._explained(batch)

    def _explained(self, batch: CodeBatch) -> tuple[Tensor, Tensor]:
        sequence, contents = batch.read or self.read(batch)
        if self.config is None:
            return functional.normalize(sequence, dim=1), sequence.new_zeros(batch.graphs.num_nodes)
        readout, weights = self.graph(contents, batch.graphs)
        gate = torch.sigmoid(self.gate(torch.cat([sequence, readout], dim=1)))
        # A unit without a tree has a readout of zeros: the sequence alone speaks.
        return functional.normalize(sequence + self.config.share * gate * readout, dim=1), weights

    def _precision(self, device: torch.device) -> AbstractContextManager[None]:
        return torch.autocast(device.type, dtype=torch.bfloat16, enabled=self.bf16)


def _mean(states: Tensor, mask: Tensor) -> Tensor:
    weights = mask.unsqueeze(-1).to(states.dtype)
    return ((states * weights).sum(1) / weights.sum(1).clamp(min=1)).float()


def span_means(states: Tensor, nodes: Tensor, batch: Tensor) -> Tensor:
    """Mean states over nodes' tokens, float32 [nodes, dimension], from [units, tokens, dimension]."""
    sums = functional.pad(states.float().cumsum(1), (0, 0, 1, 0))
    first, end = nodes[:, FIRST_TOKEN], nodes[:, END_TOKEN]
    return (sums[batch, end] - sums[batch, first]) / (end - first).clamp(min=1).unsqueeze(-1)
