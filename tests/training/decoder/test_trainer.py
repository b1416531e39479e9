"""Training the decoder: rates, losses, what is counted as right, and what is written and gone on from."""

import json
from math import cos, log, pi

import numpy as np
import pytest
import torch
from torch import nn

from kbqa.decoding.vocabulary import Vocabulary
from tests.training.decoder.tiny import (
    BACKWARD,
    CLASS,
    ENCODER,
    ENTITY,
    FORWARD,
    JOINT,
    NEW,
    SIZES,
    STEPS,
    STOP,
    VOCABULARY,
    item,
    save_encoder,
    text_table,
)
from training.decoder.dataset import JointSchema
from training.decoder.decisions import Decision
from training.decoder.network import Output
from training.decoder.trainer import Pretrained, Trainer, TrainingConfig, warmed_up


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    """The folder of a tiny Transformer, and that Transformer."""
    folder = tmp_path_factory.mktemp("encoder")
    return folder, save_encoder(folder)


def trainer(encoder, sizes=SIZES, vocabulary=VOCABULARY, vectors=None, **config):
    vectors = text_table().vectors if vectors is None else vectors
    return Trainer(TrainingConfig(**config), sizes, vocabulary, Pretrained(encoder[0], sizes.tuned), vectors)


def items_of(*decisions, **told):
    """Items that share the vectors of their texts, and these."""
    table = text_table()
    return [item(steps, table=table, **told) for steps in decisions], table.vectors


def trained(run, items):
    """The losses of a run, batch by batch."""
    losses = []
    lower = run.pretrained.lower_states(items, lambda done, total: None)
    run.train(items, lower, lambda done, total, loss: losses.append(loss))
    return losses


# --- rates


def rates(total, warmup):
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule, found = warmed_up(optimizer, total, warmup), []
    for _ in range(total):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found, optimizer.param_groups[0]["lr"]


def test_rates_rise_in_equal_steps_then_fall_along_a_cosine():
    found, last = rates(20, 0.2)
    assert found[:3] == [0.25, 0.5, 0.75]
    for step in range(3, 20):
        assert found[step] == pytest.approx(0.5 * (1 + cos(pi * step / 20)) + 0.01)
    assert last == pytest.approx(0.01), "a hundredth in the end"


@pytest.mark.parametrize(("total", "warmup"), [(1, 0.05), (3, 0.0), (100, 0.05), (7, 1.0)])
def test_rates_stay_between_nought_and_the_highest(total, warmup):
    found, last = rates(total, warmup)
    assert max(found) <= 1.01, "the cosine is a hundredth higher"
    assert min(found) > 0
    assert last == pytest.approx(0.01)


def test_without_a_warm_up_the_first_rate_is_the_highest():
    assert rates(10, 0.0)[0][0] == 1


def test_the_encoder_learns_at_a_rate_of_its_own(encoder):
    run = trainer(encoder, rate=1e-3, encoder_rate=1e-5)
    new, tuned = run.optimizer.param_groups
    assert (new["initial_lr"] if "initial_lr" in new else new["lr"], tuned["lr"]) == (1e-3, 1e-5)
    of_encoder = {id(parameter) for parameter in run.network.encoder.parameters()}
    assert {id(parameter) for parameter in tuned["params"]} == of_encoder
    both = [id(parameter) for group in run.optimizer.param_groups for parameter in group["params"]]
    assert sorted(both) == sorted(id(parameter) for parameter in run.network.parameters())


# --- the encoder below


def test_the_tuned_layers_are_numbered_from_nought(encoder):
    pretrained = Pretrained(encoder[0], 1)
    upper = pretrained.upper()
    assert pretrained.frozen == ENCODER["num_hidden_layers"] - 1
    assert {name.split(".")[1] for name in upper} == {"0"}
    of_last = encoder[1].encoder.layer[2].output.dense.weight
    assert torch.equal(upper["layer.0.output.dense.weight"], of_last)


def test_a_network_begins_with_the_encoder_that_it_tunes(encoder):
    run = trainer(encoder)
    own, whole = (each.layer[-1].output.dense.weight for each in (run.network.encoder, encoder[1].encoder))
    assert torch.equal(own, whole)


