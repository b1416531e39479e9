"""Runs one stage of one job, at most once at a time, and turns what happens into the job's state."""

import logging
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import OperationalError, connection
from django.db.models import F
from django.utils import timezone

from searchapp.counting import STAGES
from searchapp.errors import SearchappError
from searchapp.jobs import transitions
from searchapp.jobs.context import JobContext
from searchapp.jobs.errors import InvalidTransition, JobCancelled
from searchapp.jobs.models import Job
from searchapp.jobs.queue import enqueue
from searchapp.jobs.registry import clean_up, handler_of
from searchapp.jobs.runners import has_ended, this_process
from searchapp.outages import DiskFull, is_outage, known_error

logger = logging.getLogger(__name__)

# The first of the two numbers of a PostgreSQL advisory lock; the second is the job's key.
_LOCK_SPACE = 0x5EA2
_TRANSIENT_ATTEMPTS = 20
_RETRY_SECONDS = 5.0
_MAX_INTERRUPTIONS = 3


def run_stages(job_id: int, *, follow: bool = False) -> bool:
    """Run the next stage of a job, or with `follow` all that are left, in this process.

    A stage that another process runs right now is left to it. False where that one has ended, which the
    database has not noticed yet: the caller tries again soon. A database outage is raised as
    OperationalError: the caller tries again, and the row, which could not be written, is found by
    `abandoned_jobs` at the latest.
    """
    with _exclusively(job_id) as mine:
        if not mine:
            return not _is_lost(job_id)
        while (job := Job.objects.filter(pk=job_id).first()) is not None and _run_stage(job):
            job.refresh_from_db()
            if not follow:
                enqueue(job)
                break
    return True


def _is_lost(job_id: int) -> bool:
    job = Job.objects.filter(pk=job_id, state=Job.State.RUNNING).first()
    return job is not None and has_ended(job.runner)


def abandoned_jobs(*, patience: timedelta = timedelta(0)) -> list[Job]:
    """The active jobs that no process runs: their worker was killed, or the broker lost their message.

    A job without a process may simply wait for a free worker: it counts only when handed over longer than
    `patience` ago.
    """
    active = Job.objects.filter(state__in=Job.ACTIVE, enqueued__lte=timezone.now() - patience).order_by("id")
    return [job for job in active if not _is_locked(job.pk)]


def _run_stage(job: Job) -> bool:
    """Run the stage that comes next; True if another one follows."""
    if job.state == Job.State.CANCELLING:
        _end(job, Job.State.CANCELLED, message="Cancelled")
        return False
    if not transitions.take(job, this_process()):
        return False
    if job.interruptions >= _MAX_INTERRUPTIONS:
        _end(job, Job.State.FAILED, error=_interrupted(job))
        return False
    started = time.perf_counter()
    try:
        stages = handler_of(job.kind).stages
        stages[job.stage].run(JobContext(job))
        STAGES.observe(time.perf_counter() - started, job.kind, str(job.stage + 1))
    except (KeyboardInterrupt, SystemExit):
        transitions.let_go([job.pk])
        raise
    except Exception as error:
        _failed(job, error)
        return False
    if job.stage + 1 < len(stages):
        Job.objects.filter(pk=job.pk).update(
            stage=F("stage") + 1, done=0, total=0, interruptions=0, runner=""
        )
        return True
    job.refresh_from_db()
    transitions.finish(job, Job.State.SUCCEEDED, message=job.message)
    return False


def _failed(job: Job, error: Exception) -> None:
    """End a job, or put it back, as the exception of its stage asks for; raise an outage of the database."""
    if isinstance(error, JobCancelled):
        _end(job, Job.State.CANCELLED, message="Cancelled")
    elif is_outage(error):
        raise error
    elif isinstance(known := known_error(error), DiskFull):
        _end(job, Job.State.FAILED, error=known.message)
    elif isinstance(error, OperationalError):
        _end(job, Job.State.FAILED, error=f"The database refused: {str(error).strip()}")
    elif isinstance(error, SearchappError) and error.transient:
        _wait_or_give_up(job, error.message)
    elif isinstance(error, SearchappError):
        _end(job, Job.State.FAILED, error=error.message)
    elif isinstance(error, MemoryError):
        # What the stage had is still held by its frames.
        traceback.clear_frames(error.__traceback__)
        _end(job, Job.State.FAILED, error=_memory_advice())
    else:
        logger.exception("Job %s failed", job.pk)
        reason = f"{type(error).__name__}: {error}. The worker's log has the details."
        _end(job, Job.State.FAILED, error=reason)


def _interrupted(job: Job) -> str:
    return (
        f"Its process was ended by the system {job.interruptions} times, probably for lack of memory. "
        "Give the workers more memory, or this source less to read, and retry."
    )


def _memory_advice() -> str:
    return (
        f"It needed more memory than JOB_MAX_MEMORY_BYTES allows ({settings.JOB_MAX_MEMORY_BYTES:,} bytes). "
        "Raise that, or give this source less to read, and retry."
    )


def _wait_or_give_up(job: Job, reason: str) -> None:
    if job.attempts >= _TRANSIENT_ATTEMPTS:
        _end(job, Job.State.FAILED, error=reason)
        return
    try:
        transitions.put_back(job, f"Waiting: {reason}")
    except InvalidTransition:
        _end(job, Job.State.CANCELLED, message="Cancelled")
    else:
        enqueue(job, countdown=_RETRY_SECONDS)


def _end(job: Job, state: Job.State, *, message: str = "", error: str = "") -> None:
    if connection.in_atomic_block and connection.needs_rollback:
        connection.set_rollback(False)
    clean_up(job)
    job.refresh_from_db()
    transitions.finish(job, state, message=message or job.message, error=error)


@contextmanager
def _exclusively(job_id: int) -> Iterator[bool]:
    """Hold the job's advisory lock; PostgreSQL frees it with the connection, also of a killed worker."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK_SPACE, job_id])
        row = cursor.fetchone()
    mine = bool(row and row[0])
    try:
        yield mine
    finally:
        if mine and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_SPACE, job_id])


def _is_locked(job_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
            [_LOCK_SPACE, job_id],
        )
        row = cursor.fetchone()
    return bool(row and row[0])
