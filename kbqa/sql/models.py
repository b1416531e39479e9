"""Databases, the scans of their schemas, and what was asked of them.

A scan is written whole and then served; the one before serves until then. What people write about columns
outlives scans.
"""

from typing import Any, ClassVar, NamedTuple

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from kbqa.linking.models import NameBase, TextVectorBase, WordBase
from kbqa.questions.models import QuestionBase
from kbqa.sql.schema import ColumnRef, Formula, Schema
from kbqa.sql.schema_json import schema_from_json
from searchapp.secrets import EncryptedTextField
from searchapp.versions import Source, Version
from searchapp.visibility import VisibleManager

Codes = dict[ColumnRef, tuple[str, ...]]
"""The values of columns that have few."""


class ColumnDigest(NamedTuple):
    """The hash of a column's values and their number, which tell whether they changed."""

    hash: str
    values: int


class Database(Source):
    """A database that questions are asked of, and which scan of it is served."""

    KIND = "database"
    TOLD_TO_STAFF = frozenset({"upload", "file", "installed", "url"})

    class SourceKind(models.TextChoices):
        """The ways to reach a database."""

        UPLOAD = "upload", "Uploaded SQLite file"
        FILE = "file", "SQLite file on the server"
        URL = "url", "Database server"
        INSTALLED = "installed", "This installation's own packages"

    class ScanEvery(models.TextChoices):
        """How often a database is scanned by itself."""

        NEVER = "never", "Only when asked"
        DAY = "day", "Daily"
        WEEK = "week", "Weekly"

    slug = models.SlugField(max_length=60, unique=True, help_text="Its name in addresses.")
    source_kind = models.CharField(max_length=10, choices=SourceKind)
    location = models.CharField(
        max_length=1000,
        blank=True,
        help_text="The file's name, or the server's address without the password.",
    )
    url = EncryptedTextField(
        blank=True, help_text="The whole address with its password; encrypted, and never shown again."
    )
    schemas = models.JSONField(
        default=list,
        blank=True,
        help_text="Of PostgreSQL: the schemas that are read; none for those that its user sees anyway.",
    )
    scan_every = models.CharField(
        max_length=5,
        choices=ScanEvery,
        default=ScanEvery.NEVER,
        help_text="How often it is scanned without anybody asking for it.",
    )
    serving = models.ForeignKey(
        "Scan", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )


class Scan(Version):
    """The schema of a database at one time, with the numbers of its rows and cells."""

    database = models.ForeignKey(Database, on_delete=models.CASCADE, related_name="scans")
    state = models.CharField(max_length=10, choices=Version.State, default=Version.State.RUNNING)
    schema = models.JSONField(default=dict)
    codes = models.JSONField(default=dict, help_text="The values of columns that have few, by column.")
    cells = models.PositiveBigIntegerField(default=0, help_text="How many cell values questions can find.")
    load = models.PositiveIntegerField(
        default=0, help_text="The scan whose cell values these are, with what changed since."
    )
    digests = models.JSONField(
        default=dict, help_text="Of each column that was read: the hash of its values, and how many they are."
    )
    complaints = models.JSONField(default=list, help_text="Tables that could not be read, and why.")
    examples = models.JSONField(default=list, help_text="Questions that it answers.")

    class Meta(Version.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["database", "number"], name="scan_number")]

    def __str__(self) -> str:
        return f"{self.database} scan {self.number}"

    @property
    def parsed_schema(self) -> Schema:
        """The schema that was found, without what people wrote about it; empty until there is one."""
        return schema_from_json(self.schema) if self.schema else Schema(())

    @parsed_schema.setter
    def parsed_schema(self, schema: Schema) -> None:
        self.schema = schema.as_json()

    @property
    def parsed_codes(self) -> Codes:
        """The values of columns that have few."""
        stored: list[dict[str, Any]] = self.codes or []
        return {ColumnRef(row["table"], row["column"]): tuple(row["values"]) for row in stored}

    @parsed_codes.setter
    def parsed_codes(self, codes: Codes) -> None:
        self.codes = [
            {"table": ref.table, "column": ref.column, "values": list(values)}
            for ref, values in codes.items()
        ]

    @property
    def parsed_digests(self) -> dict[str, ColumnDigest]:
        """Digests of the columns that were read, by the columns' keys in the value index."""
        return {key: ColumnDigest(*digest) for key, digest in self.digests.items()}

    @parsed_digests.setter
    def parsed_digests(self, digests: dict[str, ColumnDigest]) -> None:
        self.digests = {key: list(digest) for key, digest in digests.items()}


