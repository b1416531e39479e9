"""Graphs in the admin: add, load, delete; questions and what people thought of the answers."""

import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin, TabularInline

from kbqa.sparql.models import Graph, GraphVersion, Question
from kbqa.sparql.sources import selectors, services
from searchapp.error_display import shown_on

if TYPE_CHECKING:
    _GraphModelForm = forms.ModelForm[Graph]
else:
    _GraphModelForm = forms.ModelForm

_FIELDS = (
    "name",
    "source_kind",
    "location",
    "token",
    "skip_bad_lines",
    "prefixes",
    "label_predicates",
    "languages",
)


class GraphAdminForm(_GraphModelForm):
    """Checks the source as every other way in does."""

    token = forms.CharField(
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="For endpoints. Leave empty to keep the stored one.",
    )
    file = forms.FileField(
        required=False,
        help_text="For an uploaded file: Turtle, N-Triples, N-Quads, TriG, RDF/XML or JSON-LD, also with .gz.",
    )

    class Meta:
        model = Graph
        fields = _FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location"].required = self.fields["name"].required = False

    def clean(self) -> dict[str, Any]:
        """Store an uploaded file and check the source."""
        cleaned: dict[str, Any] = super().clean() or {}
        cleaned["token"] = cleaned.get("token") or (self.instance.token if self.instance.pk else "")
        upload = cleaned.get("file")
        with shown_on(self):
            if upload is not None and cleaned.get("source_kind") == Graph.SourceKind.FILE:
                cleaned["name"] = cleaned.get("name") or services.suggested_name(upload.name)
                cleaned["location"] = services.store_file(upload)
            cleaned["name"] = cleaned.get("name") or services.suggested_name(cleaned.get("location") or "")
            cleaned["slug"] = self.instance.slug or services.slug_of(cleaned["name"])
            values = {name: cleaned.get(name) or "" for name in ("name", "source_kind", "location", "slug")}
            prefixes = cleaned.get("prefixes") or {}
            labels = cleaned.get("label_predicates") or []
            graph = Graph(
                pk=self.instance.pk,
                trusted=self.instance.trusted,
                prefixes=prefixes,
                label_predicates=labels,
                **values,
            )
            services.check_graph(graph)
        return cleaned


class VersionInline(TabularInline):  # type: ignore[misc]
    """The versions of a graph, to look at."""

    model = GraphVersion
    fields = ("number", "state", "triples", "skipped", "started", "finished")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: versions come from loads and edits."""
        return False


@admin.register(Graph)
class GraphAdmin(ModelAdmin):  # type: ignore[misc]
    """Adding or changing a graph loads it; deleting removes it in the background."""

    form = GraphAdminForm
    list_display = ("name", "source_kind", "location", "triples", "created")
    list_filter = ("source_kind",)
    search_fields = ("name", "location")
    inlines = (VersionInline,)
    actions = ("load",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Graph]:
        """Leave out what is being deleted."""
        return selectors.graphs()

    @admin.display(description="Triples")
    def triples(self, graph: Graph) -> int:
        """Return how many triples are served."""
        return graph.serving.triples if graph.serving else 0

    @admin.action(description="Load again")
    def load(self, request: HttpRequest, queryset: QuerySet[Graph]) -> None:
        """Start loads."""
        for graph in queryset:
            services.load_graph(graph)
        messages.success(request, "The graphs are being loaded.")

    def save_model(self, request: HttpRequest, obj: Graph, form: Any, change: bool) -> None:
        """Save and load."""
        obj.slug = form.cleaned_data["slug"]
        obj.name, obj.location = form.cleaned_data["name"], form.cleaned_data["location"]
        super().save_model(request, obj, form, change)
        services.load_graph(obj)

    def delete_model(self, request: HttpRequest, obj: Graph) -> None:
        """Delete in the background."""
        services.delete_graph(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Graph]) -> None:
        """Delete in the background."""
        for graph in queryset:
            services.delete_graph(graph)


@admin.register(Question)
class QuestionAdmin(ModelAdmin):  # type: ignore[misc]
    """What was asked. Judged questions can be exported to train on."""

    list_display = ("text", "graph", "verdict", "confidence", "asked")
    list_filter = ("verdict", "graph")
    search_fields = ("text", "sparql")
    readonly_fields = ("graph", "text", "sparql", "confidence", "milliseconds", "asker", "asked")
    actions = ("export",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: questions come from asking."""
        return False

    @admin.action(description="Export as training examples")
    def export(self, request: HttpRequest, queryset: QuerySet[Question]) -> HttpResponse:
        """Return the judged ones among the chosen as JSON lines."""
        lines = (
            json.dumps(each, ensure_ascii=False) + "\n" for each in selectors.training_examples(queryset)
        )
        return HttpResponse(
            "".join(lines),
            content_type="application/jsonl",
            headers={"Content-Disposition": 'attachment; filename="questions.jsonl"'},
        )
