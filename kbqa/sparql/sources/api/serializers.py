"""The API's forms of graphs, and of answers from them."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from kbqa.questions.api import (
    JUDGEMENT_FIELDS,
    AnswerSerializer,
    ReadingSerializer,
    answer_body,
    reading_body,
)
from kbqa.sparql.answer.kept_answer import GraphAnswer, GraphResult, kept_answer_of
from kbqa.sparql.models import Graph, GraphQuestion, GraphVersion, GraphWord
from kbqa.sparql.prefixes import with_prefixes
from kbqa.sparql.profile import Profile
from kbqa.sparql.sources import services
from searchapp.api.sources import AUDIENCE_FIELDS, AudienceSerializer, WithJobSerializer, audience_of


class GraphVersionSerializer(serializers.ModelSerializer[GraphVersion]):
    """A version of a graph, with what could not be read."""

    class Meta:
        model = GraphVersion
        fields = ("number", "state", "triples", "skipped", "complaints", "started", "finished")
        read_only_fields = fields


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A file on the web",
            {"location": "https://example.org/films.ttl", "name": "films"},
            request_only=True,
        ),
        OpenApiExample(
            "An endpoint",
            {"source_kind": "endpoint", "location": "https://query.example.org/sparql", "name": "works"},
            request_only=True,
        ),
    ]
)
class GraphSerializer(AudienceSerializer, serializers.ModelSerializer[Graph]):  # type: ignore[misc]
    """A graph. A file is uploaded as `file` in a multipart form."""

    name = serializers.CharField(
        max_length=100, required=False, help_text="By default the last part of the location."
    )
    location = serializers.CharField(
        max_length=1000,
        required=False,
        help_text="Address of an RDF file or an endpoint, or name of a repository.",
    )
    token = serializers.CharField(
        write_only=True,
        required=False,
        allow_blank=True,
        max_length=500,
        help_text="For endpoints that ask for one.",
    )
    file = serializers.FileField(
        write_only=True,
        required=False,
        help_text="Turtle, N-Triples, N-Quads, TriG, RDF/XML or JSON-LD; also as .gz, .bz2, .xz or .zip.",
    )
    label_predicates = serializers.ListField(
        child=serializers.CharField(max_length=1000),
        required=False,
        help_text="IRIs of the properties that name things; by default found out.",
    )
    triples = serializers.IntegerField(source="serving.triples", read_only=True, default=0)

    class Meta:
        model = Graph
        fields = (
            "slug",
            "name",
            "source_kind",
            "location",
            "token",
            "file",
            "skip_bad_lines",
            "label_predicates",
            "languages",
            "prefixes",
            *AUDIENCE_FIELDS,
            "triples",
            "created",
        )
        read_only_fields = ("slug", "prefixes", "created")
        extra_kwargs = {
            "source_kind": {"required": False, "help_text": "By default `file` with a file, else `url`."}
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Check that the source is there."""
        attrs.setdefault("source_kind", Graph.SourceKind.FILE if attrs.get("file") else Graph.SourceKind.URL)
        if attrs["source_kind"] == Graph.SourceKind.FILE:
            if "file" not in attrs:
                raise serializers.ValidationError({"file": ["Send the file as a multipart form."]})
        elif not attrs.get("location"):
            raise serializers.ValidationError({"location": ["This field is required."]})
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Graph:
        """Add the graph and start its first load."""
        upload: UploadedFile[Any] | None = validated_data.pop("file", None)
        location, name = validated_data.pop("location", ""), validated_data.pop("name", "")
        if validated_data["source_kind"] == Graph.SourceKind.FILE and upload is not None:
            name = name or services.suggested_name(upload.name or "graph")
            location = services.store_file(upload)
        graph, _ = services.add_graph(
            name=name, location=location, audience=audience_of(validated_data), **validated_data
        )
        return graph


class AddedGraphSerializer(WithJobSerializer, GraphSerializer):  # type: ignore[misc]
    """A graph that was added, and the job that reads it."""

    class Meta(GraphSerializer.Meta):
        fields = (*GraphSerializer.Meta.fields, "job")  # type: ignore[assignment]


class PredicateSerializer(serializers.Serializer[Any]):
    """A predicate, and how often it occurs."""

    iri = serializers.CharField(source="predicate.value")
    text = serializers.CharField()
    count = serializers.IntegerField()
    domains = serializers.ListField(child=serializers.CharField())
    ranges = serializers.ListField(child=serializers.CharField())


class ClassSerializer(serializers.Serializer[Any]):
    """A class, and how many members it has."""

    iri = serializers.CharField(source="iri.value")
    text = serializers.CharField()
    count = serializers.IntegerField()


class GraphProfileSerializer(serializers.Serializer[Any]):
    """The vocabulary of a graph."""

    triples = serializers.IntegerField()
    classes = ClassSerializer(many=True)
    predicates = PredicateSerializer(many=True)
    labels = serializers.SerializerMethodField(help_text="The properties that name things.")

    def get_labels(self, profile: Profile) -> list[str]:
        """The IRIs of the properties that name things."""
        return [label.value for label in profile.labels]


