"""How batches are arranged, what is drawn for them, and how fast is learned."""

import random
from collections import Counter

import numpy as np
import pytest
import torch
from torch import nn

from codesearch.gnn_coder.encoding import Chunk
from codesearch.gnn_coder.features import NO_NODES, Features
from tests.codesearch.gnn_coder.tiny import tiny_model, tiny_tokenizer
from training.code_encoder import gradient_cache
from training.code_encoder.dataset import Dataset, flat_features
from training.code_encoder.gradient_cache import CachedEncoding
from training.code_encoder.pairs import Pair
from training.code_encoder.trainer import (
    Trainer,
    TrainingConfig,
    Validation,
    arrange,
    draw_variants,
    load_checkpoint,
    save_checkpoint,
    worded,
)

CPU = torch.device("cpu")


def pairs_of(**numbers):
    """So many pairs of each language."""
    return [
        Pair(f"read the file {number}", "x", language, "p", "a.py", "f", "")
        for language, count in numbers.items()
        for number in range(count)
    ]


def data_of(**numbers):
    pairs = pairs_of(**numbers)
    units = flat_features([Features(np.array([2, 7, 3], dtype=np.int32), NO_NODES)] * len(pairs))
    return Dataset(pairs, units, units)


def directions(number, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(number, 4)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


# --- batches


@pytest.mark.parametrize("numbers", [{"go": 40, "java": 24}, {"go": 41, "java": 30, "php": 9}])
def test_batches_are_of_one_language_and_full(numbers):
    data = data_of(**numbers)
    batches = arrange(data, directions(len(data.pairs)), TrainingConfig(batch=8), 0)
    assert len(batches) == len(data.pairs) // 8
    for batch in batches:
        assert len(set(batch.tolist())) == 8
        assert len({data.pairs[row].language for row in batch}) == 1


def test_batches_come_again_where_languages_leave_many_pairs_over():
    """Five languages of seven pairs fill no batch of eight: one batch has to do for all."""
    data = data_of(go=8, java=7, php=7, ruby=7, python=7, javascript=7)
    batches = arrange(data, directions(len(data.pairs)), TrainingConfig(batch=8), 0)
    assert len(batches) == 43 // 8
    assert all(sorted(batch) == list(range(8)) for batch in batches)


def test_batches_follow_the_seed_and_the_epoch():
    data, vectors = data_of(go=64), directions(64)
    runs = [
        [batch.tolist() for batch in arrange(data, vectors, TrainingConfig(seed=seed, batch=8), epoch)]
        for seed, epoch in ((1, 0), (1, 0), (2, 0), (1, 1))
    ]
    assert runs[0] == runs[1]
    assert len({str(run) for run in runs}) == 3


def test_near_queries_share_a_batch():
    """Queries all around a circle: those of a batch are near each other."""
    angles = np.linspace(0, 2 * np.pi, 256, endpoint=False)
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    batches = arrange(data_of(go=256), vectors, TrainingConfig(batch=16), 0)
    assert np.mean([(vectors[batch] @ vectors[batch].T).mean() for batch in batches]) > 0.5


# --- what is drawn


@pytest.mark.parametrize(
    ("bare_share", "rewritten_share", "bare", "reworded"),
    [
        (1.0, 0.0, 1.0, 0.0),
        (0.0, 0.0, 0.0, 1.0),
        (1.0, 1.0, 1.0, 1.0),
        (0.5, 0.0, 0.5, 0.5),
        (0.5, 0.6, 0.5, 0.8),
    ],
)
def test_documented_code_never_meets_its_documentations_own_words(
    bare_share, rewritten_share, bare, reworded
):
    """Of documented code all queries are reworded; of bare code so many as is said."""
    is_bare, is_reworded = draw_variants(4000, bare_share, rewritten_share, random.Random(0))
    assert np.mean(is_bare) == pytest.approx(bare, abs=0.03)
    assert np.mean(is_reworded) == pytest.approx(reworded, abs=0.03)
    assert all(of_bare or of_words for of_bare, of_words in zip(is_bare, is_reworded, strict=True))


def test_queries_stay_where_they_are_not_reworded():
    pairs = pairs_of(python=40)
    assert worded(pairs, [False] * 40, random.Random(0)) == [pair.query for pair in pairs]
    assert worded(pairs, [True] * 40, random.Random(0)) != [pair.query for pair in pairs]


# --- rates


def run_of(steps=20, **config):
    batch = 4
    data = data_of(python=steps * batch)
    config = TrainingConfig(batch=batch, **config)
    return Trainer(tiny_model("ast"), data, directions(len(data.pairs)), tiny_tokenizer(), config, CPU)


def test_rates_rise_and_fall_in_straight_lines():
    run = run_of(warm_up=0.2)
    rates = [run._rate(step) for step in range(21)]
    assert rates[:4] == pytest.approx([0.25, 0.5, 0.75, 1])
    assert rates[4:] == pytest.approx([(20 - step) / 16 for step in range(4, 21)])
    assert rates[20] == 0


def test_each_part_learns_at_its_own_rate_and_once():
    run = run_of(rate=1e-5, graph_rate=1e-3, identifier_rate=1e-2)
    pretrained, identifiers, fresh = run.optimizer.param_groups
    assert [group["initial_lr"] for group in (pretrained, identifiers, fresh)] == [1e-5, 1e-2, 1e-3]
    assert [id(each) for each in identifiers["params"]] == [id(run.model.graph.identifier_embedding.weight)]
    assert {id(each) for each in pretrained["params"]} == {
        id(each) for each in run.model.transformer.parameters()
    }
    every = Counter(id(each) for group in run.optimizer.param_groups for each in group["params"])
    assert every == Counter(id(each) for module in (run.model, run.loss) for each in module.parameters())


@pytest.mark.parametrize(("rate", "learns"), [(1e-5, True), (0, False)])
def test_a_transformer_without_a_rate_stays_as_it_is(rate, learns):
    run = run_of(rate=rate)
    assert {each.requires_grad for each in run.model.transformer.parameters()} == {learns}
    assert all(each.requires_grad for each in run.model.graph.parameters())


@pytest.mark.parametrize(("epochs", "steps"), [(1.0, 20), (0.5, 10), (2.0, 40), (0.04, 0)])
def test_a_run_has_the_steps_of_its_epochs(epochs, steps):
    assert run_of(epochs=epochs).steps == steps


# --- checkpoints


def test_a_checkpoint_is_written_whole_or_not_at_all(tmp_path):
    layer = nn.Linear(2, 1)
    save_checkpoint(tmp_path / "a.pt", 7, {"layer": layer})
    assert [path.name for path in tmp_path.iterdir()] == ["a.pt"]
    other = nn.Linear(2, 1)
    assert load_checkpoint(tmp_path / "a.pt", {"layer": other}, CPU) == 7
    assert torch.equal(other.weight, layer.weight)


def test_without_a_checkpoint_a_run_begins(tmp_path):
    layer = nn.Linear(2, 1)
    before = layer.weight.clone()
    assert load_checkpoint(tmp_path / "none.pt", {"layer": layer}, CPU) == 0
    assert torch.equal(layer.weight, before)


# --- validation


def test_languages_count_alike_however_many_pairs_they_have(monkeypatch):
    validation = Validation(tiny_model(None), data_of(go=3, php=30), tiny_tokenizer(), CPU, most=10)
    assert {language: len(queries) for language, (queries, _) in validation.sets.items()} == {
        "go": 3,
        "php": 10,
    }
    monkeypatch.setattr(validation, "by_language", lambda: {"go": 0.2, "php": 0.6})
    assert validation() == pytest.approx(0.4)


def test_validation_draws_the_same_every_time():
    one, again = (
        Validation(tiny_model(None), data_of(go=60), tiny_tokenizer(), CPU, most=20) for _ in range(2)
    )
    assert one.sets["go"][0] == again.sets["go"][0]


# --- gradient caching


def chunks_of(layer, rows, size, tokens=10):
    return [
        Chunk(lambda part=rows[start : start + size]: layer(part), tokens)
        for start in range(0, len(rows), size)
    ]


def loss_of(vectors):
    """A loss in which every pair of rows counts, as in a contrastive one."""
    return (vectors @ vectors.T).logsumexp(1).sum()


@pytest.mark.parametrize("held", [0, 25, 1000], ids=["none held", "some held", "all held"])
@pytest.mark.parametrize("size", [1, 3, 8])
def test_the_cached_gradient_is_the_plain_one(monkeypatch, held, size):
    monkeypatch.setitem(gradient_cache._TOKENS_HELD, "cpu", held)
    torch.manual_seed(0)
    layer, rows = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3)), torch.randn(8, 4)
    loss_of(layer(rows)).backward()
    plain = [parameter.grad.clone() for parameter in layer.parameters()]
    layer.zero_grad()
    cached = CachedEncoding(chunks_of(layer, rows, size), CPU)
    assert torch.allclose(cached.vectors, layer(rows))
    loss_of(cached.vectors).backward()
    assert all(parameter.grad is None for parameter in layer.parameters()), "not before `backward`"
    cached.backward()
    for parameter, expected in zip(layer.parameters(), plain, strict=True):
        assert torch.allclose(parameter.grad, expected, atol=1e-5)


