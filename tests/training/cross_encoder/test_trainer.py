"""Training the cross-encoder: what is read, batches, measures, and what is written."""

import json
import random

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from kbqa.decoding.actions import FEATURES
from kbqa.sql.focus.cross_encoder.features import SchemaText
from kbqa.sql.schema import Column, ColumnRef, ColumnType, ForeignKey, Schema, Table
from searchapp.encoders.base import EncoderSpec
from searchapp.encoders.openvino import BUNDLED_MODEL, OpenVinoEncoder
from tests.training.decoder.tiny import ENCODER, save_encoder
from training.cross_encoder.network import CrossEncoderNetwork, Sizes
from training.cross_encoder.trainer import Item, Trainer, TrainingConfig, collate, item_of, ranked_right

SIZES = Sizes(width=8, heads=2, inner=12, layers=2, text_width=8, tuned=1)
NUMBER, TEXT = ColumnType.NUMBER, ColumnType.TEXT


def item(*pieces, used=(1.0, 0.0, 1.0), seed=0):
    """A question with a table and columns, each of two tokens in turn, in pieces of so many tokens."""
    rng, number = np.random.default_rng(seed), len(used)
    places = [
        (node % len(pieces), 1 + node // len(pieces), 3 + node // len(pieces)) for node in range(number)
    ]
    text = SchemaText(
        tuple(rng.integers(4, ENCODER["vocab_size"], length) for length in pieces),
        np.array(places),
        np.array([0, *[1] * (number - 1)]),
        rng.normal(size=(number, FEATURES)).astype(np.float32),
        rng.integers(0, SIZES.relations, (number, number)).astype(np.int8),
        question_tokens=1,
    )
    return Item(text, np.array(used, dtype=np.float32))


def network(seed=0):
    torch.manual_seed(seed)
    made = CrossEncoderNetwork(SIZES, ENCODER)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.normal_(std=0.5)
    return made.eval()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of a tiny Transformer."""
    found = tmp_path_factory.mktemp("encoder")
    save_encoder(found)
    return found


# --- batches


def test_pieces_of_all_questions_stand_one_after_another():
    batch = collate([item(6, 9), item(8, used=(0.0, 1.0))])
    assert batch.tokens.sum(1).tolist() == [6, 9, 8]
    assert batch.places[..., 0].tolist() == [[0, 1, 0], [2, 2, 0]], "the second question's piece is the third"
    assert batch.kinds.tolist() == [[0, 1, 1], [0, 1, -1]], "-1 is nothing"
    assert batch.used.tolist() == [[1, 0, 1], [0, 1, 0]]
    assert batch.relations.shape == (2, 3, 3)
    assert batch.relations[1, 2].tolist() == batch.relations[1, :, 2].tolist() == [0, 0, 0]
    assert batch.features[1, 2].abs().sum() == 0


def test_a_question_is_scored_alike_alone_and_in_a_batch():
    """Whatever fills it up, in tokens, in pieces and in columns."""
    made, one, other = network(), item(6, 9), item(12, 5, 7, used=(0.0,) * 6, seed=1)
    with torch.no_grad():
        alone, both = made(collate([one])), made(collate([one, other]))
    assert alone.shape == (1, 3)
    assert torch.allclose(alone[0], both[0, :3], atol=1e-4)


def test_pieces_are_read_alike_in_whatever_order_and_number():
    """Sixteen pieces are more than are read at once; each comes back where it was."""
    made = network()
    pieces = [item(3 + number % 5, seed=number) for number in range(17)]
    batch = collate(pieces)
    with torch.no_grad():
        states = made.read(batch.ids, batch.tokens)
        for row in (0, 4, 16):
            length = int(batch.tokens[row].sum())
            alone = made.encoder(batch.ids[row : row + 1, :length]).last_hidden_state[0]
            assert torch.allclose(states[row, :length], alone, atol=1e-4)


def test_a_column_is_read_as_the_mean_of_its_tokens():
    """The network with its later layers undone: kinds and features of nought, one number a token."""
    made, one = network(), item(9, used=(1.0, 0.0))
    batch = collate([one])
    with torch.no_grad():
        for module in (made.kind, made.features):
            for parameter in module.parameters():
                parameter.zero_()
        heard = []
        made.norm.register_forward_pre_hook(lambda module, given: heard.append(given[0]))
        made(batch)
        states = made.read(batch.ids, batch.tokens)
        expected = torch.stack([made.text(states[0, 1:3].mean(0)), made.text(states[0, 2:4].mean(0))])
    assert torch.allclose(heard[0][0], expected, atol=1e-4)


@pytest.mark.parametrize("field", ["ids", "kinds", "features", "relations"])
def test_what_is_told_of_a_schema_counts(field):
    made, batch = network(), collate([item(9, 8)])
    other = collate([item(9, 8, seed=3)]) if field != "kinds" else batch._replace(kinds=batch.kinds + 1)
    with torch.no_grad():
        one, two = made(batch), made(batch._replace(**{field: getattr(other, field)}))
    assert not torch.allclose(one, two, atol=1e-5)


# --- runs


def run_of(folder, **config):
    return Trainer(TrainingConfig(**config), SIZES, folder)


def test_batches_hold_about_as_many_tokens(folder):
    """Whole questions, one at least; each once."""
    run = run_of(folder, batch=40)
    items = [item(length) for length in (10, 10, 10, 20, 39, 60)]
    groups = list(run._batches(items))
    assert sorted(id(one) for group in groups for one in group) == sorted(map(id, items))
    assert all(len(group) == 1 or sum(one.tokens for one in group) <= 40 for group in groups)
    assert item(10, 7).tokens == 17


def test_lower_layers_stay_and_others_learn(folder):
    run = run_of(folder, batch=100, epochs=3.0, rate=1e-2, encoder_rate=1e-2)
    before = {name: value.clone() for name, value in run.network.named_parameters()}
    losses = []
    run.train([item(9, 8), item(7)], lambda done, total, loss: losses.append((done, total)))
    assert losses == [(1, 3), (2, 3), (3, 3)]
    moved = {name for name, value in run.network.named_parameters() if not torch.equal(value, before[name])}
    frozen = {name for name in before if name.startswith("encoder.") and ".layer.2." not in name}
    assert frozen
    assert not moved & frozen
    still = {name for name in before if name not in frozen | moved}
    assert not {name for name in still if not name.endswith("match_value")}, (
        "weights that no gradient reaches"
    )


def test_a_run_learns_its_questions_by_heart(folder):
    run = run_of(folder, batch=100, epochs=60.0, rate=1e-2)
    items = [item(9, 8), item(7, used=(0.0, 1.0, 0.0), seed=1)]
    losses = []
    run.train(items, lambda done, total, loss: losses.append(loss))
    assert losses[-1] < 0.2 * losses[0]
    assert ranked_right(run.scores(items), items, share=0.5)["area"] == 1


def test_what_is_written_numbers_tuned_layers_from_nought(folder, tmp_path):
    run = run_of(folder)
    run.save(tmp_path, {"validation": {"area": 0.9}})
    stored = load_file(tmp_path / "cross_encoder.safetensors")
    layers = {name.split(".")[2] for name in stored if name.startswith("encoder.layer.")}
    assert layers == {"0"}
    assert not any("embeddings" in name for name in stored), "what stays as it is comes with the package"
    own = run.network.encoder.encoder.layer[2].output.dense.weight
    assert torch.equal(stored["encoder.layer.0.output.dense.weight"], own.half())
    config = json.loads((tmp_path / "cross_encoder.json").read_text())
    assert (config["sizes"]["tuned"], config["validation"]) == (1, {"area": 0.9})


# --- measures


@pytest.mark.parametrize(
    ("scores", "used", "area"),
    [
        ([3, 2, 1], [1, 0, 0], 1.0),
        ([1, 2, 3], [1, 0, 0], 0.0),
        ([4, 3, 2, 1], [1, 0, 1, 0], 3 / 4),
        ([1, 1, 1, 1], [1, 0, 0, 1], 0.5),
        ([2, 1, 1, 0], [1, 1, 0, 0], 3.5 / 4),
    ],
)
def test_the_area_is_how_often_the_used_is_before_the_unused(scores, used, area):
    """Of all pairs of a used and an unused column; equals count half (Mann and Whitney)."""
    one = item(9, used=(0.0, *map(float, used)))
    found = ranked_right([np.array([99.0, *scores], dtype=np.float32)], [one])
    assert found["area"] == pytest.approx(area, abs=1e-4)


@pytest.mark.parametrize(("share", "recall"), [(0.2, 0.5), (0.5, 0.5), (0.75, 1.0), (0.0, 0.5)])
def test_recall_is_what_is_used_among_the_first_columns(share, recall):
    """Tables do not count: one of two used columns is first of four, the other third."""
    one = item(9, used=(1.0, 1.0, 0.0, 1.0, 0.0))
    scores = np.array([-9, 4, 3, 2, 1], dtype=np.float32)
    assert ranked_right([scores], [one], share)["recall"] == recall


def test_recall_is_of_all_schemas_together():
    items = [item(9, used=(0.0, 1.0, 0.0)), item(9, used=(0.0, 1.0, 1.0))]
    scores = [np.array([0, 2, 1], dtype=np.float32)] * 2
    assert ranked_right(scores, items, share=0.5)["recall"] == round(2 / 3, 4)


# --- items


SHOP = Schema(
    (
        Table("city", (Column("id", NUMBER, "INTEGER", primary=True), Column("name", TEXT, "TEXT"))),
        Table(
            "customer",
            (
                Column("id", NUMBER, "INTEGER", primary=True),
                *(Column(f"measure{number}", NUMBER, "INTEGER") for number in range(60)),
                Column("city_id", NUMBER, "INTEGER"),
            ),
        ),
    ),
    (ForeignKey(ColumnRef("customer", "city_id"), ColumnRef("city", "id")),),
)


@pytest.fixture(scope="module")
def tokenizer():
    return OpenVinoEncoder(EncoderSpec("openvino", BUNDLED_MODEL)).tokenizer


def test_what_a_query_uses_is_marked(tokenizer):
    (found,) = item_of("names of cities", "SELECT name FROM city", SHOP, tokenizer, None)
    assert len(found.used) == 2 + 2 + 62, "tables and columns"
    assert found.used.nonzero()[0].tolist() == [0, 2], "city, and its name"


@pytest.mark.parametrize("sql", ["SELECT", "SELECT colour FROM nowhere", ""])
def test_sql_that_cannot_be_read_makes_no_item(tokenizer, sql):
    assert list(item_of("names of cities", sql, SHOP, tokenizer, None)) == []


@pytest.mark.parametrize("seed", range(8))
def test_of_a_large_schema_what_is_used_stays(tokenizer, seed):
    sql = "SELECT city.name FROM customer JOIN city ON customer.city_id = city.id WHERE measure59 > 3"
    (found,) = item_of("names of cities", sql, SHOP, tokenizer, random.Random(seed))
    columns = found.text.kinds > 0
    assert 5 <= columns.sum() <= 44
    assert found.used[columns].sum() == 4
    assert found.used[~columns].sum() == 2
