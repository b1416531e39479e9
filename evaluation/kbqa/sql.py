"""Questions on databases with gold SQL: execution match, validity, calibration and latency."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from evaluation.kbqa.calibration import calibration_error, least_probability
from kbqa.language_model import ChatServer
from kbqa.sql.public import SURE, Answer, LocalGenerator, Source, ask
from training.sql.execution_match import Judgement, judge, question_class
from training.sql.questions import SqlQuestion

_RIGHT_WHERE_SURE = 0.88
"""What share of the answers that are shown without doubt shall be right."""


@dataclass(frozen=True)
class Prediction:
    """A question's SQL (empty where it got none), and whether it returns what the gold SQL does."""

    id: int | str | None
    sql: str
    right: bool
    probability: float
    """The probability that was stated for it; 0 without SQL."""


@dataclass
class SqlScores:
    """Counts over questions; `summary` makes the shares."""

    right: int = 0
    valid: int = 0
    answered: int = 0
    questions: int = 0
    milliseconds: list[float] = field(default_factory=list)
    by_class: "Counter[tuple[str, bool]]" = field(default_factory=Counter)
    """How many questions of each of DIN-SQL's classes were answered rightly and how many were not."""
    confidences: list[tuple[float, bool]] = field(default_factory=list)
    """The probability of each question's best reading, and whether it was right."""

    def add(self, question: SqlQuestion, answer: Answer, judgement: Judgement) -> None:
        """Count one answer."""
        self.questions += 1
        self.answered += answer.best is not None
        self.valid += judgement.valid
        self.right += judgement.right
        self.milliseconds.append(answer.milliseconds)
        self.by_class[question_class(question.sql), judgement.right] += 1
        if answer.readings:
            self.confidences.append((answer.readings[0].probability, judgement.right))

    def summary(self) -> dict[str, Any]:
        """Shares of 1, percentiles of the milliseconds, and for each of DIN-SQL's classes [right, all].

        >>> scores = SqlScores(right=1, valid=2, answered=2, questions=2, milliseconds=[10, 30])
        >>> scores.by_class.update({("easy", True): 1, ("nested", False): 1})
        >>> summary = scores.summary()
        >>> summary["execution_match"], summary["valid"], summary["ms_p50"], summary["classes"]
        (0.5, 1.0, 20.0, {'easy': [1, 1], 'nested': [0, 1]})
        """
        number = max(1, self.questions)
        return {
            "execution_match": round(self.right / number, 4),
            "valid": round(self.valid / number, 4),
            "answered": round(self.answered / number, 4),
            "ms_p50": round(float(np.percentile(self.milliseconds or [0.0], 50)), 1),
            "ms_p95": round(float(np.percentile(self.milliseconds or [0.0], 95)), 1),
            **self._sure(),
            "calibration_error": round(calibration_error(self.confidences), 4),
            "questions": self.questions,
            "classes": {name: self._of_class(name) for name in sorted({name for name, _ in self.by_class})},
        }

    def _sure(self) -> dict[str, float]:
        """The share of questions whose answer is shown without doubt, and the share of these that is right.

        `sure_from` is the least probability from which on the wanted share would be.
        """
        sure = [right for probability, right in self.confidences if probability >= SURE]
        return {
            "sure": round(len(sure) / max(1, self.questions), 4),
            "right_where_sure": round(sum(sure) / max(1, len(sure)), 4),
            "sure_from": round(least_probability(self.confidences, _RIGHT_WHERE_SURE), 3),
        }

    def _of_class(self, name: str) -> list[int]:
        right, wrong = self.by_class[name, True], self.by_class[name, False]
        return [right, right + wrong]


def evaluate(
    questions: Iterable[SqlQuestion],
    source: Source,
    generator: LocalGenerator,
    scores: SqlScores,
    server: ChatServer | None = None,
) -> Iterator[Prediction]:
    """The prediction for each question, which is added to `scores`; an unsure reading counts as well."""
    for question in questions:
        answer = ask(question.text, source, generator, server=server)
        sql = answer.readings[0].sql if answer.readings else ""
        judgement = judge(sql, question.sql, source)
        scores.add(question, answer, judgement)
        probability = answer.readings[0].probability if answer.readings else 0.0
        yield Prediction(question.id, sql, judgement.right, probability)
