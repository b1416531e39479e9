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
    """Queue a job and return it.

    If one of this kind and subject is active already, return that one: with these arguments besides its own
    if it has not begun, else with a job of these to follow it. What it works on may have changed since.
    """
    wanted = {"title": title, "arguments": arguments or {}}
    try:
        with transaction.atomic():
            job = Job.objects.create(kind=kind, subject=subject, **wanted)
    except IntegrityError:
        joined = _join(kind, subject, wanted)
        if joined is None:
            return start_job(kind=kind, subject=subject, title=title, arguments=arguments)
        _record(joined, "asked for again")
        return joined
    _record(job, "started")
    enqueue(job)
    return job


@transaction.atomic
def _join(kind: str, subject: str, wanted: dict[str, Any]) -> Job | None:
    """Have the active job of a subject do what is wanted, at once or again; None if it has just ended."""
    active = Job.objects.filter(kind=kind, subject=subject, state__in=Job.ACTIVE)
    job = active.select_for_update().first()
    if job is None:
        return None
    if job.has_begun:
        job.again = _both(job.again or wanted, wanted)
    else:
        both = _both({"title": job.title, "arguments": job.arguments}, wanted)
        job.title, job.arguments = both["title"], both["arguments"]
    job.save(update_fields=["title", "arguments", "again"])
    return job


def _both(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """What does all that two jobs would do; its title is of the one that asks for more."""
    arguments = {**first["arguments"], **second["arguments"]}
    return {"title": (first if arguments == first["arguments"] else second)["title"], "arguments": arguments}


def cancel_job(job: Job) -> Job:
    """Cancel a job: at once if it is queued, at its next step if it runs. Raises InvalidTransition.

    What was to follow it is cancelled, too; what is asked for from now on follows.
    """
    job.refresh_from_db()
    _record(job, "cancelled")
    if job.state == Job.State.QUEUED:
        cancelled = move(job, Job.State.CANCELLED, again=None, finished=timezone.now(), message="Cancelled")
        clean_up(cancelled)
        return cancelled
    return move(job, Job.State.CANCELLING, again=None, message="Cancelling …")


def cancel_jobs_of(subject: str) -> None:
    """Cancel whatever waits or works on a subject."""
    for job in Job.objects.filter(subject=subject, state__in=(Job.State.QUEUED, Job.State.RUNNING)):
        cancel_job(job)
    Job.objects.filter(subject=subject, state=Job.State.CANCELLING).update(again=None)


def retry_job(job: Job) -> Job:
    """Queue a failed or cancelled job again; finished work is kept. Raises InvalidTransition."""
    try:
        with transaction.atomic():
            move(
                job,
                Job.State.QUEUED,
                again=None,
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