class ColumnNote(models.Model):
    """A person's note on a table or column. The values of an excluded column are never read."""

    database = models.ForeignKey(Database, on_delete=models.CASCADE, related_name="notes")
    table = models.CharField(max_length=200)
    column = models.CharField(max_length=200, blank=True, help_text="Empty: about the whole table.")
    description = models.TextField(blank=True, help_text="In words that people use when they ask for it.")
    excluded = models.BooleanField(
        default=False, help_text="Personal data: its values are not read, searched for or shown."
    )

    objects = VisibleManager()

    class Meta:
        ordering: ClassVar = ["table", "column"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["database", "table", "column"], name="note_place")
        ]

    def __str__(self) -> str:
        return f"{self.table}.{self.column}" if self.column else self.table


class GlossaryEntry(models.Model):
    """A word that people use for a value, a column, a table, or a calculation of a database."""

    class Kind(models.TextChoices):
        """What a word stands for."""

        VALUE = "value", "A value of a column"
        COLUMN = "column", "A column"
        TABLE = "table", "A table"
        METRIC = "metric", "A calculation"

    database = models.ForeignKey(Database, on_delete=models.CASCADE, related_name="glossary")
    word = models.CharField(max_length=100, help_text="The word or phrase as people say it.")
    kind = models.CharField(max_length=6, choices=Kind)
    table = models.CharField(max_length=200, help_text="Of a calculation: whose rows it is made for.")
    column = models.CharField(max_length=200, blank=True)
    meaning = models.TextField(
        blank=True, help_text="The value as it stands in the column, or the calculation in SQL."
    )
    refs = models.JSONField(default=list, editable=False, help_text="The columns that it is about.")
    sql = models.TextField(blank=True, editable=False, help_text="The checked calculation of each row.")
    aggregate = models.CharField(max_length=5, blank=True, editable=False)

    objects = VisibleManager()

    class Meta:
        ordering: ClassVar = ["word", "table", "column"]
        verbose_name_plural = "glossary entries"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["database", "word", "kind", "table", "column"], name="glossary_word"
            )
        ]

    def __str__(self) -> str:
        return self.word

    @property
    def place(self) -> str:
        """The table or column that it is about."""
        return f"{self.table}.{self.column}" if self.column else self.table

    @property
    def formula(self) -> Formula | None:
        """The calculation; None for other kinds."""
        if self.kind != self.Kind.METRIC:
            return None
        tables = dict.fromkeys([self.table, *(table for table, _ in self.refs)])
        return Formula(self.sql, tuple(tables), self.aggregate)


class DatabaseQuestion(QuestionBase):
    """A question on a database, and the SQL that it became."""

    LANGUAGE = "sql"
    SOURCE = "database"
    EXAMPLE_SOURCE = "db_id"

    database = models.ForeignKey(Database, on_delete=models.CASCADE, related_name="questions")
    sql = models.TextField(blank=True)

    class Meta(QuestionBase.Meta):
        abstract = False


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
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["database", "load", "word"], name="cell_word")
        ]
        indexes: ClassVar = [GinIndex(fields=["deletions"], name="cell_word_deletions")]


class Definition(TextVectorBase):
    """A column's definition: its name and description."""

    database = models.ForeignKey(
        Database, on_delete=models.CASCADE, related_name="definitions", db_index=False
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["database", "text_hash"], name="one_definition_a_text")
        ]
