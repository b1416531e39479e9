"""Jobs as pages, API and admin show them."""

from collections.abc import Sequence

from django.db.models import QuerySet

from searchapp.errors import NotReady
from searchapp.jobs.models import Job


def newest_jobs(subjects: Sequence[str]) -> dict[str, Job]:
    """The newest job of each subject that has one, in one query."""
    jobs = Job.objects.filter(subject__in=subjects).order_by("subject", "-id").distinct("subject")
    return {job.subject: job for job in jobs}


def newest_job(subject: str) -> Job | None:
    """The newest job of a subject."""
    return newest_jobs([subject]).get(subject)


def active_jobs(kind: str = "") -> QuerySet[Job]:
    """The jobs that are still to be finished, all or those of a kind, the oldest first."""
    jobs = Job.objects.filter(state__in=Job.ACTIVE).order_by("id")
    return jobs.filter(kind=kind) if kind else jobs


def not_ready(subject: str, message: str) -> NotReady:
    """The error of a subject that no job has made ready.

    It passes while one is still to do so; what the last one failed with stays until somebody retries it.
    """
    job = newest_job(subject)
    if job is None or job.is_active or job.state == Job.State.SUCCEEDED:
        return NotReady(message)
    reason = f"Its job failed: {job.shown_error}" if job.error else "Its job was cancelled."
    return NotReady(f"{message} {reason}", transient=False)
