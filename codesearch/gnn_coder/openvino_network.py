"""The network of `network.py` as an OpenVINO graph, for the CPU: the same function over padded, dense trees.

A tree's edges are a small matrix here, its convolutions products with it: a few per cent of the Transformer's
work, and nothing that has to be scattered.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import openvino as ov
from openvino import opset13 as op

from codesearch.gnn_coder.constants import FIRST_STATE_WEIGHT, LAYER_NORM_EPSILON
from codesearch.gnn_coder.features import (
    CHILDREN,
    COLUMNS,
    DEPTH,
    END_TOKEN,
    FIRST_TOKEN,
    IDENTIFIER,
    INNER_KIND,
    KIND,
    PARENT,
)
from codesearch.gnn_coder.graph import DOUBLINGS
from codesearch.gnn_coder.late_interaction import LateInteractionWeights
from searchapp.encoders.base import Vectors
from searchapp.encoders.bert_graph import Weights, bert_states, layer_norm, linear, token_mean, unit_length

_FAR = np.float32(1e9)


class _Trees(NamedTuple):
    """The trees of a batch. Masks are 0 or 1; a node that is not `kept` is as if it were not there."""

    states: ov.Node
    """float32 [batch, nodes, channels]."""
    kept: ov.Node
    """float32 [batch, nodes]."""
    parents: ov.Node
    """int64 [batch, nodes]; a root's is itself."""


def is_supported(graph: Mapping[str, Any]) -> bool:
    """Whether a graph network can be built here: some that only experiments have cannot."""
    return (
        graph["pooling"] in ("ast", "mean")
        and graph["convolution"] == "fa"
        and graph["content"] == "contextual"
    )


def question_model(config: Mapping[str, Any], weights: Weights, late: LateInteractionWeights) -> ov.Model:
    """Model from (input_ids, attention_mask), both int64 [batch, tokens], to (vectors, token outputs).

    Float32 [batch, dimension], of unit length, and [batch, tokens, width + 1]: what
    `question_token_embeddings` takes.
    """
    ids = op.parameter([-1, -1], np.int64, name="input_ids")
    mask = op.parameter([-1, -1], np.int64, name="attention_mask")
    states = bert_states(ids, mask, config, weights)
    vectors = unit_length(token_mean(states, mask))
    tokens = _token_outputs(states, late.projection, late.question_weight)
    return ov.Model([vectors, tokens], [ids, mask], "question")


def code_model(
    config: Mapping[str, Any],
    weights: Weights,
    graph: Mapping[str, Any],
    graph_weights: Weights,
    late: LateInteractionWeights | None = None,
) -> ov.Model:
    """Model from (input_ids, attention_mask, nodes) to (vectors, node weights), with `late` token outputs.

    The first two are int64 [batch, tokens], `nodes` int64 [batch, nodes, 8] with rows of zeros as padding;
    the results are float32 [batch, dimension], of unit length, float32 [batch, nodes], and float32 [batch,
    tokens, width + 1], what `code_token_embeddings` takes. `config` and `weights` are the Transformer's,
    `graph` and `graph_weights` what `weights.py` stores of the graph network.
    """
    ids = op.parameter([-1, -1], np.int64, name="input_ids")
    mask = op.parameter([-1, -1], np.int64, name="attention_mask")
    nodes = op.parameter([-1, -1, len(COLUMNS)], np.int64, name="nodes")
    weight = {name: np.asarray(value, dtype=np.float32) for name, value in graph_weights.items()}
    states = bert_states(ids, mask, config, weights)
    sequence = token_mean(states, mask)
    readout, node_weights = _readout(states, nodes, graph, weight)
    gate = op.multiply(
        op.sigmoid(linear(op.concat([sequence, readout], -1), weight, "gate")), np.float32(graph["share"])
    )
    vectors = unit_length(op.add(sequence, op.multiply(gate, readout)))
    token_outputs = [] if late is None else [_token_outputs(states, late.projection, late.code_weight)]
    return ov.Model([vectors, node_weights, *token_outputs], [ids, mask, nodes], "gnn_coder")


def _token_outputs(states: ov.Node, projection: Vectors, weight: Vectors) -> ov.Node:
    """Each token's direction, of unit length, and its logit, float32 [batch, tokens, width + 1]."""
    logits = op.matmul(states, weight.reshape(-1, 1), False, False)
    return op.concat([unit_length(op.matmul(states, projection, False, True)), logits], -1)


