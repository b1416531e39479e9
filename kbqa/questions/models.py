"""What every engine keeps of a question."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class QuestionBase(models.Model):
    """What was asked, how sure the answer was, and what a person thought of it."""

    class Verdict(models.TextChoices):
        """What a person thought of the answer."""

        NONE = "", "Not judged"
        GOOD = "good", "Right"
        BAD = "bad", "Wrong"

    text = models.TextField()
    confidence = models.FloatField(default=0.0)
    milliseconds = models.FloatField(default=0.0)
    verdict = models.CharField(max_length=4, choices=Verdict, blank=True, default=Verdict.NONE)
    correction = models.TextField(blank=True, help_text="The query that would have been right.")
    asker = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        abstract = True
        ordering: ClassVar = ["-asked"]

    def __str__(self) -> str:
        return self.text
