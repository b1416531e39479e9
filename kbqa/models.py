"""Graphs, their versions, and the names by which questions find what is in them.

A version is a folder that is never changed once it is served; `Graph.serving` names the one that is. A load makes a new
folder; an edit makes one from the present folder, by hard links. Names belong to the load they were read in: an edit adds
to them and takes from them in the transaction that serves its version. They only propose; the store decides what is true.
"""

from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.urls import reverse

from searchapp.secrets import EncryptedTextField


class Graph(models.Model):
    """A knowledge graph, and which version of it is served."""

    class SourceKind(models.TextChoices):
        """Where the triples come from."""

        FILE = "file", "Uploaded file"
        URL = "url", "Address of a file"
        ENDPOINT = "endpoint", "SPARQL endpoint"
        REPOSITORY = "repository", "Code of a repository"

    slug = models.SlugField(max_length=60, unique=True, help_text="Its name in addresses.")
    name = models.CharField(max_length=100)
    source_kind = models.CharField(max_length=10, choices=SourceKind)
    location = models.CharField(max_length=1000, blank=True, help_text="Address, repository, or the stored file's name.")
    token = EncryptedTextField(blank=True, help_text="For endpoints that ask for one; encrypted, and never shown again.")
    skip_bad_lines = models.BooleanField(default=False, help_text="Count lines that cannot be read and go on; otherwise the first stops the load.")
    trusted = models.BooleanField(default=False, editable=False, help_text="Added at the terminal: any file is allowed.")
    serving = models.ForeignKey("GraphVersion", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    deleting = models.BooleanField(default=False, editable=False)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("graph", args=[self.slug])

    @property
    def subject(self) -> str:
        """Return the name under which jobs work on it."""
        return f"graph:{self.pk}"


class GraphVersion(models.Model):
    """One state of a graph: a folder on disk, and what was found out about it."""

    class State(models.TextChoices):
        """What became of it."""

        LOADING = "loading"
        SERVING = "serving"
        REPLACED = "replaced"
        ABANDONED = "abandoned"

    graph = models.ForeignKey(Graph, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    load = models.PositiveIntegerField(help_text="The number of the load whose names it uses: its own, or that of the version it was edited from.")
    state = models.CharField(max_length=10, choices=State, default=State.LOADING)
    triples = models.PositiveBigIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0, help_text="Lines that could not be read.")
    complaints = models.JSONField(default=list, help_text="The first of them, with their numbers.")
    profile = models.JSONField(default=dict)
    examples = models.JSONField(default=list, help_text="Questions that it answers.")
    started = models.DateTimeField(auto_now_add=True)
    finished = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["graph", "number"], name="graph_version_number")]

    def __str__(self) -> str:
        return f"{self.graph} version {self.number}"

    @property
    def folder(self) -> Path:
        """Return where its triples lie."""
        return Path(settings.DATA_DIR) / "graphs" / str(self.graph_id) / str(self.number)


class Name(models.Model):
    """A label or alias of an entity, or a text that a property has."""

    class Kind(models.TextChoices):
        """What is named."""

        ENTITY = "entity"
        VALUE = "value"

    graph = models.ForeignKey(Graph, on_delete=models.CASCADE, related_name="+", db_index=False)
    load = models.PositiveIntegerField()
    kind = models.CharField(max_length=6, choices=Kind)
    term = models.TextField(help_text="As in N-Triples.")
    predicate = models.TextField(blank=True, help_text="For a value: of which property.")
    text = models.TextField()
    key = models.TextField(help_text="Its words' stems, sorted.")
    words = ArrayField(models.TextField(), help_text="The same as a list.")
    count = models.PositiveIntegerField(default=0, help_text="How many edges what is named has, as far as they were counted.")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["graph", "load", "key"], name="name_key"),
            GinIndex(fields=["words"], name="name_words"),
        ]

    def __str__(self) -> str:
        return self.text


class NameWord(models.Model):
    """A word that occurs in names, and what is left of it when one letter goes: by that, words with typing mistakes are found."""

    graph = models.ForeignKey(Graph, on_delete=models.CASCADE, related_name="+", db_index=False)
    load = models.PositiveIntegerField()
    word = models.TextField()
    count = models.PositiveIntegerField()
    deletions = ArrayField(models.TextField())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["graph", "load", "word"], name="name_word")]
        indexes: ClassVar = [GinIndex(fields=["deletions"], name="name_word_deletions")]

    def __str__(self) -> str:
        return self.word


class Question(models.Model):
    """What was asked of a graph, what query it became, and what a person thought of that."""

    class Verdict(models.TextChoices):
        """What a person thought of the answer."""

        NONE = "", "Not judged"
        GOOD = "good", "Right"
        BAD = "bad", "Wrong"

    graph = models.ForeignKey(Graph, on_delete=models.CASCADE, related_name="questions")
    text = models.TextField()
    sparql = models.TextField(blank=True)
    confidence = models.FloatField(default=0.0)
    milliseconds = models.FloatField(default=0.0)
    verdict = models.CharField(max_length=4, choices=Verdict, blank=True, default=Verdict.NONE)
    correction = models.TextField(blank=True, help_text="The query that would have been right.")
    asker = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    asked = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering: ClassVar = ["-asked"]

    def __str__(self) -> str:
        return self.text
