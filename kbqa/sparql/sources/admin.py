"""Graphs in the admin, and what was asked of them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest

from kbqa.questions.admin import QuestionAdmin
from kbqa.sparql.models import Graph, GraphQuestion, GraphVersion
from kbqa.sparql.sources import selectors, services
from searchapp.jobs.models import Job
from searchapp.source_admin import AUDIENCE_FIELDS, SourceAdmin, SourceAdminForm, VersionInline


class GraphAdminForm(SourceAdminForm):
    """Checks the source as every other way in does."""

    SECRET = "token"
    UPLOAD, UPLOAD_KIND = "file", Graph.SourceKind.FILE
    CHECKED = ("source_kind", "location", "prefixes", "label_predicates")

    token = forms.CharField(
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="For endpoints. Leave empty to keep the stored one.",
    )
    file = forms.FileField(
        required=False,
        help_text="For an uploaded file: Turtle, N-Triples, N-Quads, TriG, RDF/XML or JSON-LD, also as "
        ".gz, .bz2, .xz or .zip.",
    )

    class Meta:
        model = Graph
        fields = (
            "name",
            "source_kind",
            "location",
            "token",
            "skip_bad_lines",
            "prefixes",
            "label_predicates",
            "languages",
            *AUDIENCE_FIELDS,
        )

    def store(self, upload: "UploadedFile[Any]") -> str:
        """The name under which an RDF file is kept. Raises InvalidInput."""
        return services.store_file(upload)

    def suggested_name(self, location: str) -> str:
        """A name for a graph that was given none."""
        return services.suggested_name(location)

    def check_source(self, source: Graph) -> None:
        """Check a graph. Raises InvalidInput."""
        services.check_graph(source)


class GraphVersionInline(VersionInline):
    """The versions of a graph, to look at."""

    model = GraphVersion
    fields = ("number", "state", "triples", "skipped", "started", "finished")


@admin.register(Graph)
class GraphAdmin(SourceAdmin):
    """Adding or changing a graph loads it; deleting removes it in the background."""

    form = GraphAdminForm
    list_display = ("name", "source_kind", "location", "visibility", "triples", "created", "work")
    inlines = (GraphVersionInline,)
    actions = ("load", "close", "cancel")

    def refresh_source(self, source: Graph) -> Job:
        """Start a load."""
        return services.load_graph(source)

    def delete_source(self, source: Graph) -> Job:
        """Start the removal of a graph."""
        return services.delete_graph(source)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Graph]:
        """The graphs with their served versions."""
        return selectors.graphs()

    @admin.display(description="Triples")
    def triples(self, graph: Graph) -> int:
        """The number of served triples."""
        return graph.serving.triples if graph.serving else 0

    @admin.action(description="Load again")
    def load(self, request: HttpRequest, queryset: QuerySet[Graph]) -> None:
        """Start loads."""
        self.refresh_all(request, queryset)


@admin.register(GraphQuestion)
class GraphQuestionAdmin(QuestionAdmin):
    """Questions on graphs."""
