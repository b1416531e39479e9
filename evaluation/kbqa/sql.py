"""Questions on databases with gold SQL: execution match, validity, calibration and latency."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from evaluation.kbqa.calibration import calibration_error, least_probability
from evaluation.kbqa.sql_layers import layer_of
from evaluation.kbqa.sql_match import Match, is_met, is_valid
from evaluation.kbqa.sql_questions import GoldQuestion
from kbqa.language_model import ChatServer
from kbqa.sql.public import SURE, Answer, LocalGenerator, Source, ask
from training.sql.execution_match import question_class

_RIGHT_WHERE_SURE = 0.88
"""What share of the answers that are shown without doubt shall be right."""


@dataclass(frozen=True)
class Prediction:
    """What became of a question: its SQL (empty where it got none), and whether that is right."""

    id: int | str | None
    database: str
    kind: str
    question: str
    sql: str
    refused: bool
    """Whether people are told that the database does not hold the answer; `sql` is then the best guess."""
    right: bool
    """Whether the SQL returns what the gold SQL does; of a question without gold, whether it was refused."""
    probability: float
    """The probability that was stated for it; 0 without SQL."""
    milliseconds: float
    layer: str
    """Of an answerable question that has no right answer, the layer that lost it."""


@dataclass(frozen=True)
class Judged:
    """What an answer's best reading is worth."""

    valid: bool
    """Whether its SQL runs; no SQL is not valid."""
    right: bool
    """Whether it returns what is wanted."""
    writes: int = 0
    """How many of all the answer's statements would change the database."""
    layer: str = ""
    """The layer that lost the right answer, if there is one that was not given."""


@dataclass
class SqlScores:
    """Counts over questions; `summary` makes the shares."""

    right: int = 0
    """Of the answerable questions, those whose best reading is right, shown or not."""
    valid: int = 0
    answered: int = 0
    answerable: int = 0
    questions: int = 0
    well_handled: int = 0
    """The questions with a right answer, and those that were refused because there is none."""
    refused: int = 0
    wrongly_refused: int = 0
    sure_of_nothing: int = 0
    """The questions without an answer that were given one without doubt."""
    invalid: int = 0
    writes: int = 0
    milliseconds: list[float] = field(default_factory=list)
    by_class: "Counter[tuple[str, bool]]" = field(default_factory=Counter)
    """How many questions of each of DIN-SQL's classes were answered rightly and how many were not."""
    by_kind: "Counter[tuple[str, bool]]" = field(default_factory=Counter)
    """The same, of all questions, for what the set says of their kind."""
    by_database: "Counter[tuple[str, bool]]" = field(default_factory=Counter)
    by_layer: "Counter[str]" = field(default_factory=Counter)
    """How many right answers each layer lost."""
    confidences: list[tuple[float, bool]] = field(default_factory=list)
    """The probability of each answer that was given, and whether it was right."""

    def add(self, question: GoldQuestion, answer: Answer, judged: Judged) -> None:
        """Count one answer."""
        given = answer.best is not None
        handled = given and judged.right if question.answerable else not given
        self.questions += 1
        self.answered += given
        self.well_handled += handled
        self.milliseconds.append(answer.milliseconds)
        self.invalid += bool(answer.readings) and not judged.valid
        self.writes += judged.writes
        if question.answerable:
            self.answerable += 1
            self.valid += judged.valid
            self.right += judged.right
            self.wrongly_refused += not given
            self.by_class[question_class(question.golds[0]), judged.right] += 1
        else:
            self.refused += not given
            self.sure_of_nothing += answer.sure
        if question.kind:
            self.by_kind[question.kind, handled] += 1
        self.by_database[question.database, handled] += 1
        if judged.layer:
            self.by_layer[judged.layer] += 1
        if answer.best is not None:
            self.confidences.append((answer.best.probability, judged.right))

    def summary(self) -> dict[str, Any]:
        """Shares of 1, percentiles of the milliseconds, and [right, all] for each class, kind and database.

        None stands for a share of nothing.

        >>> scores = SqlScores(right=1, valid=2, answered=2, answerable=2, questions=2, milliseconds=[10, 30])
        >>> scores.by_class.update({("easy", True): 1, ("nested", False): 1})
        >>> summary = scores.summary()
        >>> summary["execution_match"], summary["valid"], summary["ms_p50"], summary["classes"]
        (0.5, 1.0, 20.0, {'easy': [1, 1], 'nested': [0, 1]})
        >>> summary["refused"], summary["wrongly_refused"]
        (None, 0.0)
        """
        unanswerable = self.questions - self.answerable
        return {
            "execution_match": _share(self.right, self.answerable),
            "valid": _share(self.valid, self.answerable),
            "answered": _share(self.answered, self.questions),
            "handled": _share(self.well_handled, self.questions),
            "refused": _share(self.refused, unanswerable),
            "wrongly_refused": _share(self.wrongly_refused, self.answerable),
            "ms_p50": round(float(np.percentile(self.milliseconds or [0.0], 50)), 1),
            "ms_p95": round(float(np.percentile(self.milliseconds or [0.0], 95)), 1),
            **self._sure(),
            "sure_of_nothing": self.sure_of_nothing,
            "calibration_error": round(calibration_error(self.confidences), 4),
            "invalid": self.invalid,
            "writes": self.writes,
            "questions": self.questions,
            "answerable": self.answerable,
            "classes": _right_of_all(self.by_class),
            "kinds": _right_of_all(self.by_kind),
            "databases": _right_of_all(self.by_database),
            "lost_by": dict(self.by_layer.most_common()),
        }

    def _sure(self) -> dict[str, float | None]:
        """The share of questions whose answer is shown without doubt, and the share of these that is right.

        `sure_from` is the least probability from which on the wanted share would be.
        """
        sure = [right for probability, right in self.confidences if probability >= SURE]
        return {
            "sure": _share(len(sure), self.questions),
            "right_where_sure": _share(sum(sure), len(sure)),
            "sure_from": round(least_probability(self.confidences, _RIGHT_WHERE_SURE), 3),
        }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _right_of_all(counts: "Counter[tuple[str, bool]]") -> dict[str, list[int]]:
    names = sorted({name for name, _ in counts})
    return {name: [counts[name, True], counts[name, True] + counts[name, False]] for name in names}


