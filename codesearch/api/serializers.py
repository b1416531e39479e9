"""What the API says about repositories, builds, units and hits."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from codesearch import services
from codesearch.models import Build, Repository, SourceFile, Unit
from codesearch.retrieval import Retriever
from codesearch.retrieval.fields import KINDS
from codesearch.selectors import serving_build
from searchapp.api.sources import AUDIENCE_FIELDS, AudienceSerializer, WithJobSerializer, audience_of
from searchapp.choices import ChoiceField


class BuildSerializer(serializers.ModelSerializer[Build]):
    """A build, with what it left out and why."""

    class Meta:
        model = Build
        fields = (
            "number",
            "state",
            "revision",
            "files",
            "units",
            "added_files",
            "removed_files",
            "changes",
            "encoded_units",
            "languages",
            "left_out",
            "partly_parsed",
            "text_units",
            "started",
            "finished",
        )
        read_only_fields = fields


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A git repository",
            {"location": "https://github.com/django/django", "ref": "stable/5.2.x"},
            request_only=True,
        )
    ]
)
class RepositorySerializer(AudienceSerializer, serializers.ModelSerializer[Repository]):  # type: ignore[misc]
    """A repository.

    The token can be set, never read; an archive is uploaded as `archive` in a multipart form.
    """

    name = serializers.CharField(
        max_length=100, required=False, help_text="By default the last part of the location."
    )
    location = serializers.CharField(
        max_length=1000, required=False, help_text="Git address, or folder on the server."
    )
    token = serializers.CharField(write_only=True, required=False, allow_blank=True, max_length=500)
    hook_secret = serializers.CharField(
        write_only=True,
        required=False,
        allow_blank=True,
        max_length=200,
        help_text="Signs the webhook at /api/v1/code/hooks/{name}.",
    )
    archive = serializers.FileField(write_only=True, required=False, help_text="A .zip or .tar.gz file.")
    languages = serializers.SerializerMethodField(help_text="Units by language.")

    class Meta:
        model = Repository
        fields = (
            "name",
            "source_kind",
            "location",
            "ref",
            "token",
            "archive",
            "excludes",
            "refresh_every",
            "hook_secret",
            *AUDIENCE_FIELDS,
            "serving",
            "units",
            "languages",
            "created",
        )
        read_only_fields = ("serving", "units", "created")
        extra_kwargs = {
            "source_kind": {
                "required": False,
                "help_text": "By default as the location says.",
            },
        }

    def get_languages(self, repository: Repository) -> dict[str, int]:
        """The units by language of the served build."""
        build = serving_build(repository)
        return dict(build.languages) if build else {}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Check that the source is there."""
        attrs.setdefault("source_kind", _kind_of(attrs))
        if attrs["source_kind"] == Repository.SourceKind.ARCHIVE:
            if "archive" not in attrs:
                raise serializers.ValidationError({"archive": ["Send the archive as a multipart form."]})
        elif self.instance is None and not attrs.get("location"):
            raise serializers.ValidationError({"location": ["This field is required."]})
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Repository:
        """Add the repository and start its first build."""
        archive: UploadedFile[Any] | None = validated_data.pop("archive", None)
        location = validated_data.pop("location", "")
        name = validated_data.pop("name", "")
        if validated_data["source_kind"] == Repository.SourceKind.ARCHIVE and archive is not None:
            name = name or services.suggested_name(archive.name or "archive")
            location = services.store_archive(archive)
        repository, _ = services.add_repository(
            name=name, location=location, audience=audience_of(validated_data), **validated_data
        )
        return repository


def _kind_of(given: dict[str, Any]) -> str:
    """The kind of a source that was sent without saying so."""
    if "archive" in given:
        return Repository.SourceKind.ARCHIVE
    is_address = "://" in given.get("location", "") or given.get("location", "").startswith("git@")
    return Repository.SourceKind.GIT if is_address else Repository.SourceKind.FOLDER


class AddedRepositorySerializer(WithJobSerializer, RepositorySerializer):  # type: ignore[misc]
    """A repository that was added, and the job that reads it."""

    class Meta(RepositorySerializer.Meta):
        fields = (*RepositorySerializer.Meta.fields, "job")  # type: ignore[assignment]


class RepositoryChangeSerializer(serializers.ModelSerializer[Repository]):
    """What can be changed of a repository; what is not sent stays as it is."""

    location = serializers.CharField(max_length=1000, required=False, help_text="Not of an archive.")
    token = serializers.CharField(
        write_only=True, required=False, allow_blank=True, max_length=500, help_text="Empty to forget it."
    )
    hook_secret = serializers.CharField(
        write_only=True, required=False, allow_blank=True, max_length=200, help_text="Empty to forget it."
    )
    archive = serializers.FileField(
        write_only=True, required=False, help_text="A .zip or .tar.gz file in the place of the one before."
    )

    class Meta:
        model = Repository
        fields = ("location", "ref", "token", "excludes", "refresh_every", "hook_secret", "archive")


