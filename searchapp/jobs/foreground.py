"""Running a job in the present process, for commands and tests: the same stages, no worker needed."""

import threading
from collections.abc import Callable

from django.db import connection

from searchapp.jobs.models import Job
from searchapp.jobs.runner import run_stages

_LOOK_EVERY_SECONDS = 0.3


def run_to_end(job: Job, show: Callable[[Job], None]) -> Job:
    """The row of a job in its final state: all its stages run here, or by the worker that has it.

    One that was asked for while it ran is followed by what was asked for: that one's row is returned.
    `show` gets the row now and then. Raises OperationalError where the database is away.
    """
    ended = threading.Event()

    def watch() -> None:
        try:
            while not ended.wait(_LOOK_EVERY_SECONDS):
                show(Job.objects.get(pk=job.pk))
        finally:
            connection.close()

    watcher = threading.Thread(target=watch, name="job-progress", daemon=True)
    watcher.start()
    try:
        while job.is_active:
            run_stages(job.pk, follow=True)
            job.refresh_from_db()
            ended.wait(_LOOK_EVERY_SECONDS if job.is_active else 0)
    finally:
        ended.set()
        watcher.join()
    follower = Job.objects.filter(kind=job.kind, subject=job.subject, pk__gt=job.pk).first()
    return run_to_end(follower, show) if job.again is not None and follower is not None else job
