"""The API of the one box: `/api/v1/ask`."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from routing.answering import answered
from routing.ranking import rank
from routing.scopes import KINDS, split_scope

_MAX_SOURCES = 20


class AskAnythingParameters(serializers.Serializer[Any]):
    """A question, and who is to answer it."""

    q = serializers.CharField(
        max_length=200_000,
        help_text="A question, words, a name, code, SQL or SPARQL; it may begin with a scope.",
    )
    scope = serializers.CharField(
        required=False,
        default="",
        max_length=200,
        help_text="Who is to answer: code:, graph:NAME or db:NAME.",
    )


class RankedSourceSerializer(serializers.Serializer[Any]):
    """A source that may answer."""

    kind = serializers.ChoiceField(choices=list(KINDS), source="source.kind")
    key = serializers.CharField(source="source.key")
    name = serializers.CharField(source="source.name")
    probability = serializers.FloatField(help_text="How likely the question is for it; all sum to 1.")
    url = serializers.CharField(source="source.row.get_absolute_url")


class SourceAnswerSerializer(serializers.Serializer[Any]):
    """What the likeliest source answers."""

    kind = serializers.ChoiceField(choices=list(KINDS))
    key = serializers.CharField()
    answerable = serializers.BooleanField()
    confidence = serializers.FloatField(
        allow_null=True, help_text="How sure it is; of code hits nothing is said."
    )
    words = serializers.CharField(help_text="How the question was read.")
    query = serializers.CharField(help_text="The SQL or SPARQL that gave the answer.")
    columns = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(child=serializers.ListField(child=serializers.JSONField()))
    notice = serializers.CharField()
    url = serializers.CharField(help_text="The page of the whole answer.")


class AskAnythingSerializer(serializers.Serializer[Any]):
    """The sources that may answer, the likeliest first, and its answer."""

    query = serializers.CharField()
    sources = RankedSourceSerializer(many=True)
    answer = SourceAnswerSerializer(allow_null=True)


class AskAnythingView(APIView):
    """Ask whatever source is likeliest to know."""

    @extend_schema(operation_id="ask", parameters=[AskAnythingParameters], responses=AskAnythingSerializer)
    def get(self, request: Request) -> Response:
        """Rank the sources that can answer a question, and answer it from the likeliest."""
        parameters = AskAnythingParameters(data=request.query_params)
        parameters.is_valid(raise_exception=True)
        given = parameters.validated_data
        scope, question = split_scope(
            f"{given['scope']} {given['q']}".strip() if given["scope"] else given["q"]
        )
        ranked = rank(question, scope)
        answer = answered(ranked[0].source, question, scope, asker=request.user) if ranked else None
        body = {"query": question, "sources": ranked[:_MAX_SOURCES], "answer": answer}
        return Response(AskAnythingSerializer(body).data)
