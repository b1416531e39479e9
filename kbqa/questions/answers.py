"""Answers as they are kept, which can be shown again without decoding."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Generic, TypeVar

from kbqa.decoding.explanation import ShownStep


@dataclass(frozen=True)
class KeptReading:
    """One way to understand a question, as it is shown."""

    query: str
    words: str
    """The query in words, in a line; empty where only the query itself is known."""
    probability: float
    steps: tuple[ShownStep, ...]


AnyReading = TypeVar("AnyReading", bound=KeptReading)
AnyResult = TypeVar("AnyResult")


@dataclass(frozen=True)
class KeptAnswer(Generic[AnyReading, AnyResult]):
    """An answer as it is shown: its readings, the best first, and what the best found."""

    question: str
    answerable: bool
    notice: str
    milliseconds: float
    readings: tuple[AnyReading, ...]
    result: AnyResult | None
    """The result of the first reading; None where the question has no answer."""

    @property
    def best(self) -> AnyReading | None:
        """The reading that is taken; None where the question has no answer."""
        return self.readings[0] if self.readings and self.answerable else None


def reading_fields(data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of any reading, of its JSON."""
    return {
        "query": data["query"],
        "words": data["words"],
        "probability": data["probability"],
        "steps": tuple(ShownStep(*step) for step in data["steps"]),
    }


def reading_json(reading: KeptReading) -> dict[str, Any]:
    """The JSON of what any reading has."""
    return {
        "query": reading.query,
        "words": reading.words,
        "probability": reading.probability,
        "steps": [list(asdict(step).values()) for step in reading.steps],
    }


def answer_json(answer: KeptAnswer[Any, Any]) -> dict[str, Any]:
    """The JSON of what any answer has, but for its readings and its result."""
    return {
        "question": answer.question,
        "answerable": answer.answerable,
        "notice": answer.notice,
        "milliseconds": answer.milliseconds,
    }
