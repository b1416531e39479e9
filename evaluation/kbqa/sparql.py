"""Questions on a graph with known answers: F1, Hits@1, exact answers and latency, without gold entities."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from time import perf_counter
from typing import Any

import numpy as np

from evaluation.kbqa.calibration import Judged, calibration_error
from evaluation.kbqa.graph_questions import GraphQuestion, Names, known_answers, predicted_answers
from kbqa.sparql.public import (
    Answer,
    Decoder,
    GraphVersion,
    LiveGraph,
    OxigraphStore,
    QueryError,
    Reading,
    ask,
    query_text,
    run,
)
from training.sparql.published import example_of

AnswerTo = Callable[[GraphQuestion], Answer]
"""What answers a question. Raises QueryError."""


@dataclass(frozen=True)
class Prediction:
    """The best reading's query (empty where there is none) with the IRIs or values that it found."""

    question: str
    sparql: str
    answers: list[str]
    error: str = ""
    """What the graph said of a query that it refused."""

    def as_row(self) -> dict[str, Any]:
        """The fields as a JSON object; no error where there was none."""
        return {name: value for name, value in asdict(self).items() if name != "error" or value}


@dataclass(frozen=True)
class AnswerScore:
    """How well the answers to one question match the known ones."""

    f1: float
    hit: bool
    """Whether the first answer is a known one (Hits@1)."""
    hit_any: bool
    """Whether any answer is a known one, be it the first or not."""
    exact: bool

    @classmethod
    def of(cls, predicted: Sequence[Names], gold: Sequence[Names]) -> "AnswerScore":
        """The score of answers, each known by any of its names; none where none is known is exact.

        >>> AnswerScore.of([("i:1", "Ada"), ("i:2", "Bob")], [("Ada",)])
        AnswerScore(f1=0.6666666666666666, hit=True, hit_any=True, exact=False)
        >>> AnswerScore.of([], []).exact, AnswerScore.of([], [("Ada",)]).f1
        (True, 0.0)
        """
        known = {name for answer in gold for name in answer}
        called = {name for answer in predicted for name in answer}
        right = sum(1 for answer in predicted if known.intersection(answer))
        covered = sum(1 for answer in gold if called.intersection(answer))
        precision, recall = right / max(1, len(predicted)), covered / max(1, len(gold))
        neither = not predicted and not gold
        return cls(
            f1=2 * precision * recall / (precision + recall) if right else float(neither),
            hit=bool(predicted and known.intersection(predicted[0])),
            hit_any=right > 0,
            exact=bool(precision == 1 and recall == 1) or neither,
        )


@dataclass
class SparqlScores:
    """Sums over questions; `summary` makes the means."""

    f1: float = 0.0
    hits: int = 0
    hits_any: int = 0
    exact: int = 0
    executable: int = 0
    non_empty: int = 0
    answered: int = 0
    questions: int = 0
    milliseconds: list[float] = field(default_factory=list)
    judged: list[Judged] = field(default_factory=list)
    """Of each answer: the probabilities of its readings, and whether the first was exact."""

    def add(self, answer: Answer, score: AnswerScore) -> None:
        """Count one answer."""
        self.questions += 1
        self.f1 += score.f1
        self.hits += score.hit
        self.hits_any += score.hit_any
        self.exact += score.exact
        self.milliseconds.append(answer.milliseconds)
        if answer.best is not None:
            self.answered += 1
            self.judged.append((tuple(reading.probability for reading in answer.readings), score.exact))
            self.executable += 1
            self.non_empty += answer.best.solutions is None or bool(answer.best.solutions.rows)

    def add_refused(self) -> None:
        """Count a query that the graph refused, which must never be: an answer that could not be run."""
        self.questions += 1
        self.answered += 1

    def summary(self) -> dict[str, float]:
        """Means over the questions, and percentiles of the milliseconds.

        >>> scores = SparqlScores(f1=1.5, hits=1, exact=1, questions=2, milliseconds=[10, 30])
        >>> summary = scores.summary()
        >>> summary["f1"], summary["hits@1"], summary["exact"], summary["ms_p50"], summary["questions"]
        (0.75, 0.5, 0.5, 20.0, 2)
        """
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
        return calibration_error([(probabilities[0], right) for probabilities, right in self.judged])


def by_reading(version: GraphVersion, live: LiveGraph, decoder: Decoder) -> AnswerTo:
    """Answers as the product gives them: by the question's words alone."""
    return lambda question: ask(question.text, version, live, decoder)


def by_known_query(version: GraphVersion, live: LiveGraph) -> AnswerTo:
    """Answers of the known queries: what reading each question perfectly would bring on this graph."""

    def answer_to(question: GraphQuestion) -> Answer:
        assert isinstance(live.store, OxigraphStore)
        begun = perf_counter()
        example = example_of(dict(question.published), live.store.store)
        if example is None or example.query is None:
            return Answer(question.text, (), False, 0.0)
        reading = run(Reading(example.query, query_text(example.query), 1.0, ()), version, live)
        return Answer(question.text, (reading,), True, 1000 * (perf_counter() - begun))

    return answer_to


def evaluate(
    questions: Iterable[GraphQuestion], live: LiveGraph, answer_to: AnswerTo, scores: SparqlScores
) -> Iterator[Prediction]:
    """The prediction for each question with known answers, which is added to `scores`."""
    for question in questions:
        gold = known_answers(question, live)
        if gold is None:
            continue
        try:
            answer = answer_to(question)
        except QueryError as error:
            scores.add_refused()
            yield Prediction(question.text, "", [], str(error))
            continue
        predicted = predicted_answers(answer, live)
        scores.add(answer, AnswerScore.of(predicted, gold))
        sparql = answer.best.text if answer.best else ""
        yield Prediction(question.text, sparql, [names[0] for names in predicted])
