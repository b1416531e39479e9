"""What the API does with a source of any kind."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework import status as http
from rest_framework.decorators import action
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from searchapp.api.parsers import BoundedJsonParser
from searchapp.jobs.api import JobSerializer
from searchapp.jobs.models import Job
from searchapp.jobs.selectors import newest_job
from searchapp.versions import Source

AnySource = TypeVar("AnySource", bound=Source)


class SourceStatusSerializer(serializers.Serializer[Any]):
    """Whether a source can be asked, and the newest work on it."""

    ready = serializers.BooleanField(help_text="Whether a version of it serves.")
    job = JobSerializer(allow_null=True, help_text="The newest job that works or worked on it.")


class SourceViewSet(
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[AnySource],
):
    """Sources of a kind: add, look, read again, delete."""

    lookup_field = "slug"
    lookup_value_regex = r"[A-Za-z0-9_-]+"
    parser_classes = (BoundedJsonParser, MultiPartParser, FormParser)
    delete_source: ClassVar[Callable[..., Job]]

    def started(self, start: Callable[[AnySource], Job]) -> Response:
        """The answer with the job that `start` starts on the source, or finds at work."""
        return Response(JobSerializer(start(self.get_object())).data, status=http.HTTP_202_ACCEPTED)

    @extend_schema(responses={202: JobSerializer})
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Hide the source at once and remove it in the background; where it was read from stays as it is."""
        return self.started(type(self).delete_source)

    @extend_schema(responses=SourceStatusSerializer)
    @action(detail=True, pagination_class=None)
    def status(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Whether the source can be asked, and how far the newest work on it is."""
        source = self.get_object()
        body = {"ready": bool(source.serving), "job": newest_job(source.subject)}
        return Response(SourceStatusSerializer(body).data)
