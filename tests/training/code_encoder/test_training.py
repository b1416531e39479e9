"""Training on a tiny model: it learns, resumes where it stopped, and the model it writes serves."""

import numpy as np
import pytest
import torch

from codesearch.gnn_coder import encoding
from codesearch.gnn_coder.encoding import code_chunks, encode_code
from codesearch.gnn_coder.network import collate
from codesearch.gnn_coder.pooling import ASTGPool, Trees
from tests.codesearch.gnn_coder.tiny import VOCABULARY, tiny_model, tiny_tokenizer
from training.code_encoder import gradient_cache
from training.code_encoder.dataset import Dataset, featurize, load_dataset, save_dataset
from training.code_encoder.gradient_cache import CachedEncoding
from training.code_encoder.loss import IndividualTemperatureLoss, SymmetricContrastiveLoss
from training.code_encoder.margin import mean_angular_margin
from training.code_encoder.pairs import Pair
from training.code_encoder.trainer import Trainer, TrainingConfig, Validation, arrange, mean_reciprocal_rank

CPU = torch.device("cpu")
VERBS, THINGS = ("read", "write", "sort", "get"), ("file", "list", "path", "name")


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Dataset:
    folder = tmp_path_factory.mktemp("data")
    tiny_tokenizer().save(str(folder / "tokenizer.json"))
    pairs = [
        Pair(
            f"{verb} the {thing}",
            f"def f(a, b):\n    x = {verb}({thing}, a)\n    return x\n",
            "python",
            "p",
            "a.py",
            "f",
            f"{verb} the {thing}",
        )
        for verb in VERBS
        for thing in THINGS
    ]
    found = featurize(pairs, folder / "tokenizer.json", 64, VOCABULARY, iter)
    save_dataset(folder / "data.npz", found)
    return load_dataset(folder / "data.npz")


def trainer(data: Dataset, pooling: str = "ast", **changes) -> Trainer:
    """Return a run on a tiny model, from the same start every time."""
    config = TrainingConfig(
        batch=8,
        epochs=8,
        rate=3e-3,
        graph_rate=3e-3,
        validate_every=4,
        rewritten_share=0,
        bare_share=1,
        **changes,
    )
    vectors = np.random.default_rng(0).normal(size=(len(data.pairs), 8)).astype(np.float32)
    return Trainer(
        tiny_model(pooling, untrained=True),
        data,
        vectors / np.linalg.norm(vectors, axis=1, keepdims=True),
        tiny_tokenizer(),
        config,
        CPU,
    )


@pytest.mark.parametrize(
    ("pooling", "loss"),
    [
        ("ast", "symmetric"),
        ("ast", "individual"),
        ("topk", "symmetric"),
        ("sag", "symmetric"),
        ("mean", "symmetric"),
        (None, "symmetric"),
    ],
)
def test_it_learns(data, tmp_path, pooling, loss):
    run = trainer(data, pooling, loss=loss)
    validation = Validation(run.model, data, tiny_tokenizer(), CPU, most=16)
    before = validation()
    list(run.run(validation, tmp_path / "checkpoint.pt"))
    assert run.step == run.steps == 16
    assert validation() > before


def test_a_stopped_run_goes_on_as_if_never_stopped(data, tmp_path):
    whole = trainer(data)
    losses = {at.step: at.loss for at in whole.run(lambda: 0.0, tmp_path / "whole.pt")}
    first = trainer(data)
    for at in first.run(lambda: 0.0, tmp_path / "parts.pt"):
        if at.step == 10:  # two steps after the last checkpoint
            break
    resumed = trainer(data)
    again = {at.step: at.loss for at in resumed.run(lambda: 0.0, tmp_path / "parts.pt")}
    assert min(again) == 9
    assert again == pytest.approx({step: loss for step, loss in losses.items() if step >= 9}, rel=1e-3)


