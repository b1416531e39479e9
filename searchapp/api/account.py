"""Where a program begins: what there is below `/api/v1/`, and who it is there."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from searchapp.api.models import ApiKey
from searchapp.api.permissions import may_read, may_write

_PARTS = {
    "search": "code-search",
    "repositories": "api-repository-list",
    "graphs": "api-graph-list",
    "graph_questions": "api-graph-question-list",
    "databases": "api-database-list",
    "database_questions": "api-database-question-list",
    "jobs": "api-job-list",
    "me": "api-me",
    "tools": "api-mcp",
    "schema": "schema",
    "documentation": "api-docs",
}
"""What there is, and the names of the addresses."""


class IndexSerializer(serializers.Serializer[Any]):
    """What there is, by its address."""

    version = serializers.CharField()
    addresses = serializers.DictField(child=serializers.URLField())


class IndexView(APIView):
    """The parts of the API."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="index", responses=IndexSerializer, summary="Parts of the API")
    def get(self, request: Request) -> Response:
        """The address of each part."""
        addresses = {part: reverse(name, request=request) for part, name in _PARTS.items()}
        return Response({"version": "1", "addresses": addresses})


class ApiKeySerializer(serializers.Serializer[Any]):
    """An API key, as far as it is no secret."""

    name = serializers.CharField()
    prefix = serializers.CharField()
    scope = serializers.ChoiceField(choices=ApiKey.Scope.choices)


class MeSerializer(serializers.Serializer[Any]):
    """Whoever calls."""

    name = serializers.CharField(help_text="The account's name; empty for whoever is not signed in.")
    signed_in = serializers.BooleanField()
    may_read = serializers.BooleanField()
    may_write = serializers.BooleanField(help_text="Whether it may add, change and delete sources.")
    sees_all = serializers.BooleanField(help_text="Whether it sees sources that are for others alone.")
    key = ApiKeySerializer(allow_null=True)


class MeView(APIView):
    """Whoever calls."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="me", responses=MeSerializer, summary="Who I am")
    def get(self, request: Request) -> Response:
        """The account and key of a request, and what they may do."""
        user, key = request.user, request.auth if isinstance(request.auth, ApiKey) else None
        writes = may_write(user) and (key is None or key.scope == ApiKey.Scope.WRITE)
        body = {
            "name": user.get_username(),
            "signed_in": user.is_authenticated,
            "may_read": may_read(user),
            "may_write": writes,
            "sees_all": bool(user.is_authenticated and (user.is_staff or user.is_superuser)),
            "key": key,
        }
        return Response(MeSerializer(body).data)
