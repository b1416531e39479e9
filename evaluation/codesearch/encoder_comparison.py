"""Encoders side by side, dense search alone: judged corpora and held-out packages, documented and bare."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from codesearch.encoding import CodeVectors, QuestionVectors, maxsim
from codesearch.gnn_coder.encoder import GnnCoderEncoder
from codesearch.gnn_coder.encoding import encode_code, encode_texts
from codesearch.gnn_coder.features import Featurizer, Vocabulary
from codesearch.gnn_coder.graph import SyntaxGraph
from codesearch.gnn_coder.late_interaction import LATE_FILE
from codesearch.gnn_coder.openvino_network import is_supported
from codesearch.gnn_coder.torch_encoder import TorchEncoder
from codesearch.gnn_coder.weights import load_model
from searchapp.encoders import EncoderSpec, load_encoder
from searchapp.encoders.base import Vectors
from searchapp.encoders.openvino import digest
from training.code_encoder.corpora import Document, EvaluationQuery
from training.code_encoder.dataset import FlatFeatures, Seen, flat_features, seen_by_encoder, variants
from training.code_encoder.frozen_transformer import with_read
from training.code_encoder.margin import mean_angular_margin
from training.code_encoder.pairs import Pair
from training.code_encoder.standalone import strip_docstrings

MAX_TOKENS = 256
CANDIDATES = 1000
"""Held-out queries look for their code among so many, as in CodeSearchNet."""
_SIGN_FLIPS = 10_000
_TIMED = 500
_CPU = torch.device("cpu")

Ranks = NDArray[np.float64]
"""Reciprocal ranks, one a query."""


@dataclass(frozen=True)
class Task:
    """Queries with the code they look for; `relevant` has for each query rows of `codes`."""

    name: str
    queries: list[str]
    codes: list[Seen]
    relevant: list[list[int]]
    group: int | None = None
    """Number of queries and codes that are searched together, row by row; None for all."""


@dataclass
class Outcome:
    """One kind of model by task: mean reciprocal ranks of its seeds, their spread, Mean Angular Margin."""

    name: str
    ranks: dict[str, Ranks] = field(default_factory=dict)
    spread: dict[str, float] = field(default_factory=dict)
    margins: dict[str, float] = field(default_factory=dict)
    parameters: int = 0
    functions_a_second: float = 0.0

    def mrr(self, task: str) -> float:
        """Mean reciprocal rank on a task."""
        return float(self.ranks[task].mean())


def corpus_tasks(documents: Sequence[Document], queries: Sequence[EvaluationQuery]) -> list[Task]:
    """A corpus as two tasks: as given, and bare (documentation strings removed)."""
    rows = {document.id: row for row, document in enumerate(documents)}
    texts = [query.text for query in queries]
    relevant = [[rows[name] for name in query.relevant if name in rows] for query in queries]
    given = [seen_by_encoder(document.code, document.language) for document in documents]
    bare = [seen_by_encoder(_bare(document), document.language) for document in documents]
    return [Task("corpus, as given", texts, given, relevant), Task("corpus, bare", texts, bare, relevant)]


def _bare(document: Document) -> str:
    return strip_docstrings(document.code) if document.language == "python" else document.code


def held_out_tasks(pairs: Sequence[Pair], limit: int) -> list[Task]:
    """Each language's held-out pairs as two tasks, documented and bare, among `CANDIDATES` of it."""
    tasks = []
    for language in sorted({pair.language for pair in pairs}):
        chosen = [pair for pair in pairs if pair.language == language]
        number = min(len(chosen), limit) // CANDIDATES * CANDIDATES or len(chosen)
        chosen = [chosen[index] for index in np.random.default_rng(0).permutation(len(chosen))[:number]]
        documented, bare = map(list, zip(*map(variants, chosen), strict=True))
        relevant = [[row] for row in range(number)]
        queries = [pair.query for pair in chosen]
        tasks.append(Task(f"{language}, documented", queries, documented, relevant, CANDIDATES))
        tasks.append(Task(f"{language}, bare", queries, bare, relevant, CANDIDATES))
    return tasks


def compare(
    models: dict[str, list[Path]], tasks: Sequence[Task], progress: Callable[[str], None]
) -> list[Outcome]:
    """The outcome of each name over its model folders (one a seed)."""
    loaded = {folder: _loaded(folder) for folders in models.values() for folder in folders}
    outcomes = [Outcome(name, parameters=parameters_of(folders[0])) for name, folders in models.items()]
    for task in tasks:
        progress(task.name)
        read: dict[str, FlatFeatures] = {}
        for outcome in outcomes:
            of_seeds = [loaded[folder].encode(task, read) for folder in models[outcome.name]]
            ranks_of_seeds = [reciprocal_ranks(questions, codes, task) for questions, codes in of_seeds]
            outcome.ranks[task.name] = np.mean(ranks_of_seeds, axis=0)
            outcome.spread[task.name] = float(np.std([ranks.mean() for ranks in ranks_of_seeds]))
            outcome.margins[task.name] = float(
                np.mean([mean_angular_margin(codes.vectors) for _, codes in of_seeds])
            )
    for outcome in outcomes:
        progress(f"{outcome.name}: functions a second")
        outcome.functions_a_second = _functions_a_second(encoder_of_folder(models[outcome.name][0]), tasks[0])
    return outcomes


class _WithTokenEmbeddings:
    """A model folder with late interaction, run as the product runs it."""

    def __init__(self, folder: Path) -> None:
        self._encoder = _code_encoder(folder)

    def encode(self, task: Task, read: dict[str, FlatFeatures]) -> tuple[list[QuestionVectors], CodeVectors]:
        """Question and code vectors of a task; states read for other models are of no use."""
        del read
        codes = self._encoder.encode_code(
            [text for text, _ in task.codes], [graph for _, graph in task.codes]
        )
        return [self._encoder.encode_question(text) for text in task.queries], codes