class RepositoryDetailSerializer(RepositorySerializer):
    """A repository with its last builds."""

    builds = serializers.SerializerMethodField()

    class Meta(RepositorySerializer.Meta):
        fields = (*RepositorySerializer.Meta.fields, "builds")  # type: ignore[assignment]

    def get_builds(self, repository: Repository) -> list[dict[str, Any]]:
        """The last builds, the newest first."""
        return [dict(BuildSerializer(build).data) for build in repository.builds.all()[:5]]


class UnitSerializer(serializers.ModelSerializer[Unit]):
    """A unit with its code."""

    repository = serializers.CharField(source="repository.name")
    code = serializers.SerializerMethodField()
    url = serializers.CharField(source="get_absolute_url")

    class Meta:
        model = Unit
        fields = (
            "id",
            "repository",
            "path",
            "language",
            "kind",
            "name",
            "qualified_name",
            "signature",
            "start_line",
            "end_line",
            "code",
            "url",
        )
        read_only_fields = fields

    def get_code(self, unit: Unit) -> str:
        """The unit's lines of the file."""
        lines = unit.file.blob.text.split("\n")
        return "\n".join(lines[unit.start_line - 1 : unit.end_line])


class LookedAtSerializer(serializers.Serializer[Any]):
    """A node of the syntax tree that the encoder kept, and its share of the unit's vector."""

    kind = serializers.CharField(help_text="As the language's grammar names it.")
    text = serializers.CharField()
    start_line = serializers.IntegerField()
    end_line = serializers.IntegerField()
    weight = serializers.FloatField(help_text="Between 0 and 1; those of a whole unit sum to 1.")


class WordMetSerializer(serializers.Serializer[Any]):
    """A word of the question, and the word of the unit that is nearest to it."""

    word = serializers.CharField()
    share = serializers.FloatField(help_text="How much of the question the word is, between 0 and 1.")
    met = serializers.CharField()
    line = serializers.IntegerField(
        allow_null=True,
        help_text="Of the file; null in the unit's name and in documentation outside of the code.",
    )
    nearness = serializers.FloatField(
        help_text="Cosine of the two words times the importance of the second, which is at most 2."
    )


class ExplanationParameters(serializers.Serializer[Any]):
    """What an explanation may be asked for."""

    q = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        help_text="The query, as in a search: what its words met.",
    )


class ExplanationSerializer(serializers.Serializer[Any]):
    """What the encoder looked at in a unit."""

    nodes = LookedAtSerializer(many=True, help_text="The heaviest nodes, the heaviest first.")
    lines = serializers.DictField(child=serializers.FloatField(), help_text="Weight by line of the file.")
    apart = serializers.FloatField(
        help_text="Weight of the name in words and of documentation outside of the code."
    )
    met = WordMetSerializer(many=True, help_text="With `q`, what the query's words met, in their order.")


class FileSerializer(serializers.ModelSerializer[SourceFile]):
    """A file with its text and outline."""

    repository = serializers.CharField(source="repository.name")
    text = serializers.CharField(source="blob.text")
    units = serializers.SerializerMethodField()

    class Meta:
        model = SourceFile
        fields = ("repository", "path", "language", "lines", "text", "units")
        read_only_fields = fields

    def get_units(self, file: SourceFile) -> list[dict[str, Any]]:
        """The outline."""
        columns = ("id", "kind", "name", "qualified_name", "start_line", "end_line")
        return list(file.units.order_by("start_line", "-end_line").values(*columns))


class HitSerializer(serializers.Serializer[Any]):
    """A hit of a search."""

    rank = serializers.IntegerField()
    id = serializers.IntegerField(
        allow_null=True, help_text="The unit's; null for a file, where no unit has the lines."
    )
    repository = serializers.CharField(source="candidate.repository")
    path = serializers.CharField(source="candidate.path")
    language = serializers.CharField(source="candidate.language")
    kind = serializers.ChoiceField(choices=KINDS, source="candidate.kind")
    name = serializers.CharField(source="candidate.name")
    qualified_name = serializers.CharField(source="candidate.qualified_name")
    signature = serializers.CharField(source="candidate.signature")
    start_line = serializers.IntegerField(source="candidate.start_line")
    end_line = serializers.IntegerField(source="candidate.end_line")
    score = serializers.FloatField(source="candidate.score")
    reasons = serializers.ListField(
        child=serializers.CharField(), help_text="Why it is here: text, name, words, meaning."
    )
    lines = serializers.ListField(
        child=serializers.IntegerField(),
        source="candidate.lines",
        help_text="The lines with what stands in quotes, or matches the regular expression.",
    )
    code = serializers.CharField(help_text="The first lines, and those with the query's words.")
    url = serializers.CharField()


