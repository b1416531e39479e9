"""Jobs in the API."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from searchapp.choices import ChoiceField
from searchapp.jobs.models import Job
from searchapp.jobs.services import cancel_job, retry_job


class JobSerializer(serializers.ModelSerializer[Job]):
    """A job with its progress."""

    percent = serializers.IntegerField(
        allow_null=True, read_only=True, help_text="Of the current stage; null while its size is unknown."
    )

    message = serializers.CharField(source="shown_message", read_only=True)
    error = serializers.CharField(
        source="shown_error", read_only=True, help_text="Why it failed; staff alone are told."
    )

    runs_again = serializers.BooleanField(
        read_only=True, help_text="Whether it was asked for again while it ran: another job follows it."
    )

    class Meta:
        model = Job
        fields = (
            "id",
            "kind",
            "subject",
            "title",
            "state",
            "done",
            "total",
            "percent",
            "message",
            "error",
            "attempts",
            "interruptions",
            "runs_again",
            "created",
            "started",
            "finished",
        )
        read_only_fields = fields


class JobFilters(serializers.Serializer[Any]):
    """Which jobs are wanted."""

    kind = serializers.CharField(required=False, max_length=50, help_text="As `load_graph`.")
    subject = serializers.CharField(
        required=False, max_length=200, help_text="What it works on: `repository:7`, as other jobs say it."
    )
    state = ChoiceField(choices=Job.State.choices, required=False)


@extend_schema_view(list=extend_schema(parameters=[JobFilters]))
class JobViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Job]):
    """Long work: its progress, cancelling and retrying it."""

    queryset = Job.objects.all()
    serializer_class = JobSerializer
    filters = ("kind", "subject", "state")

    def get_queryset(self) -> QuerySet[Job]:
        """The jobs; in a list, those that the parameters ask for."""
        jobs = super().get_queryset()
        if self.action != "list":
            return jobs
        wanted = JobFilters(data=self.request.query_params)
        wanted.is_valid(raise_exception=True)
        return jobs.filter(**wanted.validated_data)

    @extend_schema(request=None, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Cancel a job that is queued or running."""
        return Response(JobSerializer(cancel_job(self.get_object())).data)

    @extend_schema(request=None, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Queue a job again that failed or was cancelled."""
        return Response(JobSerializer(retry_job(self.get_object())).data)
