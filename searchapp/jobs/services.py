"""Starting, cancelling and retrying jobs."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from searchapp.audit import recording as audit
from searchapp.jobs.errors import InvalidTransition
from searchapp.jobs.models import Job
from searchapp.jobs.queue import enqueue
from searchapp.jobs.registry import clean_up
from searchapp.jobs.transitions import move


def start_job(*, kind: str, subject: str, title: str, arguments: dict[str, Any] | None = None) -> Job:
    """Queue a job and return it; if one of this kind and subject is active already, return that one."""
    try:
        with transaction.atomic():
            job = Job.objects.create(kind=kind, subject=subject, title=title, arguments=arguments or {})
    except IntegrityError:
        active = Job.objects.filter(kind=kind, subject=subject, state__in=Job.ACTIVE).first()
        return active or start_job(kind=kind, subject=subject, title=title, arguments=arguments)
    _record(job, "started")
    enqueue(job)
    return job


def cancel_job(job: Job) -> Job:
    """Cancel a job: at once if it is queued, at its next step if it runs. Raises InvalidTransition."""
    job.refresh_from_db()
    _record(job, "cancelled")
    if job.state == Job.State.QUEUED:
        cancelled = move(job, Job.State.CANCELLED, finished=timezone.now(), message="Cancelled")
        clean_up(cancelled)
        return cancelled
    return move(job, Job.State.CANCELLING, message="Cancelling …")


def cancel_jobs_of(subject: str) -> None:
    """Cancel whatever waits or works on a subject."""
    for job in Job.objects.filter(subject=subject, state__in=(Job.State.QUEUED, Job.State.RUNNING)):
        cancel_job(job)


def retry_job(job: Job) -> Job:
    """Queue a failed or cancelled job again; finished work is kept. Raises InvalidTransition."""
    try:
        with transaction.atomic():
            move(
                job,
                Job.State.QUEUED,
                error="",
                message="",
                finished=None,
                attempts=0,
                interruptions=0,
                stage=0,
                done=0,
                total=0,
            )
    except IntegrityError:
        raise InvalidTransition("Another job is already at work on this.") from None
    _record(job, "tried again")
    enqueue(job)
    return job


def _record(job: Job, what: str) -> None:
    """Record what a person did with a job; jobs that start each other are nobody's."""
    if audit.requested():
        audit.record(audit.Action.JOB, subject=job.subject, detail=f"{job.title}: {what}")
