"""The SPARQL 1.1 Protocol endpoint of a graph: query forms only."""

from typing import Any
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser, FormParser
from rest_framework.request import Request
from rest_framework.views import APIView

from kbqa.sparql.answer.registry import served
from kbqa.sparql.models import Graph
from kbqa.sparql.sources import selectors
from kbqa.sparql.sources.service_description import described
from kbqa.sparql.stores.executor import Dataset, run_query, stream_query
from searchapp.api.cors import is_preflight, share
from searchapp.api.negotiation import AnyContent
from searchapp.api.permissions import Readers

_NO_UTF8 = "The query is not written in UTF-8."
_NO_UPDATES = "This endpoint only reads; edits go to /api/v1/graphs/{slug}/edit."
_PARAMETERS = [
    OpenApiParameter(
        "default-graph-uri",
        OpenApiTypes.URI,
        many=True,
        description="Named graphs whose triples are asked, in place of all.",
    ),
    OpenApiParameter(
        "named-graph-uri", OpenApiTypes.URI, many=True, description="Named graphs that `GRAPH` finds."
    ),
    OpenApiParameter(
        "all",
        OpenApiTypes.BOOL,
        description="`true` for all results, which are written while they are found, in place of the first. "
        "It stands in the address, also of a query that is sent by POST.",
    ),
]
_RESPONSES = {
    (200, "application/sparql-results+json"): OpenApiTypes.OBJECT,
    (200, "text/turtle"): OpenApiTypes.STR,
}


class SparqlQueryParser(BaseParser):
    """A query as the body itself (SPARQL 1.1 Protocol, section 2.1.3)."""

    media_type = "application/sparql-query"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> QueryDict:
        """The body as `query`."""
        fields = QueryDict(mutable=True)
        try:
            fields["query"] = stream.read().decode()
        except UnicodeDecodeError as error:
            raise ParseError(_NO_UTF8) from error
        return fields


class SparqlFormParser(FormParser):
    """A form, refused where it is not UTF-8."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The form's fields."""
        body = stream.read()
        _check_encoding(body)
        return QueryDict(body)


class SparqlView(APIView):
    """The SPARQL 1.1 Protocol endpoint of a graph."""

    content_negotiation_class = AnyContent
    parser_classes = (SparqlQueryParser, SparqlFormParser)
    permission_classes = (Readers,)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, and tell browsers whether a script of another origin may read that."""
        if is_preflight(request):
            response: HttpResponseBase = HttpResponse(status=204)
        else:
            response = super().dispatch(request, *args, **kwargs)
        share(request, response, settings.SPARQL_CORS_ORIGINS, "GET, POST, OPTIONS")
        return response

    @extend_schema(
        operation_id="graph_sparql",
        parameters=[
            OpenApiParameter(
                "query",
                OpenApiTypes.STR,
                description="SELECT, ASK, CONSTRUCT or DESCRIBE; without it, the service description.",
            ),
            *_PARAMETERS,
        ],
        responses=_RESPONSES,
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """Run a query (SPARQL 1.1 Protocol)."""
        _check_encoding(request.META.get("QUERY_STRING", "").encode("latin-1"))
        graph = get_object_or_404(selectors.graphs(), slug=slug)
        given = request.query_params
        if "query" not in given and "update" not in given:
            body, kind = described(request.build_absolute_uri(request.path), _accepted(request))
            return HttpResponse(body, content_type=f"{kind}; charset=utf-8")
        return _answered(request, graph, given)

    @extend_schema(
        operation_id="graph_sparql_post",
        parameters=_PARAMETERS,
        request={
            "application/x-www-form-urlencoded": {
                "type": "object",
                "properties": {"query": {"type": "string"}},
            }
        },
        responses=_RESPONSES,
    )
    def post(self, request: Request, slug: str) -> HttpResponseBase:
        """Run a query that is long, or sent as the body itself."""
        # An empty body is no form to the framework, whatever it is called.
        sent = request.data if isinstance(request.data, QueryDict) else QueryDict()
        return _answered(request, get_object_or_404(selectors.graphs(), slug=slug), sent)


def _answered(request: Request, graph: Graph, given: QueryDict) -> HttpResponseBase:
    """The result of the query that was given."""
    query, dataset = _query_of(given), _dataset_of(request, given)
    accept, base = _accepted(request), request.build_absolute_uri(request.path)
    version = served(graph).version
    if _wants_all(request):
        stream = stream_query(version, query, accept, dataset=dataset, base=base)
        return StreamingHttpResponse(stream, content_type=f"{stream.content_type}; charset=utf-8")
    result = run_query(version, query, accept, dataset=dataset, base=base)
    response = HttpResponse(result.body, content_type=f"{result.content_type}; charset=utf-8")
    if result.cut:
        response.headers["X-Result-Cut"] = "true"
    return response


def _query_of(given: QueryDict) -> str:
    """The one query of a request. Raises ValidationError."""
    if "update" in given:
        raise ValidationError({"update": [_NO_UPDATES]})
    queries = given.getlist("query")
    if len(queries) > 1:
        raise ValidationError({"query": ["Send one query at a time."]})
    if not queries or not queries[0].strip():
        raise ValidationError({"query": ["There is no query: send one as the field query, or as the body."]})
    return queries[0]


def _dataset_of(request: Request, given: QueryDict) -> Dataset | None:
    """The graphs that a request names, in its address or its form; None where the query itself does."""
    default, named = (
        tuple(dict.fromkeys([*request.query_params.getlist(name), *given.getlist(name)]))
        for name in ("default-graph-uri", "named-graph-uri")
    )
    return Dataset(default, named) if default or named else None


def _wants_all(request: Request) -> bool:
    return request.query_params.get("all", "").lower() in ("1", "true", "yes")


def _accepted(request: Request) -> str:
    return str(request.headers.get("Accept", ""))


def _check_encoding(encoded: bytes) -> None:
    """Refuse what is not UTF-8 behind its percent signs, which is read with other characters in its place."""
    try:
        unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError as error:
        raise ParseError(_NO_UTF8) from error
