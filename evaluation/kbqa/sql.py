"""Questions on databases with known SQL: whether the answers are the same, whether everything runs, and how
long a question takes.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import sqlglot
from numpy.typing import NDArray
from sqlglot import exp
from sqlglot.errors import SqlglotError

from evaluation.kbqa.calibration import calibration_error
from kbqa.language_model import ChatServer
from kbqa.sql.public import (
    Answer,
    ExecutionError,
    Limits,
    LocalGenerator,
    Source,
    StatementError,
    answers_of,
    ask,
    checked,
    execute,
    features_of,
    link_question,
    read_schema,
    sqlite_engine,
)
from training.sql.data import written

Judged = tuple[NDArray[np.float64], NDArray[np.bool_]]

_LIMITS = Limits(seconds=30.0, rows=100_000, bytes=200_000_000)


@dataclass
class Scores:
    """Counts over questions; `summary` makes the shares."""

    right: int = 0
    valid: int = 0
    answered: int = 0
    questions: int = 0
    milliseconds: list[float] = field(default_factory=list)
    by_class: "Counter[tuple[str, bool]]" = field(default_factory=Counter)
    sureness: list[tuple[float, bool]] = field(default_factory=list)
    rankings: list[Judged] = field(default_factory=list)
    """Each question's answers as the ranking sees them, and which are right: what a ranking is fitted to."""

    def summary(self) -> dict[str, Any]:
        """Return shares of 1, and percentiles of the time a question took; `classes` are those of DIN-SQL
        (section 4.2).
        """
        number, names = max(1, self.questions), sorted({name for name, _ in self.by_class})
        return {
            "execution_match": round(self.right / number, 4),
            "valid": round(self.valid / number, 4),
            "answered": round(self.answered / number, 4),
            "ms_p50": round(float(np.percentile(self.milliseconds or [0.0], 50)), 1),
            "ms_p95": round(float(np.percentile(self.milliseconds or [0.0], 95)), 1),
            "calibration_error": round(calibration_error(self.sureness), 4),
            "questions": self.questions,
            "classes": {
                name: [self.by_class[name, True], self.by_class[name, True] + self.by_class[name, False]]
                for name in names
            },
        }


@contextmanager
def opened_source(path: Path) -> Iterator[Source]:
    """Scan an SQLite file into the present database for the block, as a scan does it."""
    schema = read_schema(sqlite_engine(path, introspects=True))
    with written(schema, path) as cells:
        yield Source(schema, cells, sqlite_engine(path))


def evaluate(
    rows: Iterable[dict[str, Any]],
    source: Source,
    generator: LocalGenerator,
    scores: Scores,
    server: ChatServer | None = None,
) -> Iterator[dict[str, Any]]:
    """Ask each row's question, add to `scores`, and yield the prediction.

    The nearest reading counts where none is_answerable.
    """
    for row in rows:
        answer = ask(row["question"], source, generator, server=server)
        sql = answer.readings[0].sql if answer.readings else ""
        valid, right = _judged(sql, row["sql"], source)
        if answer.readings and answer.readings[0].query is not None:
            scores.rankings.append(_ranked(answer, row, source))
        _add(scores, answer, row["sql"], valid=valid, right=right)
        yield {"id": row.get("id"), "sql": sql, "right": right}


def _ranked(answer: Answer, row: dict[str, Any], source: Source) -> Judged:
    world = link_question(row["question"], source.schema, source.cells)
    answers = answers_of(answer.readings)
    right = [_judged(each[0].sql, row["sql"], source)[1] for each in answers]
    return np.array([features_of(each, world) for each in answers]), np.array(right)


def _add(scores: Scores, answer: Answer, gold: str, *, valid: bool, right: bool) -> None:
    scores.questions += 1
    scores.answered += answer.best is not None
    scores.valid += valid
    scores.right += right
    scores.milliseconds.append(answer.milliseconds)
    scores.by_class[question_class(gold), right] += 1
    if answer.readings:
        scores.sureness.append((answer.readings[0].probability, right))


def _judged(sql: str, gold: str, source: Source) -> tuple[bool, bool]:
    """Return whether SQL runs, and whether it returns what the gold SQL returns."""
    try:
        found = execute(
            source.engine, checked(sql, source.schema), _LIMITS, dialect=source.schema.dialect
        ).rows
    except (StatementError, ExecutionError):
        return False, False
    with source.engine.connect() as connection:
        wanted = [tuple(row) for row in connection.exec_driver_sql(gold).fetchall()]
    return True, same_rows(found, wanted, ordered=_is_ordered(gold))


def same_rows(found: Sequence[tuple[Any, ...]], wanted: Sequence[tuple[Any, ...]], *, ordered: bool) -> bool:
    """Tell whether two answers have the same rows, as often, and in the same order where it matters."""
    one, other = [tuple(map(_value, row)) for row in found], [tuple(map(_value, row)) for row in wanted]
    return one == other if ordered else Counter(one) == Counter(other)


def _value(value: Any) -> Any:
    """Return a value as it is compared: 3 and 3.0 are equal, and fractions to six digits."""
    return round(float(value), 6) if isinstance(value, int | float) else value


def _is_ordered(sql: str) -> bool:
    try:
        tree = sqlglot.parse_one(sql, dialect="sqlite")
    except SqlglotError:
        return "order by" in sql.lower()
    return tree.args.get("order") is not None


def question_class(gold: str) -> str:
    """Return the class that DIN-SQL gives a question by its SQL: easy has one table, nested a query within or
    beside a query.
    """
    try:
        tree = sqlglot.parse_one(gold, dialect="sqlite")
    except SqlglotError:
        return "nested"
    if isinstance(tree, exp.SetOperation) or sum(1 for _ in tree.find_all(exp.Select)) > 1:
        return "nested"
    return "non-nested" if sum(1 for _ in tree.find_all(exp.Table)) > 1 else "easy"
