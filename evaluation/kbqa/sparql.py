"""Questions on a graph with known answers: F1, Hits@1, exact answers, and how long a question takes. No gold
entities are given.
"""

import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from django.conf import settings
from pyoxigraph import Literal, NamedNode, Store

from evaluation.kbqa.calibration import Judged, calibration_error
from kbqa.sparql.public import (
    Answer,
    Decoder,
    Graph,
    GraphVersion,
    LiveGraph,
    OxigraphStore,
    QueryError,
    RdfFile,
    RdfTerm,
    Reading,
    Report,
    ask,
    encode_labels,
    label_vectors_of,
    names,
    names_in,
    profile_graph,
    query_text,
    rdf_format,
    run,
    triples_of,
)
from training.sparql.published import PREFIXES, example_of

_MAX_BYTES = 10**12
_ASKS = re.compile(r"\s*(?:(?:PREFIX\b[^<]*|BASE\s*)<[^>]*>\s*)*ASK\b", re.IGNORECASE)
Names = tuple[str, ...]
"""What an answer may be called: first its IRI or value, then its label."""
AnswerTo = Callable[[dict[str, Any]], Answer]
"""What answers a row's question. Raises QueryError."""


@dataclass
class Scores:
    """Sums over questions; `summary` makes the means."""

    f1: float = 0.0
    hits: int = 0
    hits_any: int = 0
    """How often any answer found is a known one, be it the first or not."""
    exact: int = 0
    executable: int = 0
    non_empty: int = 0
    answered: int = 0
    questions: int = 0
    milliseconds: list[float] = field(default_factory=list)
    judged: list[Judged] = field(default_factory=list)
    """Of each answer: how likely its readings were, and whether the first was exact."""

    def summary(self) -> dict[str, float]:
        """Return the means, and percentiles of the time a question took."""
        number = max(1, self.questions)
        return {
            "f1": round(self.f1 / number, 4),
            "hits@1": round(self.hits / number, 4),
            "hits@any": round(self.hits_any / number, 4),
            "exact": round(self.exact / number, 4),
            "executable": round(self.executable / max(1, self.answered), 4),
            "non_empty": round(self.non_empty / max(1, self.answered), 4),
            "answered": round(self.answered / number, 4),
            "ms_p50": round(float(np.percentile(self.milliseconds or [0.0], 50)), 1),
            "ms_p95": round(float(np.percentile(self.milliseconds or [0.0], 95)), 1),
            "calibration_error": round(self._calibration_error(), 4),
            "questions": self.questions,
        }

    def _calibration_error(self) -> float:
        return calibration_error([(readings[0], right) for readings, right in self.judged])


@contextmanager
def loaded_graph(path: Path, embedded_labels: int | None = None) -> Iterator[tuple[GraphVersion, LiveGraph]]:
    """Load a file as a graph of the present database for the block, as a load does it.

    `embedded_labels` get vectors; by default as many as the settings say.
    """
    embedded_labels = settings.GRAPH_EMBEDDED_LABELS if embedded_labels is None else embedded_labels
    graph = Graph.objects.create(
        slug=path.name.split(".")[0].lower()[:60], name=path.name, source_kind=Graph.SourceKind.FILE
    )
    version = GraphVersion.objects.create(graph=graph, number=1, load=1)
    folder = Path(tempfile.mkdtemp(prefix="searchapp-graph-"))
    try:
        store, report = Store(str(folder / "triples")), Report()
        file = RdfFile(path, rdf_format(path.name), _MAX_BYTES)
        store.bulk_extend(triples_of(file, report, skip_bad_lines=False, progress=lambda done, total: None))
        opened = OxigraphStore(store, "1")
        profile = profile_graph(opened)
        names.names_of(version).write(names_in(store, profile))
        label_vectors_of(graph.pk).write(names.labels_of(version, embedded_labels), encode_labels)
        yield version, LiveGraph(opened, profile)
    finally:
        names.names_of_load(graph.pk, 0).delete(all_loads=True)
        graph.delete()
        shutil.rmtree(folder, ignore_errors=True)


def by_reading(version: GraphVersion, live: LiveGraph, decoder: Decoder) -> AnswerTo:
    """Answer as the product does: by the question's words alone."""
    return lambda row: ask(row["question"], version, live, decoder)


