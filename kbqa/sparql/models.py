"""Graphs, their versions, and what was asked of them.

A version is a folder that is never changed once it is served; `Graph.serving` names the one that is. A load
makes a new folder; an edit makes one from the present folder, by hard links. Names belong to the load they
were read in: an edit adds to them and takes from them in the transaction that serves its version.
"""

from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from pgvector.django import HnswIndex

from kbqa.linking.models import NameBase, TextVectorBase, WordBase
from kbqa.questions.models import QuestionBase
from kbqa.sparql.profile import Profile
from searchapp.secrets import EncryptedTextField
from searchapp.versions import Source, Version
from searchapp.visibility import VisibleManager


class Graph(Source):
    """A knowledge graph, and which version of it is served."""

    KIND = "graph"
    MADE_OF = {"repository": "repository"}
    TOLD_TO_STAFF = frozenset({"file"})

    class SourceKind(models.TextChoices):
        """The sources of triples."""

        FILE = "file", "Uploaded file"
        URL = "url", "Address of a file"
        ENDPOINT = "endpoint", "SPARQL endpoint"
        REPOSITORY = "repository", "Code of a repository"

    slug = models.SlugField(max_length=60, unique=True, help_text="Its name in addresses.")
    source_kind = models.CharField(max_length=10, choices=SourceKind)
    location = models.CharField(
        max_length=1000, blank=True, help_text="Address, repository, or the stored file's name."
    )
    token = EncryptedTextField(
        blank=True, help_text="For endpoints that ask for one; encrypted, and never shown again."
    )
    skip_bad_lines = models.BooleanField(
        default=False,
        help_text="Count lines that cannot be read and go on; otherwise the first stops the load.",
    )
    trusted = models.BooleanField(
        default=False, editable=False, help_text="Added at the terminal: any file is allowed."
    )
    prefixes = models.JSONField(
        default=dict,
        blank=True,
        help_text='What queries are shown with: {"ex": "http://example.org/"}. '
        "A load adds those of its file.",
    )
    label_predicates = models.JSONField(
        default=list,
        blank=True,
        help_text='IRIs of the properties that name things: ["http://example.org/name"]. Empty: found out. '
        "Takes effect with the next load.",
    )
    languages = models.CharField(
        max_length=100,
        default="en",
        help_text="Of names in several languages, which are shown, the best first: en, de. "
        "Takes effect with the next load.",
    )
    serving = models.ForeignKey(
        "GraphVersion", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )


class GraphVersion(Version):
    """One state of a graph: a folder on disk, and what was found out about it."""

    graph = models.ForeignKey(Graph, on_delete=models.CASCADE, related_name="versions")
    load = models.PositiveIntegerField(
        help_text="The number of the load whose names it uses: its own, or that of the version it was "
        "edited from."
    )
    state = models.CharField(max_length=10, choices=Version.State, default=Version.State.LOADING)
    triples = models.PositiveBigIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0, help_text="Lines that could not be read.")
    complaints = models.JSONField(default=list, help_text="The first of them, with their numbers.")
    profile = models.JSONField(default=dict)
    examples = models.JSONField(default=list, help_text="Questions that it answers.")

    class Meta(Version.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["graph", "number"], name="graph_version_number")
        ]

    def __str__(self) -> str:
        return f"{self.graph} version {self.number}"

    @property
    def parsed_profile(self) -> Profile:
        """The graph's vocabulary, as the load found it."""
        return Profile.from_json(self.profile)

    @parsed_profile.setter
    def parsed_profile(self, profile: Profile) -> None:
        self.profile = profile.as_json()

    @property
    def folder(self) -> Path:
        """The folder of its triples."""
        return Path(settings.DATA_DIR) / "graphs" / str(self.graph_id) / str(self.number)

    def begin(self) -> None:
        """A load has names of its own, under its number."""
        self.load = self.number


class GraphQuestion(QuestionBase):
    """A question on a graph, and the SPARQL that it became."""

    LANGUAGE = "sparql"
    SOURCE = "graph"
    EXAMPLE_SOURCE = "graph"

    graph = models.ForeignKey(Graph, on_delete=models.CASCADE, related_name="questions")
    sparql = models.TextField(blank=True)

    class Meta(QuestionBase.Meta):
        abstract = False


class GraphWord(models.Model):
    """What people call a thing, a class or a property of a graph, which has its own name for it."""

    graph = models.ForeignKey(Graph, on_delete=models.CASCADE, related_name="glossary")
    word = models.CharField(max_length=100)
    iri = models.CharField(max_length=1000)

    objects = VisibleManager()

    class Meta:
        ordering: ClassVar = ["word", "iri"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["graph", "word"], name="one_meaning_a_word")]

    def __str__(self) -> str:
        return self.word


class Name(NameBase):
    """A label or alias of an entity, or a text that a property has."""

    class Kind(models.TextChoices):
        """The kinds of things that have names."""

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


class LabelVector(TextVectorBase):
    """A label of an entity of a graph."""

    graph = models.ForeignKey(Graph, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["graph", "text_hash"], name="one_vector_a_label")
        ]
        indexes: ClassVar = [HnswIndex(fields=["vector"], name="label_vector", opclasses=["halfvec_ip_ops"])]
