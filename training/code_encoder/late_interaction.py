"""Training late interaction, over a fixed model or along with the upper layers of a Transformer."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from codesearch.gnn_coder.features import INNER_KIND, KIND, NO_NODES, UNKNOWN, Features, Vocabulary
from codesearch.gnn_coder.late_interaction import (
    LATE_FILE,
    NO_NODE,
    content_tokens,
    embedded_tokens,
    syntax_position_count,
    syntax_positions,
)
from codesearch.gnn_coder.network import GnnCoder, pad
from searchapp.encoders.base import Vectors
from training.code_encoder.dataset import Dataset, FlatFeatures
from training.code_encoder.loss import other_wordings
from training.code_encoder.trainer import (
    TrainingConfig,
    arrange,
    codes_of,
    draw_variants,
    load_checkpoint,
    mean_reciprocal_rank,
    same_queries,
    save_checkpoint,
    worded,
)

_TEXTS_AT_ONCE = 64
_UNITS_AT_ONCE = 32
# Units from which the projection's first directions are taken.
_SAMPLE = 600
# How much token embeddings have to tell alone, beside what they add to the vectors.
_ALONE = 0.3
_WARM_UP = 10


@dataclass(frozen=True)
class LateConfig:
    """What a run depends on, besides its data and the model."""

    seed: int = 0
    batch: int = 128
    steps: int = 300
    rate: float = 1e-3
    layers: int = 0
    """How many of the Transformer's upper layers are trained along."""
    transformer_rate: float = 3e-5
    dimension: int = 64
    syntax: bool = True
    """Whether a token's place in the syntax tree counts."""
    bare_share: float = 0.5
    rewritten_share: float = 0.6
    validate_every: int = 100

    def as_dict(self) -> dict[str, Any]:
        """The fields for JSON."""
        return asdict(self)


class Read(NamedTuple):
    """Texts as the Transformer reads them."""

    vectors: Tensor
    """[texts, dimension], of unit length."""
    states: Tensor
    """Of their tokens, [texts, tokens, dimension]."""
    present: Tensor
    """Which tokens are there, bool [texts, tokens]."""
    syntax: Tensor
    """Where they stand in the tree, as `syntax_positions` tells, int64 [texts, tokens, 5]."""