class TraceLineSerializer(serializers.Serializer[Any]):
    """A line of a file that the query names, as a stack trace does."""

    repository = serializers.CharField()
    path = serializers.CharField()
    line = serializers.IntegerField()
    text = serializers.CharField()
    url = serializers.CharField()


class SearchResultSerializer(serializers.Serializer[Any]):
    """A page of hits."""

    query = serializers.CharField()
    next = serializers.URLField(allow_null=True, help_text="The address of the next page.")
    previous = serializers.URLField(allow_null=True, help_text="The address of the page before.")
    total = serializers.IntegerField(help_text="Hits that can be paged through.")
    count = serializers.IntegerField(help_text="The same, as lists call it.")
    exhaustive = serializers.BooleanField(
        help_text="Whether the hits are all that there are; otherwise they are the best candidates."
    )
    milliseconds = serializers.FloatField()
    notice = serializers.CharField(help_text="Why the search was narrower than asked, empty if it was not.")
    facets = serializers.DictField(child=serializers.DictField(child=serializers.IntegerField()))
    lines = TraceLineSerializer(
        many=True, help_text="The lines that the query names, if it is a line of a stack trace or several."
    )
    results = HitSerializer(many=True)


class PlaceSerializer(serializers.Serializer[Any]):
    """A line of a file."""

    path = serializers.CharField()
    line = serializers.IntegerField()
    column = serializers.IntegerField(help_text="From 0, in characters.")
    text = serializers.CharField(help_text="The line.")


class ReferenceSerializer(serializers.Serializer[Any]):
    """A place that refers to a symbol."""

    path = serializers.CharField(source="place.path")
    line = serializers.IntegerField(source="place.line")
    column = serializers.IntegerField(source="place.column", help_text="From 0, in characters.")
    length = serializers.IntegerField()
    text = serializers.CharField(source="place.text", help_text="The line.")
    role = serializers.ChoiceField(
        choices=["call", "import", "inherit", "override", "type", "use"], help_text="What for."
    )
    within = serializers.CharField(help_text="The function or class in which it stands.")
    certain = serializers.BooleanField(help_text="False where it is only known that the names are the same.")


class SymbolReferencesSerializer(serializers.Serializer[Any]):
    """A symbol, where it is defined, and what refers to it."""

    path = serializers.CharField(source="symbol.path")
    name = serializers.CharField(source="symbol.name", help_text="In its file, with what it stands in.")
    kind = serializers.CharField(source="symbol.kind")
    definitions = PlaceSerializer(many=True, source="symbol.places")
    references = ReferenceSerializer(many=True)
    complete = serializers.BooleanField(help_text="False where there are more than are listed.")


class ReferencesParameters(serializers.Serializer[Any]):
    """A place in a file, or a symbol of it."""

    path = serializers.CharField(help_text="The file.")
    line = serializers.IntegerField(required=False, min_value=1, help_text="With `column`: the name there.")
    column = serializers.IntegerField(required=False, min_value=0, help_text="From 0, in characters.")
    symbol = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="Instead of a place: a symbol that the file defines, such as `Class.method`; "
        "empty for the file itself.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require one of both."""
        has_place = "line" in attrs and "column" in attrs
        if has_place == ("symbol" in attrs):
            raise serializers.ValidationError({"line": ["Give line and column, or else a symbol."]})
        return attrs


class SearchParameters(serializers.Serializer[Any]):
    """The parameters of a search."""

    q = serializers.CharField(
        trim_whitespace=False,
        help_text='Free text or code; repo: lang: path: kind: name: "text" /expression/ case:yes narrow it,'
        " - excludes, OR and brackets join.",
    )
    page = serializers.IntegerField(min_value=1, max_value=1_000_000, default=1)
    page_size = serializers.IntegerField(min_value=1, max_value=100, default=10)
    retriever = ChoiceField(
        choices=[str(retriever) for retriever in Retriever], default=str(Retriever.HYBRID)
    )


class SimilarParameters(serializers.Serializer[Any]):
    """The parameters of a search for similar units."""

    limit = serializers.IntegerField(min_value=1, max_value=100, default=10)
