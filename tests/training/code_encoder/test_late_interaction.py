"""Training late interaction: what is scored, what is lost, and what learns."""

from math import exp, log

import numpy as np
import pytest
import torch
from torch import nn

from codesearch.encoding import maxsim
from codesearch.gnn_coder.features import NO_NODES, Features
from codesearch.gnn_coder.late_interaction import (
    NO_NODE,
    code_token_embeddings,
    question_token_embeddings,
    read_late_interaction_weights,
)
from tests.codesearch.gnn_coder.tiny import VOCABULARY, tiny_model, tiny_pairs, tiny_tokenizer
from training.code_encoder.dataset import Dataset, flat_features
from training.code_encoder.late_interaction import (
    LateConfig,
    LateInteraction,
    LateTrainer,
    Read,
    TokenEncoder,
    principal_directions,
    upper_layers,
)

CPU = torch.device("cpu")
KINDS = len(VOCABULARY.kinds)


def read(states, kept=None, vectors=None):
    """Texts of given tokens, outside of any syntax tree."""
    states = torch.tensor(states)
    kept = torch.ones(states.shape[:2], dtype=torch.bool) if kept is None else torch.tensor(kept)
    vectors = torch.zeros(len(states), states.shape[2]) if vectors is None else torch.tensor(vectors)
    return Read(vectors, states, kept, torch.full((*states.shape[:2], 5), NO_NODE))


def network(width=2):
    """One that takes directions as they are; all tokens count alike."""
    return LateInteraction(torch.eye(width), KINDS)


# --- scores


def test_each_token_of_a_question_finds_its_nearest():
    """MaxSim: the mean over (1, 0) and (0, 1) of the best cosine with the unit's (1, 0) and (0.6, 0.8)."""
    questions, units = read([[[1.0, 0.0], [0.0, 1.0]]]), read([[[1.0, 0.0], [0.6, 0.8]]])
    assert network().late(questions, units).item() == pytest.approx((1 + 0.8) / 2)


def test_lengths_of_states_do_not_count():
    questions, units = read([[[5.0, 0.0]]]), read([[[0.3, 0.4]]])
    assert network().late(questions, units).item() == pytest.approx(0.6)


def test_tokens_that_are_not_there_match_nothing():
    questions = read([[[1.0, 0.0], [0.0, 1.0]]], kept=[[True, False]])
    units = read([[[0.6, 0.8], [1.0, 0.0]]], kept=[[True, False]])
    assert network().late(questions, units).item() == pytest.approx(0.6)


def test_tokens_count_by_their_weights():
    """Of a question by a softmax; of code twice the sigmoid: log 3 counts 2 · 3/4."""
    made = network()
    with torch.no_grad():
        made.question_weight.copy_(torch.tensor([log(3), 0.0]))
        made.code_weight.copy_(torch.tensor([log(3), 0.0]))
    questions, units = read([[[1.0, 0.0], [0.0, 1.0]]]), read([[[1.0, 0.0], [0.0, 1.0]]])
    # The first token of the question has 3 of 4 parts, and the unit's first token counts 1.5, its second 1.
    assert made.late(questions, units).item() == pytest.approx(3 / 4 * 1.5 + 1 / 4 * 1.0)


def test_a_place_in_the_tree_turns_a_token_and_tells_how_much_it_counts():
    made = network()
    with torch.no_grad():
        made.syntax[4] = torch.tensor([0.0, 1.0, log(3)])
    plain = read([[[1.0, 0.0]]])
    placed = plain._replace(syntax=torch.tensor([[[4, 1, 2, 3, 5]]]))
    for units, direction, importance in ((plain, [1.0, 0.0], 1.0), (placed, [0.5**0.5, 0.5**0.5], 1.5)):
        directions, counts = made.code_embeddings(units)
        assert directions[0, 0].tolist() == pytest.approx(direction)
        assert counts.item() == pytest.approx(importance)


def test_scores_are_of_each_question_with_each_unit():
    rng = torch.Generator().manual_seed(0)
    questions = read(torch.randn(3, 4, 6, generator=rng).tolist())
    units = read(torch.randn(70, 5, 6, generator=rng).tolist())
    made = LateInteraction(torch.eye(6), KINDS)
    found = made.late(questions, units)
    assert found.shape == (3, 70), "more units than are scored at once"
    for question, unit in ((0, 0), (2, 31), (1, 32), (2, 69)):
        alone = made.late(
            Read(*(each[question : question + 1] for each in questions)),
            Read(*(each[unit : unit + 1] for each in units)),
        )
        assert found[question, unit].item() == pytest.approx(alone.item(), abs=1e-5)


