"""A tiny grammar, tokenizer and network, to train decoders of a few numbers on."""

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel

from kbqa.decoding.actions import Action, Keyword, VariablePointer
from kbqa.decoding.features import TextTable
from kbqa.decoding.vocabulary import Vocabulary
from kbqa.sparql.grammar.actions import BackwardPointer, ClassPointer, EntityPointer, ForwardPointer
from training.decoder.dataset import Item, JointSchema, make_item
from training.decoder.decisions import Decision
from training.decoder.network import Sizes

VOCABULARY = Vocabulary(("NEW", "STOP", "END"), ("HEAD", "TAIL"), variables=2)
WIDTH = 8
SIZES = Sizes(
    width=8, heads=2, inner=12, reader_layers=2, decoder_layers=2, text_width=WIDTH, longest=8, tuned=1
)
JOINT = replace(SIZES, relations=3)
"""The same, with candidates that are read together."""
ENCODER = {
    "vocab_size": 16,
    "hidden_size": WIDTH,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 12,
    "max_position_embeddings": 32,
}
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "who", "directed", "silent", "harbour", "?", "film", "in", "the"]

QUESTION = "who directed silent harbour ?"
NEW, STOP, END = Keyword("NEW"), Keyword("STOP"), Keyword("END")
ENTITY = EntityPointer("e", "silent harbour", (13, 27), (1.0, 1.0), ("director",))
CLASS = ClassPointer("c", "film")
FORWARD = ForwardPointer("p", "directed by", context=("person",))
BACKWARD = BackwardPointer("q", "member of")
VARIABLE = VariablePointer(0, introduced_by=FORWARD)
STEPS = (
    Decision("HEAD", (NEW, ENTITY, CLASS), 1),
    Decision("TAIL", (FORWARD, BACKWARD), 0),
    Decision("HEAD", (STOP, VARIABLE, ENTITY), 1),
    Decision("TAIL", (STOP, NEW), 0),
)


def tokenizer() -> Tokenizer:
    """A tokenizer of a few words."""
    made = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return made


def text_table() -> TextTable:
    """Vectors of texts by chance, the same for the same text."""

    def encode(texts):
        return np.stack(
            [np.random.default_rng(sum(map(ord, text))).normal(size=WIDTH) for text in texts]
        ).astype(np.float32)

    return TextTable(encode, WIDTH)


def item(
    decisions: tuple[Decision, ...] = STEPS,
    mentioned: tuple[Action, ...] = (ENTITY, CLASS),
    *,
    question: str = QUESTION,
    table: TextTable | None = None,
    schema: JointSchema | None = None,
    seed: int = 0,
) -> Item:
    """The arrays of a question."""
    rng, table = random.Random(seed), table or text_table()
    return make_item(question, decisions, mentioned, VOCABULARY, tokenizer(), table, rng, schema)


def save_encoder(folder: Path) -> BertModel:
    """Save a Transformer of random weights as published ones are, and return it."""
    torch.manual_seed(0)
    model = BertModel(BertConfig(**ENCODER), add_pooling_layer=False).eval()
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(ENCODER))
    save_file(
        {f"bert.{name}": tensor.contiguous() for name, tensor in model.state_dict().items()},
        folder / "model.safetensors",
    )
    return model
