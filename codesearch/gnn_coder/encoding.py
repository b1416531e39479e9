"""Texts and units through the torch network, in chunks of like length."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from codesearch.gnn_coder.features import NO_NODES, Features
from codesearch.gnn_coder.network import CodeBatch, GnnCoder, collate, pad

_CODE_TOKENS_AT_ONCE = {"cpu": 4096, "cuda": 65536}
_TEXTS_AT_ONCE = 128


class Chunk(NamedTuple):
    """A part of a batch."""

    encode: Callable[[], Tensor]
    """Computes the vectors of the part, float [part, dimension], anew at every call."""
    tokens: int
    """Tokens that the Transformer reads for it."""


def text_chunks(
    model: GnnCoder, tokenizer: Tokenizer, texts: Sequence[str], device: torch.device
) -> tuple[list[Chunk], Tensor]:
    """Chunks of texts of like length, and the index that puts their vectors in order again."""
    tokenized = [np.array(encoding.ids, dtype=np.int32) for encoding in tokenizer.encode_batch(list(texts))]
    order = sorted(range(len(texts)), key=lambda index: len(tokenized[index]))

    def chunk(start: int) -> Chunk:
        tokens, mask = pad([tokenized[index] for index in order[start : start + _TEXTS_AT_ONCE]])
        return Chunk(lambda: model.encode_texts(tokens.to(device), mask.to(device)), tokens.numel())

    return [chunk(start) for start in range(0, len(texts), _TEXTS_AT_ONCE)], _inverse(order, device)


def code_chunks(
    model: GnnCoder, features: Sequence[Features], device: torch.device
) -> tuple[list[Chunk], Tensor]:
    """Chunks of units of like length, and the index that puts their vectors in order again."""
    order = sorted(range(len(features)), key=lambda index: len(features[index].tokens))
    batches = _by_length(
        [features[index] for index in order], _CODE_TOKENS_AT_ONCE[device.type], plain=model.config is None
    )

    def chunk(batch: CodeBatch) -> Chunk:
        return Chunk(
            lambda: model.encode_code(batch.to(device)), batch.tokens.numel() if batch.read is None else 0
        )

    return [chunk(batch) for batch in batches], _inverse(order, device)


def _inverse(order: list[int], device: torch.device) -> Tensor:
    return torch.from_numpy(np.argsort(order)).to(device)


def encode_texts(model: GnnCoder, tokenizer: Tokenizer, texts: Sequence[str], device: torch.device) -> Tensor:
    """Model's vectors of texts, float32 [texts, dimension], without gradients."""
    chunks, inverse = text_chunks(model, tokenizer, texts, device)
    return _encoded(chunks)[inverse]


def encode_code(model: GnnCoder, features: Sequence[Features], device: torch.device) -> Tensor:
    """Model's vectors of units, float32 [units, dimension], without gradients."""
    chunks, inverse = code_chunks(model, features, device)
    return _encoded(chunks)[inverse]


def _encoded(chunks: Sequence[Chunk]) -> Tensor:
    with torch.no_grad():
        return torch.cat([chunk.encode().float() for chunk in chunks])


def encode_code_with_states(
    model: GnnCoder, features: Sequence[Features], device: torch.device
) -> tuple[Tensor, list[Tensor]]:
    """Vectors of units, float32 [units, dimension], and their tokens' states, float32 [tokens, dimension]."""
    order = sorted(range(len(features)), key=lambda index: len(features[index].tokens))
    vectors: list[Tensor] = []
    of_units = [torch.empty(0)] * len(features)
    for batch in _by_length(
        [features[index] for index in order], _CODE_TOKENS_AT_ONCE[device.type], plain=model.config is None
    ):
        of_batch = order[len(vectors) :][: len(batch.tokens)]
        with torch.no_grad():
            on_device = batch.to(device)
            states = model.states(on_device.tokens, on_device.mask)
            vectors += list(
                model.encode_code(on_device._replace(read=model.means(states, on_device))).float()
            )
            for index, of_unit in zip(of_batch, states.float().cpu(), strict=True):
                of_units[index] = of_unit[: len(features[index].tokens)].clone()
    return torch.stack(vectors)[_inverse(order, device)], of_units


def _by_length(features: list[Features], most_tokens: int, *, plain: bool) -> Iterator[CodeBatch]:
    """Batches of at most so many tokens, short units first; `plain` ones without graphs."""
    held: list[Features] = []
    for unit in features:
        if held and len(unit.tokens) * (len(held) + 1) > most_tokens:
            yield collate(held)
            held = []
        held.append(_without_graph(unit) if plain else unit)
    if held:
        yield collate(held)


def _without_graph(unit: Features) -> Features:
    return Features(unit.tokens, NO_NODES, read=unit.read[:1] if unit.read is not None else None)