# --- losses


def test_the_loss_is_of_both_scores_together_and_of_tokens_alone():
    """Two questions and units on two axes: MaxSim and cosines are the identity matrix.

    Scaled they are 2 and 3, so logits of 5 and 0 together, and of 1.5 · 3 and 0 for tokens alone, which count
    three tenths.
    """
    made = network()
    with torch.no_grad():
        made.log_scales.copy_(torch.tensor([2.0, 3.0]).log())
    axes = [[1.0, 0.0], [0.0, 1.0]]
    both = read([[axes[0]], [axes[1]]], vectors=axes)
    found = made.loss(both, both, torch.zeros(2, 2, dtype=torch.bool))
    assert found.item() == pytest.approx(log(1 + exp(-5)) + 0.3 * log(1 + exp(-4.5)), abs=1e-5)
    assert made.share == pytest.approx(1.5), "what tokens count beside the cosine"


def test_vectors_that_learn_have_to_be_sure_alone_as_well():
    made, axes = network(), [[1.0, 0.0], [0.0, 1.0]]
    with torch.no_grad():
        made.log_scales.copy_(torch.tensor([2.0, 3.0]).log())
    both = read([[axes[0]], [axes[1]]], vectors=axes)
    learning = both._replace(vectors=both.vectors.requires_grad_())
    found = made.loss(both, learning, torch.zeros(2, 2, dtype=torch.bool)).item()
    alone = log(1 + exp(-4.5)) + log(1 + exp(-3))
    assert found == pytest.approx(log(1 + exp(-5)) + 0.3 * alone, abs=1e-5)


def test_pairs_that_ask_the_same_are_no_negatives():
    made, axes = network(), [[1.0, 0.0], [0.0, 1.0]]
    both = read([[axes[0]], [axes[1]]], vectors=axes)
    others = ~torch.eye(2, dtype=torch.bool)
    swapped = both._replace(states=both.states.flip(0), vectors=both.vectors.flip(0))
    assert made.loss(both, swapped, others).item() == pytest.approx(0, abs=1e-5)
    assert made.loss(both, swapped, ~others & others).item() > 10


# --- where it starts


def test_the_first_directions_are_those_that_tokens_vary_in():
    """Tokens along the first axis, some along the third, none along the second."""
    states = [[1.0, 0.0, 0.0]] * 3 + [[0.0, 0.0, 1.0]]
    found = principal_directions(read([states]), 2)
    assert found.shape == (2, 3)
    assert found.abs().tolist() == [[0, 0, 1], [1, 0, 0]]
    gone = principal_directions(read([states], kept=[[True, True, True, False]]), 1)
    assert gone.abs().tolist() == [[1, 0, 0]]


@pytest.mark.parametrize(("number", "expected"), [(0, 0), (1, 1), (2, 2), (9, 2)])
def test_the_upper_layers_are_the_last_of_the_longest_list(number, expected):
    transformer = tiny_model(None).transformer
    layers = list(transformer.encoder.layer)
    assert upper_layers(transformer, number) == layers[2 - expected :]
    assert upper_layers(nn.Linear(1, 1), 3) == []


# --- reading


def reader(learning=0):
    made = TokenEncoder(tiny_model(None), tiny_tokenizer(), KINDS, CPU)
    return made, made.learning(learning)


def test_questions_are_read_alike_alone_and_together():
    made, _ = reader()
    texts = ["read the file", "sort", "get the name of path"]
    together = made.questions(texts)
    assert together.vectors.norm(dim=1).tolist() == pytest.approx([1, 1, 1])
    assert together.present.sum(1).tolist() == [3, 1, 5], "words, without the marks of begin and end"
    for row, text in enumerate(texts):
        alone = made.questions([text])
        assert torch.allclose(together.vectors[row], alone.vectors[0], atol=1e-5)
        number = int(alone.present.sum())
        assert torch.allclose(together.states[row, :number], alone.states[0], atol=1e-5)


def test_a_text_without_words_has_no_tokens():
    made, _ = reader()
    assert made.questions(["( )", "read"]).present.tolist() == [[False], [True]]
    assert (made.questions(["read"]).syntax == NO_NODE).all()


