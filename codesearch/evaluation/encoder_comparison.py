"""Encoders side by side, dense search alone: CosQA-like corpora and held-out packages, code with documentation and without."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from codesearch.evaluation.corpora import Document, EvaluationQuery
from codesearch.gnn_coder.dataset import Seen, seen_by_encoder, variants
from codesearch.gnn_coder.encoder import CodeEncoder, GnnCoderEncoder
from codesearch.gnn_coder.graph import SyntaxGraph
from codesearch.gnn_coder.margin import mean_angular_margin
from codesearch.gnn_coder.openvino_network import is_supported
from codesearch.gnn_coder.pairs import Pair
from codesearch.gnn_coder.torch_encoder import TorchEncoder
from codesearch.parsing.snippets import strip_docstrings
from searchapp.encoders import EncoderSpec, load_encoder
from searchapp.encoders.base import Vectors

CANDIDATES = 1000
"""Held-out queries look for their code among so many, as in CodeSearchNet."""
_SIGN_FLIPS = 10_000

Ranks = NDArray[np.float64]
"""Reciprocal ranks, one a query."""


@dataclass(frozen=True)
class Task:
    """Queries with the code they look for. `relevant` names rows of `codes` for each query; `groups` are searched apart."""

    name: str
    queries: list[str]
    codes: list[Seen]
    relevant: list[list[int]]
    group: int | None = None
    """Number of queries and codes that are searched together, row by row; None for all."""


@dataclass
class Outcome:
    """What one kind of model reached, over its seeds: reciprocal ranks by task, averaged over the seeds, and MAM."""

    name: str
    ranks: dict[str, Ranks] = field(default_factory=dict)
    spread: dict[str, float] = field(default_factory=dict)
    margins: dict[str, float] = field(default_factory=dict)
    parameters: int = 0
    functions_a_second: float = 0.0

    def mrr(self, task: str) -> float:
        """Return the mean reciprocal rank."""
        return float(self.ranks[task].mean())


def corpus_tasks(documents: Sequence[Document], queries: Sequence[EvaluationQuery]) -> list[Task]:
    """Return a corpus as two tasks: as given, and with documentation strings removed."""
    rows = {document.id: row for row, document in enumerate(documents)}
    texts = [query.text for query in queries]
    relevant = [[rows[each] for each in query.relevant if each in rows] for query in queries]
    given = [seen_by_encoder(each.code, each.language) for each in documents]
    bare = [seen_by_encoder(strip_docstrings(each.code) if each.language == "python" else each.code, each.language) for each in documents]
    return [Task("corpus, as given", texts, given, relevant), Task("corpus, bare", texts, bare, relevant)]


def held_out_tasks(pairs: Sequence[Pair], most: int) -> list[Task]:
    """Return for each language its held-out pairs as two tasks, among candidates of the same language."""
    tasks = []
    for language in sorted({pair.language for pair in pairs}):
        chosen = [pair for pair in pairs if pair.language == language]
        number = min(len(chosen), most) // CANDIDATES * CANDIDATES or len(chosen)
        chosen = [chosen[index] for index in np.random.default_rng(0).permutation(len(chosen))[:number]]
        seen = [variants(pair) for pair in chosen]
        relevant = [[row] for row in range(number)]
        queries = [pair.query for pair in chosen]
        tasks += [
            Task(f"{language}, documented", queries, [documented for documented, _ in seen], relevant, CANDIDATES),
            Task(f"{language}, bare", queries, [bare for _, bare in seen], relevant, CANDIDATES),
        ]
    return tasks


def compare(models: dict[str, list[Path]], tasks: Sequence[Task], progress: Callable[[str], None]) -> list[Outcome]:
    """Return an outcome for each name, over its model folders (one a seed)."""
    outcomes = []
    for name, folders in models.items():
        outcome = Outcome(name)
        by_seed: dict[str, list[Ranks]] = {task.name: [] for task in tasks}
        for folder in folders:
            progress(f"{name}: {folder}")
            encoder = encoder_of_folder(folder)
            outcome.parameters = parameters_of(folder)
            seconds, functions = 0.0, 0
            for task in tasks:
                started = time.perf_counter()
                codes = encoder.encode_code([text for text, _ in task.codes], [graph for _, graph in task.codes])
                seconds += time.perf_counter() - started
                by_seed[task.name].append(reciprocal_ranks(encoder.encode(task.queries), codes, task))
                outcome.margins[task.name] = outcome.margins.get(task.name, 0.0) + mean_angular_margin(codes) / len(folders)
                functions += len(task.codes)
            outcome.functions_a_second = functions / seconds
        for task_name, found in by_seed.items():
            outcome.ranks[task_name] = np.mean(found, axis=0)
            outcome.spread[task_name] = float(np.std([ranks.mean() for ranks in found]))
        outcomes.append(outcome)
    return outcomes


def paired_p_value(better: Ranks, worse: Ranks, seed: int = 0) -> float:
    """Return the two-sided p-value of a paired randomisation test on the mean difference (Smucker, Allan and Carterette 2007)."""
    differences = better - worse
    rng = np.random.default_rng(seed)
    observed = abs(differences.mean())
    beyond = 0
    for _ in range(_SIGN_FLIPS // 100):
        signs = rng.choice((-1.0, 1.0), size=(100, len(differences)))
        beyond += int((np.abs((signs * differences).mean(axis=1)) >= observed).sum())
    return (beyond + 1) / (_SIGN_FLIPS + 1)


def encoder_of_folder(folder: Path) -> "CodeEncoder | SequenceOnly | TorchEncoder":
    """Return a model folder's encoder: as the product runs it, or by torch for what only experiments have."""
    if not (folder / "graph.json").exists():
        return SequenceOnly(folder)
    config = json.loads((folder / "graph.json").read_text(encoding="utf-8"))
    spec = EncoderSpec("gnn_coder", str(folder))
    return GnnCoderEncoder(spec) if is_supported(config) else TorchEncoder(spec)


def parameters_of(folder: Path) -> int:
    """Return the number of trained parameters."""
    return sum(array.size for name in folder.glob("*.safetensors") for array in load_file(name).values())


class SequenceOnly:
    """A Transformer that reads code as text."""

    def __init__(self, folder: Path) -> None:
        self._encoder = load_encoder(EncoderSpec("openvino", str(folder)))

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, float32 [len(texts), dimension]."""
        return self._encoder.encode(texts)

    def encode_code(self, texts: Sequence[str], graphs: Sequence[SyntaxGraph | None]) -> Vectors:
        """Return unit vectors, float32 [len(texts), dimension]; the graphs are not looked at."""
        del graphs
        return self._encoder.encode(texts)


def reciprocal_ranks(queries: Vectors, codes: Vectors, task: Task) -> Ranks:
    """Return each query's reciprocal rank of its first relevant code; a tie counts against it."""
    size = task.group or len(queries)
    found = []
    for start in range(0, len(queries), size):
        of_group = slice(start, start + size) if task.group else slice(None)
        similarities = queries[start : start + size] @ codes[of_group].T
        offset = start if task.group else 0
        for row, similarity in enumerate(similarities):
            best = max(similarity[each - offset] for each in task.relevant[start + row])
            found.append(1.0 / int((similarity >= best).sum()))
    return np.array(found)
