"""The network that reads question and columns as one text: how it reads, that its two forms agree, and what
the focus makes of it.
"""

import json
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command

from kbqa.decoding.features import JOINT_WIDTH, JointReading
from kbqa.decoding.pointer_network import load_decoder
from kbqa.sql.answer.encoding import encode_question
from kbqa.sql.answer.generator import LocalGenerator
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.decoder import MODEL_FOLDER
from kbqa.sql.focus.cross_encoder.features import MAX_TOKENS, nodes_of, schema_text
from kbqa.sql.focus.cross_encoder.inference import CrossEncoder, load_cross_encoder
from kbqa.sql.focus.schema_focus import focus_schema
from kbqa.sql.focus.selection import Budget
from kbqa.sql.names import CellNames
from kbqa.sql.schema import Column, ColumnRef, ColumnType, ForeignKey, Schema, Table
from searchapp.encoders.base import EncoderError, EncoderSpec
from searchapp.encoders.openvino import BUNDLED_MODEL, OpenVinoEncoder, model_folder
from training.cross_encoder.network import Sizes
from training.cross_encoder.trainer import Item, Trainer, TrainingConfig, collate

QUESTION = "Which stations have more than two platforms and step-free access?"
NUMBER, TEXT = ColumnType.NUMBER, ColumnType.TEXT
STATIONS = Schema(
    (
        Table(
            "station",
            (
                Column("id", NUMBER, "INTEGER", primary=True),
                Column("x7", NUMBER, "INTEGER", description="number of platforms"),
            ),
        ),
        Table(
            "train",
            (
                Column("id", NUMBER, "INTEGER", primary=True),
                Column("stationId", NUMBER, "INTEGER"),
                Column("colour", TEXT, "TEXT"),
            ),
        ),
    ),
    (ForeignKey(ColumnRef("train", "stationId"), ColumnRef("station", "id")),),
)


@pytest.fixture(scope="module")
def tokenizer():
    return OpenVinoEncoder(EncoderSpec("openvino", BUNDLED_MODEL)).tokenizer


def wide(number):
    columns = tuple(
        Column(f"measure{place}", NUMBER, "INTEGER", description=f"what sensor {place} has measured")
        for place in range(number)
    )
    return Schema((Table("hall", columns), *STATIONS.tables), STATIONS.keys)


@pytest.mark.parametrize("schema", [STATIONS, wide(60)])
def test_every_table_and_column_stands_in_a_piece_that_can_be_read(schema, tokenizer):
    world = link_question(QUESTION, schema, CellNames())
    text, nodes = schema_text(QUESTION, world, tokenizer), nodes_of(world)
    assert len(nodes) == len(schema.tables) + sum(len(table.columns) for table in schema.tables)
    assert max(map(len, text.pieces)) <= MAX_TOKENS
    for node, (piece, first, after) in zip(nodes, text.places, strict=True):
        assert (
            tokenizer.decode(text.pieces[piece][first:after].tolist())
            .replace(" ", "")
            .startswith(node.text.replace(" ", ""))
        )
    for piece in text.pieces:
        assert tokenizer.decode(piece.tolist()).startswith("which stations have more than two platforms")


def test_a_long_question_leaves_room_for_the_schema(tokenizer):
    text = schema_text(
        "tell me about " + "platforms " * 400, link_question("", STATIONS, CellNames()), tokenizer
    )
    assert max(map(len, text.pieces)) <= MAX_TOKENS
    assert (text.places[:, 2] > text.places[:, 1]).all()


