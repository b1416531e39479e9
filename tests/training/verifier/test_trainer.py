"""Training the verifier: its loss, what it learns, and that what is written computes the same elsewhere."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from kbqa.sql.answer.reading import Reading
from kbqa.sql.stores.executor import Result
from kbqa.sql.verifier.inference import Verifier
from kbqa.sql.verifier.text import pair_of
from searchapp.encoders.base import EncoderError, EncoderSpec
from searchapp.encoders.openvino import BUNDLED_MODEL, OpenVinoEncoder, model_folder
from tests.training.decoder.tiny import ENCODER, save_encoder
from training.verifier.network import VerifierNetwork
from training.verifier.trainer import Item, Trainer, TrainingConfig, collate, loss_of

QUESTION = "How many boats are there?"


def item(*lengths, right, seed=0):
    """A question with readings of so many tokens."""
    rng = np.random.default_rng(seed)
    pairs = tuple(rng.integers(4, ENCODER["vocab_size"], length) for length in lengths)
    return Item(pairs, np.array(right))


@pytest.fixture(scope="module")
def tokenizer():
    return OpenVinoEncoder(EncoderSpec("openvino", BUNDLED_MODEL)).tokenizer


@pytest.fixture
def folder(tmp_path):
    save_encoder(tmp_path)
    return tmp_path


# --- the loss


def test_the_loss_is_the_likelihood_of_the_right_readings_or_of_none():
    scores = torch.log(torch.tensor([2.0, 5.0, 1.0, 3.0]))
    first = item(3, 4, right=[True, False])
    none = item(2, 5, right=[False, False])
    expected = (-np.log(2 / 8) - np.log(1 / 5)) / 2
    assert loss_of(scores, [first, none]).item() == pytest.approx(expected, abs=1e-6)


def test_padding_changes_nothing():
    network = VerifierNetwork(ENCODER).eval()
    short, long = np.arange(4, 9), np.arange(4, 16)
    together = network(*collate([short, long]))
    alone = torch.cat([network(*collate([short])), network(*collate([long]))])
    assert torch.allclose(together, alone, atol=1e-5)


def test_it_learns_which_reading_is_right(folder):
    """The right readings have a token of their own."""
    rng = np.random.default_rng(1)
    items = []
    for _ in range(60):
        pairs = [rng.integers(10, ENCODER["vocab_size"], 6) for _ in range(3)]
        right = rng.permutation([True, False, False])
        items.append(
            Item(
                tuple(
                    np.append(pair, 5 if is_right else 6) for pair, is_right in zip(pairs, right, strict=True)
                ),
                right,
            )
        )
    trainer = Trainer(TrainingConfig(epochs=12, batch=200, tuned=1, rate=1e-2, encoder_rate=1e-2), folder)
    before, losses = trainer.first_right(items), []
    trainer.train(items, lambda done, total, loss: losses.append(loss))
    assert before < 0.7
    assert trainer.first_right(items) > 0.9
    assert np.mean(losses[-5:]) < np.mean(losses[:5])


def test_only_trained_layers_are_written(folder, tmp_path):
    trainer = Trainer(TrainingConfig(tuned=1), folder)
    trainer.save(tmp_path / "out", {"validation": {"first_right": 0.5}})
    config = json.loads((tmp_path / "out" / "verifier.json").read_text())
    assert config == {"tuned": 1, "validation": {"first_right": 0.5}}
    names = set(load_file(tmp_path / "out" / "verifier.safetensors"))
    assert {"score.weight", "score.bias"} < names
    assert all(name.startswith(("score.", "encoder.layer.0.")) for name in names)


# --- without torch


def test_what_is_written_computes_the_same_without_torch(tokenizer, tmp_path):
    trainer = Trainer(TrainingConfig(tuned=2), model_folder(BUNDLED_MODEL))
    with torch.no_grad():
        for parameter in trainer.network.encoder.encoder.layer[-1].parameters():
            parameter.add_(torch.randn_like(parameter) * 0.01)
    trainer.save(tmp_path, {})
    readings = [
        ("The number of boats.", "1 rows, 1 columns: 7"),
        ("The names of all boats, of harbours in Oslo.", ""),
    ]
    pairs = [pair_of(tokenizer, QUESTION, *each) for each in readings]
    with torch.inference_mode():
        expected = trainer.network.eval()(*collate(pairs)).tolist()
    assert Verifier(tmp_path).scores(QUESTION, readings) == pytest.approx(expected, abs=0.02)


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path):
    with pytest.raises(EncoderError, match="cannot be read"):
        Verifier(tmp_path)


def test_no_readings_have_no_scores(tmp_path):
    Trainer(TrainingConfig(tuned=1), model_folder(BUNDLED_MODEL)).save(tmp_path, {})
    assert Verifier(tmp_path).scores(QUESTION, []) == []


# --- what is read


def test_a_text_has_the_question_the_words_and_the_findings(tokenizer):
    pair = pair_of(tokenizer, QUESTION, "The number of boats.", "1 rows, 1 columns: 7")
    assert (
        tokenizer.decode(list(pair), skip_special_tokens=False)
        == "[CLS] how many boats are there? [SEP] the number of boats. [SEP] 1 rows, 1 columns : 7 [SEP]"
    )


def test_long_texts_are_cut(tokenizer):
    assert len(pair_of(tokenizer, "boat " * 500, "boat " * 500, "boat " * 500)) == 64 + 96 + 20 + 4


@pytest.mark.parametrize(
    ("rows", "truncated", "found"),
    [
        ([], False, "nothing"),
        ([(None, None)], False, "nothing"),
        ([("Tern", 3)], False, "1 rows, 1 columns: Tern, 3"),
        ([("x" * 50,)] * 200, True, f"200+ rows, 1 columns: {'x' * 30}"),
    ],
)
def test_findings_are_told_in_a_few_words(rows, truncated, found):
    result = Result(("a",), tuple(rows), truncated=truncated)
    assert Reading("SELECT 1", 0.5, result=result).findings == found


def test_what_did_not_run_found_nothing_to_tell():
    assert Reading("SELECT 1", 0.5, error="no such table").findings == ""
