"""Handing jobs to the workers, whose task is known by its name."""

from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from searchapp.celery import app
from searchapp.jobs.models import Job
from searchapp.jobs.registry import handler_of

RUN_STAGE = "searchapp.jobs.tasks.run_stage"


def enqueue(job: Job, *, countdown: float = 0.0) -> None:
    """Hand the job's next stage to the workers, once the current transaction has been committed.

    A broker that cannot be reached is no error here: the row says `queued`, and workers look for such rows.
    """
    stages = handler_of(job.kind).stages
    queue = stages[min(job.stage, len(stages) - 1)].queue
    Job.objects.filter(pk=job.pk).update(enqueued=timezone.now())

    def send() -> None:
        try:
            app.send_task(RUN_STAGE, (job.pk,), queue=queue, countdown=countdown)
        except BrokerError:
            return

    transaction.on_commit(send)
