"""The API's views of databases: each calls one function of the engine."""

from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from kbqa.questions.api import READING_PATH, QuestionViewSet
from kbqa.sql.answer.formatting import json_result
from kbqa.sql.answer.kept_answer import kept_answer, kept_answer_of
from kbqa.sql.exports.services import FORMATS, response_of
from kbqa.sql.models import Database, DatabaseQuestion
from kbqa.sql.sources import glossary as words
from kbqa.sql.sources import selectors, services
from kbqa.sql.sources.api.serializers import (
    AddedDatabaseSerializer,
    DatabaseAnswerSerializer,
    DatabaseAskParameters,
    DatabaseJudgementSerializer,
    DatabaseQuestionSerializer,
    DatabaseSerializer,
    ExportParameters,
    GlossaryKeySerializer,
    GlossarySerializer,
    NoteSerializer,
    ResultSerializer,
    SchemaSerializer,
    SqlSerializer,
    database_answer_body,
)
from kbqa.sql.stores.databases import served
from searchapp.api.negotiation import AnyContent, accepted
from searchapp.api.parameters import parameters_of
from searchapp.api.permissions import Readers
from searchapp.api.sources import SourceViewSet
from searchapp.jobs.api import JobSerializer

_FILES = {(200, form.media_type): OpenApiTypes.BINARY for form in FORMATS.values()}


class DatabaseViewSet(SourceViewSet[Database]):
    """Databases: connect, look, ask, query, describe, delete."""

    queryset = selectors.databases()
    serializer_class = DatabaseSerializer
    added_serializer_class = AddedDatabaseSerializer
    delete_source = staticmethod(services.delete_database)

    def get_permissions(self) -> list[BasePermission]:
        """A query is sent as a body, but it only reads."""
        return [Readers()] if self.action in ("query", "export") else super().get_permissions()  # type: ignore[return-value]

    @extend_schema(request=None, responses={202: JobSerializer})
    @action(detail=True, methods=["post"])
    def scan(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Scan the database anew; returns the scan that is at work if there is one."""
        return self.started(services.scan_database)

    @extend_schema(responses=SchemaSerializer)
    @action(detail=True, pagination_class=None, url_path="schema")
    def read_schema(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The schema of the database: tables, columns and keys."""
        return Response(SchemaSerializer(served(self.get_object()).schema).data)

    @extend_schema(parameters=[DatabaseAskParameters], responses=DatabaseAnswerSerializer)
    @action(detail=True, pagination_class=None)
    def ask(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answer a question in words, with the SQL behind it, the other readings and the focused schema."""
        wanted = parameters_of(request, DatabaseAskParameters)
        answer, question = services.ask(
            self.get_object(),
            wanted["q"],
            columns=wanted.get("column", []),
            previous=wanted.get("previous"),
            reading=wanted.get("reading", 0),
            remember_for=request.user,
        )
        return Response(DatabaseAnswerSerializer(database_answer_body(kept_answer(answer), question)).data)

    @extend_schema(request=SqlSerializer, responses=ResultSerializer)
    @action(detail=True, methods=["post"], pagination_class=None)
    def query(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Run one statement that reads, within the limits of this installation."""
        wanted = SqlSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        result, _ = services.run_sql(self.get_object(), wanted.validated_data["sql"])
        return Response(ResultSerializer(json_result(result)).data)

    @extend_schema(methods=["GET"], parameters=[ExportParameters], request=None, responses=_FILES)
    @extend_schema(methods=["POST"], request=ExportParameters, responses=_FILES)
    @action(detail=True, methods=["get", "post"], pagination_class=None, content_negotiation_class=AnyContent)
    def export(self, request: Request, *args: Any, **kwargs: Any) -> StreamingHttpResponse:
        """All rows of one statement that reads, as a file: CSV, JSON (an array of objects) or XLSX.

        It is sent while it is written, so that it may break off: then no end of the answer is sent, and CSV
        and JSON say in their last line why. Where an export may have no more rows, they say that there.
        """
        if request.method == "GET":
            given = parameters_of(request, ExportParameters)
        else:
            wanted = ExportParameters(data=request.data)
            wanted.is_valid(raise_exception=True)
            given = wanted.validated_data
        database = self.get_object()
        if "format" not in given:
            kind = accepted(request, [form.media_type for form in FORMATS.values()])
            given["format"] = next(name for name, form in FORMATS.items() if form.media_type == kind)
        return response_of(services.export(database, given["sql"], FORMATS[given["format"]]), database.slug)

    @extend_schema(request=NoteSerializer, responses=NoteSerializer)
    @action(detail=True, methods=["post"], pagination_class=None)
    def describe(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Write what a table or column means, or keep its values private; the next question knows."""
        wanted = NoteSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        given = {"column": "", "description": "", "excluded": False, **wanted.validated_data}
        return Response(NoteSerializer(services.describe(self.get_object(), **given)).data)

    @extend_schema(responses=GlossarySerializer(many=True))
    @action(detail=True, pagination_class=None)
    def glossary(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What people call values, columns, tables and calculations of the database."""
        return Response(GlossarySerializer(words.entries_of(self.get_object()), many=True).data)

    @extend_schema(request=GlossarySerializer, responses={201: GlossarySerializer})
    @glossary.mapping.post
    def define_word(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Say what a word means; the next question knows."""
        wanted = GlossarySerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        entry = words.define(self.get_object(), **wanted.validated_data)
        return Response(GlossarySerializer(entry).data, status=201)

    @extend_schema(parameters=[GlossaryKeySerializer], responses={204: None})
    @glossary.mapping.delete
    def forget_word(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Forget what a word means."""
        words.forget(self.get_object(), parameters_of(request, GlossaryKeySerializer)["id"])
        return Response(status=204)


class DatabaseQuestionViewSet(QuestionViewSet):
    """Questions on databases, with their answers and people's judgements."""

    queryset = DatabaseQuestion.objects.filter(database__deleting=False).select_related("database")
    serializer_class = DatabaseJudgementSerializer
    detail_serializer_class = DatabaseQuestionSerializer
    judge = staticmethod(services.judge)
    answer_of = staticmethod(kept_answer_of)
    run = staticmethod(services.run_another)

    @extend_schema(responses=ResultSerializer)
    @action(detail=True, url_path=READING_PATH, pagination_class=None)
    def reading(self, request: Request, number: str, **kwargs: Any) -> Response:
        """Run the SQL of one of the answer's readings, counted from 0; nothing is decoded or kept."""
        return Response(ResultSerializer(json_result(self.found_by(int(number)))).data)
