"""Which function runs which kind of job, stage by stage."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from searchapp.jobs.runner import JobContext

StageFunction = Callable[["JobContext"], None]


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
    """Return the handler of `kind`. Raises LookupError for a kind that no installed application declares."""
    try:
        return _handlers[kind]
    except KeyError:
        raise LookupError(f"No installed application runs jobs of the kind {kind!r}.") from None
