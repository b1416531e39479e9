"""Token embeddings: which there are, what the product and training make of them, what they change."""

import json

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from codesearch.checks import gnn_coder_weights
from codesearch.encoding import maxsim
from codesearch.gnn_coder.encoder import GnnCoderEncoder
from codesearch.gnn_coder.features import NO_NODES, Features, Vocabulary
from codesearch.gnn_coder.graph import syntax_graph
from codesearch.gnn_coder.late_interaction import (
    LATE_FILE,
    MAX_TOKEN_EMBEDDINGS,
    NO_NODE,
    LateInteractionWeights,
    code_token_embeddings,
    content_tokens,
    embedded_tokens,
    read_late_interaction_weights,
    syntax_position_count,
    syntax_positions,
)
from codesearch.gnn_coder.torch_encoder import TorchEncoder
from codesearch.gnn_coder.weights import load_model, save_model
from codesearch.indexing.vectors import serving_index
from codesearch.models import Unit, Vector
from codesearch.parsing import parse_file
from codesearch.parsing.dense_text import dense_text
from codesearch.retrieval import Retriever, search
from codesearch.retrieval.explanation import words_met
from searchapp.encoders import EncoderError, EncoderSpec
from tests.codesearch.gnn_coder.test_openvino_network import random_features
from tests.codesearch.gnn_coder.tiny import (
    VOCABULARY,
    WORDS,
    save_tiny,
    save_tiny_late,
    tiny_model,
    tiny_pairs,
    tiny_tokenizer,
)
from training.code_encoder.dataset import Dataset, flat_features, prepared
from training.code_encoder.late_interaction import LateConfig, LateTrainer, TokenEncoder, with_kinds_of
from training.code_encoder.mining import MiningReport, write_pairs

CPU = torch.device("cpu")
KINDS = len(VOCABULARY.kinds)
SOURCE = (
    "def read(path):\n    file = list(path)\n    return file\n\ndef sort(a):\n    return a + name.get(a)\n"
)


@pytest.fixture
def folder(tmp_path):
    save_tiny(tmp_path / "model")
    save_tiny_late(tmp_path / "model")
    return tmp_path / "model"


def seen():
    """Texts and graphs of some units, one of them without a tree."""
    units = [*parse_file("a.py", SOURCE).units, *parse_file("a.md", "# read\n\nread the file\n").units]
    dense = [dense_text(unit) for unit in units]
    return [each.text for each in dense], [
        syntax_graph(unit, each) for unit, each in zip(units, dense, strict=True)
    ]


def test_punctuation_and_special_tokens_get_no_embedding():
    telling = content_tokens(tiny_tokenizer())
    assert {word for word, tells in zip(WORDS, telling, strict=True) if not tells} >= {
        "(",
        ")",
        ":",
        ",",
        "+",
        "=",
        ".",
        "_",
    }
    assert telling[WORDS.index("read")]
    long = np.full(500, WORDS.index("read"), dtype=np.int32)
    assert list(embedded_tokens(long, telling)) == list(range(MAX_TOKEN_EMBEDDINGS))


def test_a_token_stands_where_its_innermost_node_does():
    # A function (kind 4) over tokens 1 to 9 with a block (kind 3, inner kind 6) over 5 to 8, and in it an
    # identifier (5) at 6.
    nodes = np.array(
        [[4, 4, -1, 2, 0, 1, 9, 0], [3, 6, 0, 1, 1, 5, 8, 0], [5, 5, 1, 0, 2, 6, 7, 1]], dtype=np.int32
    )
    features = Features(np.arange(10, dtype=np.int32), nodes)
    rows = KINDS + 1
    at = syntax_positions(features, np.array([0, 2, 5, 6]), KINDS)
    assert at[0].tolist() == [NO_NODE] * 5
    assert (at[1:] - [0, rows, 2 * rows, 3 * rows, 3 * rows + 16]).tolist() == [
        [4, 4, 4, 2, 0],
        [3, 6, 4, 1, 1],
        [5, 5, 3, 0, 2],
    ]
    assert (
        syntax_positions(Features(features.tokens, NO_NODES), np.array([1, 2]), KINDS).tolist()
        == [[NO_NODE] * 5] * 2
    )