def by_known_query(version: GraphVersion, live: LiveGraph) -> AnswerTo:
    """Answer by each row's known query: what reading its question perfectly would bring on this graph."""

    def answer_to(row: dict[str, Any]) -> Answer:
        assert isinstance(live.store, OxigraphStore)
        begun = perf_counter()
        example = example_of(row, live.store.store)
        if example is None or example.query is None:
            return Answer(row["question"], (), False, 0.0)
        reading = run(Reading(example.query, query_text(example.query), 1.0, ()), version, live)
        return Answer(row["question"], (reading,), True, 1000 * (perf_counter() - begun))

    return answer_to


def evaluate(
    rows: Iterable[dict[str, Any]], live: LiveGraph, answer_to: AnswerTo, scores: Scores
) -> Iterator[dict[str, Any]]:
    """Have each row's question answered, add to `scores`, and yield the prediction."""
    for row in rows:
        gold = _gold(row, live)
        if gold is None:
            continue
        try:
            answer = answer_to(row)
        except QueryError as error:
            # A query that the graph refuses is what must never be; it counts as an answer that could not be
            # run.
            scores.questions += 1
            scores.answered += 1
            yield {"question": row["question"], "sparql": "", "answers": [], "error": str(error)}
            continue
        found = _predicted(answer, live)
        _score(found, gold, answer, scores)
        best = answer.best
        yield {
            "question": row["question"],
            "sparql": best.text if best else "",
            "answers": [each[0] for each in found],
        }


def _gold(row: dict[str, Any], live: LiveGraph) -> list[Names] | None:
    """Return the known answers; None for a query that has none here."""
    if "answers" in row:
        return [(str(each),) for each in row["answers"]]
    prefixes = "".join(f"PREFIX {name}: <{iri}> " for name, iri in PREFIXES.items())
    try:
        if _ASKS.match(row["sparql"]):
            return [(str(live.store.ask(prefixes + row["sparql"])).lower(),)]
        return _rows(live.store.select(prefixes + row["sparql"]).rows, live)
    except QueryError:
        return None


def _predicted(answer: Answer, live: LiveGraph) -> list[Names]:
    best = answer.best
    if best is None:
        return []
    if best.solutions is None:
        return [(str(best.holds).lower(),)]
    return _rows(best.solutions.rows, live)


def _rows(rows: list[tuple[RdfTerm | None, ...]], live: LiveGraph) -> list[Names]:
    """Return what each distinct row may be called; a row of several columns is called by all of them
    together, by IRIs or by labels.
    """
    iris = [term for row in rows for term in row if isinstance(term, NamedNode)]
    labels = live.store_names(list(dict.fromkeys(iris)))
    found = []
    for row in dict.fromkeys(rows):
        if len(row) == 1:
            found.append(_called(row[0], labels))
        else:
            called = [_called(term, labels) for term in row]
            found.append(
                tuple(dict.fromkeys(" | ".join(each[place] for each in called) for place in (0, -1)))
            )
    return found


def _called(term: RdfTerm | None, labels: dict[NamedNode, str]) -> Names:
    if isinstance(term, NamedNode):
        return term.value, labels[term]
    if isinstance(term, Literal):
        return (_value(term),)
    return (str(term),)


def _value(term: Literal) -> str:
    """Return a literal's value; numbers as numbers, since 3 and 3.0 are the same answer."""
    try:
        return f"{float(term.value):g}" if term.datatype.value.rsplit("#", 1)[-1] in _NUMBERS else term.value
    except ValueError:
        return term.value


_NUMBERS = {"integer", "decimal", "double", "float", "int", "long"}


def _score(found: list[Names], gold: list[Names], answer: Answer, scores: Scores) -> None:
    wanted = {name for each in gold for name in each}
    right = sum(1 for each in found if wanted.intersection(each))
    called = {name for each in found for name in each}
    covered = sum(1 for each in gold if called.intersection(each))
    precision, recall = right / max(1, len(found)), covered / max(1, len(gold))
    scores.questions += 1
    scores.f1 += 2 * precision * recall / (precision + recall) if right else float(not found and not gold)
    scores.hits += bool(found and wanted.intersection(found[0]))
    scores.hits_any += right > 0
    exact = bool(precision == 1 and recall == 1) or (not found and not gold)
    scores.exact += exact
    scores.milliseconds.append(answer.milliseconds)
    if answer.best is not None:
        scores.answered += 1
        scores.judged.append((tuple(each.probability for each in answer.readings), exact))
        scores.executable += 1
        scores.non_empty += answer.best.solutions is None or bool(answer.best.solutions.rows)
