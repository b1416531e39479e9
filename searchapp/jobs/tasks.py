"""The Celery tasks: thin, idempotent, acknowledged late."""

from datetime import timedelta
from threading import Thread
from typing import Any

from celery import Task, shared_task
from celery.signals import worker_process_init, worker_ready, worker_shutting_down
from celery.worker import state
from django.conf import settings
from django.db import InterfaceError, OperationalError, connections
from kombu.exceptions import OperationalError as BrokerError

from searchapp.jobs import transitions, watchdog
from searchapp.jobs.queue import RUN_STAGE, enqueue
from searchapp.jobs.runner import abandoned_jobs, run_stages
from searchapp.jobs.runners import limit_memory

_OUTAGE_RETRY_SECONDS, _LOST_RETRY_SECONDS = 3.0, 1.0


@shared_task(bind=True, max_retries=None, name=RUN_STAGE)
def run_stage(self: "Task[Any, Any]", job_id: int) -> None:
    """Run the next stage of a job; while the database is away, try again."""
    try:
        done = run_stages(job_id)
    except (OperationalError, InterfaceError) as error:
        connections.close_all()
        raise self.retry(countdown=_OUTAGE_RETRY_SECONDS, exc=error) from error
    if not done:
        raise self.retry(countdown=_LOST_RETRY_SECONDS)


@shared_task(ignore_result=True)
def resume_abandoned_jobs(patience_seconds: float = 30.0) -> None:
    """Send the jobs that no process runs to the workers again. Running it twice does no harm."""
    for job in abandoned_jobs(patience=timedelta(seconds=patience_seconds)):
        enqueue(job)


@worker_ready.connect
def resume_on_start(**_: Any) -> None:
    """A worker that starts looks first for what the one before it left."""
    try:
        resume_abandoned_jobs.apply_async((0.0,), queue="default")
    except BrokerError:
        return


@worker_ready.connect
def watch_worker(sender: Any, **_: Any) -> None:
    """A worker that hangs is ended."""
    watchdog.watch(sender)


@worker_process_init.connect
def limit_job_memory(**_: Any) -> None:
    """A job that takes all memory would have the system end the database first."""
    limit_memory(settings.JOB_MAX_MEMORY_BYTES)


@worker_shutting_down.connect
def let_jobs_go(**_: Any) -> None:
    """A worker that is stopped may be ended before its jobs are: that is nothing they did.

    In a thread, since this is called between any two steps of the worker's own.
    """
    running = [request.args[0] for request in state.active_requests if request.name == RUN_STAGE]
    Thread(target=_let_go, args=(running,), name="let-jobs-go").start()


def _let_go(job_ids: list[int]) -> None:
    try:
        transitions.let_go(job_ids)
    except (OperationalError, InterfaceError):
        return
    finally:
        connections.close_all()
