"""The API's views: each calls one function of the engine."""

from typing import Any
from urllib.parse import unquote_to_bytes

from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ParseError, ValidationError
from rest_framework.parsers import BaseParser, FormParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kbqa.questions.api import READING_PATH, AskParameters, QuestionViewSet
from kbqa.sparql.answer.kept_answer import kept_answer_of
from kbqa.sparql.answer.neighbourhood import neighbourhood_of
from kbqa.sparql.answer.registry import served
from kbqa.sparql.ingest import edits
from kbqa.sparql.models import Graph, GraphQuestion
from kbqa.sparql.sources import selectors, services
from kbqa.sparql.sources.api.serializers import (
    AnswerSerializer,
    EditSerializer,
    GraphJudgementSerializer,
    GraphProfileSerializer,
    GraphQuestionSerializer,
    GraphResultSerializer,
    GraphSerializer,
    GraphVersionSerializer,
    NodeParameters,
    NodeSerializer,
    answer_body,
)
from kbqa.sparql.stores.executor import run_query
from kbqa.sparql.terms import parse_node
from searchapp.api.negotiation import AnyContent
from searchapp.api.permissions import Readers
from searchapp.api.sources import SourceViewSet
from searchapp.jobs.api import JobSerializer

_NO_UTF8 = "The query is not written in UTF-8."


