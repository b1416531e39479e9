"""The API's views of databases: each calls one function of the engine."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from kbqa.sparql.sources.services import QuestionError
from kbqa.sql.answer.explanation import in_words, steps_of, sub_questions
from kbqa.sql.answer.formatting import json_result, sentence_of
from kbqa.sql.answer.pipeline import Answer, Source
from kbqa.sql.answer.reading import Reading
from kbqa.sql.answer.registry import NotReadyError, served
from kbqa.sql.models import Database, DatabaseQuestion
from kbqa.sql.sources import selectors, services
from kbqa.sql.sources.api.serializers import (
    DatabaseAnswerSerializer,
    DatabaseAskParameters,
    DatabaseJudgementSerializer,
    DatabaseSerializer,
    NoteSerializer,
    ResultSerializer,
    SchemaSerializer,
    SqlSerializer,
)
from kbqa.sql.stores.connections import ConnectError
from kbqa.sql.stores.executor import ExecutionError
from kbqa.sql.stores.validator import StatementError
from searchapp.api.errors import Conflict, Unavailable
from searchapp.api.permissions import Readers
from searchapp.jobs.api import JobSerializer


class DatabaseViewSet(
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[Database],
):
    """Databases: connect, look, ask, query, describe, delete."""

    queryset = selectors.databases()
    serializer_class = DatabaseSerializer
    lookup_field = "slug"
    lookup_value_regex = r"[A-Za-z0-9_-]+"
    parser_classes = (JSONParser, MultiPartParser, FormParser)

    def get_permissions(self) -> list[BasePermission]:
        """A query is sent as a body, but it only reads."""
        return [Readers()] if self.action == "query" else super().get_permissions()  # type: ignore[return-value]

    @extend_schema(responses={202: JobSerializer})
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Hide the database at once and forget it in the background; a server's own data stay."""
        return Response(
            JobSerializer(services.delete_database(self.get_object())).data, status=status.HTTP_202_ACCEPTED
        )

    @extend_schema(request=None, responses={202: JobSerializer})
    @action(detail=True, methods=["post"])
    def scan(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Scan the database anew; returns the scan that is at work if there is one."""
        return Response(
            JobSerializer(services.scan_database(self.get_object())).data, status=status.HTTP_202_ACCEPTED
        )

    @extend_schema(responses=SchemaSerializer)
    @action(detail=True, pagination_class=None, url_path="schema")
    def read_schema(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return what is in the database: tables, columns and keys."""
        return Response(SchemaSerializer(_source(self.get_object()).schema).data)

    @extend_schema(parameters=[DatabaseAskParameters], responses=DatabaseAnswerSerializer)
    @action(detail=True, pagination_class=None)
    def ask(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answer a question in words, with the SQL behind the answer, the other readings and the focused
        schema.
        """
        parameters = DatabaseAskParameters(data=request.query_params)
        parameters.is_valid(raise_exception=True)
        question, columns = parameters.validated_data["q"], parameters.validated_data.get("column", [])
        try:
            answer, kept = services.ask(
                self.get_object(), question, columns=columns, remember_for=request.user
            )
        except QuestionError as error:
            raise ValidationError({"q": [str(error)]}) from error
        except NotReadyError as error:
            raise Conflict(str(error)) from error
        except ConnectError as error:
            raise Unavailable(str(error)) from error
        return Response(DatabaseAnswerSerializer(_answer_body(answer, kept)).data)

    @extend_schema(request=SqlSerializer, responses=ResultSerializer)
    @action(detail=True, methods=["post"], pagination_class=None)
    def query(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Run one statement that reads, within the limits of this installation."""
        wanted = SqlSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        try:
            result, _ = services.run_sql(self.get_object(), wanted.validated_data["sql"])
        except (StatementError, ExecutionError) as error:
            raise ValidationError({"sql": [str(error)]}) from error
        except NotReadyError as error:
            raise Conflict(str(error)) from error
        except ConnectError as error:
            raise Unavailable(str(error)) from error
        return Response(ResultSerializer(json_result(result)).data)

    @extend_schema(request=NoteSerializer, responses=NoteSerializer)
    @action(detail=True, methods=["post"], pagination_class=None)
    def describe(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Write what a table or column means, or keep its values private; the next question knows."""
        wanted = NoteSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        given = {"column": "", "description": "", "excluded": False, **wanted.validated_data}
        return Response(NoteSerializer(services.describe(self.get_object(), **given)).data)


class DatabaseQuestionViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    viewsets.GenericViewSet[DatabaseQuestion],
):
    """What was asked of databases, and what people thought of the answers."""

    queryset = DatabaseQuestion.objects.filter(database__deleting=False).select_related("database")
    serializer_class = DatabaseJudgementSerializer
    http_method_names = ("get", "patch", "head", "options")

    def perform_update(self, serializer: Any) -> None:
        """Keep a judgement."""
        given = serializer.validated_data
        services.judge(
            serializer.instance,
            good=given.get("verdict") == DatabaseQuestion.Verdict.GOOD,
            correction=given.get("correction", ""),
        )


def _source(database: Database) -> Source:
    try:
        return served(database)[1]
    except NotReadyError as error:
        raise Conflict(str(error)) from error
    except ConnectError as error:
        raise Unavailable(str(error)) from error


def _reading_body(reading: Reading) -> dict[str, Any]:
    query = reading.query
    return {
        "sql": reading.sql,
        "words": in_words(query) if query else "",
        "sub_questions": sub_questions(query) if query else reading.parts,
        "probability": reading.probability,
        "steps": steps_of(reading),
    }


def _answer_body(answer: Answer, kept: DatabaseQuestion) -> dict[str, Any]:
    best, focus = answer.best, answer.focus
    kept_columns = set(focus.linked.column_pointers)
    readings = [_reading_body(reading) for reading in answer.readings]
    ranked = sorted(focus.columns.items(), key=lambda entry: -entry[1])
    return {
        "question": answer.question,
        "id": kept.pk,
        "answerable": answer.answerable,
        "missing": answer.missing,
        "notice": answer.notice,
        "sentence": sentence_of(best) if best else "",
        "result": json_result(best.result) if best and best.result else None,
        "readings": readings,
        "focus": [
            {"column": str(ref), "relevance": round(score, 4), "kept": ref in kept_columns}
            for ref, score in ranked
        ],
        "milliseconds": round(answer.milliseconds, 1),
    }
