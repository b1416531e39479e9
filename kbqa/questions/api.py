"""The API of questions, for both engines."""

from collections.abc import Callable
from typing import Any, ClassVar

from rest_framework import mixins, serializers, viewsets
from rest_framework.exceptions import NotFound, ValidationError

from kbqa.questions.answers import KeptAnswer, KeptReading
from kbqa.questions.errors import MAX_QUESTION_CHARACTERS
from kbqa.questions.models import QuestionBase
from kbqa.questions.selectors import own
from searchapp.api.permissions import SignedIn
from searchapp.visibility import current_reader

READING_PATH = r"readings/(?P<number>[0-9]{1,4})"
"""The address of what a reading of a question finds."""
JUDGEMENT_FIELDS = ("confidence", "verdict", "correction", "asked")
"""The fields of a judgement after the question's text and its query."""


class AskParameters(serializers.Serializer[Any]):
    """A question in words."""

    q = serializers.CharField(
        max_length=200_000,
        help_text=f"The question, at most {MAX_QUESTION_CHARACTERS:,} characters.",
    )


class FollowUpParameters(AskParameters):
    """A question in words, and the answer that it may go on from."""

    previous = serializers.UUIDField(
        required=False, help_text="The `id` of an answer that the question may go on from: `and in Lisbon?`."
    )
    reading = serializers.IntegerField(
        required=False, min_value=0, max_value=9_999, help_text="Which reading of that answer, from 0."
    )


class StepSerializer(serializers.Serializer[Any]):
    """One step of decoding."""

    step = serializers.CharField()
    choice = serializers.CharField()
    offered = serializers.IntegerField(help_text="How many choices the grammar and the graph left.")
    refused = serializers.IntegerField(help_text="How many better-liked ones the graph had no answer for.")
    probability = serializers.FloatField()


class ReadingSerializer(serializers.Serializer[Any]):
    """What any reading of a question has."""

    words = serializers.CharField(help_text="What the query does, in words.")
    probability = serializers.FloatField()
    unused = serializers.ListField(
        child=serializers.CharField(),
        help_text="Words of the question that it has nothing of; of the first few readings.",
    )
    why = serializers.CharField(help_text="Why it found nothing; empty where it found something.")
    steps = StepSerializer(many=True)


class AnswerSerializer(serializers.Serializer[Any]):
    """What any answer has, and how it came about."""

    question = serializers.CharField()
    id = serializers.UUIDField(
        help_text="Under which it can be read again and judged, by all who know this and may see the source."
    )
    answerable = serializers.BooleanField()
    sure = serializers.BooleanField(
        help_text="Whether the first reading is likely to be right; if not, ask which of `choices` is meant."
    )
    confirmed_by = serializers.CharField(
        help_text="Who confirmed or corrected this answer before; told to who is signed in."
    )
    confirmed_at = serializers.CharField(
        help_text="When somebody did, as ISO 8601; empty where it is no confirmed answer."
    )
    follows = serializers.CharField(
        help_text="The question that this was read as a change of; empty where it is one of its own."
    )
    choices = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="The numbers, from 0, of the likeliest readings that find different things.",
    )
    missing = serializers.ListField(
        child=serializers.CharField(),
        help_text="What there is no word for, where there is no answer or it is not sure.",
    )
    notice = serializers.CharField(help_text="What to know of how the answer came about; mostly empty.")
    milliseconds = serializers.FloatField()


def answer_body(answer: KeptAnswer[Any, Any], question: QuestionBase) -> dict[str, Any]:
    """What the API gives of any answer."""
    return {
        "question": answer.question,
        "id": question.link,
        "answerable": answer.answerable,
        "sure": answer.sure,
        "follows": answer.follows,
        "confirmed_by": answer.confirmed_by if current_reader().signed_in else "",
        "confirmed_at": answer.confirmed_at,
        "choices": answer.choices,
        "missing": answer.missing,
        "notice": answer.notice,
        "milliseconds": round(answer.milliseconds, 1),
    }


def reading_body(reading: KeptReading) -> dict[str, Any]:
    """What the API gives of any reading."""
    return {
        "words": reading.words,
        "probability": reading.probability,
        "unused": reading.unused,
        "why": reading.why,
        "steps": reading.steps,
    }


class QuestionViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    viewsets.GenericViewSet[Any],
):
    """Questions, with their answers and people's judgements."""

    http_method_names = ("get", "patch", "head", "options")
    permission_classes = (SignedIn,)
    lookup_field = "link"
    lookup_url_kwarg = "id"
    lookup_value_regex = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    detail_serializer_class: ClassVar[type[serializers.BaseSerializer[Any]]]
    judge: ClassVar[Callable[..., Any]]
    answer_of: ClassVar[Callable[..., KeptAnswer[Any, Any] | None]]
    """The kept answer of a question; None where it is forgotten."""
    run: ClassVar[Callable[..., Any]]
    """The service that runs a reading of a question."""

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        """One question comes with its answer."""
        return self.detail_serializer_class if self.action == "retrieve" else super().get_serializer_class()

    def get_queryset(self) -> Any:
        """The questions; in a list, one's own, without their answers."""
        questions = super().get_queryset()
        return own(questions, self.request.user).defer("answer") if self.action == "list" else questions

    def found_by(self, number: int) -> Any:
        """The result of a reading of the question. Raises NotFound where there is no such reading."""
        question = self.get_object()
        answer = type(self).answer_of(question)
        if answer is None or number >= len(answer.readings):
            raise NotFound("The answer has no such reading, or is not kept any more.")
        return type(self).run(question, answer.readings[number])

    def perform_update(self, serializer: Any) -> None:
        """Keep a judgement; what is not sent of it stays. Raises ValidationError where it says nothing."""
        given, question = serializer.validated_data, serializer.instance
        if not given.get("verdict") and not given.get("correction"):
            raise ValidationError({"verdict": ["Say whether the answer is right: good or bad."]})
        good = given.get("verdict") == QuestionBase.Verdict.GOOD
        correction = given.get("correction", "" if good else question.correction)
        type(self).judge(question, good=good, correction=correction, by=self.request.user)
