"""What a Transformer that is not trained makes of code and queries, read once for all epochs.

Training the graph network over it then costs a fraction.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from tokenizers import Tokenizer

from codesearch.gnn_coder.encoding import encode_texts
from codesearch.gnn_coder.network import GnnCoder, collate
from training.code_encoder.dataset import FlatFeatures
from training.code_encoder.pairs import Pair
from training.code_encoder.query_rewriting import question_like

_REWORDINGS = 2
_PAIRS_AT_ONCE = 1000
_TOKENS_AT_ONCE = {"cpu": 2048, "cuda": 131072}


def with_read(
    flat: FlatFeatures,
    model: GnnCoder,
    device: torch.device,
    path: Path | None,
    progress: Callable[[Iterable[Any]], Iterable[Any]],
) -> FlatFeatures:
    """The features with what the Transformer reads in them, kept in the `.npy` at `path`.

    It takes `dimension` x 2 bytes a node: about 5 GB for 100,000 functions. Without a path it is kept in
    memory.
    """
    shape = (len(flat.token_ends) + len(flat.nodes), model.transformer.config.hidden_size)
    if path is None:
        read: NDArray[np.float16] = np.empty(shape, np.float16)
        _write(read, flat, model, device, progress)
        return replace(flat, read=read)
    if not path.exists():
        partial = path.with_suffix(".partial")
        _write(open_memmap(partial, "w+", np.float16, shape), flat, model, device, progress)
        partial.replace(path)
    return replace(flat, read=np.load(path, mmap_mode="r"))


def wordings(
    pairs: Sequence[Pair],
    model: GnnCoder,
    tokenizer: Tokenizer,
    device: torch.device,
    path: Path,
    progress: Callable[[Iterable[Any]], Iterable[Any]],
) -> NDArray[np.float16]:
    """Vectors of each pair's query as it stands and reworded, [pairs, 3, dimension].

    They are kept in the `.npy` at `path`.
    """
    if not path.exists():
        rng = random.Random(0)
        portions = [pairs[start : start + _PAIRS_AT_ONCE] for start in range(0, len(pairs), _PAIRS_AT_ONCE)]
        model.eval().to(device)
        vectors = [
            encode_texts(model, tokenizer, _worded(portion, rng), device).cpu().numpy().astype(np.float16)
            for portion in progress(portions)
        ]
        partial = path.with_suffix(".partial")
        with partial.open("wb") as file:
            np.save(file, np.concatenate(vectors).reshape(len(pairs), 1 + _REWORDINGS, -1))
        partial.replace(path)
    stored: NDArray[np.float16] = np.load(path)
    return stored


def _worded(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    texts = []
    for pair in pairs:
        texts.append(pair.query)
        texts += [question_like(pair.query, pair.name, pair.language, rng) for _ in range(_REWORDINGS)]
    return texts


def _write(
    read: NDArray[np.float16],
    flat: FlatFeatures,
    model: GnnCoder,
    device: torch.device,
    progress: Callable[[Iterable[Any]], Iterable[Any]],
) -> None:
    lengths = np.diff(flat.token_ends, prepend=0)
    starts = np.concatenate([[0], flat.node_ends[:-1]]) + np.arange(len(lengths))
    model.eval().to(device)
    for rows in progress(
        _portions(np.argsort(lengths, kind="stable"), lengths, _TOKENS_AT_ONCE[device.type])
    ):
        features = [flat[row] for row in rows]
        with torch.inference_mode():
            sequences, contents = (
                states.to("cpu", torch.float16).numpy() for states in model.read(collate(features).to(device))
            )
        of_units = np.split(contents, np.cumsum([len(unit.nodes) for unit in features])[:-1])
        for row, sequence, of_unit in zip(rows, sequences, of_units, strict=True):
            read[starts[row]] = sequence
            read[starts[row] + 1 : starts[row] + 1 + len(of_unit)] = of_unit


def _portions(order: NDArray[np.int64], lengths: NDArray[np.int64], most: int) -> list[NDArray[np.int64]]:
    """The rows in portions of a bounded number of tokens, padding included; `order` is by length."""
    cuts, start = [], 0
    for index, row in enumerate(order):
        if index > start and lengths[row] * (index + 1 - start) > most:
            cuts.append(index)
            start = index
    return np.split(order, cuts)
