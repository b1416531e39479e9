"""An answer from a database as it is shown and kept: what needs neither the database nor the decoder again.

Another of its readings is a statement that is run when somebody chooses it; it is not decoded again.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from kbqa.questions.answers import (
    KeptAnswer,
    KeptReading,
    answer_fields,
    answer_json,
    reading_fields,
    reading_json,
)
from kbqa.sql.answer.explanation import steps_of
from kbqa.sql.answer.following import Previous
from kbqa.sql.answer.formatting import sentence_of
from kbqa.sql.answer.pipeline import Answer
from kbqa.sql.answer.reading import Reading
from kbqa.sql.answer.values import result_from, result_json
from kbqa.sql.focus.schema_focus import Focus
from kbqa.sql.models import DatabaseQuestion
from kbqa.sql.query_json import query_from, query_json
from kbqa.sql.stores.databases import Source
from kbqa.sql.stores.executor import Limits, Result, execute
from kbqa.sql.stores.validator import checked

MAX_KEPT_ROWS, MAX_PREVIEW_ROWS = 1_000, 3
MAX_KEPT_COLUMNS = 1_000
"""Of how many columns the probability is kept that the question is about them."""


@dataclass(frozen=True)
class SqlReading(KeptReading):
    """A reading as SQL."""

    sub_questions: tuple[str, ...]
    label: str
    """What its only column holds in words, with all conditions; empty where it has several."""


@dataclass(frozen=True)
class FocusedColumn:
    """The probability that a question is about a column, and whether it was kept."""

    column: str
    relevance: float
    kept: bool
    target: str
    """The column that it refers to; empty for none."""


@dataclass(frozen=True)
class KeptFocus:
    """The part of a schema that a question was read over, the likeliest columns first.

    It is `whole` where nothing was left out, and `given` where a person chose.
    """

    columns: tuple[FocusedColumn, ...]
    whole: bool
    given: bool
    total: int
    """Of how many columns it was chosen."""


@dataclass(frozen=True)
class DatabaseAnswer(KeptAnswer[SqlReading, Result]):
    """An answer from a database, with the part of its schema that it was read over."""

    focus: KeptFocus
    dialect: str


def kept_answer(answer: Answer) -> DatabaseAnswer:
    """An answer in the form that is kept."""
    return DatabaseAnswer(
        answer.question,
        answer.answerable,
        answer.notice,
        answer.milliseconds,
        tuple(
            kept_reading(reading, offered=number in answer.choices)
            for number, reading in enumerate(answer.readings)
        ),
        answer.best.result if answer.best else None,
        _focus(answer.focus),
        answer.focus.linked.schema.dialect,
        missing=answer.missing,
        sure=answer.sure,
        choices=answer.choices,
        confirmed_by=answer.confirmed.by if answer.confirmed else "",
        confirmed_at=answer.confirmed.at if answer.confirmed else "",
        follows=answer.follows,
    )


def run_reading(reading: SqlReading, source: Source, limits: Limits) -> Result:
    """The rows of a reading now. Raises StatementError, ExecutionError."""
    statement = checked(reading.query, source.schema)
    return execute(source.engine, statement, limits, dialect=source.schema.dialect)


def kept_json(answer: DatabaseAnswer) -> dict[str, Any]:
    """The JSON of an answer, for its question's row."""
    focus = answer.focus
    return answer_json(answer) | {
        "readings": [reading_json(reading) | _own_json(reading) for reading in answer.readings],
        "result": result_json(answer.result, MAX_KEPT_ROWS) if answer.result else None,
        "focus": {
            "columns": [list(asdict(column).values()) for column in focus.columns[:MAX_KEPT_COLUMNS]],
            "whole": focus.whole,
            "given": focus.given,
            "total": focus.total,
        },
        "dialect": answer.dialect,
    }


def _own_json(reading: SqlReading) -> dict[str, Any]:
    """The JSON of what a reading as SQL has of its own."""
    return {
        "sub_questions": reading.sub_questions,
        "label": reading.label,
        "preview": result_json(reading.preview, MAX_PREVIEW_ROWS) if reading.preview else None,
    }


def kept_answer_of(question: DatabaseQuestion) -> DatabaseAnswer | None:
    """The answer that a question was given; None where it was forgotten, or never kept."""
    data = question.answer
    if data is None:
        return None
    focus = data["focus"]
    columns = tuple(FocusedColumn(*column) for column in focus["columns"])
    return DatabaseAnswer(
        data["question"],
        data["answerable"],
        data["notice"],
        data["milliseconds"],
        tuple(map(_reading_from, data["readings"])),
        result_from(data["result"]) if data["result"] else None,
        KeptFocus(columns, focus["whole"], focus["given"], focus["total"]),
        data["dialect"],
        **answer_fields(data),
    )


def kept_reading(reading: Reading, *, offered: bool = False) -> SqlReading:
    """A reading in the form that is kept, in words as it is written; with first rows if it is `offered`."""
    query, result = reading.written, reading.result
    label = reading.words.removesuffix(".") if query and len(query.items) == 1 else ""
    shown = offered and result is not None
    return SqlReading(
        reading.sql,
        reading.words,
        reading.probability,
        tuple(steps_of(reading)),
        reading.parts,
        label,
        unused=reading.unused,
        why=reading.why,
        preview=result_from(result_json(result, MAX_PREVIEW_ROWS)) if shown and result else None,
        found=sentence_of(result, label) if shown and result else "",
        data=query_json(reading.query) if reading.query else None,
    )


def previous_of(question: DatabaseQuestion, number: int = 0) -> Previous | None:
    """What a follow-up question changes: a reading of an answered question; None where it is not kept."""
    answer = kept_answer_of(question)
    if answer is None or number >= len(answer.readings):
        return None
    reading = answer.readings[number]
    query = query_from(reading.data)
    return None if query is None else Previous(question.text, query, reading.probability)


def _reading_from(data: Mapping[str, Any]) -> SqlReading:
    """A reading of its JSON; those that were kept by earlier versions lack some fields."""
    preview = data.get("preview")
    return SqlReading(
        **reading_fields(data),
        sub_questions=tuple(data["sub_questions"]),
        label=data["label"],
        preview=result_from(preview) if preview else None,
    )


def _focus(focus: Focus) -> KeptFocus:
    focused = focus.linked.column_pointers
    targets = {key.source: str(key.target) for key in focus.linked.schema.keys}
    ranked = sorted(focus.columns.items(), key=lambda entry: -entry[1])
    columns = tuple(
        FocusedColumn(str(ref), relevance, ref in focused, targets.get(ref, "")) for ref, relevance in ranked
    )
    return KeptFocus(columns, focus.whole, focus.given, len(columns))