def test_gradients_through_chunks_are_those_of_the_whole(data, monkeypatch):
    features = [data.bare[index] for index in range(8)]
    target = torch.randn(8, 32, generator=torch.Generator().manual_seed(0))

    def gradients(tokens: int, held: int) -> list[torch.Tensor]:
        monkeypatch.setitem(encoding._CODE_TOKENS_AT_ONCE, "cpu", tokens)
        monkeypatch.setitem(gradient_cache._TOKENS_HELD, "cpu", held)
        torch.manual_seed(0)
        model = tiny_model("ast").eval()
        chunks, inverse = code_chunks(model, features, CPU)
        assert (len(chunks) > 1) == (tokens < 1000)
        encoded = CachedEncoding(chunks, CPU)
        (encoded.vectors[inverse] * target).sum().backward()
        encoded.backward()
        return [parameter.grad for parameter in model.parameters() if parameter.grad is not None]

    whole = gradients(10_000, held=10_000)
    for held in (0, 100, 10_000):
        for of_parts, of_whole in zip(gradients(60, held), whole, strict=True):
            assert (of_parts - of_whole).norm() <= 0.05 * of_whole.norm() + 1e-3


def test_every_batch_is_of_one_language_and_holds_each_pair_once(data):
    vectors = np.random.default_rng(0).normal(size=(16, 8)).astype(np.float32)
    batches = arrange(data, vectors, TrainingConfig(batch=4), epoch=0)
    assert sorted(np.concatenate(batches)) == list(range(16))
    other = arrange(data, vectors, TrainingConfig(batch=4), epoch=1)
    assert [list(batch) for batch in batches] != [list(batch) for batch in other]


def test_the_same_question_is_no_negative():
    vectors = torch.nn.functional.normalize(
        torch.randn(4, 8, generator=torch.Generator().manual_seed(0)), dim=1
    )
    same = torch.eye(4, dtype=torch.bool)
    same[0, 1] = same[1, 0] = True
    loss = SymmetricContrastiveLoss()
    value = loss(vectors, vectors, same, torch.arange(4))
    value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(loss.log_scale.grad)
    assert value < SymmetricContrastiveLoss()(
        vectors, vectors[[1, 0, 2, 3]], torch.eye(4, dtype=torch.bool), torch.arange(4)
    )


def test_crowded_pairs_get_a_higher_temperature():
    loss = IndividualTemperatureLoss(3, rho=0.0)
    queries = torch.nn.functional.normalize(
        torch.tensor([[1.0, 0.0, 0.0], [0.9, 0.1, 0.0], [0.0, 0.0, 1.0]]), dim=1
    )
    for _ in range(30):
        loss(queries, queries, torch.eye(3, dtype=torch.bool), torch.arange(3))
    temperatures = loss.temperatures[0]
    assert temperatures[0] > temperatures[2]


def test_mean_angular_margin_is_the_mean_cosine_of_different_vectors():
    vectors = np.eye(3, dtype=np.float32)
    assert mean_angular_margin(vectors) == pytest.approx(0)
    vectors[1] = vectors[0]
    assert mean_angular_margin(vectors) == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match="two vectors"):
        mean_angular_margin(vectors[:1])


def test_ranks_count_ties_against_the_model():
    queries = torch.eye(2)
    assert mean_reciprocal_rank(queries @ torch.eye(2)) == 1
    assert mean_reciprocal_rank(queries @ torch.ones(2, 2)) == 0.5


def test_pooling_keeps_the_root_and_hangs_orphans_below_their_nearest_ancestor():
    #  0 → 1 → 2 → 3, and 4 below 0; a second tree of one node.
    trees = Trees(
        states=torch.tensor([[-9.0], [-5.0], [-4.0], [5.0], [4.0], [1.0]]),
        contents=torch.zeros(6, 2),
        parents=torch.tensor([0, 0, 1, 2, 0, 5]),
        children=torch.tensor([2, 1, 1, 0, 0, 0]),
        batch=torch.tensor([0, 0, 0, 0, 0, 1]),
        origin=torch.arange(6),
    )
    pool = ASTGPool(1, 0.5, "topk")
    torch.nn.init.ones_(pool.by_state.weight)
    torch.nn.init.zeros_(pool.by_state.bias)
    kept, scores = pool(trees)
    assert kept.origin.tolist() == [0, 3, 4, 5]
    assert kept.parents.tolist() == [0, 0, 0, 3]
    assert scores.tolist() == [-9, 5, 4, 1]
    assert kept.edges.tolist() == [[1, 2, 0, 0], [0, 0, 1, 2]]


def test_a_unit_is_encoded_alike_alone_and_in_a_batch(data):
    model = tiny_model("ast")
    features = [data.bare[index] for index in range(6)]
    with torch.inference_mode():
        together = encode_code(model, features, CPU)
        alone = torch.cat([model.encode_code(collate([each])) for each in features])
    assert torch.allclose(together, alone, atol=1e-5)
