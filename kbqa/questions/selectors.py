"""Reading the history, for pages, API and admin."""

from typing import Any, TypeVar

from django.db.models import F, QuerySet

from kbqa.questions.confirmed import Confirmed
from kbqa.questions.models import QuestionBase
from searchapp.visibility import reader_of

_MAX_JUDGED = 500

AnyQuestion = TypeVar("AnyQuestion", bound=QuestionBase)


def own(questions: QuerySet[AnyQuestion], asker: Any, session: str = "") -> QuerySet[AnyQuestion]:
    """Those of some questions that a person may be shown in a list: their own, and all to who sees all.

    `session` is what the session of a person who is not signed in is called.
    """
    reader = reader_of(asker)
    if reader.sees_all:
        return questions
    if reader.signed_in:
        return questions.filter(asker=asker)
    return questions.filter(asker=None, session=session) if session else questions.none()


def history(questions: QuerySet[AnyQuestion], number: int = 20) -> QuerySet[AnyQuestion]:
    """The last of some questions, without their answers."""
    return questions.defer("answer")[:number]


def judged(questions: QuerySet[AnyQuestion]) -> list[Confirmed]:
    """What people judged of some questions, the newest judgement first, with the query that is right."""
    known = questions.exclude(verdict="").select_related("judged_by").defer("answer")
    newest = known.order_by(F("judged_at").desc(nulls_last=True), "-asked")[:_MAX_JUDGED]
    return [
        Confirmed(
            question.text,
            _right_query(question),
            question.words,
            question.judged_by.get_username() if question.judged_by else "",
            (question.judged_at or question.asked).isoformat(timespec="seconds"),
        )
        for question in newest
    ]


def training_examples(questions: QuerySet[AnyQuestion]) -> list[dict[str, Any]]:
    """Judged questions to train on, with the corrected query or the one that was right."""
    judged = questions.exclude(verdict="").select_related(questions.model.SOURCE).defer("answer")
    return [
        {
            question.EXAMPLE_SOURCE: question.source.slug,
            "question": question.text,
            question.LANGUAGE: query,
        }
        for question in judged
        if (query := _right_query(question))
    ]


def _right_query(question: QuestionBase) -> str:
    """The query that people say is right; empty where none is known, or it was forgotten."""
    was_right = question.verdict == QuestionBase.Verdict.GOOD
    return question.correction or (question.query if was_right else "")
