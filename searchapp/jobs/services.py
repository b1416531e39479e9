"""Starting, cancelling and retrying jobs. Every change of state goes through `_move`."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from searchapp.jobs.errors import InvalidTransition
from searchapp.jobs.models import Job
from searchapp.jobs.registry import handler_of


def start_job(*, kind: str, subject: str, title: str, arguments: dict[str, Any] | None = None) -> Job:
    """Queue a job and return it; if one of this kind and subject is active already, return that one."""
    try:
        with transaction.atomic():
            job = Job.objects.create(kind=kind, subject=subject, title=title, arguments=arguments or {})
    except IntegrityError:
        active = Job.objects.filter(kind=kind, subject=subject, state__in=Job.ACTIVE).first()
        return active or start_job(kind=kind, subject=subject, title=title, arguments=arguments)
    enqueue(job)
    return job


def cancel_job(job: Job) -> Job:
    """Cancel a job: at once if it is queued, at its next step if it runs. Raises InvalidTransition."""
    job.refresh_from_db()
    if job.state == Job.State.QUEUED:
        cancelled = _move(job, Job.State.CANCELLED, finished=timezone.now(), message="Cancelled")
        _clean_up(cancelled)
        return cancelled
    return _move(job, Job.State.CANCELLING, message="Cancelling …")


def cancel_jobs_of(subject: str) -> None:
    """Cancel whatever waits or works on a subject."""
    for job in Job.objects.filter(subject=subject, state__in=(Job.State.QUEUED, Job.State.RUNNING)):
        cancel_job(job)


def retry_job(job: Job) -> Job:
    """Queue a failed or cancelled job again; finished work is kept. Raises InvalidTransition."""
    try:
        with transaction.atomic():
            _move(
                job,
                Job.State.QUEUED,
                error="",
                message="",
                finished=None,
                attempts=0,
                stage=0,
                done=0,
                total=0,
            )
    except IntegrityError:
        raise InvalidTransition("Another job is already at work on this.") from None
    enqueue(job)
    return job


def take(job: Job) -> bool:
    """Mark a queued job as running; False if it is not there to be taken."""
    if job.state == Job.State.RUNNING:
        return True
    try:
        _move(job, Job.State.RUNNING, started=job.started or timezone.now(), attempts=job.attempts + 1)
    except InvalidTransition:
        return False
    return True


def put_back(job: Job, message: str) -> None:
    """Return a running job to the queue, to be taken up again where it stopped."""
    _move(job, Job.State.QUEUED, message=message[:300])


def finish(job: Job, state: Job.State, *, message: str = "", error: str = "") -> None:
    """Set a final state."""
    _move(job, state, finished=timezone.now(), message=message[:300], error=error)


def enqueue(job: Job, *, countdown: float = 0.0) -> None:
    """Hand the job's next stage to the workers, once the current transaction has been committed.

    A broker that cannot be reached is no error here: the row says `queued`, and workers look for such rows.
    """
    from kombu.exceptions import OperationalError

    from searchapp.jobs.tasks import run_stage

    stages = handler_of(job.kind).stages
    queue = stages[min(job.stage, len(stages) - 1)].queue
    Job.objects.filter(pk=job.pk).update(enqueued=timezone.now())

    def send() -> None:
        try:
            run_stage.apply_async((job.pk,), queue=queue, countdown=countdown)
        except OperationalError:
            return

    transaction.on_commit(send)


def _clean_up(job: Job) -> None:
    from searchapp.jobs.runner import clean_up

    clean_up(job)


def _move(job: Job, state: Job.State, **changes: Any) -> Job:
    """Change the state in one statement, only if the row still is where the transition may start from."""
    allowed = [source for source, targets in Job.TRANSITIONS.items() if state in targets]
    if not Job.objects.filter(pk=job.pk, state__in=allowed).update(state=state, **changes):
        job.refresh_from_db()
        raise InvalidTransition(f"A job that is {job.state} cannot become {state}.")
    job.refresh_from_db()
    return job
