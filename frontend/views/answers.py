"""Asking in words, and the pages of answers: shown again as they were kept, with their other readings.

What differs between graphs and databases is data: `AnswerPages`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from frontend.views.access import readers
from frontend.views.errors import render_with_error
from frontend.views.sources import SourcePage, SourcePages
from kbqa.decoding.explanation import ShownStep
from kbqa.questions.answers import KeptReading
from kbqa.questions.models import QuestionBase
from searchapp.error_display import shown_in
from searchapp.errors import InvalidInput, SearchappError

AnyReading = TypeVar("AnyReading", bound=KeptReading)


@dataclass
class AskPage(SourcePage):
    """A page with the box that a source is asked in."""

    q: str = ""
    question_error: str = ""


@dataclass
class AnswerPage(AskPage):
    """The answer to a question that was asked, with one of its readings."""

    question: Any = None
    """The question's row."""
    judge_url: str = ""
    answer: Any = None
    """The answer; None where it is not kept."""
    chosen: int | None = None
    """The number of the reading that a person chose; None where nobody did."""
    number_shown: int = 0
    reading: Any = None
    result: Any = None
    """What the reading found; None where it was not run, or failed."""
    steps: Sequence[ShownStep] = ()
    readings: list[tuple[int, Any, str]] = field(default_factory=list)
    shown_query: str = ""
    query_address: str = ""
    wanted_chart: str = ""
    """The kind of chart that a person chose."""


@dataclass
class JudgementPart:
    """The part of an answer's page that asks what a person thinks of it."""

    question: QuestionBase
    judge_url: str
    judgement_error: str = ""
    shown_error: SearchappError | None = None


@dataclass(frozen=True)
class AnswerPages:
    """What asking one kind of source has of its own."""

    pages: SourcePages
    model: type[QuestionBase]
    ask: Callable[[HttpRequest, Any, str], QuestionBase]
    """Answers a request's question from a source, and keeps it."""
    judge: Callable[..., Any]
    answer_of: Callable[[Any], Any]
    """The kept answer of a question; None where it is forgotten."""
    run: Callable[[Any, Any], Any]
    """What another reading of a question finds."""
    page: type[AnswerPage]
    fill: Callable[[Any, Any, Any], None]
    """Completes a page by the reading that it shows, and what that found if it was run."""
    template: str

    def judge_address(self, question: QuestionBase) -> str:
        """The address that a judgement of an answer is sent to."""
        return reverse(f"judge-{self.pages.kind}-question", args=[question.source.slug, question.link])

    def find(self, link: UUID, **wanted: str) -> QuestionBase:
        """A question of a source that is there. Raises Http404."""
        kind = self.pages.kind
        questions = self.model._default_manager.select_related(kind, f"{kind}__serving")
        return get_object_or_404(questions, link=link, **{f"{kind}__deleting": False}, **wanted)


def answered(request: HttpRequest, source: Any, answers: AnswerPages) -> HttpResponse:
    """Answer a request's question, and lead to the answer's page: loading that asks nothing."""
    question = answers.ask(request, source, request.GET.get("q", ""))
    chosen = request.GET.get("reading")
    return redirect(question.get_absolute_url() + (f"?{urlencode({'reading': chosen})}" if chosen else ""))


@readers
@require_safe
def answer_page(request: HttpRequest, link: UUID, answers: AnswerPages) -> HttpResponse:
    """Show a kept answer to whoever has its address and may see its source.

    With `reading`, show what another of its readings finds.
    """
    page = kept_page(request, answers.find(link), answers)
    return render_with_error(request, answers.template, page.context)


def kept_page(request: HttpRequest, question: QuestionBase, answers: AnswerPages) -> AnswerPage:
    """The page of the kept answer to a question, with the reading that the request asks for."""
    page = answers.page(
        answers.pages,
        question.source,
        q=question.text,
        question=question,
        judge_url=answers.judge_address(question),
        answer=answers.answer_of(question),
        wanted_chart=request.GET.get("chart", ""),
    )
    if page.answer is not None and page.answer.readings:
        _show_reading(page, request.GET.get("reading", ""), answers)
    return page


@readers
@require_POST
def judge(request: HttpRequest, slug: str, link: UUID, answers: AnswerPages) -> HttpResponse:
    """Keep what a person who is signed in thinks of an answer, and the query that would have been right."""
    question = answers.find(link, **{f"{answers.pages.kind}__slug": slug})
    if not request.user.is_authenticated:
        return redirect_to_login(question.get_absolute_url())
    part = JudgementPart(question, answers.judge_address(question))
    with shown_in(vars(part), "judgement_error"):
        good = _verdict(request) == QuestionBase.Verdict.GOOD
        correction = request.POST.get("correction", "").strip()
        if other := _other_reading(request, answers.answer_of(question)):
            good, correction = False, other
        answers.judge(question, good=good, correction=correction, by=request.user)
    return render_with_error(request, "frontend/partials/judgement.html", vars(part))


def _other_reading(request: HttpRequest, answer: Any) -> str:
    """The query of the reading that a person takes for right, where it is another than the first."""
    number = str(request.POST.get("reading", ""))
    if answer is None or not number.isdecimal() or not 0 < int(number) < len(answer.readings):
        return ""
    return str(answer.readings[int(number)].query)


def _verdict(request: HttpRequest) -> str:
    """What a person said of an answer. Raises InvalidInput where that is neither right nor wrong."""
    verdict = str(request.POST.get("verdict", ""))
    if verdict not in (QuestionBase.Verdict.GOOD, QuestionBase.Verdict.BAD):
        raise InvalidInput("Say whether the answer is right: Yes or No.", field="verdict")
    return verdict


def told_apart(readings: Sequence[AnyReading]) -> list[tuple[int, AnyReading, str]]:
    """Readings with their numbers and what they are told apart by.

    Of those that are worded alike, which nobody can tell apart, the likeliest.
    """
    worded: dict[str, tuple[int, AnyReading, str]] = {}
    for number, reading in enumerate(readings):
        text = reading.words or reading.query
        worded.setdefault(text, (number, reading, text))
    return list(worded.values())


def _show_reading(page: AnswerPage, chosen: str, answers: AnswerPages) -> None:
    answer = page.answer
    numbers = {str(number): number for number in range(len(answer.readings))}
    page.chosen = numbers.get(chosen)
    page.number_shown = page.chosen or 0
    page.reading = answer.readings[page.number_shown]
    page.steps, page.readings = page.reading.steps, told_apart(answer.readings)
    if page.number_shown == 0 and answer.result is not None:
        page.result = answer.result
    elif page.chosen is not None:
        with shown_in(page.context, "question_error"):
            page.result = answers.run(page.question, page.reading)
    answers.fill(page, page.reading, page.result)
