"""A Transformer that stays as it is reads every code once; training the graph network then costs a fraction."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from codesearch.gnn_coder.dataset import FlatFeatures
from codesearch.gnn_coder.network import GnnCoder, pad

_TOKENS_AT_ONCE = {"cpu": 8192, "cuda": 131072}


def with_states(
    flat: FlatFeatures, model: GnnCoder, device: torch.device, path: Path, progress: Callable[[Iterable[Any]], Iterable[Any]]
) -> FlatFeatures:
    """Return the features with the Transformer's states, which lie in the `.npy` at `path` and are computed if it is not there.

    They take `dimension` x 2 bytes a token: about 8 GB for 100,000 functions.
    """
    if not path.exists():
        partial = path.with_suffix(".partial")
        _write(open_memmap(partial, "w+", np.float16, (len(flat.tokens), model.transformer.config.hidden_size)), flat, model, device, progress)
        partial.replace(path)
    return replace(flat, states=np.load(path, mmap_mode="r"))


def _write(
    states: NDArray[np.float16], flat: FlatFeatures, model: GnnCoder, device: torch.device, progress: Callable[[Iterable[Any]], Iterable[Any]]
) -> None:
    starts = np.concatenate([[0], flat.token_ends[:-1]])
    order = np.argsort(flat.token_ends - starts, kind="stable")
    model.eval().to(device)
    for rows in progress(_portions(order, flat.token_ends - starts, _TOKENS_AT_ONCE[device.type])):
        tokens, mask = pad([flat.tokens[starts[row] : flat.token_ends[row]].astype(np.int32) for row in rows])
        with torch.inference_mode():
            found = model.states(tokens.to(device), mask.to(device)).to("cpu", torch.float16).numpy()
        for row, of_unit in zip(rows, found, strict=True):
            length = flat.token_ends[row] - starts[row]
            states[starts[row] : flat.token_ends[row]] = of_unit[:length]


def _portions(order: NDArray[np.int64], lengths: NDArray[np.int64], most: int) -> list[NDArray[np.int64]]:
    """Return the rows in portions of a bounded number of tokens, padding included; `order` is by length."""
    cuts, start = [], 0
    for place, row in enumerate(order):
        if place > start and lengths[row] * (place + 1 - start) > most:
            cuts.append(place)
            start = place
    return np.split(order, cuts)
