"""The forms that add a source, and the one that describes a column."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.models import Group

from codesearch import services as repositories
from codesearch.models import Repository
from kbqa.sparql.public import Graph
from kbqa.sparql.public import services as graphs
from kbqa.sql.public import PARTS, Database, GlossaryEntry, ServerFields
from kbqa.sql.public import services as databases
from searchapp.error_display import shown_on
from searchapp.versions import Source
from searchapp.visibility import Audience, Visibility, default_visibility


class AudienceForm(forms.Form):
    """Who may see a source."""

    visibility = forms.ChoiceField(
        choices=Visibility.choices,
        initial=default_visibility,
        widget=forms.RadioSelect,
        label="Who may see it",
    )
    groups = forms.ModelMultipleChoiceField(
        Group.objects.order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        to_field_name="name",
        label="Groups",
    )

    @property
    def audience(self) -> Audience:
        """The people who were chosen; those of the settings where none had to be."""
        groups = tuple(group.name for group in self.cleaned_data["groups"])
        return Audience(self.cleaned_data["visibility"] or default_visibility(), groups)


class SourceForm(AudienceForm):
    """One of several kinds of source; only the fields of the chosen kind count."""

    KIND_FIELDS: ClassVar[Mapping[str, tuple[str, ...]]]
    """The fields of each kind; the first is needed."""
    SERVICE_FIELDS: ClassVar[Mapping[str, str]] = {}
    """What the form calls a field of the service, where that is another name for every kind."""
    FOUND_MISSING: ClassVar[tuple[str, ...]] = ()
    """The kinds of which something else says what is missing."""
    tests: ClassVar[str] = ""
    """The kind of source that has a button to try it."""

    def clean(self) -> dict[str, Any]:
        """Require the field of the chosen kind."""
        cleaned: dict[str, Any] = super().clean() or {}
        kind = cleaned.get("source_kind", "")
        field = "" if kind in self.FOUND_MISSING else self.KIND_FIELDS.get(kind, ("",))[0]
        if field and not cleaned.get(field) and field not in self.errors:
            self.add_error(field, "This is needed for the chosen source.")
        return cleaned

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["visibility"].required = False

    @property
    def kinds(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Each kind of source with its fields."""
        return [(kind, [self[name] for name in names]) for kind, names in self.KIND_FIELDS.items()]

    @property
    def others(self) -> list[forms.BoundField]:
        """The fields that every kind has."""
        special = {
            "source_kind",
            *AudienceForm.base_fields,
            *(name for names in self.KIND_FIELDS.values() for name in names),
        }
        return [field for field in self if field.name not in special]

    @property
    def renamed(self) -> dict[str, str]:
        """What the form calls the fields of the service, for the chosen kind."""
        return {"location": self.KIND_FIELDS[self.cleaned_data["source_kind"]][0], **self.SERVICE_FIELDS}

    def save(self) -> Source:
        """Add the source and start the first job on it. Raises InvalidInput."""
        raise NotImplementedError


