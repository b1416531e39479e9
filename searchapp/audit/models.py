"""Entries of the audit log."""

from typing import Any, ClassVar, NoReturn

from django.db import models


class AppendOnlyError(TypeError):
    """An entry was to be changed or removed: a bug."""


class EntryQuerySet(models.QuerySet["Entry"]):
    """Entries, to be read; the database refuses changes, too."""

    def update(self, **_: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError("Entries of the audit log are never changed.")

    def delete(self) -> NoReturn:
        """Refuse: `retention.forget_old_entries` removes what is too old."""
        raise AppendOnlyError("Entries of the audit log are never deleted one by one.")


class Entry(models.Model):
    """One thing that somebody did.

    It holds names and no foreign keys: what it says stays true when the account or the source is gone.
    """

    class Action(models.TextChoices):
        """What was done."""

        SIGN_IN = "sign-in", "Sign-in"
        SIGN_OUT = "sign-out", "Sign-out"
        ADDED = "added", "Added"
        CHANGED = "changed", "Changed"
        DELETED = "deleted", "Deleted"
        JOB = "job", "Job"
        DATABASE_QUERY = "database-query", "Query of a database"
        GRAPH_QUERY = "graph-query", "Query of a graph"
        GRAPH_QUESTION = "graph-question", "Question to a graph"
        GRAPH_UPDATE = "graph-update", "Update of a graph"
        EXPORT = "export", "Export"
        KEY_WRITE = "key-write", "Writing with an API key"

    class Outcome(models.TextChoices):
        """How it ended."""

        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        REFUSED = "refused", "Refused"
        THROTTLED = "throttled", "Throttled"

    time = models.DateTimeField(auto_now_add=True, db_index=True)
    action = models.CharField(max_length=20, choices=Action)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.DONE)
    account = models.CharField(max_length=150, blank=True, help_text="Empty for people without an account.")
    key = models.CharField(max_length=120, blank=True, help_text="The API key that was used.")
    address = models.CharField(max_length=45, blank=True)
    subject = models.CharField(max_length=200, blank=True, help_text="What it was done to.")
    detail = models.TextField(blank=True, help_text="A statement, or what was changed.")
    rows = models.PositiveIntegerField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)

    objects: ClassVar = EntryQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-time", "-pk"]
        verbose_name = "entry"
        verbose_name_plural = "audit log"

    def __str__(self) -> str:
        return f"{self.time:%Y-%m-%d %H:%M:%S} {self.account or 'anonymous'}: {self.action} {self.subject}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write a new entry. Raises AppendOnlyError for one that was written already."""
        if self.pk is not None:
            raise AppendOnlyError("Entries of the audit log are never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError("Entries of the audit log are never deleted one by one.")
