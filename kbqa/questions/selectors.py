"""Reading the history, for pages, API and admin."""

from typing import Any, TypeVar

from django.db.models import QuerySet

from kbqa.questions.models import QuestionBase

AnyQuestion = TypeVar("AnyQuestion", bound=QuestionBase)


def history(questions: QuerySet[AnyQuestion], number: int = 20) -> QuerySet[AnyQuestion]:
    """The last of some questions, without their answers."""
    return questions.defer("answer")[:number]


def training_examples(questions: QuerySet[AnyQuestion]) -> list[dict[str, Any]]:
    """Judged questions to train on, with the corrected query or the one that was right."""
    judged = questions.exclude(verdict="").select_related(questions.model.SOURCE).defer("answer")
    return [
        {
            question.EXAMPLE_SOURCE: question.source.slug,
            "question": question.text,
            question.LANGUAGE: question.correction or question.query,
        }
        for question in judged
        if question.correction or question.verdict == QuestionBase.Verdict.GOOD
    ]