class TokenEncoder:
    """Encodes the tokens of questions and code; of its Transformer only what `learning` gives learns."""

    def __init__(self, model: GnnCoder, tokenizer: Tokenizer, kinds: int, device: torch.device) -> None:
        """`kinds` is how many kinds of nodes units have."""
        self._model, self._tokenizer = model.to(device).eval(), tokenizer
        self._kinds, self._device = kinds, device
        self._telling = content_tokens(tokenizer)
        self._model.requires_grad_(False)

    def learning(self, layers: int) -> nn.ModuleList:
        """The Transformer's upper layers, which learn from now on."""
        return nn.ModuleList(upper_layers(self._model.transformer, layers)).requires_grad_(True)

    def questions(self, texts: Sequence[str]) -> Read:
        """Read questions."""
        encodings = self._tokenizer.encode_batch(list(texts))
        return self.units(
            [Features(np.array(encoding.ids, dtype=np.int32), NO_NODES) for encoding in encodings]
        )

    def units(self, features: Sequence[Features]) -> Read:
        """Read units, those of like length together."""
        positions = [embedded_tokens(unit.tokens, self._telling) for unit in features]
        width = max(1, *(len(of_unit) for of_unit in positions))
        padded = np.zeros((len(features), width), dtype=np.int64)
        present = np.zeros((len(features), width), dtype=np.bool_)
        syntax = np.full((len(features), width, 5), NO_NODE, dtype=np.int64)
        for row, (unit, of_unit) in enumerate(zip(features, positions, strict=True)):
            number = len(of_unit)
            padded[row, :number] = of_unit
            present[row, :number] = True
            syntax[row, :number] = syntax_positions(unit, of_unit, self._kinds)
        vectors, states = self._states(features, padded)
        rest = (torch.from_numpy(array).to(self._device) for array in (present, syntax))
        return Read(vectors, states, *rest)

    def _states(self, features: Sequence[Features], positions: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """The texts' vectors [texts, dimension], and the states at `positions` [texts, tokens, dimension]."""
        order = sorted(range(len(features)), key=lambda index: len(features[index].tokens))
        vectors, states = [], []
        for start in range(0, len(order), _TEXTS_AT_ONCE):
            chosen = order[start : start + _TEXTS_AT_ONCE]
            padded = pad([features[index].tokens for index in chosen])
            tokens, mask = (tensor.to(self._device) for tensor in padded)
            read = self._model.states(tokens, mask).float()
            vectors.append(functional.normalize((read * mask.unsqueeze(-1)).sum(1), dim=1))
            wanted = torch.from_numpy(positions[chosen]).to(self._device)
            states.append(read.gather(1, wanted.unsqueeze(-1).expand(-1, -1, read.shape[-1])))
        inverse = torch.from_numpy(np.argsort(order)).to(self._device)
        return torch.cat(vectors)[inverse], torch.cat(states)[inverse]


def upper_layers(transformer: nn.Module, number: int) -> list[nn.Module]:
    """The last layers of a Transformer: those of its longest list of modules."""
    stacks = [list(module) for module in transformer.modules() if isinstance(module, nn.ModuleList)]
    layers = max(stacks, key=len, default=[])
    return layers[len(layers) - min(number, len(layers)) :]


class LateInteraction(nn.Module):
    """Scores of questions and units: cosine and MaxSim of token embeddings, each with a learned scale."""

    def __init__(self, directions: Tensor, kinds: int) -> None:
        """`directions`, float [token dimension, dimension], is what the projection starts from."""
        super().__init__()
        width, dimension = directions.shape
        self.projection = nn.Parameter(directions.clone())
        self.question_weight = nn.Parameter(torch.zeros(dimension))
        self.code_weight = nn.Parameter(torch.zeros(dimension))
        self.syntax = nn.Parameter(torch.zeros(syntax_position_count(kinds), width + 1))
        self.log_scales = nn.Parameter(torch.tensor([20.0, 15.0]).log())

    def question_embeddings(self, questions: Read) -> tuple[Tensor, Tensor]:
        """Token embeddings, float [questions, tokens, size], and their weights [questions, tokens]."""
        weights = torch.softmax(
            (questions.states @ self.question_weight).masked_fill(~questions.present, -30), dim=1
        )
        return functional.normalize(questions.states @ self.projection.T, dim=-1), weights

    def code_embeddings(self, units: Read) -> tuple[Tensor, Tensor]:
        """Token embeddings, float [units, tokens, size], and their importance, 0 to 2, [units, tokens]."""
        added = self.syntax[units.syntax].sum(2) * (units.syntax[..., :1] != NO_NODE)
        directions = functional.normalize(units.states @ self.projection.T, dim=-1) + added[..., :-1]
        importance = 2 * torch.sigmoid(units.states @ self.code_weight + added[..., -1])
        return functional.normalize(directions, dim=-1), importance

    def late(self, questions: Read, units: Read) -> Tensor:
        """MaxSim, float [questions, units]: the weighted mean over a question's tokens of the nearest one."""
        question_embeddings, weights = self.question_embeddings(questions)
        directions, importance = self.code_embeddings(units)
        code_embeddings = directions * importance.unsqueeze(-1)
        columns = []
        for start in range(0, len(code_embeddings), _UNITS_AT_ONCE):
            part = slice(start, start + _UNITS_AT_ONCE)
            cosines = torch.einsum("qid,ujd->qiuj", question_embeddings, code_embeddings[part])
            nearest = cosines.masked_fill(~units.present[part], -2).amax(-1)
            columns.append((nearest * weights.unsqueeze(-1)).sum(1))
        return torch.cat(columns, dim=1)

    def loss(self, questions: Read, units: Read, no_negatives: Tensor) -> Tensor:
        """The symmetric contrastive loss; `no_negatives`, bool [questions, units], are left out of it."""
        vector_scale, token_scale = self.log_scales.exp()
        cosines: Tensor = vector_scale * (questions.vectors @ units.vectors.T)
        late: Tensor = token_scale * self.late(questions, units)
        # Alone, each has to be surer than as a part of both. Vectors that stay as they are have nothing to
        # learn from that.
        alone = [late, cosines] if units.vectors.requires_grad else [late]
        return _contrastive(cosines + late, no_negatives) + _ALONE * sum(
            (_contrastive(1.5 * logits, no_negatives) for logits in alone), start=late.new_zeros(())
        )

    @property
    def share(self) -> float:
        """The weight of late interaction where the cosine of the vectors has weight 1."""
        return float((self.log_scales[1] - self.log_scales[0]).exp().detach())

    def save(self, folder: Path) -> None:
        """Write the weights into a model folder."""
        weights = {
            name: value.detach().cpu().half().contiguous()
            for name, value in self.named_parameters()
            if name != "log_scales"
        }
        save_file(weights | {"share": torch.tensor(self.share)}, folder / LATE_FILE)


def _contrastive(logits: Tensor, no_negatives: Tensor) -> Tensor:
    logits = logits.masked_fill(no_negatives, -1e4)
    labels = torch.arange(len(logits), device=logits.device)
    return (functional.cross_entropy(logits, labels) + functional.cross_entropy(logits.T, labels)) / 2


def principal_directions(read: Read, number: int) -> Tensor:
    """The directions in which tokens' states are largest, float [number, dimension]."""
    states = functional.normalize(read.states[read.present], dim=-1)
    directions: Tensor = torch.linalg.eigh(states.T @ states)[1][:, -number:]
    return directions.T.contiguous()


def with_kinds_of(data: Dataset, vocabulary: Vocabulary, other: Vocabulary) -> Dataset:
    """The data with the kinds of nodes numbered as in another vocabulary."""
    numbers = {kind: number for number, kind in enumerate(other.kinds, UNKNOWN + 1)}
    renumbered = np.array(
        [UNKNOWN, *(numbers.get(kind, UNKNOWN) for kind in vocabulary.kinds)], dtype=np.int16
    )

    def renumber(flat: FlatFeatures) -> FlatFeatures:
        nodes = flat.nodes.copy()
        nodes[:, [KIND, INNER_KIND]] = renumbered[nodes[:, [KIND, INNER_KIND]]]
        return replace(flat, nodes=nodes)

    return Dataset(data.pairs, renumber(data.documented), renumber(data.bare))


class LateProgress(NamedTuple):
    """Where a run stands.

    `mrr`, where it was validated, is by language of held-out questions: by vectors alone, and with tokens.
    """

    step: int
    loss: float
    mrr: dict[str, tuple[float, float]] | None = None


class LateTrainer:
    """One run.

    Everything random follows from the seed and the step, so a resumed run goes on as if never stopped.
    """

    def __init__(
        self,
        reader: TokenEncoder,
        data: Dataset,
        held_out: Dataset,
        query_vectors: Vectors,
        kinds: int,
        config: LateConfig,
    ) -> None:
        """`query_vectors` tell which questions are near each other; `kinds` the number of kinds of nodes."""
        self._reader, self._data, self._held_out = reader, data, held_out
        self._query_vectors, self.config = query_vectors, config
        self.layers = reader.learning(config.layers)
        sampled = range(0, len(data.pairs), max(1, len(data.pairs) // _SAMPLE))
        with torch.no_grad():
            sample = reader.units([data.bare[row] for row in sampled])
        directions = principal_directions(sample, config.dimension)
        self.network = LateInteraction(directions, kinds).to(sample.states.device)
        self.network.syntax.requires_grad_(config.syntax)
        learned = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        groups = [
            {"params": learned, "lr": config.rate},
            {"params": list(self.layers.parameters()), "lr": config.transformer_rate},
        ]
        self._optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(
            self._optimizer,
            lambda step: min((step + 1) / _WARM_UP, max(0.0, (config.steps - step) / config.steps)),
        )
        self.step = 0

    @property
    def pairs(self) -> int:
        """How many pairs are trained on."""
        return len(self._data.pairs)

    def run(self, checkpoint: Path) -> Iterator[LateProgress]:
        """Train on from the checkpoint, and yield after every step; validations write checkpoints."""
        self.step = load_checkpoint(checkpoint, self._parts(), self.network.projection.device)
        config = self.config
        arranging = TrainingConfig(seed=config.seed, batch=config.batch)
        an_epoch = len(self._data.pairs) // config.batch
        arranged, batches = -1, list[NDArray[np.int64]]()
        while self.step < config.steps:
            epoch, number = divmod(self.step, an_epoch)
            if epoch != arranged:
                arranged, batches = epoch, arrange(self._data, self._query_vectors, arranging, epoch)
            loss = self._train_on(batches[number], random.Random(f"{config.seed}/{self.step}"))
            self.step += 1
            if self.step % config.validate_every and self.step < config.steps:
                yield LateProgress(self.step, loss)
                continue
            save_checkpoint(checkpoint, self.step, self._parts())
            yield LateProgress(self.step, loss, self.validation())

    @torch.no_grad()
    def validation(self, most: int = 300) -> dict[str, tuple[float, float]]:
        """For each language the MRR of held-out questions among undocumented code.

        Each is (by vectors alone, with late interaction).
        """
        mrr = {}
        for language in sorted({pair.language for pair in self._held_out.pairs}):
            rows = [row for row, pair in enumerate(self._held_out.pairs) if pair.language == language]
            rows = random.Random(0).sample(rows, min(most, len(rows)))
            questions = self._reader.questions([self._held_out.pairs[row].query for row in rows])
            units = self._reader.units([self._held_out.bare[row] for row in rows])
            cosines = questions.vectors @ units.vectors.T
            with_tokens = cosines + self.network.share * self.network.late(questions, units)
            mrr[language] = (mean_reciprocal_rank(cosines), mean_reciprocal_rank(with_tokens))
        return mrr

    def _train_on(self, rows: NDArray[np.int64], rng: random.Random) -> float:
        is_bare, is_reworded = draw_variants(
            len(rows), self.config.bare_share, self.config.rewritten_share, rng
        )
        texts = worded([self._data.pairs[row] for row in rows], is_reworded, rng)
        units = codes_of(self._data, rows, is_bare)
        no_negatives = other_wordings(same_queries(self._query_vectors[rows])).to(
            self.network.projection.device
        )
        loss = self.network.loss(self._reader.questions(texts), self._reader.units(units), no_negatives)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_([*self.network.parameters(), *self.layers.parameters()], 1.0)
        self._optimizer.step()
        self._schedule.step()
        return float(loss.detach())

    def _parts(self) -> dict[str, Any]:
        return {
            "network": self.network,
            "transformer": self.layers,
            "optimizer": self._optimizer,
            "schedule": self._schedule,
        }
