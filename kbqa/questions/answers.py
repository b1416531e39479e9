"""Answers as they are kept, which can be shown again without decoding."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from kbqa.decoding.explanation import ShownStep
from kbqa.questions.phrases import lack_of


@dataclass(frozen=True)
class KeptReading:
    """One way to understand a question, as it is shown."""

    query: str
    words: str
    """The query in words, in a line; empty where only the query itself is known."""
    probability: float
    steps: tuple[ShownStep, ...]
    unused: tuple[str, ...] = field(default=(), kw_only=True)
    """The words of the question that it has nothing of."""
    why: str = field(default="", kw_only=True)
    """Why it found nothing, as a sentence."""
    found: str = field(default="", kw_only=True)
    """What it found, as a sentence, where it is offered in doubt."""
    preview: Any = field(default=None, kw_only=True)
    """The beginning of the result of a reading that is offered in doubt."""
    data: Any = field(default=None, kw_only=True)
    """The JSON of its query, which follow-up questions change; None where only its text is known."""


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
    missing: tuple[str, ...] = field(default=(), kw_only=True)
    """What of the question was asked of has no word for, where there is no answer or it is not sure."""
    sure: bool = field(default=True, kw_only=True)
    """Whether its best reading is likely enough to be shown as the answer."""
    choices: tuple[int, ...] = field(default=(), kw_only=True)
    """The numbers of the readings that are offered where it is not."""
    confirmed_by: str = field(default="", kw_only=True)
    confirmed_at: str = field(default="", kw_only=True)
    """Who confirmed it, and when, as ISO 8601; empty where nobody did."""
    follows: str = field(default="", kw_only=True)
    """The question that it was read as a change of."""
    ASKED: ClassVar[str] = "database"
    """What was asked, as people call it."""

    @property
    def lack(self) -> str:
        """The missing words as a phrase; empty where none are known."""
        return lack_of(self.missing)

    @property
    def refusal(self) -> str:
        """The message where there is no answer."""
        return refusal_of(self.ASKED, self.missing)

    @property
    def best(self) -> AnyReading | None:
        """The reading that is taken; None where the question has no answer."""
        return self.readings[0] if self.readings and self.answerable else None


def refusal_of(asked: str, missing: Sequence[str]) -> str:
    """The message where what was `asked` has no answer.

    >>> refusal_of("graph", ["sails"])
    'This graph does not seem to hold the answer: it has nothing called “sails”.'
    """
    lack = lack_of(missing)
    return f"This {asked} does not seem to hold the answer{f': it has {lack}' if lack else ''}."


def reading_fields(data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of any reading but its preview, of its JSON; earlier versions kept fewer."""
    return {
        "query": data["query"],
        "words": data["words"],
        "probability": data["probability"],
        "steps": tuple(ShownStep(*step) for step in data["steps"]),
        "unused": tuple(data.get("unused", ())),
        "why": data.get("why", ""),
        "found": data.get("found", ""),
        "data": data.get("data"),
    }


def reading_json(reading: KeptReading) -> dict[str, Any]:
    """The JSON of what any reading has but its preview."""
    return {
        "query": reading.query,
        "words": reading.words,
        "probability": reading.probability,
        "steps": [list(asdict(step).values()) for step in reading.steps],
        "unused": reading.unused,
        "why": reading.why,
        "found": reading.found,
        "data": reading.data,
    }


def answer_json(answer: KeptAnswer[Any, Any]) -> dict[str, Any]:
    """The JSON of what any answer has, but for its readings and its result."""
    return {
        "question": answer.question,
        "answerable": answer.answerable,
        "notice": answer.notice,
        "milliseconds": answer.milliseconds,
        "missing": answer.missing,
        "sure": answer.sure,
        "choices": answer.choices,
        "confirmed": [answer.confirmed_by, answer.confirmed_at],
        "follows": answer.follows,
    }


def answer_fields(data: Mapping[str, Any]) -> dict[str, Any]:
    """What `answer_json` adds to an answer's text, of its JSON; earlier versions kept fewer."""
    confirmed_by, confirmed_at = data.get("confirmed", ("", ""))
    return {
        "missing": tuple(data.get("missing", ())),
        "sure": data.get("sure", True),
        "choices": tuple(data.get("choices", ())),
        "confirmed_by": confirmed_by,
        "confirmed_at": confirmed_at,
        "follows": data.get("follows", ""),
    }
