"""Training the verifier: right readings shall outweigh wrong ones, or none of them where none is right."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor

from training.decoder.trainer import warmed_up
from training.token_batches import token_batches
from training.verifier.network import VerifierNetwork


@dataclass(frozen=True)
class Item:
    """The readings of a question, as the verifier reads them, and which are right, bool [readings]."""

    pairs: tuple[NDArray[np.int64], ...]
    right: NDArray[np.bool_]

    @property
    def tokens(self) -> int:
        """How many tokens are read."""
        return sum(map(len, self.pairs))


@dataclass(frozen=True)
class TrainingConfig:
    """How to train.

    `batch` is in tokens; `tuned` is how many of the encoder's last layers are trained; rates are those of
    the new layer and of the encoder's, at their highest.
    """

    epochs: float = 1.0
    batch: int = 4_000
    tuned: int = 4
    rate: float = 1e-3
    encoder_rate: float = 1e-4
    warmup: float = 0.06
    seed: int = 0


class Trainer:
    """Trains one network; measures how often it puts a right reading first."""

    def __init__(self, config: TrainingConfig, folder: Path) -> None:
        torch.manual_seed(config.seed)
        self.config, self.rng = config, random.Random(config.seed)
        encoder = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.network = VerifierNetwork(encoder)
        weights = {
            name.removeprefix("bert."): tensor.float()
            for name, tensor in load_file(folder / "model.safetensors").items()
        }
        bert = self.network.encoder
        bert.load_state_dict({name: weights[name] for name in bert.state_dict()})
        self._untouched = int(encoder["num_hidden_layers"]) - config.tuned
        for frozen in (bert.embeddings, *bert.encoder.layer[: self._untouched]):
            frozen.requires_grad_(False)
        tuned = list(bert.encoder.layer[self._untouched :].parameters())
        groups = [
            {"params": list(self.network.score.parameters()), "lr": config.rate},
            {"params": tuned, "lr": config.encoder_rate},
        ]
        self.optimizer = torch.optim.AdamW(groups, weight_decay=0.01)

    def train(self, items: Sequence[Item], after: Callable[[int, int, float], None]) -> None:
        """Train; `after` is called after every batch with (batches done, batches in all, loss)."""
        total, done = max(1, round(self.config.epochs * len(self._batches(items)))), 0
        schedule = warmed_up(self.optimizer, total, self.config.warmup)
        self.network.train()
        while done < total:
            for chosen in self._batches(items):
                loss = loss_of(self._scores(chosen), chosen)
                torch.autograd.backward(loss)
                torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
                self.optimizer.step()
                self.optimizer.zero_grad(set_to_none=True)
                schedule.step()
                done += 1
                after(done, total, loss.item())
                if done == total:
                    return

    def _batches(self, items: Sequence[Item]) -> list[list[Item]]:
        return token_batches(items, self.config.batch, self.rng)

    def _scores(self, items: Sequence[Item]) -> Tensor:
        """The log odds of all readings of some items, one after the other."""
        return self.network(*collate([pair for item in items for pair in item.pairs]))  # type: ignore[no-any-return]

    def first_right(self, items: Sequence[Item]) -> float:
        """Of the items that have a right reading, the share in which one has the highest score."""
        self.network.eval()
        right = known = 0
        with torch.inference_mode():
            for item in items:
                if item.right.any():
                    known += 1
                    right += bool(item.right[int(self._scores([item]).argmax())])
        self.network.train()
        return right / max(1, known)

    def save(self, folder: Path, card: dict[str, object]) -> None:
        """Write the trained weights as float16, and what is needed to load them."""
        folder.mkdir(parents=True, exist_ok=True)
        weights = {
            self._stored_name(name): parameter.detach().half().contiguous()
            for name, parameter in self.network.named_parameters()
            if parameter.requires_grad
        }
        save_file(weights, folder / "verifier.safetensors")
        config = {"tuned": self.config.tuned, **card}
        (folder / "verifier.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")

    def _stored_name(self, name: str) -> str:
        """A weight's name in the file, where the tuned layers are numbered from 0."""
        if not name.startswith("encoder."):
            return name
        _, _, layer, number, *rest = name.split(".")
        return ".".join(["encoder", layer, str(int(number) - self._untouched), *rest])


def collate(pairs: Sequence[NDArray[np.int64]]) -> tuple[Tensor, Tensor]:
    """Texts as ids int64 [b, l], padded, and which tokens are theirs, bool [b, l]."""
    longest = max(map(len, pairs))
    ids = torch.zeros(len(pairs), longest, dtype=torch.long)
    tokens = torch.zeros(len(pairs), longest, dtype=torch.bool)
    for row, pair in enumerate(pairs):
        ids[row, : len(pair)] = torch.from_numpy(pair)
        tokens[row, : len(pair)] = True
    return ids, tokens


def loss_of(scores: Tensor, items: Sequence[Item]) -> Tensor:
    """The mean negative log likelihood that a right reading is chosen, or none where none is right.

    `scores` are of all readings, one after the other; none has the score 0, as in
    `kbqa.sql.answer.reranking`.
    """
    losses, start = [], 0
    for item in items:
        alternatives = torch.cat([scores[start : start + len(item.pairs)], scores.new_zeros(1)])
        wanted = torch.tensor([*item.right, not item.right.any()])
        losses.append(alternatives.logsumexp(0) - alternatives[wanted].logsumexp(0))
        start += len(item.pairs)
    return torch.stack(losses).mean()