class GraphViewSet(SourceViewSet[Graph]):
    """Graphs: add, look, ask, edit, delete."""

    queryset = selectors.graphs()
    serializer_class = GraphSerializer
    delete_source = staticmethod(services.delete_graph)

    @extend_schema(request=None, responses={202: JobSerializer})
    @action(detail=True, methods=["post"])
    def load(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Load the graph from its source anew; returns the load that is at work if there is one."""
        return self.started(services.load_graph)

    @extend_schema(responses=GraphProfileSerializer)
    @action(detail=True, pagination_class=None)
    def profile(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The vocabulary of the graph: classes and predicates with their counts."""
        return Response(GraphProfileSerializer(served(self.get_object()).live.profile).data)

    @extend_schema(responses={(200, "application/n-triples"): OpenApiTypes.STR})
    @action(detail=True, pagination_class=None)
    def export(self, request: Request, *args: Any, **kwargs: Any) -> StreamingHttpResponse:
        """All triples of the graph as N-Triples."""
        graph = self.get_object()
        lines = services.export_graph(graph)
        headers = {"Content-Disposition": f'attachment; filename="{graph.slug}.nt"'}
        return StreamingHttpResponse(
            lines, content_type="application/n-triples; charset=utf-8", headers=headers
        )

    @extend_schema(parameters=[AskParameters], responses=AnswerSerializer)
    @action(detail=True, pagination_class=None)
    def ask(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answer a question in words, with the query behind the answer and the other readings."""
        parameters = AskParameters(data=request.query_params)
        parameters.is_valid(raise_exception=True)
        graph = self.get_object()
        _, question = services.ask(graph, parameters.validated_data["q"], remember_for=request.user)
        answer = kept_answer_of(question)
        assert answer is not None
        return Response(AnswerSerializer(answer_body(answer, question)).data)

    @extend_schema(parameters=[NodeParameters], responses=NodeSerializer)
    @action(detail=True, pagination_class=None)
    def node(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A node's name and its edges, both ways."""
        parameters = NodeParameters(data=request.query_params)
        parameters.is_valid(raise_exception=True)
        graph = self.get_object()
        try:
            node = parse_node(parameters.validated_data["iri"])
        except ValueError as error:
            raise ValidationError({"iri": ["This is not an IRI."]}) from error
        neighbourhood = neighbourhood_of(node, graph, served(graph).live)
        if neighbourhood is None:
            raise NotFound("No edge of this graph has this node.")
        return Response(NodeSerializer(neighbourhood).data)

    @extend_schema(request=EditSerializer, responses=GraphVersionSerializer)
    @action(detail=True, methods=["post"])
    def edit(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Add and remove triples, or run a SPARQL Update; the next question sees it."""
        wanted = EditSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        given, graph = wanted.validated_data, self.get_object()
        if given["update"]:
            version = edits.update_graph(graph, given["update"])
        else:
            version = edits.edit_triples(graph, add=given["add"], remove=given["remove"])
        return Response(GraphVersionSerializer(version).data)


class SparqlQueryParser(BaseParser):
    """A query as the body itself (SPARQL 1.1 Protocol, section 2.1.3)."""

    media_type = "application/sparql-query"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, str]:
        """The body as `query`."""
        try:
            return {"query": stream.read().decode()}
        except UnicodeDecodeError as error:
            raise ParseError(_NO_UTF8) from error


class SparqlFormParser(FormParser):
    """A form, refused where it is not UTF-8."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The form's fields."""
        body = stream.read()
        _check_encoding(body)
        return QueryDict(body)


class SparqlView(APIView):
    """The SPARQL 1.1 Protocol endpoint of a graph: query forms only."""

    content_negotiation_class = AnyContent
    parser_classes = (SparqlQueryParser, SparqlFormParser)
    permission_classes = (Readers,)

    @extend_schema(
        operation_id="graph_sparql",
        parameters=[
            OpenApiParameter(
                "query",
                OpenApiTypes.STR,
                description="SELECT, ASK, CONSTRUCT or DESCRIBE; without it, the service description.",
            )
        ],
        responses={
            (200, "application/sparql-results+json"): OpenApiTypes.OBJECT,
            (200, "text/turtle"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Run a query (SPARQL 1.1 Protocol)."""
        _check_encoding(request.META.get("QUERY_STRING", "").encode("latin-1"))
        return self._answer(request, slug, request.query_params.get("query", ""))

    @extend_schema(
        operation_id="graph_sparql_post",
        request={
            "application/x-www-form-urlencoded": {
                "type": "object",
                "properties": {"query": {"type": "string"}},
            }
        },
        responses={
            (200, "application/sparql-results+json"): OpenApiTypes.OBJECT,
            (200, "text/turtle"): OpenApiTypes.STR,
        },
    )
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Run a query that is long, or sent as the body itself."""
        if "update" in request.data:
            raise ValidationError(
                {"update": ["This endpoint only reads; edits go to /api/v1/graphs/{slug}/edit."]}
            )
        sent: Any = request.data
        return self._answer(request, slug, sent.get("query", ""))

    def _answer(self, request: Request, slug: str, query: str) -> HttpResponse:
        graph = get_object_or_404(selectors.graphs(), slug=slug)
        if not query.strip():
            return HttpResponse(
                _description(request.build_absolute_uri(request.path)),
                content_type="text/turtle; charset=utf-8",
            )
        version = served(graph).version
        result = run_query(version, query, request.headers.get("Accept", ""))
        response = HttpResponse(result.body, content_type=f"{result.content_type}; charset=utf-8")
        if result.cut:
            response.headers["X-Result-Cut"] = "true"
        return response


class GraphQuestionViewSet(QuestionViewSet):
    """Questions on graphs, with their answers and people's judgements."""

    queryset = GraphQuestion.objects.filter(graph__deleting=False).select_related("graph")
    serializer_class = GraphJudgementSerializer
    detail_serializer_class = GraphQuestionSerializer
    judge = staticmethod(services.judge)
    answer_of = staticmethod(kept_answer_of)
    run = staticmethod(services.run_another)

    @extend_schema(responses=GraphResultSerializer)
    @action(detail=True, url_path=READING_PATH, pagination_class=None)
    def reading(self, request: Request, number: str, **kwargs: Any) -> Response:
        """Run the query of one of the answer's readings, counted from 0; nothing is decoded or kept."""
        return Response(GraphResultSerializer(self.found_by(int(number))).data)


def _check_encoding(encoded: bytes) -> None:
    """Refuse what is not UTF-8 behind its percent signs, which is read with other characters in its place."""
    try:
        unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError as error:
        raise ParseError(_NO_UTF8) from error


def _description(address: str) -> str:
    formats = (
        "SPARQL_Results_JSON",
        "SPARQL_Results_XML",
        "SPARQL_Results_CSV",
        "SPARQL_Results_TSV",
        "Turtle",
        "N-Triples",
        "JSON-LD",
    )
    listed = ", ".join(f"<http://www.w3.org/ns/formats/{name}>" for name in formats)
    return (
        "@prefix sd: <http://www.w3.org/ns/sparql-service-description#> .\n"
        f"<{address}> a sd:Service ; sd:endpoint <{address}> ; "
        f"sd:supportedLanguage sd:SPARQL11Query ; sd:resultFormat {listed} .\n"
    )
