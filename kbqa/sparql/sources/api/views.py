"""The API's views: each calls one function of the engine."""

from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from kbqa.questions.api import READING_PATH, FollowUpParameters, QuestionViewSet
from kbqa.sparql.answer.kept_answer import kept_answer_of
from kbqa.sparql.answer.neighbourhood import neighbourhood_of
from kbqa.sparql.answer.registry import served
from kbqa.sparql.ingest import edits
from kbqa.sparql.models import Graph, GraphQuestion
from kbqa.sparql.sources import glossary as words
from kbqa.sparql.sources import selectors, services
from kbqa.sparql.sources.api.serializers import (
    AddedGraphSerializer,
    EditSerializer,
    ExportParameters,
    GraphAnswerSerializer,
    GraphJudgementSerializer,
    GraphProfileSerializer,
    GraphQuestionSerializer,
    GraphResultSerializer,
    GraphSerializer,
    GraphVersionSerializer,
    GraphWordSerializer,
    NodeParameters,
    NodeSerializer,
    WordKeySerializer,
    graph_answer_body,
)
from kbqa.sparql.terms import parse_node
from searchapp.api.parameters import parameters_of
from searchapp.api.sources import SourceViewSet
from searchapp.jobs.api import JobSerializer


class GraphViewSet(SourceViewSet[Graph]):
    """Graphs: add, look, ask, edit, delete."""

    queryset = selectors.graphs()
    serializer_class = GraphSerializer
    added_serializer_class = AddedGraphSerializer
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

    @extend_schema(
        parameters=[ExportParameters],
        responses={
            (200, "application/n-triples"): OpenApiTypes.STR,
            (200, "application/n-quads"): OpenApiTypes.STR,
        },
    )
    @action(detail=True, pagination_class=None)
    def export(self, request: Request, *args: Any, **kwargs: Any) -> StreamingHttpResponse:
        """All triples of the graph as N-Triples, or with its named graphs as N-Quads."""
        given = parameters_of(request, ExportParameters)
        graph, with_graphs = self.get_object(), given["graphs"]
        suffix, kind = ("nq", "application/n-quads") if with_graphs else ("nt", "application/n-triples")
        return StreamingHttpResponse(
            services.export_graph(graph, with_graphs=with_graphs),
            content_type=f"{kind}; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{graph.slug}.{suffix}"'},
        )

    @extend_schema(parameters=[FollowUpParameters], responses=GraphAnswerSerializer)
    @action(detail=True, pagination_class=None)
    def ask(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answer a question in words, with the query behind the answer and the other readings."""
        given = parameters_of(request, FollowUpParameters)
        _, question = services.ask(
            self.get_object(),
            given["q"],
            previous=given.get("previous"),
            reading=given.get("reading", 0),
            remember_for=request.user,
        )
        answer = kept_answer_of(question)
        assert answer is not None
        return Response(GraphAnswerSerializer(graph_answer_body(answer, question)).data)

    @extend_schema(responses=GraphWordSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def glossary(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What people call things, classes and properties of the graph."""
        return Response(GraphWordSerializer(self.get_object().glossary.all(), many=True).data)

    @extend_schema(request=GraphWordSerializer, responses={201: GraphWordSerializer})
    @glossary.mapping.post
    def define_word(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Say what a word means; the next question knows."""
        wanted = GraphWordSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        return Response(
            GraphWordSerializer(words.define(self.get_object(), **wanted.validated_data)).data, status=201
        )

    @extend_schema(parameters=[WordKeySerializer], responses={204: None})
    @glossary.mapping.delete
    def forget_word(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Forget what a word means."""
        given = parameters_of(request, WordKeySerializer)
        words.forget(self.get_object(), given["id"])
        return Response(status=204)

    @extend_schema(parameters=[NodeParameters], responses=NodeSerializer)
    @action(detail=True, pagination_class=None)
    def node(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A node's name and its edges, both ways."""
        given = parameters_of(request, NodeParameters)
        graph = self.get_object()
        try:
            node = parse_node(given["iri"])
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
