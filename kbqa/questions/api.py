"""The API of questions, for both engines."""

from collections.abc import Callable
from typing import Any, ClassVar

from rest_framework import mixins, serializers, viewsets
from rest_framework.exceptions import NotFound, ValidationError

from kbqa.questions.answers import KeptAnswer
from kbqa.questions.errors import MAX_QUESTION_CHARACTERS
from kbqa.questions.models import QuestionBase
from kbqa.questions.selectors import own
from searchapp.api.permissions import SignedIn

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


class StepSerializer(serializers.Serializer[Any]):
    """One step of decoding."""

    step = serializers.CharField()
    choice = serializers.CharField()
    offered = serializers.IntegerField(help_text="How many choices the grammar and the graph left.")
    refused = serializers.IntegerField(help_text="How many better-liked ones the graph had no answer for.")
    probability = serializers.FloatField()


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