def test_a_tokens_logit_is_its_importance():
    """The scores are tested with `codesearch.encoding`."""
    outputs = np.array([[1, 0, 0, 0], [0, 1, 0, 20], [0, 0, 2, -20]], dtype=np.float32)
    weights = LateInteractionWeights(
        np.zeros((3, 5), np.float32),
        np.zeros(5, np.float32),
        np.zeros(5, np.float32),
        np.zeros((syntax_position_count(KINDS), 4), np.float32),
        1.0,
    )
    embeddings = code_token_embeddings(outputs, np.full((3, 5), NO_NODE), weights)
    assert embeddings.tolist() == [[127, 0, 0, 63], [0, 127, 0, 126], [0, 0, 127, 0]]


def test_a_tokens_position_in_the_tree_adds_to_its_direction_and_importance():
    syntax = np.zeros((syntax_position_count(KINDS), 3), np.float32)
    syntax[4] = [0, 1, 20]
    weights = LateInteractionWeights(
        np.zeros((2, 5), np.float32), np.zeros(5, np.float32), np.zeros(5, np.float32), syntax, 1.0
    )
    outputs = np.array([[1, 0, 0], [1, 0, 0]], dtype=np.float32)
    positions = np.array([[4, 0, 0, 0, 0], [NO_NODE] * 5])
    embeddings = code_token_embeddings(outputs, positions, weights)
    assert embeddings.tolist() == [[90, 90, 126], [127, 0, 63]]


def test_the_product_scores_as_training_does(folder):
    network, rng = save_tiny_late(folder), np.random.default_rng(3)
    features = [random_features(rng, nodes, tokens) for nodes, tokens in ((9, 20), (1, 5), (0, 8), (40, 30))]
    reader = TokenEncoder(load_model(folder), tiny_tokenizer(), KINDS, CPU)
    texts = ["read the file", "sort", "get name of path"]
    with torch.no_grad():
        questions, units = reader.questions(texts), reader.units(features)
        expected = network.late(questions, units).numpy()
    spec = EncoderSpec("gnn_coder", str(folder), max_tokens=64)
    for encoder in (GnnCoderEncoder(spec), TorchEncoder(spec)):
        asked = [encoder.encode_question(text) for text in texts]
        assert [each.late_interaction_weight for each in asked] == pytest.approx(
            [network.share] * 3, rel=1e-3
        )
        assert np.stack([each.vector for each in asked]) == pytest.approx(questions.vectors.numpy(), abs=5e-3)
        embeddings = TorchEncoder(spec)._late.code(features).token_embeddings
        found = maxsim([each.token_embeddings for each in asked], [unit.tobytes() for unit in embeddings])
        assert found == pytest.approx(expected, abs=0.03)


def test_the_product_and_torch_keep_the_same_token_embeddings(folder):
    texts, graphs = seen()
    spec = EncoderSpec("gnn_coder", str(folder), max_tokens=64)
    ours, theirs = (
        GnnCoderEncoder(spec).encode_code(texts, graphs),
        TorchEncoder(spec).encode_code(texts, graphs),
    )
    assert (ours.vectors * theirs.vectors).sum(axis=1) == pytest.approx(np.ones(len(texts)), abs=5e-3)
    for one, other in zip(ours.token_embeddings, theirs.token_embeddings, strict=True):
        assert one.shape == other.shape
        assert one.astype(int) == pytest.approx(other.astype(int), abs=4)


def test_a_question_without_words_has_no_token_embeddings(folder):
    encoder = GnnCoderEncoder(EncoderSpec("gnn_coder", str(folder), max_tokens=64))
    assert encoder.encode_question("( ) + =").token_embeddings is None


def test_weights_that_do_not_fit_are_refused(settings, folder):
    settings.ENCODER = EncoderSpec("gnn_coder", str(folder)).as_dict()
    assert gnn_coder_weights() == []
    read_late_interaction_weights(folder, 32, KINDS)
    for dimension, kinds in ((48, KINDS), (32, KINDS + 1)):
        with pytest.raises(EncoderError, match="trained over another model"):
            read_late_interaction_weights(folder, dimension, kinds)
    (folder / "late.safetensors").write_bytes(b"nothing")
    with pytest.raises(EncoderError, match="cannot be read"):
        read_late_interaction_weights(folder, 32, KINDS)
    (error,) = gnn_coder_weights()
    assert "train_late_interaction" in error.msg
    (folder / "late.safetensors").unlink()
    assert read_late_interaction_weights(folder, 32, KINDS) is None


