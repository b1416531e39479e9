"""Sequence models with random weights, under the constraints: every query that they finish runs and has an
answer.
"""

import random

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

from kbqa.decoding.sequence_model import SequenceModel, load_sequence_model
from kbqa.decoding.token_constraints import GrammarProcessor, TokenTrie
from kbqa.sparql.grammar import start
from kbqa.sparql.query import query_text
from searchapp.encoders.base import EncoderError
from tests.kbqa.sparql.grammar.spelled import films, live
from tests.kbqa.sparql.grammar.test_grammar import anything

TEXTS = [
    "Marta Oliveira",
    "Silent Harbour",
    "director starring year genre birth place",
    "NEW END COUNT SELECT STOP ASC DESC | ~",
    "Jón Þórsson 1994 <= >=",
]


def tokenizer(kind: str, folder) -> PreTrainedTokenizerFast:
    """A small tokeniser of a kind, trained on a few names: most are cut into odd pieces."""
    made = Tokenizer(
        models.BPE(byte_fallback=True, unk_token="<unk>") if kind == "metaspace" else models.BPE()
    )
    alphabet = pre_tokenizers.ByteLevel.alphabet() if kind == "bytes" else []
    made.pre_tokenizer = (
        pre_tokenizers.ByteLevel(add_prefix_space=False) if kind == "bytes" else pre_tokenizers.Metaspace()
    )
    made.decoder = decoders.ByteLevel() if kind == "bytes" else decoders.Metaspace()
    special = [
        "<pad>",
        "</s>",
        "<unk>",
        *([f"<0x{byte:02X}>" for byte in range(256)] if kind == "metaspace" else []),
    ]
    made.train_from_iterator(
        TEXTS * 3,
        trainers.BpeTrainer(
            vocab_size=600, special_tokens=special[:3], initial_alphabet=alphabet, show_progress=False
        ),
    )
    if kind == "metaspace":
        made.add_tokens(special[3:])
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="<pad>", eos_token="</s>", bos_token="</s>", unk_token="<unk>"
    )
    wrapped.save_pretrained(folder)
    return wrapped


def save_model(kind: str, folder) -> None:
    torch.manual_seed(0)
    made = tokenizer("metaspace" if kind == "t5" else "bytes", folder)
    size = len(made)
    if kind == "bart":
        config = BartConfig(
            vocab_size=size,
            d_model=32,
            encoder_layers=1,
            decoder_layers=1,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=32,
            decoder_ffn_dim=32,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=1,
            decoder_start_token_id=1,
            forced_eos_token_id=None,
        )
        model = BartForConditionalGeneration(config)
    elif kind == "t5":
        model = T5ForConditionalGeneration(
            T5Config(
                vocab_size=size,
                d_model=32,
                d_kv=16,
                d_ff=32,
                num_layers=1,
                num_heads=2,
                decoder_start_token_id=0,
            )
        )
    else:
        model = GPT2LMHeadModel(
            GPT2Config(
                vocab_size=size,
                n_embd=32,
                n_layer=1,
                n_head=2,
                n_positions=512,
                bos_token_id=1,
                eos_token_id=1,
            )
        )
    model.save_pretrained(folder)


@pytest.mark.parametrize("kind", ["bart", "t5", "gpt2"])
def test_models_with_random_weights_write_queries_that_hold(kind, tmp_path):
    save_model(kind, tmp_path)
    model, graph, rng, written = SequenceModel(str(tmp_path)), live(films()), random.Random(2), 0
    for turn in range(20):
        with torch.no_grad():
            for parameter in model._model.parameters():
                parameter.add_(0.3 * torch.randn_like(parameter))
        for hypothesis in model.parse(f"question {turn}", start(anything(graph, rng)), 3).hypotheses:
            state = hypothesis.state
            written += 1
            if not state.answerable:
                continue
            if state.query.columns:
                assert graph.store.select(query_text(state.query), limit=1).rows
            else:
                graph.store.ask(query_text(state.query))
    assert written > 2  # most sequences by chance run out of tokens before they end


@pytest.mark.parametrize("kind", ["bytes", "metaspace"])
def test_a_name_is_legal_however_it_is_cut(kind, tmp_path):
    tokens = tokenizer(kind, tmp_path)
    trie = TokenTrie(tokens)
    graph, rng = live(films()), random.Random(0)
    state = start(anything(graph, rng))
    wanted = next(choice for choice in state.prefix.linked.entities)
    spelled = wanted.text.encode() + b"|"
    for seed in range(20):
        processor, ids, rest, cut = GrammarProcessor(state, trie, 0, 1), [], spelled, random.Random(seed)
        while rest:
            fitting = [number for number, text in trie.texts.items() if rest.startswith(text)]
            assert fitting
            ids_now, scores = torch.tensor([ids], dtype=torch.long), torch.zeros(1, len(tokens))
            legal = set(torch.isfinite(processor(ids_now, scores))[0].nonzero()[:, 0].tolist())
            assert set(fitting) <= legal
            chosen = cut.choice(fitting)
            ids.append(chosen)
            rest = rest[len(trie.texts[chosen]) :]
        assert processor._position(ids).state.prefix.head == wanted


def test_a_missing_model_is_named():
    with pytest.raises(EncoderError, match="no model folder"):
        load_sequence_model("/none")
    with pytest.raises(EncoderError, match="DECODER_MODEL is empty"):
        load_sequence_model("")
