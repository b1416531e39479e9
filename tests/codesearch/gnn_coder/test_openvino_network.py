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
from codesearch.gnn_coder.openvino_network import code_model, question_model
from codesearch.gnn_coder.torch_encoder import LateEncoding
from codesearch.gnn_coder.weights import load_model
from searchapp.encoders.openvino import CORE
from tests.codesearch.gnn_coder.tiny import VOCABULARY, WORDS, save_tiny, save_tiny_late, tiny_tokenizer

ATOL = 2e-6
"""What rounding in float32 may make of numbers of about 1."""


def random_features(rng: np.random.Generator, nodes: int, tokens: int) -> Features:
    """A unit with a random tree, parents before children."""
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


def random_units() -> list[Features]:
    """Units with trees of every size, one of a single node and one of none among them."""
    rng = np.random.default_rng(1)
    sizes = ((9, 20), (1, 5), (0, 8), (40, 30), (2, 12), (77, 31))
    return [random_features(rng, nodes, tokens) for nodes, tokens in sizes]


def padded_nodes(features: list[Features]) -> np.ndarray:
    """Their nodes as the OpenVINO model takes them, int64 [units, nodes, 8]."""
    widest = max(len(unit.nodes) for unit in features)
    return np.stack(
        [np.pad(unit.nodes, ((0, widest - len(unit.nodes)), (0, 0))) for unit in features]
    ).astype(np.int64)


def compiled(model: ov.Model) -> ov.CompiledModel:
    """The model in the precision that torch computes in here."""
    return CORE.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})


def stored(folder: Path) -> tuple[dict, dict, dict, dict]:
    """What `code_model` is made of."""
    return (
        json.loads((folder / "config.json").read_text()),
        load_file(folder / "model.safetensors"),
        json.loads((folder / "graph.json").read_text()),
        load_file(folder / "graph.safetensors"),
    )


@pytest.mark.parametrize("pooling", ["ast", "mean"])
def test_openvino_and_torch_agree(tmp_path: Path, pooling: str) -> None:
    """They give the same vectors and the same weights of nodes."""
    folder = tmp_path / "model"
    save_tiny(folder, pooling)
    features = random_units()
    batch, nodes = collate(features), padded_nodes(features)
    with torch.inference_mode():
        vectors, weights = load_model(folder).explain(batch)
    found = compiled(code_model(*stored(folder)))([batch.tokens.numpy(), batch.mask.numpy(), nodes])
    np.testing.assert_allclose(found[0], vectors.numpy(), atol=ATOL)
    dense = np.zeros(nodes.shape[:2])
    for row, unit in enumerate(features):
        dense[row, : len(unit.nodes)] = weights[batch.graphs.batch == row].numpy()
    np.testing.assert_allclose(found[1], dense, atol=ATOL)
    assert dense.sum(1) == pytest.approx([1, 1, 0, 1, 1, 1], abs=1e-5)


def test_openvino_and_torch_agree_on_tokens(tmp_path: Path) -> None:
    """Each token of code and of a question gives the same direction and the same logit."""
    folder = tmp_path / "model"
    save_tiny(folder)
    save_tiny_late(folder)
    features = random_units()
    batch = collate(features)
    inputs = [batch.tokens.numpy(), batch.mask.numpy()]
    late = LateEncoding.of_folder(folder, load_model(folder), tiny_tokenizer(), torch.device("cpu"))
    weights = late.embedder.weights
    with torch.inference_mode():
        states = load_model(folder).states(batch.tokens, batch.mask)
        questions = load_model(folder).encode_texts(batch.tokens, batch.mask).numpy()
    of_code = compiled(code_model(*stored(folder), weights))([*inputs, padded_nodes(features)])
    of_questions = compiled(question_model(*stored(folder)[:2], weights))(inputs)
    np.testing.assert_allclose(of_questions[0], questions, atol=ATOL)
    for row, unit in enumerate(features):
        length = len(unit.tokens)
        for outputs, logits in (
            (of_code[2], weights.code_weight),
            (of_questions[1], weights.question_weight),
        ):
            expected = late.token_outputs(states[row, :length], logits)
            np.testing.assert_allclose(outputs[row, :length], expected, atol=ATOL, rtol=1e-5)


def test_what_is_left_out_of_a_batch_changes_nothing(tmp_path: Path) -> None:
    """Padding of tokens and nodes is as if it were not there."""
    folder = tmp_path / "model"
    save_tiny(folder)
    features = random_units()
    model = compiled(code_model(*stored(folder)))
    batch = collate(features)
    together = model([batch.tokens.numpy(), batch.mask.numpy(), padded_nodes(features)])
    vectors = np.array(together[0])
    for row in (0, 3, 5):
        alone = collate([features[row]])
        found = model([alone.tokens.numpy(), alone.mask.numpy(), padded_nodes([features[row]])])
        np.testing.assert_allclose(found[0][0], vectors[row], atol=ATOL)
