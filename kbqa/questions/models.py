"""The base of the questions that every engine keeps, with their answers."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.urls import reverse

from kbqa.questions.fields import JsonTextField
from searchapp.visibility import VisibleManager


class QuestionBase(models.Model):
    """A question with its answer, how certain that was, and how a person judged it."""

    LANGUAGE: ClassVar[str]
    """The language of its query, which is the field that holds it."""
    SOURCE: ClassVar[str]
    """The foreign key to what was asked."""
    EXAMPLE_SOURCE: ClassVar[str]
    """The name of the source in training examples."""

    class Verdict(models.TextChoices):
        """A person's judgement of the answer."""

        NONE = "", "Not judged"
        GOOD = "good", "Right"
        BAD = "bad", "Wrong"

    text = models.TextField()
    confidence = models.FloatField(default=0.0)
    milliseconds = models.FloatField(default=0.0)
    answer = JsonTextField(
        null=True,
        editable=False,
        help_text="What was shown, so that it can be shown again; may be forgotten.",
    )
    words = models.TextField(
        blank=True,
        editable=False,
        help_text="What the query that people took for right does, where it is known.",
    )
    verdict = models.CharField(max_length=4, choices=Verdict, blank=True, default=Verdict.NONE)
    correction = models.TextField(blank=True, help_text="The query that would have been right.")
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    judged_at = models.DateTimeField(null=True, blank=True, editable=False)
    asker = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    session = models.CharField(
        max_length=32,
        blank=True,
        editable=False,
        db_index=True,
        help_text="Of people who are not signed in: what their browser's session is called here.",
    )
    link = models.UUIDField(
        db_default=RandomUUID(),
        unique=True,
        editable=False,
        help_text="Its name in addresses, which nobody can guess.",
    )
    asked = models.DateTimeField(auto_now_add=True, db_index=True)

    objects = VisibleManager()

    class Meta:
        abstract = True
        ordering: ClassVar = ["-asked"]

    def __str__(self) -> str:
        return self.text

    def get_absolute_url(self) -> str:
        """The address of its answer's page."""
        return reverse(f"{self.SOURCE}-answer", args=[self.link])

    @property
    def source(self) -> Any:
        """The graph or database that was asked."""
        return getattr(self, self.SOURCE)

    @property
    def query(self) -> str:
        """The query that the question became; empty where it has no answer."""
        return str(getattr(self, self.LANGUAGE))