class RepositoryForm(SourceForm):
    """A git address, a folder or an archive."""

    KIND_FIELDS = {
        Repository.SourceKind.GIT: ("address", "ref", "token"),
        Repository.SourceKind.FOLDER: ("folder",),
        Repository.SourceKind.ARCHIVE: ("archive",),
    }

    source_kind = forms.ChoiceField(
        choices=Repository.SourceKind.choices,
        initial=Repository.SourceKind.GIT,
        widget=forms.RadioSelect,
        label="Source",
    )
    address = forms.CharField(
        max_length=1000,
        required=False,
        label="Git address",
        widget=forms.URLInput(attrs={"placeholder": "https://github.com/django/django"}),
    )
    ref = forms.CharField(
        max_length=200,
        required=False,
        label="Branch, tag or commit",
        widget=forms.TextInput(attrs={"placeholder": "the default branch"}),
    )
    token = forms.CharField(
        max_length=500,
        required=False,
        label="Access token",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Only for private repositories. Stored encrypted, never shown again.",
    )
    folder = forms.CharField(
        max_length=1000,
        required=False,
        label="Folder on the server",
        widget=forms.TextInput(attrs={"placeholder": "/srv/code/project"}),
    )
    archive = forms.FileField(
        required=False,
        label="Archive",
        help_text="A .zip or .tar.gz file.",
        widget=forms.ClearableFileInput(attrs={"accept": ".zip,.gz,.tgz"}),
    )
    name = forms.CharField(
        max_length=100, required=False, help_text="By default the last part of the source."
    )
    excludes = forms.CharField(
        required=False,
        label="Leave out",
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "docs/\n*.sql"}),
        help_text="Patterns as in .gitignore, one a line.",
    )

    def save(self) -> Repository:
        """Add the repository and start its first build. Raises InvalidInput."""
        cleaned = self.cleaned_data
        kind, name = cleaned["source_kind"], cleaned["name"]
        location = cleaned["address"] if kind == Repository.SourceKind.GIT else cleaned["folder"]
        if kind == Repository.SourceKind.ARCHIVE:
            name = name or repositories.suggested_name(cleaned["archive"].name)
            location = repositories.store_archive(cleaned["archive"])
        options = {field: cleaned[field] for field in ("ref", "token", "excludes")}
        return repositories.add_repository(
            name=name, source_kind=kind, location=location, audience=self.audience, **options
        )[0]


