"""What a stage sees of its job."""

import time
from collections.abc import Callable

from searchapp.errors import storable
from searchapp.jobs.errors import JobCancelled, JobError
from searchapp.jobs.models import Job

_WRITE_EVERY_SECONDS = 0.5


class JobContext:
    """A job's arguments, and where to tell how far it is."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._written = 0.0

    def progress(self, done: int, total: int, message: str) -> None:
        """Record the progress, at most twice a second. Raises JobCancelled if the job is being cancelled."""
        now = time.monotonic()
        is_last = 0 < total <= done
        if now - self._written < _WRITE_EVERY_SECONDS and not is_last:
            return
        self._written = now
        Job.objects.filter(pk=self.job.pk).update(done=done, total=total, message=storable(message)[:300])
        self.check_cancelled()

    def check_cancelled(self) -> None:
        """Raise JobCancelled if the job is being cancelled or its row is gone."""
        state = Job.objects.filter(pk=self.job.pk).values_list("state", flat=True).first()
        if state != Job.State.RUNNING:
            raise JobCancelled

    def limited(self, seconds: float, message: str) -> Callable[[], None]:
        """What is called between the steps of work that somebody else may draw out for ever.

        It raises JobCancelled as `check_cancelled` does, and JobError with the message after so many seconds.
        """
        ends = time.monotonic() + seconds

        def may_go_on() -> None:
            self.check_cancelled()
            if time.monotonic() > ends:
                raise JobError(message)

        return may_go_on
