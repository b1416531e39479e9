"""Services of questions, whatever they are asked of: ask, keep, judge."""

from typing import Any, TypeVar

from django.utils import timezone

from kbqa.questions.answers import KeptAnswer
from kbqa.questions.errors import MAX_QUESTION_CHARACTERS, QuestionError
from kbqa.questions.models import QuestionBase

AnyQuestion = TypeVar("AnyQuestion", bound=QuestionBase)


def normalized(text: str) -> str:
    """A question with single spaces between its words. Raises QuestionError if it is empty or too long."""
    question = " ".join(text.replace("\0", " ").split())
    if not question:
        raise QuestionError("Ask something, for example one of the questions shown below.")
    if len(question) > MAX_QUESTION_CHARACTERS:
        raise QuestionError(
            f"A question has at most {MAX_QUESTION_CHARACTERS:,} characters; this one has {len(question):,}."
        )
    return question


def keep(question: AnyQuestion, asker: Any = None, session: str = "") -> AnyQuestion:
    """Save a question with its answer in the history of its asker: a user, or else a session."""
    question.asker = asker if getattr(asker, "is_authenticated", False) else None
    question.session = "" if question.asker else session
    question.save()
    return question


def keep_judgement(
    question: AnyQuestion,
    *,
    good: bool,
    correction: str = "",
    by: Any = None,
    answer: KeptAnswer[Any, Any] | None = None,
) -> AnyQuestion:
    """Save what a person thinks of an answer, and the query that would have been right.

    What that does in words is kept where it is a reading of the kept `answer`.
    """
    right = correction or (question.query if good else "")
    readings = answer.readings if answer else ()
    question.words = next((reading.words for reading in readings if reading.query == right), "")
    question.judged_by = by if getattr(by, "is_authenticated", False) else None
    question.judged_at = timezone.now()
    question.verdict = QuestionBase.Verdict.GOOD if good else QuestionBase.Verdict.BAD
    question.correction = correction
    question.save(update_fields=["verdict", "correction", "judged_by", "judged_at", "words"])
    return question
