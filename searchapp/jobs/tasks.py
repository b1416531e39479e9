"""The Celery tasks: thin, idempotent, acknowledged late."""

from datetime import timedelta
from typing import Any

from celery import Task, shared_task
from celery.signals import worker_ready
from django.db import InterfaceError, OperationalError, connections
from kombu.exceptions import OperationalError as BrokerError

from searchapp.jobs.queue import RUN_STAGE, enqueue
from searchapp.jobs.runner import abandoned_jobs, run_stages

_OUTAGE_RETRY_SECONDS = 3.0


@shared_task(bind=True, max_retries=None, name=RUN_STAGE)
def run_stage(self: "Task[Any, Any]", job_id: int) -> None:
    """Run the next stage of a job; while the database is away, try again."""
    try:
        run_stages(job_id)
    except (OperationalError, InterfaceError) as error:
        connections.close_all()
        raise self.retry(countdown=_OUTAGE_RETRY_SECONDS, exc=error) from error


@shared_task(ignore_result=True)
def resume_abandoned_jobs(patience_seconds: float = 300.0) -> None:
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
