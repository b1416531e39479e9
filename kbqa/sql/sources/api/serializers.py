"""The API's forms of databases, and of answers from them."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from kbqa.questions.api import (
    JUDGEMENT_FIELDS,
    AnswerSerializer,
    FollowUpParameters,
    ReadingSerializer,
    answer_body,
    reading_body,
)
from kbqa.sql.answer.formatting import json_result, sentence_of
from kbqa.sql.answer.kept_answer import DatabaseAnswer, kept_answer_of
from kbqa.sql.exports.services import FORMATS
from kbqa.sql.models import ColumnNote, Database, DatabaseQuestion, GlossaryEntry
from kbqa.sql.sources import services
from kbqa.sql.sources.connecting import Trial
from kbqa.sql.stores.server_parts import ENGINES, PARTS, TLS_MODES, given_parts
from searchapp.api.sources import AUDIENCE_FIELDS, AudienceSerializer, WithJobSerializer, audience_of
from searchapp.choices import ChoiceField


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A server by its address",
            {"url": "postgresql://reader:password@db.example.org/shop", "name": "shop"},
            request_only=True,
        ),
        OpenApiExample(
            "A server by its parts",
            {"engine": "mysql", "host": "db.example.org", "database": "shop", "user": "reader"},
            request_only=True,
        ),
    ]
)
class DatabaseSerializer(AudienceSerializer, serializers.ModelSerializer[Database]):  # type: ignore[misc]
    """A database. A file is uploaded as `file` in a multipart form."""

    name = serializers.CharField(
        max_length=100,
        required=False,
        help_text="By default the last part of the file's name or the address.",
    )
    url = serializers.CharField(
        write_only=True,
        required=False,
        max_length=2_000,
        help_text="postgresql://user:password@host/database, instead of its parts; stored encrypted, never "
        "shown.",
    )
    engine = ChoiceField(
        choices=list(ENGINES.items()),
        write_only=True,
        required=False,
        allow_blank=True,
        help_text="The kind of server, by default PostgreSQL. Those of DATABASE_DIALECTS need a `url`.",
    )
    host = serializers.CharField(
        write_only=True,
        required=False,
        allow_blank=True,
        max_length=500,
        help_text="Several with commas, or a socket's folder.",
    )
    port = serializers.CharField(
        write_only=True,
        required=False,
        allow_blank=True,
        max_length=100,
        help_text="By default the usual one.",
    )
    database = serializers.CharField(write_only=True, required=False, allow_blank=True, max_length=200)
    user = serializers.CharField(write_only=True, required=False, allow_blank=True, max_length=200)
    password = serializers.CharField(
        write_only=True,
        required=False,
        allow_blank=True,
        max_length=1_000,
        trim_whitespace=False,
        help_text="Stored encrypted, never shown.",
    )
    tls = ChoiceField(
        choices=list(TLS_MODES.items()),
        write_only=True,
        required=False,
        allow_blank=True,
        help_text="Whether connections are encrypted; by default if the server offers it.",
    )
    parameters = serializers.CharField(
        write_only=True,
        required=False,
        allow_blank=True,
        max_length=1_000,
        help_text="Others, as in an address: `application_name=searchapp`.",
    )
    schemas = serializers.ListField(
        child=serializers.CharField(max_length=63),
        required=False,
        max_length=200,
        help_text="Of PostgreSQL: those that are read; none for what the user sees without naming one.",
    )
    unreachable = serializers.BooleanField(
        write_only=True, required=False, help_text="Keep a server that cannot be connected to now."
    )
    file = serializers.FileField(write_only=True, required=False, help_text="An SQLite database.")
    location = serializers.CharField(read_only=True, help_text="Where it is, without a password.")
    cells = serializers.IntegerField(
        source="serving.cells", read_only=True, default=0, help_text="Values that questions can find."
    )

    class Meta:
        model = Database
        fields = (
            "slug",
            "name",
            "source_kind",
            "location",
            "url",
            *PARTS,
            "schemas",
            "unreachable",
            "file",
            *AUDIENCE_FIELDS,
            "cells",
            "created",
        )
        read_only_fields = ("slug", "created")
        extra_kwargs = {
            "source_kind": {"required": False, "help_text": "By default `upload` with a file, else `url`."},
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require the field of the chosen source."""
        kinds = (Database.SourceKind.UPLOAD, Database.SourceKind.URL)
        attrs.setdefault("source_kind", kinds[0] if attrs.get("file") else kinds[1])
        if attrs["source_kind"] not in kinds:
            raise serializers.ValidationError(
                {"source_kind": ["Use upload or url; files on the server are connected at its terminal."]}
            )
        if attrs["source_kind"] == Database.SourceKind.UPLOAD and not attrs.get("file"):
            raise serializers.ValidationError({"file": ["This field is required."]})
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Database:
        """Connect the database and start its first scan."""
        upload: UploadedFile[Any] | None = validated_data.pop("file", None)
        name, location = validated_data.pop("name", ""), ""
        server = {part: validated_data.pop(part, "") for part in ("url", *PARTS)}
        trial = Trial(not validated_data.pop("unreachable", False), by_parts=not server["url"])
        if validated_data["source_kind"] == Database.SourceKind.URL:
            validated_data["url"] = server["url"] or given_parts(server).url
        if validated_data["source_kind"] == Database.SourceKind.UPLOAD and upload is not None:
            name = name or services.suggested_name(upload.name or "database")
            location = services.store_file(upload)
        database, _ = services.add_database(
            name=name,
            location=location,
            audience=audience_of(validated_data),
            trial=trial,
            **validated_data,
        )
        return database