def test_states_below_are_those_of_the_whole_encoder(encoder):
    """Each question's, in the order of the questions, whatever is read beside it."""
    items = [item(question=question) for question in ("who directed silent harbour ?", "who", "the film ?")]
    states = Pretrained(encoder[0], 1).lower_states(items, lambda done, total: None)
    for one, found in zip(items, states, strict=True):
        with torch.no_grad():
            hidden = encoder[1](torch.from_numpy(one.ids)[None], output_hidden_states=True).hidden_states
        assert found.dtype == np.float16
        np.testing.assert_allclose(found, hidden[2][0].numpy(), atol=5e-3)


# --- losses


class Given(nn.Module):
    """Stands for a network: scores and relevance are what they are said to be."""

    def __init__(self, scores, relevance=None):
        super().__init__()
        self.scores = nn.Parameter(torch.tensor(scores))
        self.relevance = None if relevance is None else nn.Parameter(torch.tensor(relevance))

    def forward(self, batch, text_vectors):
        scores = self.scores.masked_fill(~batch.legal, -1e4).log_softmax(-1)
        return Output(scores, scores.new_zeros(len(scores), 0) if self.relevance is None else self.relevance)


def loss_of(encoder, items, scores, relevance=None):
    run = trainer(encoder, batch=len(items), epochs=1.0)
    run.network = Given(scores, relevance)
    return trained(run, items)


ONE_STEP = Decision("HEAD", (NEW, STOP, ENTITY), 1)


def test_the_loss_is_cross_entropy_among_the_legal_actions(encoder):
    """Scores log 1, log 3 and log 4 of three legal actions; what is not legal counts nothing."""
    one = item((ONE_STEP,), (ENTITY,))
    scores = [[[0.0, log(3), 50.0, log(4), 50.0, 50.0]]]
    assert loss_of(encoder, [one], scores) == [pytest.approx(-log(3 / 8), abs=1e-5)]


def test_steps_are_summed_and_questions_averaged(encoder):
    """Two questions, one of one step among three actions and one of two, of one step each among three."""
    one, two = item((ONE_STEP,), (ENTITY,)), item((ONE_STEP, ONE_STEP), (ENTITY,))
    scores = [[[0.0] * 6] * 2] * 2
    assert loss_of(encoder, [one, two], scores) == [pytest.approx(3 * log(3) / 2, abs=1e-5)]


def test_relevance_counts_where_it_is_known(encoder):
    """Logits of 0 are even odds: log 2 for each of the two that are known; nothing for the third."""
    schema = JointSchema(
        lambda actions: np.zeros((len(actions), len(actions)), dtype=np.int8),
        lambda action: {FORWARD: 1, CLASS: 0}.get(action, -1),
    )
    one = item((ONE_STEP,), (FORWARD, CLASS, ENTITY), schema=schema)
    scores = [[[0.0] * (3 + 3 + 2)]]
    even = loss_of(encoder, [one], scores, [[0.0, 0.0, 9.0]])
    assert even == [pytest.approx(log(3) + 2 * log(2), abs=1e-5)]
    # Sure and right is nearly nothing, sure and wrong nearly the logit.
    right, wrong = ([[20.0, -20.0, 0.0]], [[-20.0, -20.0, 0.0]])
    assert loss_of(encoder, [one], scores, right) == [pytest.approx(log(3), abs=1e-5)]
    assert loss_of(encoder, [one], scores, wrong) == [pytest.approx(log(3) + 20, abs=1e-4)]


def test_accuracy_is_of_steps_and_of_whole_questions(encoder):
    run = trainer(encoder)
    # Right (column 1 is STOP) at both steps of the first question and at one of two of the second.
    first, second = item((ONE_STEP, ONE_STEP), (ENTITY,)), item((ONE_STEP, ONE_STEP), (ENTITY,))
    stop, new = [0.0, 9.0, 0, 0, 0, 0], [9.0, 0, 0, 0, 0, 0]
    run.network = Given([[stop, stop], [new, stop]])
    lower = run.pretrained.lower_states([first, second], lambda done, total: None)
    assert run.accuracy([first, second], lower) == (3 / 4, 1 / 2)
    assert run.accuracy([], []) == (0.0, 0.0)
    assert run.network.training, "training goes on as before"


def test_padding_is_neither_right_nor_wrong(encoder):
    run = trainer(encoder)
    short, long = item((ONE_STEP,), (ENTITY,)), item((ONE_STEP, ONE_STEP), (ENTITY,))
    stop, new = [0.0, 9.0, 0, 0, 0, 0], [9.0, 0, 0, 0, 0, 0]
    run.network = Given([[stop, new], [stop, stop]])
    lower = run.pretrained.lower_states([short, long], lambda done, total: None)
    assert run.accuracy([short, long], lower) == (1.0, 1.0)