class CellSerializer(serializers.Serializer[Any]):
    """A value as it is shown."""

    text = serializers.CharField()
    iri = serializers.CharField(
        help_text="What `node` finds it by: of a blank node, `_:` and a label, until the graph is loaded "
        "anew. Empty for texts and numbers."
    )
    kind = serializers.CharField(help_text="`iri`, `blank`, `triple`, or a literal's language or datatype.")
    unit = serializers.CharField(help_text="Empty where the property's name tells none.")
    about = serializers.CharField(
        help_text="Of the things in the first column: their class, and what tells namesakes apart."
    )


class GraphResultSerializer(serializers.Serializer[Any]):
    """The result of a query, with names in place of IRIs."""

    columns = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(child=CellSerializer(many=True))
    holds = serializers.BooleanField(allow_null=True, help_text="The answer to a question with yes or no.")
    cut = serializers.BooleanField(help_text="Whether there are more rows.")


class GraphReadingSerializer(ReadingSerializer):
    """One way to understand the question."""

    sparql = serializers.CharField()
    heads = serializers.ListField(child=serializers.CharField(), help_text="What its columns hold.")
    preview = GraphResultSerializer(
        allow_null=True, help_text="The beginning of its result, where it is among the `choices`."
    )


class GraphAnswerSerializer(AnswerSerializer, GraphResultSerializer):
    """An answer, and how it came about."""

    readings = GraphReadingSerializer(many=True)


class GraphWordSerializer(serializers.ModelSerializer[GraphWord]):
    """A word of people for a thing, a class or a property."""

    meaning = serializers.CharField(
        max_length=1000, write_only=True, help_text="Its name in the graph, or its IRI where several have it."
    )

    class Meta:
        model = GraphWord
        fields = ("id", "word", "iri", "meaning")
        read_only_fields = ("id", "iri")
        validators = ()


class WordKeySerializer(serializers.Serializer[Any]):
    """The word that is to be forgotten."""

    id = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class EditSerializer(serializers.Serializer[Any]):
    """Triples to add and to remove, as Turtle, N-Triples, or TriG with graphs; or a SPARQL Update."""

    add = serializers.CharField(required=False, allow_blank=True, default="")
    remove = serializers.CharField(required=False, allow_blank=True, default="")
    update = serializers.CharField(required=False, allow_blank=True, default="")  # type: ignore[assignment]


class ExportParameters(serializers.Serializer[Any]):
    """What an export is to have."""

    graphs = serializers.BooleanField(
        default=False, help_text="The named graphs, too: N-Quads in place of N-Triples."
    )


class NodeParameters(serializers.Serializer[Any]):
    """A node of a graph."""

    iri = serializers.CharField(max_length=4_000)


class NodeSerializer(serializers.Serializer[Any]):
    """A node and its edges."""

    iri = serializers.CharField()
    name = serializers.CharField()
    leaving = serializers.ListField(
        child=CellSerializer(many=True), help_text="Of each edge that leaves it: property, value."
    )
    entering = serializers.ListField(
        child=CellSerializer(many=True), help_text="Of each edge that enters it: subject, property."
    )
    cut = serializers.BooleanField(help_text="Whether there are more edges.")
    code = serializers.CharField(help_text="The address of the code that it stands for; mostly empty.")


class GraphJudgementSerializer(serializers.ModelSerializer[GraphQuestion]):
    """A person's judgement of an answer."""

    id = serializers.UUIDField(source="link", read_only=True)

    class Meta:
        model = GraphQuestion
        fields = ("id", "text", "sparql", *JUDGEMENT_FIELDS)
        read_only_fields = ("id", "text", "sparql", "confidence", "asked")


class GraphQuestionSerializer(GraphJudgementSerializer):
    """A question with its answer, as `ask` gave it; null where the answer is not kept."""

    answer = serializers.SerializerMethodField()

    class Meta(GraphJudgementSerializer.Meta):
        fields = (*GraphJudgementSerializer.Meta.fields, "answer")  # type: ignore[assignment]
        read_only_fields = (*GraphJudgementSerializer.Meta.read_only_fields, "answer")  # type: ignore[assignment]

    @extend_schema_field(GraphAnswerSerializer(allow_null=True))
    def get_answer(self, question: GraphQuestion) -> dict[str, Any] | None:
        """The answer as `ask` gave it."""
        answer = kept_answer_of(question)
        return dict(GraphAnswerSerializer(graph_answer_body(answer, question)).data) if answer else None


def graph_answer_body(answer: GraphAnswer, question: GraphQuestion) -> dict[str, Any]:
    """An answer as the API gives it."""
    result = answer.result or GraphResult()
    prefixes = question.graph.prefixes
    return answer_body(answer, question) | {
        "columns": result.columns,
        "rows": result.rows,
        "holds": result.holds,
        "cut": result.cut,
        "readings": [
            reading_body(reading)
            | {
                "sparql": with_prefixes(reading.query, prefixes),
                "heads": reading.heads,
                "preview": reading.preview,
            }
            for reading in answer.readings
        ],
    }