def _readout(
    states: ov.Node, nodes: ov.Node, graph: Mapping[str, Any], weight: Weights
) -> tuple[ov.Node, ov.Node]:
    """(readout [batch, dimension], weight of each node [batch, nodes])."""
    column = [op.gather(nodes, np.int64(number), np.int64(2)) for number in range(len(COLUMNS))]
    meanings = op.gather(weight["graph.identifier_embedding.weight"], column[IDENTIFIER], np.int64(0))
    contents = op.add(_contents(states, column[FIRST_TOKEN], column[END_TOKEN]), meanings)
    trees = _trees(contents, column, weight)
    if graph["pooling"] == "mean":
        trees = _convolved(trees, int(graph["layers"]), weight, "graph.convolutions.0")
        weights = op.divide(
            trees.kept, op.maximum(op.reduce_sum(trees.kept, np.int64(1), True), np.float32(1))
        )
        return _read(trees, contents, weights, weight), weights
    readouts, totals = [], []
    levels = int(graph["levels"])
    for level in range(levels):
        trees = _convolved(trees, int(graph["layers"]), weight, f"graph.convolutions.{level}")
        trees, weights = _pooled(
            trees, column[CHILDREN], float(graph["ratio"]), weight, f"graph.pools.{level}"
        )
        readouts.append(_read(trees, contents, weights, weight))
        totals.append(weights)
    share = np.float32(1 / levels)
    return op.multiply(_sum(readouts), share), op.multiply(_sum(totals), share)


def _contents(states: ov.Node, first: ov.Node, end: ov.Node) -> ov.Node:
    """Mean state over each node's tokens: a matrix of spans times the states."""
    length = op.gather(op.shape_of(states), np.int64(1), np.int64(0))
    positions = op.range(np.int64(0), length, np.int64(1), output_type="i64")
    inside = op.logical_and(op.greater_equal(positions, _column(first)), op.less(positions, _column(end)))
    width = op.convert(op.maximum(op.subtract(end, first), np.int64(1)), np.float32)
    return op.matmul(op.divide(op.convert(inside, np.float32), _column(width)), states, False, False)


def _trees(contents: ov.Node, column: list[ov.Node], weight: Weights) -> _Trees:
    tables = {"kind": KIND, "inner_kind": INNER_KIND, "children": CHILDREN, "depth": DEPTH}
    features = [
        op.gather(weight[f"graph.{name}_embedding.weight"], column[number], np.int64(0))
        for name, number in tables.items()
    ]
    added = _sum([linear(contents, weight, "graph.content"), *features])
    states = layer_norm(added, weight, "graph.normal", LAYER_NORM_EPSILON)
    indices = _indices(column[PARENT])
    is_root = op.less(column[PARENT], np.int64(0))
    kept = op.convert(op.greater(column[END_TOKEN], np.int64(0)), np.float32)
    return _Trees(states, kept, op.select(is_root, indices, column[PARENT]))


def _convolved(trees: _Trees, layers: int, weight: Weights, name: str) -> _Trees:
    """FAConv (Bo et al. 2021) with self-loops and symmetric normalisation, then a residual dense layer."""
    edges = _edges(trees)
    states = first = trees.states
    for layer in range(layers):
        left = op.matmul(states, weight[f"{name}.convolutions.{layer}.att_l.weight"], False, True)
        right = op.matmul(states, weight[f"{name}.convolutions.{layer}.att_r.weight"], False, True)
        attention = op.tanh(op.add(right, op.transpose(left, np.array([0, 2, 1], dtype=np.int64))))
        message = op.add(
            op.matmul(op.multiply(edges, attention), states, False, False),
            op.multiply(first, np.float32(FIRST_STATE_WEIGHT)),
        )
        mixed = op.gelu(linear(message, weight, f"{name}.mixes.{layer}"), "erf")
        states = layer_norm(op.add(states, mixed), weight, f"{name}.normals.{layer}", LAYER_NORM_EPSILON)
    return trees._replace(states=states)


