"""Training the cross-encoder: which tables and columns a question's SQL uses, on BIRD and Spider."""

import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.focus.cross_encoder.features import SchemaText, nodes_of, schema_text
from kbqa.sql.focus.selection import focused
from kbqa.sql.ingest.inferred_keys import all_keys
from kbqa.sql.ingest.introspection import read_schema
from kbqa.sql.names import CellNames
from kbqa.sql.schema import ColumnRef, Schema, Table
from kbqa.sql.stores.connections import sqlite_engine
from training.cross_encoder.network import Batch, CrossEncoderNetwork, Sizes
from training.decoder.trainer import warmed_up
from training.json_lines import read_rows
from training.sql.gold_columns import columns_in
from training.sql.items import disguised
from training.sql.published import HELD_OUT_DATABASES, bird_question, bird_schemas, database_file
from training.token_batches import token_batches

HELD_OUT_SCHEMAS = (
    "beer_factory",
    "bike_share_1",
    "donor",
    "mental_health_survey",
    "retail_world",
    "shipping",
    "student_loan",
    "world_development_indicators",
)
"""Databases of BIRD's training set that are only measured on."""
_COLUMNS = (12, 44)
"""Beside how many columns of a schema, at least and at most, a question is read."""
_DISGUISED = 0.3
"""How often some columns have codes for names."""
_WITHOUT_EVIDENCE, _WITHOUT_DESCRIPTIONS = 0.2, 0.2
"""How often the question comes without its evidence, and the columns without descriptions."""
_KEYLESS = 0.6
"""How often tables have only the keys that names tell of."""


@dataclass(frozen=True)
class Item:
    """A question's schema as text, and what of it its SQL uses, float32 [n]."""

    text: SchemaText
    used: NDArray[np.float32]

    @property
    def tokens(self) -> int:
        """How many tokens are read."""
        return sum(map(len, self.text.pieces))


def bird_items(folder: Path, tokenizer: Tokenizer, rng: random.Random, *, held_out: bool) -> Iterator[Item]:
    """BIRD's training questions: on the schemas to train on, varied, or as they are on those held out."""
    schemas = {
        name: schema
        for name, schema in bird_schemas(folder).items()
        if (name in HELD_OUT_SCHEMAS) == held_out
    }
    bare = {name: Schema(tuple(map(_bare, schema.tables)), schema.keys) for name, schema in schemas.items()}
    inferred = {name: all_keys(schema.tables, []) for name, schema in schemas.items()}
    for row in read_rows(folder / "train.jsonl"):
        name = row["db_id"]
        if name not in schemas:
            continue
        if held_out:
            yield from item_of(
                bird_question(row), row["sql"], replace(schemas[name], keys=inferred[name]), tokenizer, None
            )
            continue
        schema = bare[name] if rng.random() < _WITHOUT_DESCRIPTIONS else schemas[name]
        if rng.random() < _KEYLESS:
            schema = replace(schema, keys=inferred[name])
        question = row["question"] if rng.random() < _WITHOUT_EVIDENCE else bird_question(row)
        yield from item_of(question, row["sql"], schema, tokenizer, rng)


def spider_items(folder: Path, tokenizer: Tokenizer, rng: random.Random, number: int) -> Iterator[Item]:
    """Questions of Spider's training set, each beside the tables of another database as well."""
    by_database: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in read_rows(folder / "train.jsonl"):
        if row["db_id"] not in HELD_OUT_DATABASES:
            by_database[row["db_id"]].append(row)
    schemas = {
        name: read_schema(sqlite_engine(database_file(folder / "database", name), introspects=True))
        for name in by_database
    }
    names, rows = sorted(schemas), [row for of_database in by_database.values() for row in of_database]
    for row in rng.sample(rows, min(number, len(rows))):
        schema = _beside(schemas[row["db_id"]], schemas[rng.choice(names)])
        question = row["question"] if rng.random() < 0.5 else row.get("synonym_question") or row["question"]
        yield from item_of(question, row["sql"], schema, tokenizer, rng)


