"""Pairs → what training reads: features of the code, documented and bare, in flat arrays on disk."""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from codesearch.gnn_coder.features import NO_NODES, NO_POSITIONS, Features, Featurizer, Vocabulary
from codesearch.gnn_coder.graph import SyntaxGraph, syntax_graph
from codesearch.parsing import parse_file
from codesearch.parsing.dense_text import dense_text
from searchapp.encoders import EncoderSpec, load_encoder
from searchapp.encoders.base import Vectors
from searchapp.encoders.openvino import digest
from training.code_encoder.mining import read_pairs
from training.code_encoder.pairs import Pair
from training.code_encoder.standalone import file_name_for, standalone, strip_docstrings

_AT_ONCE = 500
# A kind that is rarer tells the network nothing that it could learn.
_MIN_KIND_COUNT = 200
# An identifier of fewer packages is their own; 12,000 take 9 MB.
_MIN_PACKAGES, _MAX_IDENTIFIERS = 4, 12_000
_PAIRS_FOR_VOCABULARY = 60_000

VARIANTS = ("documented", "bare")
_ARRAYS = ("tokens", "token_ends", "nodes", "node_ends")
_SPLITS = ("train", "valid")
_VOCABULARY, _QUERY_VECTORS = "vocabulary.json", "query_vectors.npy"
Seen = tuple[str, SyntaxGraph | None]


@dataclass(frozen=True)
class FlatFeatures:
    """The features of many units, one after another.

    Those of unit i are tokens[token_ends[i-1] : token_ends[i]], and its nodes likewise. Where a Transformer
    that is not trained has read the code, `read` is `Features.read` of each, float16 [units + nodes,
    dimension].
    """

    tokens: NDArray[np.uint16]
    token_ends: NDArray[np.int64]
    nodes: NDArray[np.int16]
    node_ends: NDArray[np.int64]
    read: NDArray[np.float16] | None = None

    def __getitem__(self, index: int) -> Features:
        """The features of one unit."""
        start, node_start = (self.token_ends[index - 1], self.node_ends[index - 1]) if index else (0, 0)
        end, node_end = self.token_ends[index], self.node_ends[index]
        tokens = self.tokens[start:end].astype(np.int32)
        nodes = self.nodes[node_start:node_end].astype(np.int32)
        if self.read is None:
            return Features(tokens, nodes)
        # A row for the unit itself precedes those of its nodes.
        return Features(tokens, nodes, read=np.asarray(self.read[node_start + index : node_end + index + 1]))


@dataclass(frozen=True)
class Dataset:
    """Pairs with the features of their code."""

    pairs: list[Pair]
    documented: FlatFeatures
    bare: FlatFeatures


def seen_by_encoder(code: str, language: str, name: str = "", documentation: str = "") -> Seen:
    """The text and the graph of a function that is given by its source alone, as indexing would see them.

    The source does not tell its qualified `name`, nor the comments above it, `documentation`.
    """
    units = parse_file(file_name_for("unit", language), standalone(code, language)).units
    unit = max(
        units,
        key=lambda candidate: (candidate.kind in ("function", "method"), len(candidate.code)),
        default=None,
    )
    if unit is None:
        return code, None
    unit = replace(unit, qualified_name=name or unit.qualified_name, documentation=documentation)
    dense = dense_text(unit)
    return dense.text, syntax_graph(unit, dense)


def variants(pair: Pair) -> tuple[Seen, Seen]:
    """(documented, bare): the code as the product shows it to the encoder, and without documentation."""
    documented = seen_by_encoder(pair.code, pair.language, pair.name, pair.documentation)
    code = strip_docstrings(pair.code) if pair.language == "python" else pair.code
    return documented, seen_by_encoder(code, pair.language)


def vocabulary_of(pairs: Sequence[Pair]) -> Vocabulary:
    """The kinds of nodes and the identifiers worth knowing: those of many nodes, and of many packages."""
    kinds: Counter[str] = Counter()
    packages: defaultdict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        graph = seen_by_encoder(pair.code, pair.language)[1]
        if graph is not None:
            kinds.update(graph.kinds)
            kinds.update(graph.inner_kinds)
            for identifier in set(graph.identifiers) - {""}:
                packages[identifier].add(pair.package)
    common = sorted(kind for kind, count in kinds.items() if count >= _MIN_KIND_COUNT)
    spread = sorted(
        (-len(using), identifier) for identifier, using in packages.items() if len(using) >= _MIN_PACKAGES
    )
    return Vocabulary(tuple(common), tuple(identifier for _, identifier in spread[:_MAX_IDENTIFIERS]))


def featurize(
    pairs: Sequence[Pair],
    tokenizer_file: Path,
    max_tokens: int,
    vocabulary: Vocabulary,
    progress: Callable[[Iterable[Any]], Iterable[Any]],
) -> Dataset:
    """The pairs with their features, worked out on all cores."""
    portions = [pairs[start : start + _AT_ONCE] for start in range(0, len(pairs), _AT_ONCE)]
    with ProcessPoolExecutor(
        initializer=_start_worker, initargs=(tokenizer_file, max_tokens, vocabulary)
    ) as pool:
        features = [both for portion in progress(pool.map(_features_of, portions)) for both in portion]
    documented, bare = ([both[variant] for both in features] for variant in range(len(VARIANTS)))
    return Dataset(list(pairs), flat_features(documented), flat_features(bare))


