"""Changes of a job's state, as `Job.TRANSITIONS` permits them: nothing else writes it."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from searchapp.errors import storable
from searchapp.jobs.errors import InvalidTransition
from searchapp.jobs.models import Job
from searchapp.jobs.queue import enqueue
from searchapp.jobs.runners import is_alive


def move(job: Job, state: Job.State, **changes: Any) -> Job:
    """Change the state in one statement, only if the row still is where the transition may start from.

    Raises InvalidTransition.
    """
    allowed = [source for source, targets in Job.TRANSITIONS.items() if state in targets]
    if not Job.objects.filter(pk=job.pk, state__in=allowed).update(state=state, **changes):
        job.refresh_from_db()
        raise InvalidTransition(f"A job that is {job.state} cannot become {state}.")
    job.refresh_from_db()
    return job


def take(job: Job, runner: str) -> bool:
    """Mark a job as running in a process; False if it is not there to be taken.

    One that runs already has lost its process: the caller holds its lock. That counts as an interruption,
    unless its process still lives, as after an outage of the database, or was being stopped.
    """
    if job.state == Job.State.RUNNING:
        lost = int(bool(job.runner) and not is_alive(job.runner))
        taken = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(
            runner=runner, attempts=job.attempts + lost, interruptions=job.interruptions + lost
        )
        job.refresh_from_db()
        return bool(taken)
    try:
        move(
            job,
            Job.State.RUNNING,
            started=job.started or timezone.now(),
            attempts=job.attempts + 1,
            runner=runner,
        )
    except InvalidTransition:
        return False
    return True


def let_go(job_ids: Sequence[int]) -> None:
    """Note that the processes that run these jobs are being stopped: their end is no interruption."""
    Job.objects.filter(pk__in=job_ids, state=Job.State.RUNNING).update(runner="")


def put_back(job: Job, message: str) -> None:
    """Put a running job back into the queue, to go on where it stopped. Raises InvalidTransition."""
    move(job, Job.State.QUEUED, message=storable(message)[:300])


def finish(job: Job, state: Job.State, *, message: str = "", error: str = "") -> None:
    """Set a final state, and queue what was asked for while the job ran. Raises InvalidTransition."""
    with transaction.atomic():
        move(job, state, finished=timezone.now(), message=storable(message)[:300], error=storable(error))
        if job.again is not None:
            enqueue(Job.objects.create(kind=job.kind, subject=job.subject, **job.again))