@pytest.mark.parametrize("layers", [0, 1, 2])
def test_only_the_upper_layers_learn(layers):
    made, learning = reader(layers)
    assert len(learning) == layers
    transformer = made._model.transformer
    learns = [all(each.requires_grad for each in layer.parameters()) for layer in transformer.encoder.layer]
    assert learns == [False] * (2 - layers) + [True] * layers
    assert not any(each.requires_grad for each in transformer.embeddings.parameters())
    assert made.questions(["read the file"]).vectors.requires_grad == (layers > 0)


# --- runs


def data(number=16):
    pairs = tiny_pairs()[:number]
    ids = [tiny_tokenizer().encode(pair.code).ids for pair in pairs]
    units = flat_features([Features(np.array(each, dtype=np.int32), NO_NODES) for each in ids])
    return Dataset(pairs, units, units)


def run_of(steps=8, layers=1, seed=0, **config):
    vectors = np.random.default_rng(0).normal(size=(16, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    config = LateConfig(
        seed=seed, batch=8, steps=steps, layers=layers, dimension=4, rate=1e-2, transformer_rate=1e-3,
        validate_every=4, rewritten_share=0.0, **config,
    )  # fmt: skip
    made = TokenEncoder(tiny_model(None), tiny_tokenizer(), KINDS, CPU)
    return LateTrainer(made, data(), data(), vectors, KINDS, config)


def test_losses_fall_and_validations_are_told(tmp_path):
    found = list(run_of(steps=30).run(tmp_path / "run.pt"))
    assert [at.step for at in found] == list(range(1, 31))
    assert np.mean([at.loss for at in found[-4:]]) < np.mean([at.loss for at in found[:4]])
    assert [at.step for at in found if at.mrr is not None] == [4, 8, 12, 16, 20, 24, 28, 30]
    assert set(found[-1].mrr) == {"python"}
    assert all(0 < mrr <= 1 for mrr in found[-1].mrr["python"])


def test_a_stopped_run_goes_on_as_if_never_stopped(tmp_path):
    whole = {at.step: at.loss for at in run_of().run(tmp_path / "whole.pt")}
    for at in run_of().run(tmp_path / "parts.pt"):
        if at.step == 6:
            break
    rest = {at.step: at.loss for at in run_of().run(tmp_path / "parts.pt")}
    assert list(rest) == [5, 6, 7, 8], "from the last validation on"
    assert rest == pytest.approx({step: whole[step] for step in rest}, rel=1e-3)


def test_without_syntax_places_learn_nothing(tmp_path):
    run = run_of(syntax=False, layers=0)
    before = run.network.projection.clone()
    list(run.run(tmp_path / "run.pt"))
    assert run.network.syntax.abs().sum() == 0
    assert not torch.equal(run.network.projection, before)


# --- files


def test_what_is_written_is_what_search_reads(tmp_path):
    torch.manual_seed(0)
    made = LateInteraction(torch.randn(3, 8), KINDS)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.normal_().copy_(parameter.half().float())
    made.save(tmp_path)
    weights = read_late_interaction_weights(tmp_path, 8, KINDS)
    assert np.array_equal(weights.projection, made.projection.detach().numpy())
    assert np.array_equal(weights.syntax, made.syntax.detach().numpy())
    assert weights.score_weight == pytest.approx(made.share, rel=1e-3)


def test_search_scores_as_training_does(tmp_path):
    """`maxsim` over eight bits agrees with what was trained, within rounding."""
    torch.manual_seed(1)
    made = LateInteraction(torch.randn(3, 8), KINDS)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.normal_(std=0.5)
    made.save(tmp_path)
    weights = read_late_interaction_weights(tmp_path, 8, KINDS)
    questions, units = read(torch.randn(1, 4, 8).tolist()), read(torch.randn(1, 6, 8).tolist())

    def outputs(states, weight):
        projected = states.numpy() @ weights.projection.T
        projected /= np.linalg.norm(projected, axis=1, keepdims=True)
        return np.concatenate([projected, (states.numpy() @ weight)[:, None]], axis=1)

    asked = question_token_embeddings(outputs(questions.states[0], weights.question_weight))
    code = code_token_embeddings(
        outputs(units.states[0], weights.code_weight), units.syntax[0].numpy(), weights
    )
    with torch.no_grad():
        expected = made.late(questions, units).item()
    assert maxsim([asked], [code.tobytes()])[0, 0] == pytest.approx(expected, abs=0.03)
