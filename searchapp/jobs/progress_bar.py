"""Running a job at the terminal, with a progress bar."""

from typing import Any

from tqdm import tqdm

from searchapp.jobs.errors import JobError
from searchapp.jobs.foreground import run_to_end
from searchapp.jobs.models import Job


def run_with_bar(job: Job) -> None:
    """Run a job to its end and show how far it is. Raises JobError if it does not succeed."""
    with tqdm(
        total=0, desc=job.title, unit="", bar_format="{desc}: {percentage:3.0f}%|{bar}| {elapsed}"
    ) as bar:
        job = run_to_end(job, lambda now: _show(bar, now))
    if job.state != Job.State.SUCCEEDED:
        raise JobError(job.error or f"The job was {job.state}.")


def _show(bar: "tqdm[Any]", job: Job) -> None:
    bar.set_description_str(job.message or job.title)
    bar.total, bar.n = job.total or None, job.done
    bar.refresh()