def _beside(schema: Schema, other: Schema) -> Schema:
    """A schema with the tables and keys of another that are not called as its own tables are."""
    taken = {table.name.lower() for table in schema.tables}
    tables = [table for table in other.tables if table.name.lower() not in taken]
    keys = [
        key for key in other.keys if taken.isdisjoint(map(str.lower, (key.source.table, key.target.table)))
    ]
    return Schema((*schema.tables, *tables), (*schema.keys, *keys))


def item_of(
    question: str, sql: str, schema: Schema, tokenizer: Tokenizer, rng: random.Random | None
) -> Iterator[Item]:
    """A question's item, if its SQL can be read; with `rng`, beside a part of the schema, some disguised."""
    needed = columns_in(sql, schema)
    if not needed:
        return
    linked = link_question(question, schema, CellNames())
    if rng is not None:
        linked = disguised(linked, question, rng) if rng.random() < _DISGUISED else linked
        columns = [ref for ref in needed if isinstance(ref, ColumnRef)]
        most = min(len(linked.columns), max(len(columns) + 4, rng.randint(*_COLUMNS)))
        linked = focused(linked, columns, most, noise=rng)
    used = np.array([choice.key in needed for choice in nodes_of(linked)], dtype=np.float32)
    yield Item(schema_text(question, linked, tokenizer), used)


def _bare(table: Table) -> Table:
    return replace(table, columns=tuple(replace(column, description="") for column in table.columns))


@dataclass(frozen=True)
class TrainingConfig:
    """How to train.

    `batch` is in tokens; rates are those of the new layers and of the encoder's tuned ones, at their highest.
    """

    epochs: float = 2.0
    batch: int = 8_000
    rate: float = 5e-4
    encoder_rate: float = 1e-4
    warmup: float = 0.06
    seed: int = 0
    bf16: bool = False


class Trainer:
    """Trains one network; scores questions that it does not see."""

    def __init__(self, config: TrainingConfig, sizes: Sizes, folder: Path) -> None:
        torch.manual_seed(config.seed)
        self.config, self.rng = config, random.Random(config.seed)
        encoder = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.network = CrossEncoderNetwork(sizes, encoder)
        weights = {
            name.removeprefix("bert."): tensor.float()
            for name, tensor in load_file(folder / "model.safetensors").items()
        }
        self.network.encoder.load_state_dict(
            {name: weights[name] for name in self.network.encoder.state_dict()}
        )
        frozen_layers = int(encoder["num_hidden_layers"]) - sizes.tuned
        for frozen in (self.network.encoder.embeddings, *self.network.encoder.encoder.layer[:frozen_layers]):
            frozen.requires_grad_(False)
        tuned = list(self.network.encoder.encoder.layer[frozen_layers:].parameters())
        new = [
            parameter
            for name, parameter in self.network.named_parameters()
            if not name.startswith("encoder.")
        ]
        self.optimizer = torch.optim.AdamW(
            [{"params": new, "lr": config.rate}, {"params": tuned, "lr": config.encoder_rate}],
            weight_decay=0.01,
        )

    def train(self, items: Sequence[Item], after: Callable[[int, int, float], None]) -> None:
        """Train; `after` is called after every batch with (batches done, batches in all, loss)."""
        total, done = round(self.config.epochs * len(self._batches(items))), 0
        schedule = warmed_up(self.optimizer, total, self.config.warmup)
        self.network.train()
        while done < total:
            for chosen in self._batches(items):
                batch = collate(chosen)
                with torch.autocast("cpu", torch.bfloat16, enabled=self.config.bf16):
                    logits = self.network(batch)
                loss = _loss(logits.float(), batch) / len(chosen)
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

    def scores(self, items: Sequence[Item]) -> list[NDArray[np.float32]]:
        """The logits of each item's tables and columns, float32 [n]."""
        self.network.eval()
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self.config.bf16):
            logits = [self.network(collate([item]))[0].float().numpy() for item in items]
        self.network.train()
        return logits

    def save(self, folder: Path, card: dict[str, Any]) -> None:
        """Write the tuned and new weights as float16, and what is needed to load them."""
        folder.mkdir(parents=True, exist_ok=True)
        trained = {name for name, parameter in self.network.named_parameters() if parameter.requires_grad}
        weights = {
            name: tensor.half().contiguous()
            for name, tensor in self.network.state_dict().items()
            if name in trained
        }
        save_file(
            {self._stored_name(name): tensor for name, tensor in weights.items()},
            folder / "cross_encoder.safetensors",
        )
        config = {"sizes": self.network.sizes.as_dict(), **card}
        (folder / "cross_encoder.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")

    def _stored_name(self, name: str) -> str:
        """A weight's name in the file, where the tuned layers are numbered from 0."""
        if not name.startswith("encoder."):
            return name
        _, _, layer, number, *rest = name.split(".")
        frozen_layers = self.network.encoder.config.num_hidden_layers - self.network.sizes.tuned
        return ".".join(["encoder", layer, str(int(number) - frozen_layers), *rest])