def test_token_embeddings_are_stored_and_order_what_a_search_finds(settings, folder, index, shop):
    settings.ENCODER = EncoderSpec("gnn_coder", str(folder), max_tokens=64).as_dict()
    index(shop)
    assert serving_index().identity.count("+") == 2
    assert Vector.objects.filter(pieces=None).count() == 0
    hits = search("get the name of a path", retriever=Retriever.DENSE).hits
    assert hits
    late = {hit.candidate.id: hit.candidate.late_interaction for hit in hits}
    assert len(set(late.values())) > 1
    by_all = [hit.candidate.score for hit in hits]
    assert by_all == sorted(by_all, reverse=True)
    Vector.objects.update(pieces=None)  # as an encoder without token embeddings leaves it
    assert {
        hit.candidate.late_interaction
        for hit in search("get the name of a path", retriever=Retriever.DENSE).hits
    } == {0.0}


def test_a_hit_says_what_the_words_met(settings, folder, index, shop, api):
    settings.ENCODER = EncoderSpec("gnn_coder", str(folder), max_tokens=64).as_dict()
    index(shop)
    unit = Unit.objects.get(name="apply_discount")
    met = words_met(unit, "read the file kind:function")
    assert [each.word for each in met] == ["read", "the", "file"]
    assert sum(each.share for each in met) == pytest.approx(1, abs=1e-3)
    asked = GnnCoderEncoder(EncoderSpec("gnn_coder", str(folder), max_tokens=64)).encode_question(
        "read the file"
    )
    kept = bytes(Vector.objects.get(text_hash=unit.text_hash).pieces)
    assert sum(each.share * each.nearness for each in met) == pytest.approx(
        maxsim([asked.token_embeddings], [kept])[0, 0], abs=1e-2
    )
    source = unit.file.blob.text.split("\n")
    assert all(each.met in source[each.line - 1] for each in met if each.line is not None)

    body = api.get(f"/api/v1/code/units/{unit.pk}/explanation?q=read+the+file").json()
    assert [each["word"] for each in body["met"]] == ["read", "the", "file"]
    assert api.get(f"/api/v1/code/units/{unit.pk}/explanation").json()["met"] == []
    refused = api.get(f"/api/v1/code/units/{unit.pk}/explanation?q=kind:nothing")
    assert (refused.status_code, refused.json()["type"]) == (400, "urn:searchapp:invalid")
    page = Client().get(f"{reverse('explain', args=[unit.pk])}?q=read+the+file").content.decode()
    assert "What your question met" in page
    assert Client().get(f"{reverse('explain', args=[unit.pk])}?q=kind:nothing").status_code == 422
    hits = Client().get("/?q=apply+a+discount").content.decode()
    assert f"{reverse('explain', args=[unit.pk])}?q=apply%20a%20discount" in hits


def test_kinds_are_numbered_as_the_model_has_them(pairs_of_random):
    data = pairs_of_random
    own = Vocabulary(("x", *VOCABULARY.kinds[1:]), ())
    renumbered = with_kinds_of(data, own, VOCABULARY)
    before, after = data.bare.nodes[:, :2], renumbered.bare.nodes[:, :2]
    assert (after == np.where(before == 1, 0, before)).all()
    assert (before == 1).any()


@pytest.fixture
def pairs_of_random():
    rng = np.random.default_rng(0)
    flat = flat_features([random_features(rng, 12, 20) for _ in range(8)])
    return Dataset([], flat, flat)


def test_training_learns_goes_on_and_serves(trained_on, tmp_path, capsys):
    pairs, model = trained_on
    options = {
        "pairs": pairs,
        "model": str(model),
        "batch": 4,
        "rate": 3e-2,
        "precision": "fp32",
        "device": "cpu",
        "max_tokens": 64,
        "dimension": 8,
    }
    call_command("train_late_interaction", out=tmp_path / "a", steps=20, validate_every=1, **options)
    reported = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    losses = [json.loads(line) for line in (tmp_path / "a" / "log.jsonl").read_text().splitlines()]
    assert [each["step"] for each in losses] == list(range(1, 21))
    assert losses[-1]["loss"] < losses[0]["loss"] / 2
    assert reported["mrr"] == {
        language: pytest.approx(scores) for language, scores in losses[-1]["mrr"].items()
    }
    trained = read_late_interaction_weights(tmp_path / "a" / "model", 32, KINDS)
    assert trained.projection.shape == (8, 32)
    assert np.abs(trained.syntax).max() > 0
    assert (
        GnnCoderEncoder(EncoderSpec("gnn_coder", str(tmp_path / "a" / "model"), max_tokens=64))
        .encode_question("read")
        .token_embeddings
        is not None
    )

    call_command("train_late_interaction", out=tmp_path / "plain", steps=4, syntax="no", **options)
    assert np.abs(read_late_interaction_weights(tmp_path / "plain" / "model", 32, KINDS).syntax).max() == 0

    with pytest.raises(CommandError, match="no model folder"):
        call_command(
            "train_late_interaction", out=tmp_path / "b", **options | {"model": str(tmp_path / "nowhere")}
        )


