"""The graph that runs in the product computes what was trained."""

import json
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
import torch
from safetensors.numpy import load_file

from codesearch.gnn_coder.features import NO_NODES, Features
from codesearch.gnn_coder.network import collate
from codesearch.gnn_coder.openvino_network import code_model
from codesearch.gnn_coder.weights import load_model
from tests.codesearch.gnn_coder.tiny import VOCABULARY, WORDS, save_tiny


def random_features(rng: np.random.Generator, nodes: int, tokens: int) -> Features:
    """Return a unit with a random tree, parents before children."""
    if not nodes:
        return Features(rng.integers(4, len(WORDS), tokens).astype(np.int32), NO_NODES)
    rows = np.zeros((nodes, 8), dtype=np.int32)
    rows[:, 0], rows[:, 1] = rng.integers(0, len(VOCABULARY.kinds) + 1, (2, nodes))
    rows[:, 2] = [-1, *(rng.integers(0, node) for node in range(1, nodes))]
    rows[:, 3] = np.bincount(rows[1:, 2], minlength=nodes).clip(max=15)
    rows[:, 4] = rng.integers(0, 16, nodes)
    rows[:, 5] = rng.integers(0, tokens - 1, nodes)
    rows[:, 6] = rows[:, 5] + rng.integers(1, 4, nodes)
    rows[:, 6] = rows[:, 6].clip(max=tokens)
    rows[:, 7] = rng.integers(0, len(VOCABULARY.identifiers) + 1, nodes)
    return Features(rng.integers(4, len(WORDS), tokens).astype(np.int32), rows)


@pytest.mark.parametrize("pooling", ["ast", "mean"])
def test_openvino_and_torch_agree(tmp_path: Path, pooling: str) -> None:
    """Trees of every size, one of a single node and one of none among them, give the same vectors and the
    same weights.
    """
    save_tiny(tmp_path / "model", pooling)
    folder = tmp_path / "model"
    rng = np.random.default_rng(1)
    features = [
        random_features(rng, nodes, tokens)
        for nodes, tokens in ((9, 20), (1, 5), (0, 8), (40, 30), (2, 12), (77, 31))
    ]
    batch = collate(features)
    with torch.inference_mode():
        vectors, weights = load_model(folder).explain(batch)

    widest = max(len(each.nodes) for each in features)
    nodes = np.stack(
        [np.pad(each.nodes, ((0, widest - len(each.nodes)), (0, 0))) for each in features]
    ).astype(np.int64)
    model = code_model(
        json.loads((folder / "config.json").read_text()),
        load_file(folder / "model.safetensors"),
        json.loads((folder / "graph.json").read_text()),
        load_file(folder / "graph.safetensors"),
    )
    compiled = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    found = compiled([batch.tokens.numpy(), batch.mask.numpy(), nodes])
    np.testing.assert_allclose(found[0], vectors.numpy(), atol=2e-4)
    dense = np.zeros((len(features), widest))
    for unit, each in enumerate(features):
        dense[unit, : len(each.nodes)] = weights[batch.graphs.batch == unit].numpy()
    np.testing.assert_allclose(found[1], dense, atol=2e-4)
    assert dense.sum(1) == pytest.approx([1, 1, 0, 1, 1, 1], abs=1e-4)
