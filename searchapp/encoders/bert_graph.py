"""A BERT encoder as an OpenVINO graph, built straight from its safetensors: no torch, no conversion.

The layers are those of Devlin et al. 2019 (post-norm Transformer, learned positions, GELU), the read-out that
of sentence-transformers: the mean over the tokens that are not padding, scaled to unit length.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as op

Weights = Mapping[str, NDArray[np.float32]]


def bert_mean_pooling_model(config: Mapping[str, Any], weights: Weights) -> ov.Model:
    """A model from (input_ids, attention_mask), int64 [batch, tokens], to float32 [batch, hidden_size].

    `config` is the Hugging Face `config.json` of a BertModel, `weights` its tensors by name.
    """
    ids = op.parameter([-1, -1], np.int64, name="input_ids")
    mask = op.parameter([-1, -1], np.int64, name="attention_mask")
    return ov.Model(
        [unit_length(token_mean(bert_states(ids, mask, config, weights), mask))],
        [ids, mask],
        "bert_mean_pooling",
    )


def bert_states(ids: ov.Node, mask: ov.Node, config: Mapping[str, Any], weights: Weights) -> ov.Node:
    """The states after the last layer, float32 [batch, tokens, hidden_size]."""
    hidden, heads = int(config["hidden_size"]), int(config["num_attention_heads"])
    epsilon = float(config["layer_norm_eps"])
    weight = {
        name.removeprefix("bert."): np.asarray(value, dtype=np.float32) for name, value in weights.items()
    }
    state = _embeddings(ids, weight, epsilon)
    # [batch, 1, 1, tokens]: 0 where a token may be attended to, a large negative number for padding.
    present = op.unsqueeze(op.convert(mask, np.float32), np.array([1, 2], dtype=np.int64))
    attention_bias = op.multiply(op.subtract(present, np.float32(1)), np.float32(1e9))
    for layer in range(int(config["num_hidden_layers"])):
        state = _layer(state, attention_bias, weight, f"encoder.layer.{layer}.", hidden, heads, epsilon)
    return state


def token_mean(states: ov.Node, mask: ov.Node) -> ov.Node:
    """The mean state over the tokens that are not padding, float32 [batch, hidden_size]."""
    present = op.unsqueeze(op.convert(mask, np.float32), np.int64(-1))
    number = op.reduce_sum(present, np.int64(1), False)
    return op.divide(op.reduce_sum(op.multiply(states, present), np.int64(1), False), number)


def unit_length(vectors: ov.Node) -> ov.Node:
    """The rows scaled to unit length."""
    return op.normalize_l2(vectors, np.array([-1], dtype=np.int64), 1e-12, "max")


def _embeddings(ids: ov.Node, weight: Weights, epsilon: float) -> ov.Node:
    axis = np.int64(0)
    tokens = op.gather(weight["embeddings.word_embeddings.weight"], ids, axis)
    length = op.gather(op.shape_of(ids), np.int64(1), axis)
    positions = op.range(np.int64(0), length, np.int64(1), output_type="i64")
    position_vectors = op.gather(weight["embeddings.position_embeddings.weight"], positions, axis)
    segment = weight["embeddings.token_type_embeddings.weight"][0]
    total = op.add(op.add(tokens, position_vectors), segment)
    return layer_norm(total, weight, "embeddings.LayerNorm", epsilon)


def _layer(
    state: ov.Node, bias: ov.Node, weight: Weights, prefix: str, hidden: int, heads: int, epsilon: float
) -> ov.Node:
    def split(projection: ov.Node) -> ov.Node:
        shaped = op.reshape(
            projection, np.array([0, 0, heads, hidden // heads], dtype=np.int64), special_zero=True
        )
        return op.transpose(shaped, np.array([0, 2, 1, 3], dtype=np.int64))

    query, key, value = (
        split(linear(state, weight, f"{prefix}attention.self.{name}")) for name in ("query", "key", "value")
    )
    attended = op.scaled_dot_product_attention(query, key, value, bias)
    joined = op.reshape(
        op.transpose(attended, np.array([0, 2, 1, 3], dtype=np.int64)),
        np.array([0, 0, hidden], dtype=np.int64),
        special_zero=True,
    )
    output = linear(joined, weight, f"{prefix}attention.output.dense")
    state = layer_norm(op.add(state, output), weight, f"{prefix}attention.output.LayerNorm", epsilon)
    inner = op.gelu(linear(state, weight, f"{prefix}intermediate.dense"), "erf")
    output = linear(inner, weight, f"{prefix}output.dense")
    return layer_norm(op.add(state, output), weight, f"{prefix}output.LayerNorm", epsilon)


def linear(state: ov.Node, weight: Weights, name: str) -> ov.Node:
    """The states through the dense layer `name`."""
    return op.add(op.matmul(state, weight[f"{name}.weight"], False, True), weight[f"{name}.bias"])


def layer_norm(state: ov.Node, weight: Weights, name: str, epsilon: float) -> ov.Node:
    """The states normalised over the last axis, with the scale and shift of the layer `name`."""
    normal = op.mvn(state, np.array([-1], dtype=np.int64), True, epsilon, "inside_sqrt")
    return op.add(op.multiply(normal, weight[f"{name}.weight"]), weight[f"{name}.bias"])
