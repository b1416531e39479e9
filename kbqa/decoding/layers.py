"""Layers of the networks without torch: OpenVINO runs the encoder, NumPy the few small layers behind it."""

import json
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as op
from safetensors.numpy import load_file

from searchapp.encoders.bert_graph import bert_states
from searchapp.encoders.openvino import BUNDLED_MODEL, CORE, model_folder, padded

Array = NDArray[np.float32]
Memory = tuple[Array, Array]
"""The keys and values that attention looks at, [heads, n, head width] each."""


class Layers:
    """Trained weights by their names, and the layers that are made of them."""

    def __init__(self, weights: Mapping[str, Array], heads: int) -> None:
        self.weights, self.heads = weights, heads

    def linear(self, name: str, states: Array) -> Array:
        """States through a dense layer."""
        product = states @ self.weights[f"{name}.weight"].T
        bias = self.weights.get(f"{name}.bias")
        return product if bias is None else product + bias

    def norm(self, name: str, states: Array) -> Array:
        """States through a layer normalisation."""
        centred = states - states.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred * centred).mean(-1, keepdims=True) + 1e-5)
        normed: Array = scaled * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]
        return normed

    def feed_forward(self, name: str, states: Array) -> Array:
        """States through two dense layers."""
        return self.linear(f"{name}.output", _gelu(self.linear(f"{name}.inner", states)))

    def split(self, states: Array) -> Array:
        """States [n, width] by head: [heads, n, head width]."""
        return states.reshape(len(states), self.heads, -1).transpose(1, 0, 2)

    def remembered(self, name: str, states: Array) -> Memory:
        """The keys and values of states [n, width] as a layer of attention sees them."""
        keys, values = (self.linear(f"{name}.{part}", states) for part in ("key", "value"))
        return self.split(keys), self.split(values)

    def reader_layer(
        self, name: str, states: Array, connections: NDArray[np.integer[Any]], memory: Memory | None = None
    ) -> Array:
        """States [n, width] that attended to a memory of m, or to each other where none is given.

        Connections [n, m] bias the attention.
        """
        normal = self.norm(f"{name}.norm_attention", states)
        memory = memory or self.remembered(f"{name}.attention", normal)
        states = states + self._attended(f"{name}.attention", normal, memory, connections)
        normal = self.norm(f"{name}.norm_feed_forward", states)
        return states + self.feed_forward(f"{name}.feed_forward", normal)

    def _attended(
        self, name: str, states: Array, memory: Memory, connections: NDArray[np.integer[Any]]
    ) -> Array:
        """Attention of states [n, width] to a memory, with the bias and value of each connection [n, m]."""
        query, (keys, values) = self.split(self.linear(f"{name}.query", states)), memory
        bias, value = (self.weights[f"{name}.match_{part}"] for part in ("bias", "value"))
        scores = query @ keys.transpose(0, 2, 1) / np.float32(query.shape[-1] ** 0.5)
        weights = softmax(scores + bias[connections].transpose(2, 0, 1))
        value_by_head = value.reshape(len(value), self.heads, -1).transpose(1, 0, 2)
        added = _by_connection(weights, connections, len(value)) @ value_by_head
        attended = (weights @ values + added).transpose(1, 0, 2).reshape(states.shape)
        return self.linear(f"{name}.output", attended)


class TunedEncoder:
    """The package's encoder with its last layers replaced by tuned ones; several threads may share it."""

    def __init__(self, tuned: Mapping[str, Any], layers: int) -> None:
        self._request, self._lock = _compiled_encoder(tuned, layers), Lock()

    def states(self, tokens: Sequence[NDArray[np.int64]], step: int) -> Array:
        """The states of texts' tokens, float32 [b, l, 384].

        l is the longest length rounded up to a multiple of `step`: each new l costs a compilation.
        """
        with self._lock:
            self._request.infer(padded(tokens, step))
            states: Array = np.array(self._request.get_output_tensor(0).data)
        return states


def _compiled_encoder(tuned: Mapping[str, Any], layers: int) -> ov.InferRequest:
    """The encoder with tuned layers (`encoder.layer.0…`): ids and mask int64 [b, l] → states [b, l, 384]."""
    folder = model_folder(BUNDLED_MODEL)
    config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    stored = load_file(folder / "model.safetensors")
    weights = {name.removeprefix("bert."): value for name, value in stored.items()}
    untouched = int(config["num_hidden_layers"]) - layers
    for name, value in tuned.items():
        if name.startswith("encoder.layer."):
            _, _, layer, *rest = name.split(".")
            weights[".".join(["encoder", "layer", str(int(layer) + untouched), *rest])] = value
    ids = op.parameter([-1, -1], np.int64, name="input_ids")
    mask = op.parameter([-1, -1], np.int64, name="attention_mask")
    graph = ov.Model([bert_states(ids, mask, config, weights)], [ids, mask], "question_encoder")
    # In float32, also where the processor could do bfloat16, whose rounding can turn near ties around.
    options = {
        "NUM_STREAMS": "1",
        "INFERENCE_NUM_THREADS": "1",
        "ENABLE_CPU_PINNING": "NO",
        "INFERENCE_PRECISION_HINT": "f32",
    }
    return CORE.compile_model(graph, "CPU", options).create_infer_request()


def _by_connection(weights: Array, connections: NDArray[np.integer[Any]], kinds: int) -> Array:
    """Sums [heads, n, kinds] of attention [heads, n, m] over each kind of connection [n, m]."""
    heads, rows, _ = weights.shape
    bins = (connections + kinds * np.arange(rows)[:, None]).ravel()
    sums = [np.bincount(bins, weights=of_head.ravel(), minlength=rows * kinds) for of_head in weights]
    return np.stack(sums).reshape(heads, rows, kinds).astype(np.float32)


def softmax(scores: Array) -> Array:
    """Shares along the last axis."""
    raised = np.exp(scores - scores.max(-1, keepdims=True))
    shares: Array = raised / raised.sum(-1, keepdims=True)
    return shares


def _gelu(states: Array) -> Array:
    from scipy.special import erf

    activated: Array = 0.5 * states * (1.0 + erf(states / np.float32(2**0.5)))
    return activated
