"""What the API does with a source of any kind."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework import status as http
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from searchapp.api.parsers import BoundedJsonParser
from searchapp.choices import ChoiceField
from searchapp.jobs.api import JobSerializer
from searchapp.jobs.models import Job
from searchapp.jobs.selectors import newest_job
from searchapp.sources import show_to
from searchapp.versions import Source
from searchapp.visibility import Audience, Visibility, current_reader, default_visibility

AnySource = TypeVar("AnySource", bound=Source)


AUDIENCE_FIELDS = ("visibility", "groups")
"""The fields of an `AudienceSerializer`, in the order in which a source has them."""


class GroupNamesField(serializers.ListField):
    """The names of the groups that may see a source. Only who sees all sources is told them."""

    child = serializers.CharField(max_length=150)

    def to_representation(self, data: Any) -> list[str]:
        """The names; none of a source that is not for groups."""
        source = data.instance
        if source.visibility != Visibility.GROUPS or not current_reader().sees_all:
            return []
        return sorted(group.name for group in data.all())


class AudienceSerializer(serializers.Serializer[Any]):
    """Who may see a source."""

    serializer_choice_field = ChoiceField

    visibility = ChoiceField(
        choices=Visibility.choices,
        required=False,
        help_text="Who may see it; by default everyone where ANONYMOUS_READ is on, else signed-in people.",
    )
    groups = GroupNamesField(
        required=False,
        help_text="With the visibility `groups`, the names of those who may see it; shown to staff alone.",
    )

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """The source; paths on the server are shown to staff alone."""
        shown: dict[str, Any] = super().to_representation(instance)
        return shown | {"location": instance.shown_location} if "location" in shown else shown


def audience_of(given: dict[str, Any], default: Audience | None = None) -> Audience:
    """Takes the audience out of what was sent; what is not sent is that of `default`."""
    default = default or Audience(default_visibility())
    groups = given.pop("groups", None)
    # Who names groups means them, and nobody else.
    visibility = given.pop("visibility", str(Visibility.GROUPS) if groups else default.visibility)
    return Audience(visibility, default.groups if groups is None else tuple(groups))


class SourceStatusSerializer(serializers.Serializer[Any]):
    """Whether a source can be asked, and the newest work on it."""

    ready = serializers.BooleanField(help_text="Whether a version of it serves.")
    job = JobSerializer(allow_null=True, help_text="The newest job that works or worked on it.")


class WithJobSerializer(serializers.Serializer[Any]):
    """What an answer has that adds a source: the job that reads it."""

    job = serializers.SerializerMethodField(help_text="The job that reads it, to be waited for.")

    @extend_schema_field(JobSerializer(allow_null=True))
    def get_job(self, source: Source) -> dict[str, Any] | None:
        """The newest job on the source."""
        job = newest_job(source.subject)
        return dict(JobSerializer(job).data) if job else None


_SEEN_BY = OpenApiParameter(
    "visibility",
    OpenApiTypes.STR,
    enum=Visibility.values,
    description="Only those that these people may see.",
)


@extend_schema_view(list=extend_schema(parameters=[_SEEN_BY]))
class SourceViewSet(
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[AnySource],
):
    """Sources of a kind: add, look, read again, delete."""

    lookup_field = "slug"
    filters = ("visibility",)
    """The parameters of a list, besides those of paging."""
    lookup_value_regex = r"[A-Za-z0-9_-]+"
    parser_classes = (BoundedJsonParser, MultiPartParser, FormParser)
    delete_source: ClassVar[Callable[..., Job]]
    added_serializer_class: ClassVar[type[serializers.BaseSerializer[Any]]]
    """What adding one takes and answers: with the job that was started."""

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        """The form of a source; of one that is added, with its job."""
        return self.added_serializer_class if self.action == "create" else super().get_serializer_class()

    def started(self, start: Callable[[AnySource], Job]) -> Response:
        """The answer with the job that `start` starts on the source, or finds at work."""
        return Response(JobSerializer(start(self.get_object())).data, status=http.HTTP_202_ACCEPTED)

    def get_queryset(self) -> QuerySet[AnySource]:
        """The sources with their groups; in a list, those of a visibility that is asked for."""
        sources = super().get_queryset().prefetch_related("groups")
        visibility = self.request.query_params.get("visibility") if self.action == "list" else None
        if visibility is not None and visibility not in Visibility.values:
            raise ValidationError({"visibility": [f"Choose one of: {', '.join(Visibility.values)}."]})
        return sources if visibility is None else sources.filter(visibility=visibility)

    @extend_schema(responses={202: JobSerializer})
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Hide the source at once and remove it in the background; where it was read from stays as it is."""
        return self.started(type(self).delete_source)

    @extend_schema(request=AudienceSerializer, responses=AudienceSerializer)
    @action(detail=True, methods=["post"], pagination_class=None)
    def visibility(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change who may see the source, from this moment on; what is not sent stays."""
        wanted = AudienceSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        source = self.get_object()
        present = Audience(source.visibility, tuple(group.name for group in source.groups.all()))
        show_to(source, audience_of({**wanted.validated_data}, present))
        return Response(AudienceSerializer(self.get_object()).data)

    @extend_schema(responses=SourceStatusSerializer)
    @action(detail=True, pagination_class=None)
    def status(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Whether the source can be asked, and how far the newest work on it is."""
        source = self.get_object()
        body = {"ready": bool(source.serving), "job": newest_job(source.subject)}
        return Response(SourceStatusSerializer(body).data)
