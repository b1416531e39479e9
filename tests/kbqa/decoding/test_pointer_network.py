"""The two ways to run the network agree, whatever its weights are."""

import random

import numpy as np
import torch

from kbqa.decoding.actions import Keyword, VariablePointer
from kbqa.decoding.pointer_network import DecoderModel, Past, Session
from kbqa.decoding.vocabulary import Vocabulary
from kbqa.sparql.grammar.actions import BackwardPointer, ClassPointer, EntityPointer, ForwardPointer
from searchapp.encoders.openvino import BUNDLED_MODEL, model_folder
from training.decoder.dataset import collate, make_item
from training.decoder.decisions import Decision
from training.decoder.network import Sizes
from training.decoder.trainer import Pretrained, Trainer, TrainingConfig

VOCABULARY = Vocabulary(("NEW", "STOP"), ("HEAD", "TAIL"))
ENTITY = EntityPointer(
    "e", "Silent Harbour", (13, 27), (1.0, 1.0, 1.0, 0.5, 0.2, 0.4), ("director", "starring")
)
FORWARD = ForwardPointer("p", "directed by", context=("person",))
BACKWARD = BackwardPointer("q", "member of")
CLASS = ClassPointer("c", "film", (0, 3), (1.0, 1.0))
VARIABLE = VariablePointer(0, introduced_by=FORWARD)
NEW, STOP = Keyword("NEW"), Keyword("STOP")
QUESTION = "who directed Silent Harbour?"
STEPS = [
    Decision("HEAD", (NEW, ENTITY, CLASS), 1),
    Decision("TAIL", (FORWARD, BACKWARD), 0),
    Decision("HEAD", (STOP, VARIABLE, ENTITY, BACKWARD), 1),
    Decision("TAIL", (STOP, NEW), 0),
]


def trainer(seed: int, text_vectors: np.ndarray) -> Trainer:
    pretrained = Pretrained(model_folder(BUNDLED_MODEL), 2)
    sizes = Sizes(width=64, heads=2, inner=96, reader_layers=2, decoder_layers=2, tuned=2)
    made = Trainer(TrainingConfig(seed=seed), sizes, VOCABULARY, pretrained, text_vectors)
    with torch.no_grad():
        for parameter in made.network.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter)).copy_(parameter.half().float())
    return made


def test_numpy_and_torch_give_the_same_probabilities(tmp_path):
    from kbqa.decoding.features import TextTable
    from searchapp.encoders.base import EncoderSpec
    from searchapp.encoders.openvino import OpenVinoEncoder

    encoder = OpenVinoEncoder(EncoderSpec("openvino", BUNDLED_MODEL))
    table = TextTable(encoder.encode, encoder.dimension)
    item = make_item(QUESTION, STEPS, (ENTITY, CLASS), VOCABULARY, encoder.tokenizer, table, random.Random(0))
    made = trainer(3, table.vectors)
    made.network.train(False)
    lower = made.pretrained.lower_states([item], lambda done, total: None)
    with torch.inference_mode():
        expected = made.network(collate([item], lower, VOCABULARY), made.text_vectors).scores[0]
    made.save(tmp_path, {})

    session, past, previous = Session(DecoderModel(tmp_path), QUESTION, (ENTITY, CLASS)), Past(), None
    for place, step in enumerate(STEPS):
        states, past = session.step(past.of([0]) if past.keys else past, [previous], [step.step], place)
        scores = session.scores(states[0], step.legal)
        wanted = expected[place][expected[place] > -1e3]
        np.testing.assert_allclose(np.sort(scores), np.sort(wanted.numpy()), atol=2e-3)
        np.testing.assert_allclose(scores[step.gold], expected[place][_column(item, place)], atol=2e-3)
        previous = step.legal[step.gold]


def _column(item, place):
    gold = int(item.gold[place])
    pointers = len(item.candidates.kinds)
    return (
        gold
        if gold < 1_000
        else len(VOCABULARY.keywords) + (gold - 1_000 if gold < 10_000 else pointers + gold - 10_000)
    )


def test_training_learns_a_question_by_heart():
    from kbqa.decoding.features import TextTable
    from searchapp.encoders.base import EncoderSpec
    from searchapp.encoders.openvino import OpenVinoEncoder

    encoder = OpenVinoEncoder(EncoderSpec("openvino", BUNDLED_MODEL))
    table = TextTable(encoder.encode, encoder.dimension)
    items = [
        make_item(QUESTION, STEPS, (ENTITY, CLASS), VOCABULARY, encoder.tokenizer, table, random.Random(0))
    ] * 4
    made = trainer(1, table.vectors)
    object.__setattr__(made.config, "epochs", 25.0)
    lower = made.pretrained.lower_states(items, lambda done, total: None)
    losses = []
    made.train(items, lower, lambda done, total, loss: losses.append(loss))
    assert losses[-1] < 0.3 * losses[0]
    assert made.accuracy(items, lower) == (1.0, 1.0)


def test_a_decoder_is_gone_on_from_when_words_were_added(tmp_path):
    old = trainer(5, np.zeros((1, 384), dtype=np.float32))
    old.save(tmp_path, {})
    longer = Vocabulary((*VOCABULARY.keywords, "LATER"), VOCABULARY.steps)
    new = Trainer(
        TrainingConfig(seed=1),
        old.network.sizes,
        longer,
        old.pretrained,
        np.zeros((1, 384), dtype=np.float32),
    )
    fresh = new.network.keyword.weight[-1].clone()
    new.load(tmp_path)
    torch.testing.assert_close(new.network.keyword.weight[:-1], old.network.keyword.weight)
    torch.testing.assert_close(new.network.keyword.weight[-1], fresh)
