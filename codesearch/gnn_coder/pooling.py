"""Hierarchical pooling of syntax trees: which nodes stay, and how the tree closes over those that go."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch_geometric.nn import FAConv
from torch_geometric.nn.pool.select.topk import topk

from codesearch.gnn_coder.features import MAX_CHILDREN
from codesearch.gnn_coder.graph import DOUBLINGS


class Trees(NamedTuple):
    """The trees of a batch, one after another."""

    states: Tensor
    """float [nodes, channels]."""
    contents: Tensor
    """float [nodes, dimension]: the mean of the Transformer's states over each node's tokens."""
    parents: Tensor
    """int64 [nodes]: each node's parent, itself for a root."""
    children: Tensor
    """int64 [nodes]: the number of children in the whole syntax tree."""
    batch: Tensor
    """int64 [nodes]: which tree a node belongs to."""
    origin: Tensor
    """int64 [nodes]: the node's index before any pooling."""

    @property
    def edges(self) -> Tensor:
        """Edges between nodes and their parents, both ways: int64 [2, edges]."""
        indices = torch.arange(len(self.parents), device=self.parents.device)
        child = torch.nonzero(self.parents != indices).squeeze(1)
        up = torch.stack([child, self.parents[child]])
        return torch.cat([up, up.flip(0)], dim=1)

    def keep(self, kept: Tensor, states: Tensor) -> "Trees":
        """Trees of the kept nodes (indices, roots among them), each below its nearest kept ancestor."""
        everything = torch.arange(len(self.parents), device=self.parents.device)
        is_kept = torch.zeros_like(everything, dtype=torch.bool).index_fill(0, kept, True)
        nearest = torch.where(is_kept, everything, self.parents)
        for _ in range(DOUBLINGS):
            nearest = nearest[nearest]
        order = torch.arange(len(kept), device=kept.device)
        position = torch.zeros_like(everything).index_put((kept,), order)
        return Trees(
            states,
            self.contents[kept],
            position[nearest[self.parents[kept]]],
            self.children[kept],
            self.batch[kept],
            self.origin[kept],
        )


class ASTGPool(nn.Module):
    """Keeps the share `ratio` of each tree's nodes with the highest scores, and always its root.

    The number of children is the key feature of the score, as GNN-Coder proposes for trees (section 3.3): a
    node with many children holds a construct together. `scorer` "ast" scores by state and number of children,
    "topk" by the state alone (Gao and Ji 2019), "sag" by a graph convolution over the states (Lee et al.
    2019).
    """

    def __init__(self, channels: int, ratio: float, scorer: str = "ast") -> None:
        super().__init__()
        self.ratio, self.scorer = ratio, scorer
        self.by_state = nn.Linear(channels, 1)
        if scorer == "ast":
            self.by_children = nn.Embedding(MAX_CHILDREN + 1, channels)
            nn.init.normal_(self.by_children.weight, std=0.02)
        elif scorer == "sag":
            self.convolution = FAConv(channels)

    def scores(self, trees: Trees) -> Tensor:
        """Score of each node, float [nodes]."""
        states = trees.states
        if self.scorer == "ast":
            states = torch.tanh(states + self.by_children(trees.children))
        elif self.scorer == "sag":
            states = self.convolution(states, states, trees.edges)
        scores: Tensor = self.by_state(states).squeeze(-1).float()
        return scores

    def forward(self, trees: Trees) -> tuple[Trees, Tensor]:
        """Smaller trees and the kept scores; states are weighted by their tanh, so that scores learn."""
        scores = self.scores(trees)
        is_root = trees.parents == torch.arange(len(trees.parents), device=scores.device)
        kept = topk(scores.masked_fill(is_root, torch.inf), self.ratio, trees.batch).sort().values
        states = trees.states[kept] * torch.tanh(scores[kept]).unsqueeze(-1).to(trees.states.dtype)
        return trees.keep(kept, states), scores[kept]
