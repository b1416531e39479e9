"""Running a job at the terminal, with a progress bar."""

from typing import Any

from django.conf import settings
from tqdm import tqdm

from searchapp.jobs.errors import JobError
from searchapp.jobs.foreground import run_to_end
from searchapp.jobs.models import Job
from searchapp.jobs.runners import limited_memory


def run_with_bar(job: Job) -> None:
    """Run a job to its end, with the memory of a worker's jobs, and show how far it is.

    Raises JobError if it does not succeed.
    """
    shown = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}"
    with (
        limited_memory(settings.JOB_MAX_MEMORY_BYTES),
        # None: where standard error is no terminal, a log gets no frames.
        tqdm(total=0, desc=job.title, unit="", bar_format=shown, disable=None) as bar,
    ):
        job = run_to_end(job, lambda now: _show(bar, now))
    if job.state != Job.State.SUCCEEDED:
        raise JobError(job.error or f"The job was {job.state}.")


def _show(bar: "tqdm[Any]", job: Job) -> None:
    bar.set_description_str(job.message or job.title)
    bar.total, bar.n = job.total or None, job.done
    bar.refresh()