_worker: dict[str, Featurizer] = {}


def _start_worker(tokenizer_file: Path, max_tokens: int, vocabulary: Vocabulary) -> None:
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    _worker["featurizer"] = Featurizer(tokenizer, vocabulary)


def _features_of(pairs: Sequence[Pair]) -> list[tuple[Features, Features]]:
    seen = [variant for pair in pairs for variant in variants(pair)]
    features = _worker["featurizer"]([text for text, _ in seen], [graph for _, graph in seen])
    return list(zip(features[::2], features[1::2], strict=True))


def flat_features(features: Sequence[Features]) -> FlatFeatures:
    """The features one after another."""
    return FlatFeatures(
        np.concatenate([unit.tokens for unit in features] or [NO_POSITIONS]).astype(np.uint16),
        np.cumsum([len(unit.tokens) for unit in features], dtype=np.int64),
        np.concatenate([unit.nodes for unit in features] or [NO_NODES]).astype(np.int16),
        np.cumsum([len(unit.nodes) for unit in features], dtype=np.int64),
    )


def save_dataset(path: Path, dataset: Dataset) -> None:
    """Write the dataset as one `.npz`."""
    arrays: dict[str, Any] = {
        f"{variant}_{name}": getattr(getattr(dataset, variant), name)
        for variant in VARIANTS
        for name in _ARRAYS
    }
    lines = "\n".join(json.dumps(pair.as_dict()) for pair in dataset.pairs).encode()
    np.savez(path, pairs=np.frombuffer(lines, dtype=np.uint8), **arrays)


def load_dataset(path: Path) -> Dataset:
    """The dataset that `save_dataset` wrote."""
    with np.load(path) as stored:
        pairs = [Pair(**json.loads(line)) for line in stored["pairs"].tobytes().decode().splitlines()]
        documented, bare = (
            FlatFeatures(**{name: stored[f"{variant}_{name}"] for name in _ARRAYS}) for variant in VARIANTS
        )
    return Dataset(pairs, documented, bare)


def prepared(
    folder: Path,
    transformer: Path,
    max_tokens: int,
    limit: int | None,
    bar: Callable[[str], Callable[[Iterable[Any]], Iterable[Any]]],
) -> tuple[Dataset, Dataset, Vocabulary, Vectors]:
    """(training data, validation data, vocabulary, vectors of the training queries), kept in the folder.

    They are worked out once for a tokenizer. At most `limit` training pairs are drawn, the same for every
    run. The vectors are those of the first Transformer that this was worked out for: they only tell which
    queries are near.
    """
    cache = folder / f"prepared-{digest(transformer / 'tokenizer.json')}-{max_tokens}-{limit or 'all'}"
    cache.mkdir(exist_ok=True)
    if not (cache / _QUERY_VECTORS).exists():
        _prepare(folder, cache, transformer, max_tokens, limit, bar)
    stored = json.loads((cache / _VOCABULARY).read_text(encoding="utf-8"))
    vocabulary = Vocabulary(**{name: tuple(entries) for name, entries in stored.items()})
    train, valid = (load_dataset(cache / f"{split}.npz") for split in _SPLITS)
    return train, valid, vocabulary, np.load(cache / _QUERY_VECTORS)


def _prepare(
    folder: Path,
    cache: Path,
    transformer: Path,
    max_tokens: int,
    limit: int | None,
    bar: Callable[[str], Callable[[Iterable[Any]], Iterable[Any]]],
) -> None:
    """Write both datasets, the vocabulary and, last, the query vectors into the folder `cache`."""
    pairs = {split: list(read_pairs(folder / f"{split}.jsonl.gz")) for split in _SPLITS}
    if limit and limit < len(pairs["train"]):
        pairs["train"] = random.Random(0).sample(pairs["train"], limit)
    vocabulary = vocabulary_of(pairs["train"][:: max(1, len(pairs["train"]) // _PAIRS_FOR_VOCABULARY)])
    for split in _SPLITS:
        progress = bar(f"Parsing {split}")
        tokenizer_file = transformer / "tokenizer.json"
        dataset = featurize(pairs[split], tokenizer_file, max_tokens, vocabulary, progress)
        save_dataset(cache / f"{split}.npz", dataset)
    (cache / _VOCABULARY).write_text(json.dumps(asdict(vocabulary)), encoding="utf-8")
    kind = json.loads((transformer / "config.json").read_text(encoding="utf-8")).get("model_type")
    encoder = load_encoder(EncoderSpec("openvino" if kind == "bert" else "huggingface", str(transformer)))
    vectors = encoder.encode([pair.query for pair in pairs["train"]])
    np.save(cache / _QUERY_VECTORS, vectors.astype(np.float16))
