"""Gradient caching (Gao et al. 2021, arXiv 2101.06983): a contrastive batch of any size in bounded memory."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from codesearch.gnn_coder.encoding import Chunk

# Tokens whose activations are kept for the backward pass: a quarter of a megabyte each, for a Transformer
# like MiniLM.
_TOKENS_HELD = {"cpu": 24_576, "cuda": 131_072}


class CachedEncoding:
    """The vectors of a batch, and a backward pass that encodes anew what memory could not hold.

    As many chunks as memory allows keep their activations; the others are encoded without gradients first.
    Once the loss has its gradient with regard to `vectors`, `backward` takes it on to the parameters, and
    encodes those others again for it, with the same random numbers.
    """

    def __init__(self, chunks: Sequence[Chunk], device: torch.device) -> None:
        self._device = device
        held = np.cumsum([chunk.tokens for chunk in chunks]) <= _TOKENS_HELD[device.type]
        self._parts = []
        self._again: list[tuple[Chunk, tuple[Tensor, Tensor | None]] | None] = []
        for chunk, is_held in zip(chunks, held, strict=True):
            self._again.append(None if is_held else (chunk, _random_state(device)))
            with torch.set_grad_enabled(bool(is_held)):
                self._parts.append(chunk.encode().float())
        self.vectors = torch.cat([part.detach() for part in self._parts]).requires_grad_()

    def backward(self) -> None:
        """Add the gradients to the parameters; `vectors.grad` has to be there."""
        assert self.vectors.grad is not None
        gradients = torch.split(self.vectors.grad, [len(part) for part in self._parts])
        for part, again, gradient in zip(self._parts, self._again, gradients, strict=True):
            if again is None:
                part.backward(gradient)  # type: ignore[no-untyped-call]
            else:
                chunk, state = again
                _set_random_state(self._device, state)
                chunk.encode().float().backward(gradient)  # type: ignore[no-untyped-call]


def _random_state(device: torch.device) -> tuple[Tensor, Tensor | None]:
    return torch.get_rng_state(), torch.cuda.get_rng_state(device) if device.type == "cuda" else None


def _set_random_state(device: torch.device, state: tuple[Tensor, Tensor | None]) -> None:
    torch.set_rng_state(state[0])
    if state[1] is not None:
        torch.cuda.set_rng_state(state[1], device)