class AddedDatabaseSerializer(WithJobSerializer, DatabaseSerializer):  # type: ignore[misc]
    """A database that was added, and the job that reads it."""

    class Meta(DatabaseSerializer.Meta):
        fields = (*DatabaseSerializer.Meta.fields, "job")  # type: ignore[assignment]


class ColumnSerializer(serializers.Serializer[Any]):
    """A column of a table."""

    name = serializers.CharField()
    type = serializers.CharField()
    declared = serializers.CharField(help_text="The type in the database's own words.")
    primary = serializers.BooleanField()
    description = serializers.CharField()
    excluded = serializers.BooleanField(help_text="Its values are never read.")


class TableSerializer(serializers.Serializer[Any]):
    """A table or view."""

    name = serializers.CharField()
    schema = serializers.CharField(help_text="Of PostgreSQL: the schema that it lies in.")
    description = serializers.CharField()
    rows = serializers.IntegerField(allow_null=True)
    view = serializers.BooleanField()
    columns = ColumnSerializer(many=True)


class KeySerializer(serializers.Serializer[Any]):
    """A column that refers to another."""

    source = serializers.CharField()  # type: ignore[assignment]
    target = serializers.CharField()
    declared = serializers.BooleanField(help_text="Whether the database says so; otherwise names tell.")


class SchemaSerializer(serializers.Serializer[Any]):
    """The schema of a database."""

    dialect = serializers.CharField()
    tables = TableSerializer(many=True)
    keys = KeySerializer(many=True)


class ResultSerializer(serializers.Serializer[Any]):
    """Rows of a query."""

    columns = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(child=serializers.ListField(child=serializers.JSONField(allow_null=True)))
    truncated = serializers.BooleanField(help_text="Whether there are more rows.")
    milliseconds = serializers.FloatField()


class SqlReadingSerializer(ReadingSerializer):
    """One way to understand the question."""

    sql = serializers.CharField()
    sub_questions = serializers.ListField(child=serializers.CharField())
    preview = ResultSerializer(allow_null=True, help_text="Its first rows, where it is among the `choices`.")


