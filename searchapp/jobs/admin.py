"""Jobs in the admin, with their progress."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display

from searchapp.error_display import told
from searchapp.jobs.models import Job
from searchapp.jobs.services import cancel_job, retry_job


@admin.register(Job)
class JobAdmin(ModelAdmin):  # type: ignore[misc]
    """Jobs are started elsewhere; here they are watched, cancelled and retried."""

    list_display = ("title", "shown_state", "progress", "message", "attempts", "created", "finished")
    list_filter = ("state", "kind")
    search_fields = ("title", "subject", "error")
    actions = ("cancel", "retry")

    @display(  # type: ignore[untyped-decorator]
        description="State",
        label={
            "queued": "info",
            "running": "info",
            "cancelling": "warning",
            "succeeded": "success",
            "failed": "danger",
            "cancelled": "warning",
        },
    )
    def shown_state(self, job: Job) -> str:
        """The state as a coloured label."""
        return str(job.state)

    @admin.display(description="Progress")
    def progress(self, job: Job) -> str:
        """How far the current stage is."""
        return f"{job.percent} %" if job.percent is not None and job.is_active else "–"

    @admin.action(description="Cancel")
    def cancel(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        """Cancel the chosen jobs."""
        self._each(request, jobs, cancel_job, "cancelled")

    @admin.action(description="Retry")
    def retry(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        """Queue the chosen jobs again."""
        self._each(request, jobs, retry_job, "queued again")

    def _each(self, request: HttpRequest, jobs: QuerySet[Job], change: Any, done: str) -> None:
        for job in jobs:
            with told(request, job.title):
                change(job)
                messages.success(request, f"{job.title}: {done}.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: work is started where its subject is."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        """Refuse: states change by cancelling and retrying alone."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        """Permit deleting what has ended."""
        return obj is None or not obj.is_active
