"""Repositories, their builds, and what a build writes.

Versions are intervals: a file (and so its units) is part of the builds from `since` up to, but not including,
`until`. A build adds rows with `since` = its number and closes rows with `until` = its number; nothing of
that is visible until `Repository.serving` becomes that number, which one statement does. What did not change
between two builds is not written at all. Vectors hang on the hash of the text they encode, so what moved or
was seen before costs no encoding.
"""

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from pgvector.django import HalfVectorField

from searchapp.secrets import EncryptedTextField
from searchapp.versions import Source, Version
from searchapp.visibility import VisibleManager


class Repository(Source):
    """A source of code, and which of its builds is served."""

    KIND = "repository"
    KEY = "name"
    PUBLISHED_FIELDS = ("serving", "units", "words")
    TOLD_TO_STAFF = frozenset({"folder", "archive"})

    class SourceKind(models.TextChoices):
        """Where the files come from."""

        GIT = "git", "Git address"
        FOLDER = "folder", "Folder on the server"
        ARCHIVE = "archive", "Uploaded archive"

    name = models.CharField(
        max_length=100, unique=True, help_text="Letters, digits, dots, dashes and underscores."
    )
    source_kind = models.CharField(max_length=10, choices=SourceKind)
    location = models.CharField(max_length=1000, help_text="Address, folder, or the stored archive's name.")
    ref = models.CharField("branch, tag or commit", max_length=200, blank=True)
    token = EncryptedTextField(
        blank=True, help_text="For private repositories; encrypted, and never shown again."
    )
    excludes = models.TextField(blank=True, help_text="Patterns as in .gitignore, one a line.")
    trusted = models.BooleanField(
        default=False, editable=False, help_text="Added at the terminal: any folder is allowed."
    )
    serving = models.PositiveIntegerField(
        default=0, editable=False, help_text="The build that searches see; 0 before the first."
    )
    units = models.PositiveIntegerField(default=0, editable=False)
    words = models.PositiveBigIntegerField(default=0, editable=False)

    class Meta(Source.Meta):
        verbose_name_plural = "repositories"

    def point_to(self, version: "Build") -> None:
        """Make a build the served one; it is not saved."""
        self.serving = version.number


class Build(Version):
    """One run over a repository's files; complete builds are numbered from 1 without gaps being promised."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="builds")
    state = models.CharField(max_length=10, choices=Version.State, default=Version.State.BUILDING)
    revision = models.CharField(max_length=100, blank=True, help_text="The commit, where there is one.")
    files = models.PositiveIntegerField(default=0)
    units = models.PositiveIntegerField(default=0)
    added_files = models.PositiveIntegerField(default=0)
    removed_files = models.PositiveIntegerField(default=0)
    encoded_units = models.PositiveIntegerField(default=0)
    languages = models.JSONField(default=dict, help_text="Units by language.")
    left_out = models.JSONField(default=dict, help_text="By reason: how many, and the first paths.")
    partly_parsed = models.PositiveIntegerField(
        default=0, help_text="Files with broken syntax, of which the sound units were kept."
    )
    text_units = models.PositiveIntegerField(
        default=0, help_text="Units without a syntax tree: they are encoded by their text alone."
    )

    class Meta(Version.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["repository", "number"], name="build_number")
        ]

    def __str__(self) -> str:
        return f"{self.repository} build {self.number}"


class Blob(models.Model):
    """The text of a file, kept once however many repositories and builds have it."""

    digest = models.BinaryField(
        max_length=20, primary_key=True, help_text="The file's git object name (SHA-1)."
    )
    text = models.TextField()

    def __str__(self) -> str:
        return bytes(self.digest).hex()


class SourceFile(models.Model):
    """A path with a content, for an interval of builds."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="files")
    path = models.CharField(max_length=1000)
    language = models.CharField(max_length=20)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, db_index=True)
    lines = models.PositiveIntegerField()
    since = models.PositiveIntegerField()
    until = models.PositiveIntegerField(null=True, blank=True)

    objects = VisibleManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["repository", "path", "since"], name="file_version")
        ]
        indexes: ClassVar = [models.Index(fields=["repository", "until"])]

    def __str__(self) -> str:
        return self.path


