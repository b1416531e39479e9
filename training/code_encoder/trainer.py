"""Training: contrastive, resumable, seeded; on the CPU or a GPU, in bf16."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn

from codesearch.gnn_coder.encoding import code_chunks, encode_code, encode_texts, text_chunks
from codesearch.gnn_coder.features import Features
from codesearch.gnn_coder.network import GnnCoder
from searchapp.encoders.base import Vectors
from training.code_encoder.dataset import Dataset
from training.code_encoder.gradient_cache import CachedEncoding
from training.code_encoder.loss import IndividualTemperatureLoss, SymmetricContrastiveLoss
from training.code_encoder.pairs import Pair
from training.code_encoder.query_rewriting import question_like

# Queries whose vectors under the untrained encoder are this near ask for the same.
_SAME_QUERY = 0.9
# Pairs in a leaf of the tree that brings near queries together: the hard negatives of one another.
_LEAF = 16


@dataclass(frozen=True)
class TrainingConfig:
    """What a run depends on, besides its data and its network."""

    seed: int = 0
    batch: int = 256
    epochs: float = 1.0
    rate: float = 3e-5
    graph_rate: float = 1e-3
    identifier_rate: float = 3e-3
    """Of the identifiers' meanings, of which a batch touches few; much higher, they are learned by heart."""
    warm_up: float = 0.06
    weight_decay: float = 0.01
    bare_share: float = 1.0
    rewritten_share: float = 0.6
    loss: str = "symmetric"
    validate_every: int = 100

    def as_dict(self) -> dict[str, Any]:
        """The fields for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Progress:
    """Where a run stands."""

    step: int
    steps: int
    loss: float
    mrr: float | None = None


class Trainer:
    """One run.

    Everything random follows from the seed and the step, so a resumed run goes on as if never stopped.
    """

    def __init__(
        self,
        model: GnnCoder,
        data: Dataset,
        query_vectors: Vectors,
        tokenizer: Tokenizer,
        config: TrainingConfig,
        device: torch.device,
        wordings: NDArray[np.float16] | None = None,
    ) -> None:
        """`query_vectors` are the untrained encoder's vectors of the pairs' documentation.

        `wordings`, float16 [pairs, wordings, dimension], are vectors of the queries, the first as they stand,
        the others reworded: for a Transformer that is not trained.
        """
        self.model, self.data, self.query_vectors = model.to(device), data, query_vectors
        self.tokenizer, self.config, self.device, self.wordings = tokenizer, config, device, wordings
        self.loss: nn.Module = SymmetricContrastiveLoss()
        if config.loss != "symmetric":
            self.loss = IndividualTemperatureLoss(len(data.pairs))
        self.loss.to(device)
        self.steps = int(config.epochs * (len(data.pairs) // config.batch))
        self.step = 0
        self.optimizer = torch.optim.AdamW(self._groups(), weight_decay=config.weight_decay)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self._rate)

    def run(self, validate: Callable[[], float], checkpoint: Path) -> Iterator[Progress]:
        """Train on from the checkpoint, and yield after every step; validations write checkpoints."""
        self.step = load_checkpoint(checkpoint, self._parts(), self.device)
        arranged = -1
        batches: list[NDArray[np.int64]] = []
        while self.step < self.steps:
            epoch, number = divmod(self.step, len(self.data.pairs) // self.config.batch)
            if epoch != arranged:
                arranged, batches = epoch, arrange(self.data, self.query_vectors, self.config, epoch)
            loss = self._train_on(batches[number])
            self.step += 1
            if self.step % self.config.validate_every and self.step < self.steps:
                yield Progress(self.step, self.steps, loss)
                continue
            mrr = validate()
            save_checkpoint(checkpoint, self.step, self._parts())
            yield Progress(self.step, self.steps, loss, mrr)

    def _groups(self) -> list[dict[str, Any]]:
        """Parameters by learning rate: the pretrained Transformer's, the identifiers', and the others."""
        self.model.transformer.requires_grad_(self.config.rate > 0)
        pretrained = list(self.model.transformer.parameters())
        identifiers: list[nn.Parameter] = []
        if self.model.config is not None:
            identifiers = list(self.model.graph.identifier_embedding.parameters())
        known = {id(parameter) for parameter in (*pretrained, *identifiers)}
        fresh = [
            parameter
            for module in (self.model, self.loss)
            for parameter in module.parameters()
            if id(parameter) not in known
        ]
        return [
            {"params": pretrained, "lr": self.config.rate},
            {"params": identifiers, "lr": self.config.identifier_rate},
            {"params": fresh, "lr": self.config.graph_rate},
        ]

    def _rate(self, step: int) -> float:
        warm_up = max(1, int(self.config.warm_up * self.steps))
        return min((step + 1) / warm_up, max(0.0, (self.steps - step) / max(1, self.steps - warm_up)))

    def _train_on(self, rows: NDArray[np.int64]) -> float:
        rng = random.Random(f"{self.config.seed}/{self.step}")
        torch.manual_seed(hash((self.config.seed, self.step)) % 2**31)
        self.model.train()
        is_bare, is_reworded = draw_variants(
            len(rows), self.config.bare_share, self.config.rewritten_share, rng
        )
        query_vectors, backward_to_queries = self._queries(rows, is_reworded, rng)
        codes = codes_of(self.data, rows, is_bare)
        code_parts, code_order = code_chunks(self.model, codes, self.device)
        encoding = CachedEncoding(code_parts, self.device)
        same = same_queries(self.query_vectors[rows]).to(self.device)
        loss: Tensor = self.loss(
            query_vectors, encoding.vectors[code_order], same, torch.from_numpy(rows).to(self.device)
        )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        backward_to_queries()
        encoding.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()
        return float(loss.detach())

    def _queries(
        self, rows: NDArray[np.int64], is_reworded: list[bool], rng: random.Random
    ) -> tuple[Tensor, Callable[[], None]]:
        """The vectors of the pairs' queries, and what takes their gradient on to the parameters."""
        if self.wordings is not None:
            chosen = [rng.randrange(1, self.wordings.shape[1]) if reworded else 0 for reworded in is_reworded]
            vectors = torch.from_numpy(self.wordings[rows, chosen].astype(np.float32))
            return vectors.to(self.device), lambda: None
        texts = worded([self.data.pairs[row] for row in rows], is_reworded, rng)
        parts, order = text_chunks(self.model, self.tokenizer, texts, self.device)
        encoding = CachedEncoding(parts, self.device)
        return encoding.vectors[order], encoding.backward

    def _parts(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "loss": self.loss,
            "optimizer": self.optimizer,
            "schedule": self.schedule,
        }


