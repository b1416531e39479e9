"""The Job row."""

from typing import ClassVar

from django.db import models

from searchapp.visibility import VisibleSubjectManager, current_reader


class Job(models.Model):
    """One piece of long work on one subject.

    Transitions (anything else is refused by `searchapp.jobs.services`):

        queued      → running      a worker took it
                    → cancelled    cancelled before it began
        running     → succeeded | failed
                    → cancelling   cancelled; the worker notices at its next step
                    → queued       an outage will pass
                    → running      its process ended, and another one took it up
        cancelling  → cancelled | succeeded | failed
        failed      → queued       retried
        cancelled   → queued       retried

    At most one job of a kind and subject is active (queued, running or cancelling). What is asked for while
    one works is remembered as its `again`, and is a job of its own once that one has ended.
    """

    class State(models.TextChoices):
        """Where a job stands."""

        QUEUED = "queued"
        RUNNING = "running"
        CANCELLING = "cancelling"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"

    ACTIVE: ClassVar = (State.QUEUED, State.RUNNING, State.CANCELLING)
    TRANSITIONS: ClassVar = {
        State.QUEUED: {State.RUNNING, State.CANCELLED},
        State.RUNNING: {State.SUCCEEDED, State.FAILED, State.CANCELLING, State.QUEUED},
        State.CANCELLING: {State.CANCELLED, State.SUCCEEDED, State.FAILED},
        State.FAILED: {State.QUEUED},
        State.CANCELLED: {State.QUEUED},
        State.SUCCEEDED: set(),
    }

    kind = models.CharField(max_length=50, help_text="Which handler runs it, for example index_repository.")
    subject = models.CharField(max_length=200, help_text="What it works on, for example repository:7.")
    title = models.CharField(max_length=200, help_text="What a person reads.")
    arguments = models.JSONField(default=dict, blank=True)
    again = models.JSONField(
        null=True,
        blank=True,
        help_text="Title and arguments of the job that follows it, if one was asked for.",
    )
    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    stage = models.PositiveSmallIntegerField(default=0, help_text="Which of its handler's stages comes next.")
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0, help_text="0 while unknown.")
    message = models.CharField(max_length=300, blank=True)
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="How often a process has begun or taken it up."
    )
    interruptions = models.PositiveSmallIntegerField(
        default=0,
        help_text="How often in a row the process that ran it was ended, nobody having asked for it.",
    )
    runner = models.CharField(
        max_length=200, blank=True, help_text="The process that runs it; empty once that is being stopped."
    )
    enqueued = models.DateTimeField(auto_now_add=True, help_text="When it was last handed to the workers.")
    created = models.DateTimeField(auto_now_add=True)
    started = models.DateTimeField(null=True, blank=True)
    finished = models.DateTimeField(null=True, blank=True)

    objects = VisibleSubjectManager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=models.Q(state__in=["queued", "running", "cancelling"]),
                name="one_active_job_of_a_subject",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["state", "id"]), models.Index(fields=["subject", "-id"])]

    def __str__(self) -> str:
        return f"{self.title} ({self.state})"

    @property
    def is_active(self) -> bool:
        """Whether the job is still to be finished."""
        return self.state in self.ACTIVE

    @property
    def has_begun(self) -> bool:
        """Whether it may have read what it works on: it runs, or ran before an outage put it back."""
        return self.state != self.State.QUEUED or self.attempts > 0

    @property
    def runs_again(self) -> bool:
        """Whether another job of its kind follows its end."""
        return self.is_active and self.again is not None

    @property
    def can_cancel(self) -> bool:
        """Whether cancelling makes sense now."""
        return self.state in (self.State.QUEUED, self.State.RUNNING)

    @property
    def can_retry(self) -> bool:
        """Whether the job may be put into the queue again."""
        return self.state in (self.State.FAILED, self.State.CANCELLED)

    @property
    def shown_error(self) -> str:
        """Why it failed. Errors name paths and servers, so only who sees everything is told."""
        if not self.error or current_reader().sees_all:
            return str(self.error)
        return "Staff can see why."

    @property
    def shown_message(self) -> str:
        """How far it is. What a job waits for is an error, too."""
        waits = self.state == self.State.QUEUED and bool(self.message)
        return "Waiting" if waits and not current_reader().sees_all else str(self.message)

    @property
    def tries(self) -> str:
        """How often it was tried, and how often in a row its process was ended; empty for once and never."""
        told = [f"tried {_times(self.attempts)}"] if self.attempts > 1 else []
        if self.interruptions:
            in_a_row = " in a row" if self.interruptions > 1 else ""
            told.append(f"its process was ended {_times(self.interruptions)}{in_a_row}")
        return f"{'; '.join(told).capitalize()}." if told else ""

    @property
    def percent(self) -> int | None:
        """The progress of the current stage, 0 to 100, or None while the total is unknown."""
        return min(100, 100 * self.done // self.total) if self.total else None


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")