def _edges(trees: _Trees) -> ov.Node:
    """Normalised adjacency, float32 [batch, nodes, nodes]: parents both ways, and each node with itself."""
    indices = _indices(trees.parents)
    to_parent = op.equal(_column(trees.parents), op.unsqueeze(indices, np.int64(1)))
    is_root = op.equal(trees.parents, indices)
    has_parent = op.multiply(trees.kept, op.convert(op.logical_not(is_root), np.float32))
    up = op.multiply(op.convert(to_parent, np.float32), _column(has_parent))
    down = op.transpose(up, np.array([0, 2, 1], dtype=np.int64))
    loops = op.convert(op.equal(_column(indices), op.unsqueeze(indices, np.int64(1))), np.float32)
    edges = op.add(op.add(up, down), op.multiply(loops, _column(trees.kept)))
    degrees = op.sqrt(op.maximum(op.reduce_sum(edges, np.int64(2), False), np.float32(1)))
    return op.divide(op.divide(edges, _column(degrees)), op.unsqueeze(degrees, np.int64(1)))


def _pooled(
    trees: _Trees, children: ov.Node, ratio: float, weight: Weights, name: str
) -> tuple[_Trees, ov.Node]:
    """ASTGPool: (the smaller trees, the softmax of the scores of their nodes)."""
    by_children = op.gather(weight[f"{name}.by_children.weight"], children, np.int64(0))
    hidden = op.tanh(op.add(trees.states, by_children))
    scores = op.squeeze(linear(hidden, weight, f"{name}.by_state"), np.array([-1], dtype=np.int64))
    is_high = op.greater_equal(_ranked(scores, trees), _threshold(scores, trees, ratio))
    kept = op.multiply(trees.kept, op.convert(is_high, np.float32))
    states = op.multiply(trees.states, _column(op.tanh(scores)))
    highest = op.reduce_max(op.multiply(scores, kept), np.int64(1), True)
    exponents = op.multiply(op.exp(op.subtract(scores, highest)), kept)
    weights = op.divide(exponents, op.maximum(op.reduce_sum(exponents, np.int64(1), True), np.float32(1e-20)))
    return _Trees(states, kept, _contracted(trees.parents, kept)), weights


def _ranked(scores: ov.Node, trees: _Trees) -> ov.Node:
    """Scores by which nodes are kept: a root is above all, a node that is not there below all."""
    is_root = op.convert(op.equal(trees.parents, _indices(trees.parents)), np.float32)
    lifted = op.add(scores, op.multiply(is_root, _FAR))
    return op.subtract(lifted, op.multiply(op.subtract(np.float32(1), trees.kept), np.float32(4) * _FAR))


def _threshold(scores: ov.Node, trees: _Trees, ratio: float) -> ov.Node:
    """Least score that is kept, float32 [batch, 1]."""
    length = op.gather(op.shape_of(scores), np.int64(1), np.int64(0))
    ordered = op.topk(_ranked(scores, trees), length, 1, "max", "value").output(0)
    number = op.ceil(op.multiply(op.reduce_sum(trees.kept, np.int64(1), True), np.float32(ratio)))
    last = op.convert(op.maximum(op.subtract(number, np.float32(1)), np.float32(0)), np.int64)
    return op.gather_elements(ordered, last, 1)


def _contracted(parents: ov.Node, kept: ov.Node) -> ov.Node:
    """Each node's nearest kept ancestor."""
    nearest = op.select(op.greater(kept, np.float32(0)), _indices(parents), parents)
    for _ in range(DOUBLINGS):
        nearest = op.gather_elements(nearest, nearest, 1)
    return op.gather_elements(nearest, parents, 1)


def _read(trees: _Trees, contents: ov.Node, weights: ov.Node, weight: Weights) -> ov.Node:
    row = op.unsqueeze(weights, np.int64(1))
    squeezed = np.array([1], dtype=np.int64)
    mean = op.squeeze(op.matmul(row, trees.states, False, False), squeezed)
    values = op.matmul(mean, weight["graph.values.weight"], False, True)
    return op.add(op.squeeze(op.matmul(row, contents, False, False), squeezed), values)


def _indices(like: ov.Node) -> ov.Node:
    """0 … nodes - 1 for each row, int64 [batch, nodes]."""
    shape = op.shape_of(like)
    row = op.range(np.int64(0), op.gather(shape, np.int64(1), np.int64(0)), np.int64(1), output_type="i64")
    return op.broadcast(row, shape)


def _column(row: ov.Node) -> ov.Node:
    return op.unsqueeze(row, np.int64(-1))


def _sum(nodes: list[ov.Node]) -> ov.Node:
    total = nodes[0]
    for node in nodes[1:]:
        total = op.add(total, node)
    return total