def _loss(logits: Tensor, batch: Batch) -> Tensor:
    """The summed cross entropy of what each query uses, padding left out."""
    losses = functional.binary_cross_entropy_with_logits(logits, batch.used, reduction="none")
    return (losses * (batch.kinds >= 0)).sum()


def collate(items: Sequence[Item]) -> Batch:
    """A batch of items, padded."""
    pieces = [piece for item in items for piece in item.text.pieces]
    longest, most = max(map(len, pieces)), max(len(item.used) for item in items)
    batch = Batch(
        ids=torch.zeros(len(pieces), longest, dtype=torch.long),
        tokens=torch.zeros(len(pieces), longest, dtype=torch.bool),
        places=torch.zeros(len(items), most, 3, dtype=torch.long),
        kinds=torch.full((len(items), most), -1, dtype=torch.long),
        features=torch.zeros(len(items), most, items[0].text.features.shape[1]),
        relations=torch.zeros(len(items), most, most, dtype=torch.long),
        used=torch.zeros(len(items), most),
    )
    for row, piece in enumerate(pieces):
        batch.ids[row, : len(piece)] = torch.from_numpy(piece)
        batch.tokens[row, : len(piece)] = True
    before = 0
    for row, item in enumerate(items):
        number = len(item.used)
        batch.places[row, :number] = torch.from_numpy(item.text.places) + torch.tensor([before, 0, 0])
        batch.kinds[row, :number] = torch.from_numpy(item.text.kinds)
        batch.features[row, :number] = torch.from_numpy(item.text.features)
        batch.relations[row, :number, :number] = torch.from_numpy(item.text.relations)
        batch.used[row, :number] = torch.from_numpy(item.used)
        before += len(item.text.pieces)
    return batch


def ranked_right(
    scores: Sequence[NDArray[np.float32]], items: Sequence[Item], share: float = 0.2
) -> dict[str, float]:
    """How well used columns are told from others: `area` under the ROC curve, and `recall`.

    Recall is the share of the used columns among the first `share` of each schema's columns.
    """
    recalled = used = 0.0
    every, gold = [], []
    for logits, item in zip(scores, items, strict=True):
        columns = item.text.kinds > 0
        values, truth = logits[columns], item.used[columns]
        first = np.argsort(-values)[: max(1, round(share * len(values)))]
        recalled, used = recalled + truth[first].sum(), used + truth.sum()
        every.append(values)
        gold.append(truth)
    return {
        "area": round(_area(np.concatenate(every), np.concatenate(gold) > 0), 4),
        "recall": round(float(recalled / max(1.0, used)), 4),
    }


def _area(values: NDArray[np.float32], truth: NDArray[np.bool_]) -> float:
    """Area under the ROC curve, by the sum of ranks (Mann and Whitney 1947); equals share a mean rank."""
    from scipy.stats import rankdata

    right, wrong = truth.sum(), (~truth).sum()
    ranks = rankdata(values)[truth].sum()
    return float((ranks - right * (right + 1) / 2) / max(1, right * wrong))