def test_what_is_encoded_again_meets_the_same_dropout(monkeypatch):
    monkeypatch.setitem(gradient_cache._TOKENS_HELD, "cpu", 0)
    torch.manual_seed(0)
    layer, drop, rows = nn.Linear(16, 16, bias=False), nn.Dropout(0.5), torch.randn(4, 16)
    cached = CachedEncoding(chunks_of(lambda part: drop(layer(part)), rows, 2), CPU)
    torch.rand(100)  # what else a step draws meanwhile
    cached.vectors.sum().backward()
    kept = (cached.vectors != 0).float() * 2
    cached.backward()
    assert torch.allclose(layer.weight.grad, kept.T @ rows, atol=1e-5)


def test_no_more_activations_are_held_than_there_is_room_for(monkeypatch):
    monkeypatch.setitem(gradient_cache._TOKENS_HELD, "cpu", 20)
    layer, rows, called = nn.Linear(4, 2), torch.randn(5, 4), []

    def encode(part):
        called.append(torch.is_grad_enabled())
        return layer(part)

    cached = CachedEncoding(chunks_of(encode, rows, 1), CPU)
    assert called == [True, True, False, False, False], "ten tokens each"
    cached.vectors.sum().backward()
    cached.backward()
    assert len(called) == 5 + 3, "what was not held is encoded again"
