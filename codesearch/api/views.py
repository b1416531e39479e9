"""The API's views: each calls one function of the engine."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework import status as http
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from codesearch import selectors, services
from codesearch.api.serializers import (
    AddedRepositorySerializer,
    ExplanationParameters,
    ExplanationSerializer,
    FileSerializer,
    HitSerializer,
    ReferencesParameters,
    RepositoryChangeSerializer,
    RepositoryDetailSerializer,
    RepositorySerializer,
    SearchParameters,
    SearchResultSerializer,
    SimilarParameters,
    SymbolReferencesSerializer,
    UnitSerializer,
)
from codesearch.models import Repository, Unit
from codesearch.references import reading
from codesearch.retrieval import Hit, Retriever, search, similar_units, trace_lines
from codesearch.retrieval.explanation import explain_unit, words_met
from codesearch.retrieval.fields import FILE
from codesearch.retrieval.snippets import snippets_of
from searchapp.api.parameters import parameters_of
from searchapp.api.sources import SourceViewSet
from searchapp.jobs.api import JobSerializer


class SearchView(APIView):
    """Search code."""

    @extend_schema(
        operation_id="code_search",
        summary="Search code",
        parameters=[SearchParameters],
        responses=SearchResultSerializer,
    )
    def get(self, request: Request) -> Response:
        """Search functions, methods, classes and passages by words, meaning and name, and lines by text."""
        given = parameters_of(request, SearchParameters)
        size = given["page_size"]
        result = search(
            given["q"],
            retriever=Retriever(given["retriever"]),
            offset=(given["page"] - 1) * size,
            limit=size,
        )
        pages = max(1, -(-result.total // size))
        if given["page"] > pages:
            raise NotFound(f"Page {given['page']} is after the last: there are {pages}.")
        body = {
            "query": given["q"],
            "total": result.total,
            "count": result.total,
            "next": _page(request, given["page"] + 1) if given["page"] < pages else None,
            "previous": _page(request, given["page"] - 1) if given["page"] > 1 else None,
            "exhaustive": result.exhaustive,
            "milliseconds": round(result.milliseconds, 1),
            "notice": result.notice,
            "facets": result.facets,
            "lines": trace_lines(result.query) if given["page"] == 1 else [],
            "results": _hits(result.hits, result.words, result.query.quoted),
        }
        return Response(SearchResultSerializer(body).data)


class UnitViewSet(mixins.RetrieveModelMixin, viewsets.GenericViewSet[Unit]):
    """Units."""

    queryset = Unit.objects.none()
    serializer_class = UnitSerializer

    def get_queryset(self) -> Any:
        """The units that are served."""
        return selectors.served_units().select_related("repository", "file__blob")

    @extend_schema(parameters=[SimilarParameters], responses=HitSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def similar(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The units nearest in meaning to this one."""
        given = parameters_of(request, SimilarParameters)
        hits = similar_units(self.get_object(), limit=given["limit"])
        return Response(HitSerializer(_hits(hits), many=True).data)

    @extend_schema(parameters=[ExplanationParameters], responses=ExplanationSerializer)
    @action(detail=True, pagination_class=None)
    def explanation(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What of this unit its vector comes from; 404 where the encoder reads no structure there."""
        given = parameters_of(request, ExplanationParameters)
        unit = self.get_object()
        explanation = explain_unit(unit)
        if explanation is None:
            raise NotFound("This unit was encoded by its text alone.")
        met = words_met(unit, given["q"])
        parts = {name: getattr(explanation, name) for name in ("nodes", "lines", "apart")}
        return Response(ExplanationSerializer({**parts, "met": met}).data)

    @extend_schema(responses=SymbolReferencesSerializer)
    @action(detail=True, pagination_class=None)
    def references(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Where this unit is defined, called, imported, inherited from and overridden."""
        unit = self.get_object()
        symbol = reading.symbol_of(unit)
        if symbol is None:
            raise NotFound("Nothing is known of what refers to this unit.")
        found = reading.references_to(unit.repository.name, symbol)
        return Response(SymbolReferencesSerializer(found).data)


class RepositoryViewSet(SourceViewSet[Repository]):
    """Repositories: add, look, index, delete."""

    queryset = selectors.repositories()
    lookup_field = "name"
    lookup_value_regex = r"[A-Za-z0-9._-]+"
    serializer_class = RepositorySerializer
    added_serializer_class = AddedRepositorySerializer
    delete_source = staticmethod(services.delete_repository)

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        """The serialiser: for one repository the detailed one."""
        return RepositoryDetailSerializer if self.action == "retrieve" else super().get_serializer_class()

    @extend_schema(request=None, responses={202: JobSerializer})
    @action(detail=True, methods=["post"])
    def index(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Bring the index up to date with the source; returns the build that is at work if there is one."""
        return self.started(services.index_repository)

    @extend_schema(request=None, responses={202: JobSerializer})
    @action(detail=True, methods=["post"])
    def rebuild(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Read and parse every file anew."""
        return self.started(services.rebuild_repository)

    @extend_schema(request=RepositoryChangeSerializer, responses={202: JobSerializer})
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change where a repository is read from and what is left out, and bring its index up to date."""
        repository = self.get_object()
        wanted = RepositoryChangeSerializer(repository, data=request.data, partial=True)
        wanted.is_valid(raise_exception=True)
        job = services.change_repository(repository, **wanted.validated_data)
        return Response(JobSerializer(job).data, status=http.HTTP_202_ACCEPTED)

    @extend_schema(parameters=[ReferencesParameters], responses=SymbolReferencesSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def references(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What the name at a place of a file means, or a symbol, and all that refers to it."""
        parameters = ReferencesParameters(data=request.query_params)
        parameters.is_valid(raise_exception=True)
        given, repository = parameters.validated_data, self.get_object()
        file = get_object_or_404(selectors.served_files(repository.name), path=given["path"])
        if "symbol" in given:
            named = reading.symbol_named(repository.name, file.path, given["symbol"])
            symbols = [named] if named is not None else []
        else:
            symbols = reading.symbols_at(file, given["line"], given["column"])
        found = [reading.references_to(repository.name, symbol) for symbol in symbols]
        return Response(SymbolReferencesSerializer(found, many=True).data)

    @extend_schema(
        parameters=[OpenApiParameter("path", OpenApiTypes.STR, OpenApiParameter.PATH)],
        responses=FileSerializer,
    )
    @action(detail=True, url_path=r"files/(?P<path>[\s\S]+?)")
    def file(self, request: Request, name: str, path: str) -> Response:
        """A file with its text and outline."""
        return Response(FileSerializer(get_object_or_404(selectors.served_files(name), path=path)).data)


def _page(request: Request, number: int) -> str:
    """The address of another page of a search."""
    return replace_query_param(request.build_absolute_uri(), "page", number)


def _hits(hits: list[Hit], words: tuple[str, ...] = (), quoted: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    snippets = snippets_of([hit.candidate for hit in hits], words, quoted)
    rows = []
    for hit in hits:
        unit = hit.candidate
        row = {"rank": hit.rank, "candidate": unit, "reasons": hit.reasons, "code": snippets[unit.id].text}
        row["id"] = unit.id if unit.kind != FILE else None
        rows.append({**row, "url": selectors.unit_address(unit.repository, unit.path, unit.line)})
    return rows