def writes(sql: str) -> bool:
    """Whether a statement would change the database.

    >>> [writes(sql) for sql in ("SELECT 1", "WITH a AS (SELECT 1) SELECT * FROM a", "DELETE FROM t", "no")]
    [False, False, True, False]
    """
    changing = (exp.DML, exp.DDL, exp.Drop, exp.Alter, exp.Command)
    try:
        trees = sqlglot.parse(sql, dialect="sqlite")
    except SqlglotError:
        return False
    return any(isinstance(tree, changing) and not isinstance(tree, exp.Query) for tree in trees)


def judged(question: GoldQuestion, answer: Answer, source: Source, match: Match) -> Judged:
    """What the best reading of an answer is worth, whether or not it was shown."""
    sql = answer.readings[0].sql if answer.readings else ""
    valid = is_valid(sql, source)
    right = valid and is_met(question, sql, source, match)
    lost = question.answerable and not (right and answer.best is not None)
    layer = layer_of(question, answer, source, match) if lost else ""
    return Judged(valid, right, sum(writes(reading.sql) for reading in answer.readings), layer)


def evaluate(
    questions: Iterable[GoldQuestion],
    source: Source,
    generator: LocalGenerator,
    scores: SqlScores,
    server: ChatServer | None = None,
    match: Match = Match.EXACT,
) -> Iterator[Prediction]:
    """The prediction for each question, which is added to `scores`; an unsure reading counts as well."""
    for question in questions:
        answer = ask(question.text, source, generator, server=server)
        worth = judged(question, answer, source, match)
        scores.add(question, answer, worth)
        best, refused = answer.readings[0] if answer.readings else None, answer.best is None
        yield Prediction(
            question.id,
            question.database,
            question.kind,
            question.text,
            best.sql if best else "",
            refused,
            worth.right if question.answerable else refused,
            best.probability if best else 0.0,
            answer.milliseconds,
            worth.layer,
        )
