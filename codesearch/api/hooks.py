"""The address that hosts of git call when somebody has pushed."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework import status as http
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from codesearch import refreshing


class NotifiedSerializer(serializers.Serializer[Any]):
    """What a webhook led to."""

    started = serializers.BooleanField(help_text="Whether the index is being brought up to date.")
    reason = serializers.CharField(help_text="Why not, where it is not.")


class HookView(APIView):
    """Webhooks."""

    # The signature says who calls.
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="code_repository_hook",
        request=OpenApiTypes.OBJECT,
        responses={202: NotifiedSerializer},
        auth=[],
    )
    def post(self, request: Request, name: str) -> Response:
        """Bring a repository up to date after a push: GitHub, GitLab and Gitea call this, signed."""
        done = refreshing.notified(name, request.headers, request._request.body)
        return Response(NotifiedSerializer(done).data, status=http.HTTP_202_ACCEPTED)