# --- runs


@pytest.mark.parametrize(
    ("number", "batch", "epochs", "total"), [(5, 2, 1.0, 3), (5, 2, 1.5, 4), (4, 2, 2.0, 4), (1, 48, 3.0, 3)]
)
def test_a_run_takes_its_epochs_in_batches(encoder, number, batch, epochs, total):
    (one,), vectors = items_of(STEPS)
    run, items, told = trainer(encoder, vectors=vectors, batch=batch, epochs=epochs), [one] * number, []
    lower = run.pretrained.lower_states(items, lambda done, total: None)
    run.train(items, lower, lambda done, total, loss: told.append((done, total)))
    assert told == [(done, total) for done in range(1, total + 1)]


def test_a_run_follows_its_seed(encoder):
    items, vectors = items_of(STEPS, STEPS[:2], STEPS, STEPS[:2])
    one, again, other = (
        trained(trainer(encoder, vectors=vectors, batch=2, epochs=1.0, seed=seed), items)
        for seed in (4, 4, 5)
    )
    assert one == again
    assert one != other


@pytest.mark.parametrize("sizes", [SIZES, JOINT])
def test_every_layer_learns(encoder, sizes):
    schema = JointSchema(lambda actions: np.ones((len(actions),) * 2, dtype=np.int8), lambda action: 1)
    items, vectors = items_of(
        STEPS, mentioned=(ENTITY, CLASS, FORWARD, BACKWARD), schema=schema if sizes.relations else None
    )
    rates = {"rate": 1e-2, "encoder_rate": 1e-2}
    run = trainer(encoder, sizes, vectors=vectors, batch=1, epochs=2.0, dropout=0.0, **rates)
    before = {name: value.clone() for name, value in run.network.named_parameters()}
    trained(run, items)
    still = {name for name, value in run.network.named_parameters() if torch.equal(value, before[name])}
    assert not still, "weights that no gradient reaches"


# --- files


def test_what_is_written_is_loaded(encoder, tmp_path):
    run, other = trainer(encoder, seed=1), trainer(encoder, seed=2)
    run.save(tmp_path / "model", {"validation": {"shop": [1, 1]}})
    other.load(tmp_path / "model")
    for name, value in run.network.state_dict().items():
        assert torch.equal(other.network.state_dict()[name], value.half().float()), name
    config = json.loads((tmp_path / "model" / "decoder.json").read_text())
    assert config["keywords"] == ["NEW", "STOP", "END"]
    assert config["steps"] == ["HEAD", "TAIL"]
    assert config["sizes"]["relations"] == 0
    assert config["validation"] == {"shop": [1, 1]}


def test_new_steps_and_words_begin_anew_and_others_go_on(encoder, tmp_path):
    old = trainer(encoder, seed=1)
    old.save(tmp_path, {})
    words, steps = (*VOCABULARY.keywords, "LATER"), (*VOCABULARY.steps, "MIDDLE")
    longer = Vocabulary(words, steps, VOCABULARY.variables + 1)
    new = trainer(encoder, vocabulary=longer, seed=2)
    own = {name: value.clone() for name, value in new.network.state_dict().items()}
    new.load(tmp_path)
    for name in ("keyword.weight", "step.weight", "slot.weight"):
        stored, found = old.network.state_dict()[name].half().float(), new.network.state_dict()[name]
        assert torch.equal(found[:-1], stored)
        assert torch.equal(found[-1], own[name][-1])


@pytest.mark.parametrize(
    "vocabulary",
    [Vocabulary(VOCABULARY.keywords[:2], VOCABULARY.steps, 2), Vocabulary(VOCABULARY.keywords, ("HEAD",), 2)],
)
def test_weights_of_more_words_than_there_are_do_not_load(encoder, tmp_path, vocabulary):
    trainer(encoder).save(tmp_path, {})
    with pytest.raises(RuntimeError, match="size mismatch"):
        trainer(encoder, vocabulary=vocabulary).load(tmp_path)


def test_weights_of_another_width_do_not_load(encoder, tmp_path):
    trainer(encoder).save(tmp_path, {})
    with pytest.raises(RuntimeError, match=r"relevant|match_bias"):
        trainer(encoder, JOINT).load(tmp_path)
