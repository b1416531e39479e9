"""`train_gnn_coder` on tiny pairs and a tiny Transformer, from pairs to a model that serves."""

import json
from collections import Counter

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command
from safetensors.numpy import load_file

from codesearch.gnn_coder.encoder import GnnCoderEncoder
from codesearch.gnn_coder.encoding import encode_code
from codesearch.gnn_coder.weights import save_model
from searchapp.encoders import EncoderSpec
from tests.codesearch.gnn_coder.tiny import tiny_model, tiny_pairs, tiny_tokenizer
from training.code_encoder.dataset import prepared
from training.code_encoder.frozen_transformer import with_read
from training.code_encoder.mining import MiningReport, write_pairs

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Return (pairs, Transformer)."""
    root = tmp_path_factory.mktemp("training")
    tiny_tokenizer().save(str(root / "tokenizer.json"))
    model = tiny_model(None, untrained=True)
    # Words so far apart that no two queries count as the same.
    torch.nn.init.normal_(model.transformer.embeddings.word_embeddings.weight, std=2)
    save_model(model, root / "start", root / "tokenizer.json", 64)
    pairs = tiny_pairs()
    write_pairs(root / "pairs", {"train": pairs, "valid": pairs[:4], "test": []}, MiningReport())
    return root / "pairs", root / "start"


def train(folders, out, **changes):
    pairs, start = folders
    options = {
        "epochs": 2,
        "batch": 4,
        "rate": 1e-2,
        "precision": "fp32",
        "device": "cpu",
        "validate_every": 2,
        "max_tokens": 64,
    }
    call_command("train_gnn_coder", pairs=pairs, transformer=str(start), out=out, **options | changes)
    return load_file(out / "model" / "model.safetensors")


def test_a_transformer_alone_can_be_set_back_towards_its_start(folders, tmp_path, capsys):
    start = load_file(folders[1] / "model.safetensors")
    trained = train(folders, tmp_path, pooling="none")
    reported = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert (reported["pairs"], reported["steps"], reported["keep"]) == (16, 8, 0)
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 4
    half = train(
        folders, tmp_path, pooling="none", keep=0.5
    )  # the run is complete: only what is written differs
    moved = {name for name in start if np.abs(trained[name].astype(float) - start[name]).max() > 0.01}
    assert moved
    for name in moved:
        assert half[name] == pytest.approx((start[name].astype(float) + trained[name]) / 2, abs=4e-3)
    with pytest.raises(CommandError, match="fit each other only"):
        train(folders, tmp_path, pooling="ast", keep=0.5)


@pytest.mark.parametrize("batch", [17, 256])
def test_a_batch_that_no_language_fills_is_refused(folders, tmp_path, batch):
    with pytest.raises(
        CommandError, match=f"A batch is {batch} pairs of one language; no language has more than 16"
    ):
        train(folders, tmp_path, batch=batch)


def test_without_held_out_pairs_there_is_nothing_to_validate_with(folders, tmp_path):
    write_pairs(tmp_path / "pairs", {"train": tiny_pairs(), "valid": [], "test": []}, MiningReport())
    with pytest.raises(CommandError, match="No pairs are held out"):
        train((tmp_path / "pairs", folders[1]), tmp_path, pooling="none")


def test_over_a_transformer_that_stays_only_the_graph_network_learns(folders, tmp_path):
    start = load_file(folders[1] / "model.safetensors")
    after = train(folders, tmp_path, pooling="ast", rate=0, limit=12, keep=0.25)
    assert json.loads((tmp_path / "model" / "graph.json").read_text())["share"] == 0.75
    assert all((after[name] == start[name]).all() for name in start)
    graph = load_file(tmp_path / "model" / "graph.safetensors")
    assert np.abs(graph["graph.values.weight"]).max() > 0
    read = Counter(path.suffix for path in folders[0].glob("read-*"))
    assert read == {".npy": 3}
    encoder = GnnCoderEncoder(EncoderSpec("gnn_coder", str(tmp_path / "model"), max_tokens=64))
    assert encoder.encode_code(["def read(): return file"], [None]).vectors.shape == (1, 32)


@pytest.mark.parametrize("pooling", ["ast", None])
def test_what_is_read_beforehand_changes_nothing(folders, tmp_path, pooling):
    pairs, start = folders
    data, *_ = prepared(pairs, start, 64, None, lambda name: iter)
    model = tiny_model(pooling)
    known = with_read(data.bare, model, CPU, tmp_path / "read.npy", iter)
    read, fresh = ([flat[index] for index in range(16)] for flat in (known, data.bare))
    assert torch.allclose(encode_code(model, read, CPU), encode_code(model, fresh, CPU), atol=2e-3)
