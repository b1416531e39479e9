"""Training the decoder, by the cross entropy of the right action among the legal ones.

Where candidates are read together, that of what the query uses is added.
"""

import json
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional
from transformers import BertConfig, BertModel

from kbqa.decoding.vocabulary import Vocabulary
from training.decoder.dataset import Item, batches, collate
from training.decoder.network import Batch, DecoderNetwork, Output, Sizes

_TEXTS_AT_ONCE = 256


@dataclass(frozen=True)
class TrainingConfig:
    """How to train. Rates are those of the new layers and of the encoder's tuned ones, at their highest."""

    epochs: float = 3.0
    batch: int = 48
    rate: float = 5e-4
    encoder_rate: float = 5e-5
    warmup: float = 0.05
    dropout: float = 0.1
    seed: int = 0
    bf16: bool = False
    """Whether products of matrices are made in bfloat16; weights and sums stay in float32."""


def multiplies_bf16() -> bool:
    """Whether this processor has instructions for products in bfloat16."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def warmed_up(
    optimizer: torch.optim.Optimizer, total: int, warmup: float
) -> torch.optim.lr_scheduler.LambdaLR:
    """A schedule of rates over `total` batches.

    Up in a share `warmup` of them, then down along a cosine, to a hundredth.
    """
    rising = max(1, round(warmup * total))
    return torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min((step + 1) / rising, 0.5 * (1 + math.cos(math.pi * min(1.0, step / total))) + 0.01),
    )


class Pretrained:
    """The encoder that comes with the package: its lower layers stay as they are, and are run once."""

    def __init__(self, folder: Path, tuned: int) -> None:
        self.config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        weights = load_file(folder / "model.safetensors")
        self.weights = {name.removeprefix("bert."): tensor.float() for name, tensor in weights.items()}
        self.frozen = int(self.config["num_hidden_layers"]) - tuned

    def upper(self) -> dict[str, Tensor]:
        """The tuned layers' weights, numbered from 0."""
        upper_weights = {}
        for name, tensor in self.weights.items():
            parts = name.split(".")
            if parts[:2] == ["encoder", "layer"] and int(parts[2]) >= self.frozen:
                upper_weights[".".join(["layer", str(int(parts[2]) - self.frozen), *parts[3:]])] = tensor
        return upper_weights

    def lower_states(
        self, items: Sequence[Item], progress: Callable[[int, int], None]
    ) -> list[NDArray[np.float16]]:
        """Each question's states below the tuned layers, float16 [tokens, text_width]."""
        config = BertConfig(**{**self.config, "num_hidden_layers": self.frozen})
        model = BertModel(config, add_pooling_layer=False).train(False)
        model.load_state_dict({name: self.weights[name] for name in model.state_dict()})
        order = sorted(range(len(items)), key=lambda number: len(items[number].ids))
        lower: list[NDArray[np.float16]] = [np.empty(0, dtype=np.float16)] * len(items)
        for start in range(0, len(order), _TEXTS_AT_ONCE):
            chunk = order[start : start + _TEXTS_AT_ONCE]
            states = _states(model, [items[number].ids for number in chunk])
            for number, of_item in zip(chunk, states, strict=True):
                lower[number] = of_item[: len(items[number].ids)].astype(np.float16)
            progress(start, len(order))
        return lower


@torch.inference_mode()
def _states(model: BertModel, texts: Sequence[NDArray[np.int64]]) -> NDArray[np.float32]:
    """The last states of texts that are read together, float32 [texts, tokens, width], padded."""
    width = max(map(len, texts))
    ids, mask = (torch.zeros(len(texts), width, dtype=torch.long) for _ in range(2))
    for row, text in enumerate(texts):
        ids[row, : len(text)] = torch.from_numpy(text)
        mask[row, : len(text)] = 1
    states: NDArray[np.float32] = model(ids, attention_mask=mask).last_hidden_state.numpy()
    return states


def _grown(stored: Tensor, initial: Tensor) -> Tensor:
    """Stored weights, with the initial ones for the rows by which the vocabulary has grown."""
    if stored.shape[1:] != initial.shape[1:] or len(stored) >= len(initial):
        return stored
    return torch.cat([stored, initial[len(stored) :]])