class _WithoutTokenEmbeddings:
    """A model folder run by torch, so that one Transformer's states serve all the graph networks over it."""

    def __init__(self, folder: Path) -> None:
        self._model = load_model(folder)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        config = self._model.config
        self._featurizer = Featurizer(self._tokenizer, config.vocabulary if config else Vocabulary((), ()))
        self._reads = f"{digest(folder / 'model.safetensors')} {config.content if config else 'contextual'}"

    def encode(self, task: Task, read: dict[str, FlatFeatures]) -> tuple[list[QuestionVectors], CodeVectors]:
        """Question and code vectors of a task; `read` keeps the states of the Transformers that read it."""
        features = self._featurizer([text for text, _ in task.codes], [graph for _, graph in task.codes])
        flat = flat_features(features)
        if self._reads not in read:
            read[self._reads] = with_read(flat, self._model, _CPU, None, iter)
        known = replace(flat, read=read[self._reads].read)
        codes = encode_code(self._model, [known[row] for row in range(len(task.codes))], _CPU)
        queries = encode_texts(self._model, self._tokenizer, task.queries, _CPU).numpy()
        return [QuestionVectors(vector) for vector in queries], CodeVectors(codes.numpy())


def _loaded(folder: Path) -> "_WithTokenEmbeddings | _WithoutTokenEmbeddings":
    return _WithTokenEmbeddings(folder) if (folder / LATE_FILE).exists() else _WithoutTokenEmbeddings(folder)


def _functions_a_second(encoder: "GnnCoderEncoder | SequenceOnly | TorchEncoder", task: Task) -> float:
    """Speed of the encoder as the product runs it, warm, on the first codes of a task."""
    sample = task.codes[:_TIMED]
    texts, graphs = [text for text, _ in sample], [graph for _, graph in sample]
    encoder.encode_code(texts, graphs)
    started = time.perf_counter()
    encoder.encode_code(texts, graphs)
    return len(sample) / (time.perf_counter() - started)


def paired_p_value(better: Ranks, worse: Ranks, seed: int = 0) -> float:
    """Two-sided p-value of a paired randomisation test on the mean difference (Smucker et al. 2007).

    >>> paired_p_value(np.ones(50), np.zeros(50)) < 0.01, paired_p_value(np.eye(2)[0], np.eye(2)[1])
    (True, 1.0)
    """
    differences = better - worse
    rng = np.random.default_rng(seed)
    observed = abs(differences.mean())
    beyond = 0
    for _ in range(_SIGN_FLIPS // 100):
        signs = rng.choice((-1.0, 1.0), size=(100, len(differences)))
        beyond += int((np.abs((signs * differences).mean(axis=1)) >= observed).sum())
    return (beyond + 1) / (_SIGN_FLIPS + 1)


def encoder_of_folder(folder: Path) -> "GnnCoderEncoder | SequenceOnly | TorchEncoder":
    """A model folder's encoder: as the product runs it, or by torch for what only experiments have."""
    if not (folder / "graph.json").exists():
        return SequenceOnly(folder)
    return _code_encoder(folder)


def _code_encoder(folder: Path) -> "GnnCoderEncoder | TorchEncoder":
    config = json.loads((folder / "graph.json").read_text(encoding="utf-8"))
    spec = EncoderSpec("gnn_coder", str(folder))
    return GnnCoderEncoder(spec) if is_supported(config) else TorchEncoder(spec)


def parameters_of(folder: Path) -> int:
    """Number of trained parameters in a model folder."""
    return sum(array.size for name in folder.glob("*.safetensors") for array in load_file(name).values())


class SequenceOnly:
    """A Transformer that reads code as text."""

    def __init__(self, folder: Path) -> None:
        self._encoder = load_encoder(EncoderSpec("openvino", str(folder)))

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, float32 [len(texts), dimension]."""
        return self._encoder.encode(texts)

    def encode_code(self, texts: Sequence[str], graphs: Sequence[SyntaxGraph | None]) -> CodeVectors:
        """Unit vectors of the texts; the graphs are not looked at."""
        del graphs
        return CodeVectors(self._encoder.encode(texts))


def reciprocal_ranks(questions: Sequence[QuestionVectors], codes: CodeVectors, task: Task) -> Ranks:
    """Reciprocal rank of each question's first relevant code, float64 [questions]; a tie is a loss."""
    size = task.group or len(questions)
    ranks = []
    for start in range(0, len(questions), size):
        of_group = slice(start, start + size) if task.group else slice(None)
        offset = start if task.group else 0
        for row, similarity in enumerate(
            _similarities(questions[start : start + size], codes, of_group), start
        ):
            best = max(similarity[code - offset] for code in task.relevant[row])
            ranks.append(1.0 / int((similarity >= best).sum()))
    return np.array(ranks)


def _similarities(questions: Sequence[QuestionVectors], codes: CodeVectors, of_group: slice) -> Vectors:
    """Cosine and weighted MaxSim of questions and a group of codes, float32 [questions, codes]."""
    similarities = np.stack([question.vector for question in questions]) @ codes.vectors[of_group].T
    if codes.token_embeddings is None:
        return similarities
    with_tokens = [
        (row, question.token_embeddings)
        for row, question in enumerate(questions)
        if question.token_embeddings is not None
    ]
    late_interaction = maxsim(
        [tokens for _, tokens in with_tokens], [unit.tobytes() for unit in codes.token_embeddings[of_group]]
    )
    similarities[[row for row, _ in with_tokens]] += questions[0].late_interaction_weight * late_interaction
    return similarities
