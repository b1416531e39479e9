"""Changes of a job's state, as `Job.TRANSITIONS` permits them: nothing else writes it."""

from typing import Any

from django.utils import timezone

from searchapp.jobs.errors import InvalidTransition
from searchapp.jobs.models import Job


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


def take(job: Job) -> bool:
    """Mark a queued job as running; False if it is not there to be taken."""
    if job.state == Job.State.RUNNING:
        return True
    try:
        move(job, Job.State.RUNNING, started=job.started or timezone.now(), attempts=job.attempts + 1)
    except InvalidTransition:
        return False
    return True


def put_back(job: Job, message: str) -> None:
    """Put a running job back into the queue, to go on where it stopped. Raises InvalidTransition."""
    move(job, Job.State.QUEUED, message=message[:300])


def finish(job: Job, state: Job.State, *, message: str = "", error: str = "") -> None:
    """Set a final state. Raises InvalidTransition."""
    move(job, state, finished=timezone.now(), message=message[:300], error=error)