class GraphForm(SourceForm):
    """A file, an address, an endpoint or a repository."""

    KIND_FIELDS = {
        Graph.SourceKind.FILE: ("file",),
        Graph.SourceKind.URL: ("address",),
        Graph.SourceKind.ENDPOINT: ("endpoint", "token"),
        Graph.SourceKind.REPOSITORY: ("repository",),
    }

    source_kind = forms.ChoiceField(
        choices=Graph.SourceKind.choices,
        initial=Graph.SourceKind.FILE,
        widget=forms.RadioSelect,
        label="Source",
    )
    file = forms.FileField(
        required=False,
        label="RDF file",
        help_text="Turtle, N-Triples, N-Quads, TriG, RDF/XML or JSON-LD, also as .gz, .bz2, .xz or .zip.",
        widget=forms.ClearableFileInput(
            attrs={"accept": ".ttl,.n3,.nt,.nq,.trig,.rdf,.owl,.xml,.jsonld,.json,.gz,.bz2,.xz,.zip"}
        ),
    )
    address = forms.CharField(
        max_length=1000,
        required=False,
        label="Address",
        widget=forms.URLInput(attrs={"placeholder": "https://example.org/data.ttl"}),
    )
    endpoint = forms.CharField(
        max_length=1000,
        required=False,
        label="Endpoint",
        widget=forms.URLInput(attrs={"placeholder": "https://example.org/sparql"}),
        help_text="Its names are fetched; its triples stay where they are, and are asked live.",
    )
    token = forms.CharField(
        max_length=500,
        required=False,
        label="Access token",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Only if the endpoint asks for one. Stored encrypted, never shown again.",
    )
    repository = forms.ChoiceField(
        required=False,
        label="Repository",
        help_text="Its modules, classes and functions, and what they define, inherit, call and import.",
    )
    name = forms.CharField(
        max_length=100, required=False, help_text="By default the last part of the source."
    )
    skip_bad_lines = forms.BooleanField(
        required=False,
        label="Skip what cannot be read",
        help_text="Lines, statements and triples that cannot be read are counted. Otherwise the first stops "
        "the load.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = Repository.objects.filter(deleting=False, serving__gt=0).values_list("name", flat=True)
        self.fields["repository"].choices = [("", "Choose …"), *((name, name) for name in names)]  # type: ignore[attr-defined]

    def save(self) -> Graph:
        """Add the graph and start its first load. Raises InvalidInput."""
        cleaned = self.cleaned_data
        kind, name = cleaned["source_kind"], cleaned["name"]
        if kind == Graph.SourceKind.FILE:
            name = name or graphs.suggested_name(cleaned["file"].name)
            location = graphs.store_file(cleaned["file"])
        else:
            location = cleaned[self.KIND_FIELDS[kind][0]]
        if kind == Graph.SourceKind.REPOSITORY:
            name = name or f"{location} code"
        options = {field: cleaned[field] for field in ("token", "skip_bad_lines")}
        return graphs.add_graph(
            name=name, source_kind=kind, location=location, audience=self.audience, **options
        )[0]


class DatabaseForm(SourceForm, ServerFields):
    """A file or a server, which is tried before it is kept."""

    SERVER = Database.SourceKind.URL
    KIND_FIELDS = {
        Database.SourceKind.UPLOAD: ("file",),
        SERVER: (*PARTS, "url", "schemas", "unreachable", "kept", "listed"),
    }
    FOUND_MISSING = (SERVER,)

    source_kind = forms.ChoiceField(
        choices=[(Database.SourceKind.UPLOAD, "SQLite file"), (SERVER, "Database server")],
        initial=Database.SourceKind.UPLOAD,
        widget=forms.RadioSelect,
        label="Source",
    )
    file = forms.FileField(
        required=False,
        label="SQLite file",
        widget=forms.ClearableFileInput(attrs={"accept": ".sqlite,.sqlite3,.db,.db3"}),
        help_text="It is kept here and only ever read.",
    )
    name = forms.CharField(
        max_length=100, required=False, help_text="By default that of the file or of the database."
    )
    tests = SERVER

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.begin_server(None)

    def clean(self) -> dict[str, Any]:
        """Make the address of its parts, and try the server."""
        cleaned = super().clean()
        if cleaned.get("source_kind") == self.SERVER and not self.errors:
            with shown_on(self):
                cleaned["url"] = self.server_url(cleaned)
                server = self._server_of(cleaned)
                checked = self.try_server(
                    lambda trial: databases.checked_database(**server, trial=trial), cleaned
                )
                cleaned["schemas"] = checked.schemas
        return cleaned

    def save(self) -> Database:
        """Connect the database and start its first scan. Raises InvalidInput."""
        cleaned = self.cleaned_data
        kind, name = cleaned["source_kind"], cleaned["name"]
        if kind == self.SERVER:
            return databases.add_database(**self._server_of(cleaned), audience=self.audience)[0]
        name = name or databases.suggested_name(cleaned["file"].name)
        location = databases.store_file(cleaned["file"])
        return databases.add_database(name=name, source_kind=kind, location=location, audience=self.audience)[
            0
        ]

    def _server_of(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        return {name: cleaned[name] for name in ("name", "source_kind", "url", "schemas")}


class GlossaryForm(forms.Form):
    """What people call something in a database."""

    word = forms.CharField(
        max_length=100, label="Word", help_text="As people say it: “cancelled”, “revenue”."
    )
    kind = forms.ChoiceField(choices=GlossaryEntry.Kind.choices, label="What it is")
    table = forms.CharField(
        max_length=200,
        widget=forms.TextInput(attrs={"list": "tables"}),
        help_text="Of a calculation: the table whose rows it is made for.",
    )
    column = forms.CharField(
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"list": "columns"}),
        help_text="Of a value or a column.",
    )
    meaning = forms.CharField(
        max_length=2_000,
        required=False,
        label="Value or calculation",
        help_text="The value as it stands in the column, such as C; or SQL, such as SUM(quantity * price).",
    )


class GraphGlossaryForm(forms.Form):
    """What people call something in a graph."""

    word = forms.CharField(max_length=100, label="Word", help_text="As people say it: “client”, “the boss”.")
    meaning = forms.CharField(
        max_length=1_000,
        label="What it means",
        widget=forms.TextInput(attrs={"list": "names"}),
        help_text="The graph's own name for it; its IRI where several things have that name.",
    )


class NoteForm(forms.Form):
    """What a person writes about a table or column."""

    description = forms.CharField(
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="What it means",
        help_text="In the words that people use when they ask for it.",
    )
    excluded = forms.BooleanField(
        required=False,
        label="Keep its values private",
        help_text="They are not read, searched for or shown, and queries that name it are refused.",
    )