class DatabaseAskParameters(FollowUpParameters):
    """A question in words, and where the asker chose them, the columns that its answer is made of."""

    column = serializers.ListField(
        child=serializers.CharField(max_length=300),
        required=False,
        max_length=200,
        help_text="Only these columns, each as `table.column`.",
    )


class FocusSerializer(serializers.Serializer[Any]):
    """The probability that a question is about a column."""

    column = serializers.CharField()
    relevance = serializers.FloatField()
    kept = serializers.BooleanField()


class DatabaseAnswerSerializer(AnswerSerializer):
    """An answer, and how it came about."""

    sentence = serializers.CharField()
    result = ResultSerializer(allow_null=True)
    readings = SqlReadingSerializer(many=True)
    focus = FocusSerializer(many=True)


@extend_schema_serializer(
    examples=[OpenApiExample("Rows", {"sql": "SELECT name, city FROM customer"}, request_only=True)]
)
class SqlSerializer(serializers.Serializer[Any]):
    """A statement that reads."""

    sql = serializers.CharField(max_length=200_000)


class ExportParameters(SqlSerializer):
    """A statement that reads, and the kind of file that its rows are wanted in."""

    format = ChoiceField(
        choices=[(name, form.label) for name, form in FORMATS.items()],
        required=False,
        help_text="By default as the header `Accept` says, else CSV.",
    )


class NoteSerializer(serializers.ModelSerializer[ColumnNote]):
    """A person's note on a table or column."""

    class Meta:
        model = ColumnNote
        fields = ("table", "column", "description", "excluded")


class GlossarySerializer(serializers.ModelSerializer[GlossaryEntry]):
    """A word of a database's glossary."""

    class Meta:
        model = GlossaryEntry
        fields = ("id", "word", "kind", "table", "column", "meaning")
        read_only_fields = ("id",)
        validators = ()


class GlossaryKeySerializer(serializers.Serializer[Any]):
    """The word that is to be forgotten."""

    id = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class DatabaseJudgementSerializer(serializers.ModelSerializer[DatabaseQuestion]):
    """A person's judgement of an answer."""

    id = serializers.UUIDField(source="link", read_only=True)

    class Meta:
        model = DatabaseQuestion
        fields = ("id", "text", "sql", *JUDGEMENT_FIELDS)
        read_only_fields = ("id", "text", "sql", "confidence", "asked")


class DatabaseQuestionSerializer(DatabaseJudgementSerializer):
    """A question with its answer, as `ask` gave it; null where the answer is not kept."""

    answer = serializers.SerializerMethodField()

    class Meta(DatabaseJudgementSerializer.Meta):
        fields = (*DatabaseJudgementSerializer.Meta.fields, "answer")  # type: ignore[assignment]
        read_only_fields = (*DatabaseJudgementSerializer.Meta.read_only_fields, "answer")  # type: ignore[assignment]

    @extend_schema_field(DatabaseAnswerSerializer(allow_null=True))
    def get_answer(self, question: DatabaseQuestion) -> dict[str, Any] | None:
        """The answer as `ask` gave it."""
        answer = kept_answer_of(question)
        return dict(DatabaseAnswerSerializer(database_answer_body(answer, question)).data) if answer else None


def database_answer_body(answer: DatabaseAnswer, question: DatabaseQuestion) -> dict[str, Any]:
    """An answer as the API gives it."""
    best, result = answer.best, answer.result
    return answer_body(answer, question) | {
        "sentence": sentence_of(result, best.label) if best and result else "",
        "result": json_result(result) if result else None,
        "readings": [
            reading_body(reading)
            | {
                "sql": reading.query,
                "sub_questions": reading.sub_questions,
                "preview": json_result(reading.preview) if reading.preview else None,
            }
            for reading in answer.readings
        ],
        "focus": [
            {"column": column.column, "relevance": round(column.relevance, 4), "kept": column.kept}
            for column in answer.focus.columns
        ],
    }