class Unit(models.Model):
    """A definition, module or passage: what a search finds."""

    class Kind(models.TextChoices):
        """What a unit is."""

        FUNCTION = "function"
        METHOD = "method"
        CLASS = "class"
        MODULE = "module"
        CONSTANT = "constant"
        VARIABLE = "variable"
        FIELD = "field"
        PROPERTY = "property"
        MACRO = "macro"
        PASSAGE = "passage"

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="+", db_index=False)
    file = models.ForeignKey(SourceFile, on_delete=models.CASCADE, related_name="units")
    path = models.CharField(max_length=1000)
    language = models.CharField(max_length=20)
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=200)
    qualified_name = models.CharField(max_length=500)
    signature = models.CharField(max_length=1000, blank=True)
    start_line = models.PositiveIntegerField()
    end_line = models.PositiveIntegerField()
    documented = models.BooleanField(default=False)
    text_hash = models.UUIDField(
        null=True,
        help_text="Of the text that is encoded; none where a unit is found by name and words alone.",
    )
    lexemes = SearchVectorField(help_text="A: name, B: signature and path, C: documentation, D: body.")
    length = models.PositiveIntegerField(help_text="Words, counted before they are cut off.")
    since = models.PositiveIntegerField()
    until = models.PositiveIntegerField(null=True, blank=True)

    objects = VisibleManager()

    class Meta:
        indexes: ClassVar = [
            GinIndex(fields=["lexemes"], name="unit_lexemes", fastupdate=False),
            GinIndex(
                models.Func("lexemes", models.Value("{a}"), function="ts_filter"),
                name="unit_name_lexemes",
                fastupdate=False,
            ),
            models.Index(fields=["text_hash"], name="unit_text_hash"),
            models.Index(Lower("name"), name="unit_name"),
            models.Index(fields=["repository", "since"], name="unit_repository"),
            models.Index(
                fields=["repository", "until"], name="unit_closed", condition=models.Q(until__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.qualified_name

    def get_absolute_url(self) -> str:
        """The address of its lines on the file's page."""
        return f"{reverse('file', args=[self.repository.name, self.path])}#L{self.start_line}"


class Word(models.Model):
    """In how many served units a word occurs, for weighing rare words above common ones."""

    word = models.CharField(max_length=100, primary_key=True)
    units = models.IntegerField()

    def __str__(self) -> str:
        return self.word


class VectorIndex(models.Model):
    """The vectors of one encoder. At most one index is served; another may be filled beside it."""

    class State(models.TextChoices):
        """What the index is used for."""

        FILLING = "filling"
        SERVING = "serving"

    identity = models.CharField(max_length=300, unique=True)
    dimension = models.PositiveIntegerField()
    spec = models.JSONField(help_text="How to load the encoder that made it, for the queries.")
    state = models.CharField(max_length=10, choices=State)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "vector indexes"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="serving"), name="one_serving_index"
            ),
        ]

    def __str__(self) -> str:
        return self.identity

    @property
    def hnsw_name(self) -> str:
        """The name of its HNSW index in PostgreSQL."""
        return f"vector_hnsw_{self.pk}"


class Vector(models.Model):
    """A unit's text as a unit vector in half precision, and its token embeddings where the encoder has any.

    The column has no dimension of its own, since encoders differ; each index casts to its dimension.
    """

    index = models.ForeignKey(VectorIndex, on_delete=models.CASCADE, related_name="vectors", db_index=False)
    text_hash = models.UUIDField()
    vector = HalfVectorField()
    pieces = models.BinaryField(
        null=True, help_text="For late interaction: a byte a number, one piece after another."
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["index", "text_hash"], name="one_vector_a_text")
        ]

    def __str__(self) -> str:
        return str(self.text_hash)
