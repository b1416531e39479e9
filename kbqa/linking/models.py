"""Tables that every engine finds mentions in: names with their words, texts with their vectors.

They only propose; the data decide what is true.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from pgvector.django import HalfVectorField

from searchapp.visibility import VisibleManager

DIMENSIONS = 384


class NameBase(models.Model):
    """A text, what it names, and the words by which it is found."""

    load = models.PositiveIntegerField()
    term = models.TextField(help_text="As in N-Triples.")
    predicate = models.TextField(blank=True, help_text="For a value: of which property, or of which column.")
    text = models.TextField()
    key = models.TextField(help_text="Its words' stems, sorted.")
    words = ArrayField(models.TextField(), help_text="The same as a list.")
    count = models.PositiveIntegerField(
        default=0, help_text="How many edges what is named has, as far as they were counted."
    )

    objects = VisibleManager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.text


class WordBase(models.Model):
    """A word that occurs in names, with what is left of it when one letter goes.

    By these deletions, words with typing mistakes are found.
    """

    load = models.PositiveIntegerField()
    word = models.TextField()
    count = models.PositiveIntegerField()
    deletions = ArrayField(models.TextField())

    objects = VisibleManager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.word


class TextVectorBase(models.Model):
    """A text and its unit vector in half precision, found by the text's hash."""

    text_hash = models.UUIDField()
    text = models.TextField()
    vector = HalfVectorField(dimensions=DIMENSIONS)

    objects = VisibleManager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.text