class Trainer:
    """Trains one network; measures how well it does on examples that it does not see."""

    def __init__(
        self,
        config: TrainingConfig,
        sizes: Sizes,
        vocabulary: Vocabulary,
        pretrained: Pretrained,
        text_vectors: NDArray[np.float32],
    ) -> None:
        torch.manual_seed(config.seed)
        self.config, self.vocabulary, self.pretrained = config, vocabulary, pretrained
        self.rng = random.Random(config.seed)
        self.network = DecoderNetwork(sizes, vocabulary, pretrained.config, config.dropout)
        self.network.encoder.load_state_dict(pretrained.upper())
        self.text_vectors = torch.from_numpy(text_vectors)
        tuned = list(self.network.encoder.parameters())
        known = set(map(id, tuned))
        new = [parameter for parameter in self.network.parameters() if id(parameter) not in known]
        groups = [{"params": new, "lr": config.rate}, {"params": tuned, "lr": config.encoder_rate}]
        self.optimizer = torch.optim.AdamW(groups, weight_decay=0.01)

    def load(self, folder: Path) -> None:
        """Go on from the weights of a folder.

        What its vocabulary lacks, at the end of ours, begins anew, as does what joint states go through.
        """
        stored = {name: tensor.float() for name, tensor in load_file(folder / "decoder.safetensors").items()}
        initial = self.network.state_dict()
        new = {name: tensor for name, tensor in initial.items() if name.startswith("joint_")}
        self.network.load_state_dict(
            new
            | {
                name: _grown(tensor, initial[name]) if name in initial else tensor
                for name, tensor in stored.items()
            }
        )

    def train(
        self,
        items: Sequence[Item],
        lower: Sequence[NDArray[np.float16]],
        after: Callable[[int, int, float], None],
    ) -> None:
        """Train; `after` is called after every batch with (batches done, batches in all, loss)."""
        per_epoch = math.ceil(len(items) / self.config.batch)
        total, done = round(self.config.epochs * per_epoch), 0
        schedule = warmed_up(self.optimizer, total, self.config.warmup)
        self.network.train()
        while done < total:
            for numbers in batches(items, self.config.batch, self.rng):
                chosen = [items[number] for number in numbers]
                batch = collate(chosen, [lower[number] for number in numbers], self.vocabulary)
                with torch.autocast("cpu", torch.bfloat16, enabled=self.config.bf16):
                    loss = self._loss(batch)
                torch.autograd.backward(loss)
                torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
                self.optimizer.step()
                self.optimizer.zero_grad(set_to_none=True)
                schedule.step()
                done += 1
                after(done, total, loss.item())
                if done == total:
                    return

    def _loss(self, batch: Batch) -> Tensor:
        output: Output = self.network(batch, self.text_vectors)
        right = output.scores.gather(2, batch.gold.clamp(min=0)[..., None])[..., 0]
        loss = -(right * (batch.gold >= 0)).sum() / len(right)
        if not output.relevance.shape[1]:
            return loss
        known = batch.relevant >= 0
        relevance = functional.binary_cross_entropy_with_logits(
            output.relevance, batch.relevant.clamp(min=0), reduction="none"
        )
        return loss + (relevance * known).sum() / len(right)

    def accuracy(self, items: Sequence[Item], lower: Sequence[NDArray[np.float16]]) -> tuple[float, float]:
        """The share of right actions, and of questions with all right, each given the right ones before."""
        self.network.eval()
        right = all_right = steps = 0
        with torch.inference_mode():
            for start in range(0, len(items), 128):
                batch = collate(items[start : start + 128], lower[start : start + 128], self.vocabulary)
                chosen = self.network(batch, self.text_vectors).scores.argmax(-1)
                known = batch.gold >= 0
                same = (chosen == batch.gold) & known
                right += int(same.sum())
                steps += int(known.sum())
                all_right += int((same | ~known).all(1).sum())
        self.network.train()
        return right / max(1, steps), all_right / max(1, len(items))

    def save(self, folder: Path, card: dict[str, Any]) -> None:
        """Write the weights as float16, and what is needed to load them."""
        folder.mkdir(parents=True, exist_ok=True)
        save_file(
            {name: tensor.half().contiguous() for name, tensor in self.network.state_dict().items()},
            folder / "decoder.safetensors",
        )
        config = {
            "sizes": self.network.sizes.as_dict(),
            "keywords": self.vocabulary.keywords,
            "steps": self.vocabulary.steps,
            **card,
        }
        (folder / "decoder.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