def save_checkpoint(path: Path, step: int, parts: dict[str, Any]) -> None:
    """Write where a run stands, whole or not at all; `parts` have `state_dict`."""
    partial = path.with_suffix(".partial")
    torch.save({"step": step} | {name: part.state_dict() for name, part in parts.items()}, partial)
    partial.replace(path)


def load_checkpoint(path: Path, parts: dict[str, Any], device: torch.device) -> int:
    """Set the parts to what was written, and return the step: 0 where there is no checkpoint."""
    if not path.exists():
        return 0
    state = torch.load(path, map_location=device, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return int(state["step"])


def draw_variants(
    number: int, bare_share: float, rewritten_share: float, rng: random.Random
) -> tuple[list[bool], list[bool]]:
    """Which of so many pairs show their code without documentation, and which have their query reworded.

    Code with its documentation never meets the documentation's own words: copying is nothing to learn.
    """
    is_bare = [rng.random() < bare_share for _ in range(number)]
    return is_bare, [not bare or rng.random() < rewritten_share for bare in is_bare]


def worded(pairs: Sequence[Pair], is_reworded: Sequence[bool], rng: random.Random) -> list[str]:
    """The pairs' queries, some of them as people would type them."""
    return [
        question_like(pair.query, pair.name, pair.language, rng) if reworded else pair.query
        for pair, reworded in zip(pairs, is_reworded, strict=True)
    ]


def codes_of(data: Dataset, rows: NDArray[np.int64], is_bare: Sequence[bool]) -> list[Features]:
    """The code of pairs, with its documentation or without."""
    return [(data.bare if bare else data.documented)[row] for row, bare in zip(rows, is_bare, strict=True)]


def same_queries(vectors: Vectors) -> Tensor:
    """Which pairs ask for the same, bool [pairs, pairs], by the vectors of their queries."""
    near = torch.from_numpy(vectors.astype(np.float32))
    return near @ near.T > _SAME_QUERY


def arrange(
    data: Dataset, query_vectors: Vectors, config: TrainingConfig, epoch: int
) -> list[NDArray[np.int64]]:
    """An epoch's batches, each of one language and made of groups of pairs whose queries are near each other.

    The groups are the leaves of a tree that splits by random planes, another tree in every epoch: a pair's
    batch holds its neighbours, so the negatives are hard without being encoded for that alone.
    """
    rng = np.random.default_rng((config.seed, epoch))
    languages = np.array([pair.language for pair in data.pairs])
    batches: list[NDArray[np.int64]] = []
    for language in np.unique(languages):
        leaves = list(_leaves(np.flatnonzero(languages == language), query_vectors, rng))
        order = np.concatenate([leaves[index] for index in rng.permutation(len(leaves))])
        batches += [
            order[start : start + config.batch]
            for start in range(0, len(order) - config.batch + 1, config.batch)
        ]
    whole = len(data.pairs) // config.batch
    shuffled = [batches[index] for index in rng.permutation(len(batches))]
    # What does not fill a batch of its language leaves out a few pairs; the first batches come again instead.
    return [shuffled[number % len(shuffled)] for number in range(whole)]


def _leaves(
    rows: NDArray[np.int64], vectors: Vectors, rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    if len(rows) <= _LEAF:
        yield rows
        return
    first, second = vectors[rng.choice(rows, 2, replace=False)].astype(np.float32)
    side = vectors[rows].astype(np.float32) @ (first - second)
    order = np.argsort(side, kind="stable")
    middle = len(rows) // 2
    yield from _leaves(rows[order[:middle]], vectors, rng)
    yield from _leaves(rows[order[middle:]], vectors, rng)


class Validation:
    """Mean reciprocal rank of held-out packages' queries among the bare code of their language."""

    def __init__(
        self,
        model: GnnCoder,
        data: Dataset,
        tokenizer: Tokenizer,
        device: torch.device,
        most: int,
        seed: int = 0,
    ) -> None:
        """At most `most` pairs of each language are drawn."""
        self.model, self.tokenizer, self.device = model, tokenizer, device
        self.sets = {
            language: _sample(data, language, most, seed)
            for language in sorted({pair.language for pair in data.pairs})
        }

    def by_language(self) -> dict[str, float]:
        """The MRR of each language."""
        self.model.eval()
        return {language: self._mrr(queries, codes) for language, (queries, codes) in self.sets.items()}

    def _mrr(self, queries: list[str], codes: list[Features]) -> float:
        query_vectors = encode_texts(self.model, self.tokenizer, queries, self.device)
        return mean_reciprocal_rank(query_vectors @ encode_code(self.model, codes, self.device).T)

    def __call__(self) -> float:
        """The mean over the languages."""
        mrr = self.by_language()
        return sum(mrr.values()) / len(mrr)


def _sample(data: Dataset, language: str, most: int, seed: int) -> tuple[list[str], list[Features]]:
    rows = [row for row, pair in enumerate(data.pairs) if pair.language == language]
    rows = random.Random(seed).sample(rows, min(most, len(rows)))
    rng = random.Random(seed)
    flat = data.bare
    queries = []
    for pair in (data.pairs[row] for row in rows):
        is_reworded = rng.random() >= 0.5
        queries.append(question_like(pair.query, pair.name, language, rng) if is_reworded else pair.query)
    return queries, [flat[row] for row in rows]


def mean_reciprocal_rank(similarities: Tensor) -> float:
    """MRR of query i finding code i, of similarities [queries, codes]; equals count as ranked before.

    What is not a number, as in a run that diverged, counts as an equal.
    """
    ranks = (~(similarities < similarities.diagonal().unsqueeze(1))).sum(1)
    return float((1 / ranks.float()).mean())
