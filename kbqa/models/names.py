"""Names by which questions find things: labels of graphs, cells of databases. They only propose; the data decide what is true."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from kbqa.models.databases import Database
from kbqa.models.graphs import Graph


class NameBase(models.Model):
    """A text, what it names, and the words by which it is found."""

    load = models.PositiveIntegerField()
    term = models.TextField(help_text="As in N-Triples.")
    predicate = models.TextField(blank=True, help_text="For a value: of which property, or of which column.")
    text = models.TextField()
    key = models.TextField(help_text="Its words' stems, sorted.")
    words = ArrayField(models.TextField(), help_text="The same as a list.")
    count = models.PositiveIntegerField(default=0, help_text="How many edges what is named has, as far as they were counted.")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.text


class WordBase(models.Model):
    """A word that occurs in names, and what is left of it when one letter goes: by that, words with typing mistakes are found."""

    load = models.PositiveIntegerField()
    word = models.TextField()
    count = models.PositiveIntegerField()
    deletions = ArrayField(models.TextField())

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.word


class Name(NameBase):
    """A label or alias of an entity, or a text that a property has."""

    class Kind(models.TextChoices):
        """What is named."""

        ENTITY = "entity"
        VALUE = "value"

    graph = models.ForeignKey(Graph, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=6, choices=Kind)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["graph", "load", "key"], name="name_key"),
            GinIndex(fields=["words"], name="name_words"),
        ]


class NameWord(WordBase):
    """A word of a graph's names."""

    graph = models.ForeignKey(Graph, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["graph", "load", "word"], name="name_word")]
        indexes: ClassVar = [GinIndex(fields=["deletions"], name="name_word_deletions")]


class Cell(NameBase):
    """A text that stands in a cell of a database; `predicate` says in which column."""

    database = models.ForeignKey(Database, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=6, default="value")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["database", "load", "key"], name="cell_key"),
            GinIndex(fields=["words"], name="cell_words"),
        ]


class CellWord(WordBase):
    """A word of a database's cells."""

    database = models.ForeignKey(Database, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["database", "load", "word"], name="cell_word")]
        indexes: ClassVar = [GinIndex(fields=["deletions"], name="cell_word_deletions")]