def test_upper_layers_of_a_transformer_learn_along(trained_on, tmp_path, capsys):
    pairs, with_graph = trained_on
    before = load_model(with_graph)
    before.config = None
    save_model(before, tmp_path / "transformer", tmp_path / "tokenizer.json", 64)
    options = {
        "pairs": pairs,
        "layers": 1,
        "steps": 8,
        "batch": 4,
        "precision": "fp32",
        "device": "cpu",
        "max_tokens": 64,
        "dimension": 8,
    }
    call_command(
        "train_late_interaction",
        model=str(tmp_path / "transformer"),
        out=tmp_path / "whole",
        transformer_rate=1e-2,
        **options,
    )
    call_command(
        "train_late_interaction",
        model=str(tmp_path / "transformer"),
        out=tmp_path / "half",
        transformer_rate=1e-2,
        keep=0.5,
        **options,
    )
    whole, half = (load_model(tmp_path / name / "model") for name in ("whole", "half"))
    assert not (tmp_path / "whole" / "model" / LATE_FILE).exists()
    lower, upper = "encoder.layer.0.output.dense.weight", "encoder.layer.1.output.dense.weight"
    assert torch.equal(_weight(whole, lower), _weight(before, lower))
    moved = _weight(whole, upper) - _weight(before, upper)
    assert moved.abs().max() > 1e-3
    assert torch.allclose(_weight(half, upper) - _weight(before, upper), moved / 2, atol=1e-3)
    reported = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert [each["keep"] for each in reported] == [0.0, 0.5]

    with pytest.raises(CommandError, match="--layers is for a Transformer alone"):
        call_command("train_late_interaction", model=str(with_graph), out=tmp_path / "a", **options)
    with pytest.raises(CommandError, match="no graph network"):
        call_command(
            "train_late_interaction",
            model=str(tmp_path / "transformer"),
            out=tmp_path / "a",
            **options | {"layers": 0},
        )
    with pytest.raises(CommandError, match="it is for --layers"):
        call_command(
            "train_late_interaction",
            model=str(with_graph),
            out=tmp_path / "a",
            keep=0.5,
            **options | {"layers": 0},
        )


def _weight(model, name):
    return model.transformer.state_dict()[name]


@pytest.mark.parametrize("layers", [0, 1])
def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(trained_on, tmp_path, layers):
    pairs, folder = trained_on
    data, held_out, own, vectors = prepared(pairs, folder, 64, None, lambda name: iter)
    data, held_out = (with_kinds_of(each, own, VOCABULARY) for each in (data, held_out))
    config = LateConfig(batch=4, steps=6, dimension=8, validate_every=3, layers=layers)

    def trainer():
        return LateTrainer(
            TokenEncoder(load_model(folder), tiny_tokenizer(), KINDS, CPU),
            data,
            held_out,
            vectors,
            KINDS,
            config,
        )

    straight, stopped, resumed = trainer(), trainer(), trainer()
    list(straight.run(tmp_path / "straight.pt"))
    for progress in stopped.run(tmp_path / "stopped.pt"):
        if progress.step == 3:
            break
    assert [progress.step for progress in resumed.run(tmp_path / "stopped.pt")] == [4, 5, 6]
    for one, other in zip(_parameters(straight), _parameters(resumed), strict=True):
        assert torch.allclose(one, other, atol=1e-6)


def _parameters(trainer):
    return [*trainer.network.parameters(), *trainer.layers.parameters()]


@pytest.fixture
def trained_on(tmp_path):
    """(pairs, model folder)."""
    tiny_tokenizer().save(str(tmp_path / "tokenizer.json"))
    model = tiny_model("ast", untrained=True)
    # Words so far apart that no two questions count as the same.
    torch.nn.init.normal_(model.transformer.embeddings.word_embeddings.weight, std=2)
    save_model(model, tmp_path / "start", tmp_path / "tokenizer.json", 64)
    pairs = tiny_pairs()
    write_pairs(tmp_path / "pairs", {"train": pairs, "valid": pairs[:8], "test": []}, MiningReport())
    return tmp_path / "pairs", tmp_path / "start"
