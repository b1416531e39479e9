"""Which function runs which kind of job, stage by stage."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.db import DatabaseError

from searchapp.jobs.context import JobContext
from searchapp.jobs.errors import JobError
from searchapp.jobs.models import Job

logger = logging.getLogger(__name__)

StageFunction = Callable[[JobContext], None]


@dataclass(frozen=True)
class Stage:
    """One stage of a kind of job: an idempotent function, and the Celery queue whose workers run it."""

    run: StageFunction
    queue: str = "default"


@dataclass(frozen=True)
class Handler:
    """A kind of job. `clean_up` runs when a job of the kind fails or is cancelled."""

    stages: tuple[Stage, ...]
    clean_up: StageFunction | None = None


_handlers: dict[str, Handler] = {}


def register(kind: str, *stages: Stage, clean_up: StageFunction | None = None) -> None:
    """Declare the stages of a kind of job; called once, from the application's `ready()`."""
    _handlers[kind] = Handler(stages, clean_up)


def handler_of(kind: str) -> Handler:
    """The handler of a kind of job. Raises JobError for a kind that no installed application declares."""
    try:
        return _handlers[kind]
    except KeyError:
        raise JobError(f"No installed application runs jobs of the kind {kind!r}.") from None


def clean_up(job: Job) -> None:
    """Run the clean-up of a job that ended without success.

    A failure of the database is logged: the next run cleans again.
    """
    handler = _handlers.get(job.kind)
    if handler is None or handler.clean_up is None:
        return
    try:
        handler.clean_up(JobContext(job))
    except DatabaseError:
        logger.exception("Clean-up after job %s failed", job.pk)