def test_openvino_and_torch_give_the_same(tokenizer, tmp_path):
    trainer = Trainer(
        TrainingConfig(seed=4), Sizes(width=64, heads=2, inner=96, tuned=2), model_folder(BUNDLED_MODEL)
    )
    with torch.no_grad():
        for parameter in trainer.network.parameters():
            if parameter.requires_grad:
                parameter.add_(0.05 * torch.randn_like(parameter)).copy_(parameter.half().float())
    trainer.network.train(False)
    world = link_question(QUESTION, wide(30), CellNames())
    text = schema_text(QUESTION, world, tokenizer)
    with torch.inference_mode():
        expected = trainer.network(collate([Item(text, np.zeros(len(text.kinds), dtype=np.float32))]))[
            0
        ].numpy()
    trainer.save(tmp_path, {})
    found = CrossEncoder(tmp_path).read(QUESTION, world).logits
    assert list(found) == list(nodes_of(world))
    # Where the processor has bfloat16, OpenVINO rounds to it: what differs more than that between columns has
    # to agree.
    np.testing.assert_allclose(list(found.values()), expected, atol=2e-2)
    assert np.corrcoef(list(found.values()), expected)[0, 1] > 0.9995
    small = link_question(QUESTION, STATIONS, CellNames())
    text, joint = schema_text(QUESTION, small, tokenizer), CrossEncoder(tmp_path).read(QUESTION, small)
    with torch.inference_mode():
        states = trainer.network.encoder(torch.from_numpy(text.pieces[0])[None]).last_hidden_state[0].numpy()
    of_question = states[: text.question_tokens]
    np.testing.assert_allclose(joint.of_tokens(len(of_question)), of_question, atol=2e-2)
    for node, (_, first, after) in zip(nodes_of(small), text.places, strict=True):
        np.testing.assert_allclose(joint.of([node])[0], states[first:after].mean(0), atol=2e-2)


def test_a_question_in_several_pieces_is_read_as_their_mean(tokenizer):
    reader = load_cross_encoder()
    text = schema_text(QUESTION, link_question(QUESTION, wide(60), CellNames()), tokenizer)
    assert len(text.pieces) > 1
    whole, _ = reader.states(text)
    alone = [
        reader.states(replace(text, pieces=(piece,), places=text.places[:0]))[0] for piece in text.pieces
    ]
    np.testing.assert_allclose(whole, np.mean(alone, axis=0), atol=1e-4)


class Certain:
    """Stands for a network that is sure of one column alone."""

    def __init__(self, ref):
        self.ref = ref

    def read(self, question, world):
        logits = {choice: 30.0 if choice.key == self.ref else -30.0 for choice in nodes_of(world)}
        states = {choice: np.ones(JOINT_WIDTH, dtype=np.float32) for choice in nodes_of(world)}
        return JointReading(np.ones((4, JOINT_WIDTH), dtype=np.float32), states, logits)


def test_the_focus_goes_by_both_networks():
    schema, wanted = wide(40), ColumnRef("hall", "measure31")
    generator = LocalGenerator(load_decoder(MODEL_FOLDER), cross_encoder=lambda: Certain(wanted))
    linked = link_question(QUESTION, schema, CellNames())
    session, linked = encode_question(QUESTION, linked, generator.model)
    narrow = focus_schema(session, linked, generator.cross_encoder, whole=0, budget=Budget(20.0, 0.1, 1.0))
    assert set(narrow.linked.schema.refs()) == {wanted}
    assert focus_schema(session, linked).whole, "a small schema is not focused, and need not be read twice"


def test_wrong_weights_are_refused(tmp_path):
    with pytest.raises(EncoderError, match="cannot be read"):
        CrossEncoder(tmp_path)


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data" / "bird"
    folder.mkdir(parents=True)
    statement = (
        "CREATE TABLE station (id INTEGER PRIMARY KEY, name TEXT, platforms INTEGER); "
        "CREATE TABLE train (id INTEGER PRIMARY KEY, colour TEXT)"
    )
    (folder / "train_schemas.json").write_text(json.dumps({"railways": statement, "donor": statement}))
    (folder / "train_column_meaning.json").write_text(
        json.dumps({"railways|station|platforms": "how many tracks one can get on at"})
    )
    rows = [
        {
            "db_id": name,
            "question": "Which stations have two platforms?",
            "evidence": "",
            "sql": "SELECT name FROM station WHERE platforms = 2",
        }
        for name in ("railways", "railways", "donor")
    ]
    (folder / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path / "data"


def test_it_is_trained_and_measured_on_schemas_that_it_does_not_see(data, tmp_path):
    out = StringIO()
    call_command("train_focus", data=data, out=tmp_path / "model", epochs=1.0, stdout=out)
    last = json.loads(out.getvalue().strip().splitlines()[-1])
    assert "2 questions" in out.getvalue()
    assert "1 held out" in out.getvalue()
    assert set(last) == {"batches", "of", "loss", "area", "recall"}
    schema = Schema((replace(STATIONS.tables[0]),))
    assert (
        CrossEncoder(tmp_path / "model").read(QUESTION, link_question(QUESTION, schema, CellNames())).logits
    )


def test_training_without_questions_says_so(tmp_path):
    with pytest.raises(CommandError, match="no folder bird"):
        call_command("train_focus", data=tmp_path, out=tmp_path / "model")
