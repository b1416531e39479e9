"""The forms that add a repository and a graph."""

from typing import Any

from django import forms

from codesearch.models import Repository
from kbqa.sparql.public import Graph
from kbqa.sql.public import Database


class RepositoryForm(forms.Form):
    """One of three sources; only the fields of the chosen one count."""

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

    def clean(self) -> dict[str, Any]:
        """Require the field of the chosen source."""
        cleaned: dict[str, Any] = super().clean() or {}
        field = {"git": "address", "folder": "folder", "archive": "archive"}.get(
            cleaned.get("source_kind", "")
        )
        if field and not cleaned.get(field) and field not in self.errors:
            self.add_error(field, "This is needed for the chosen source.")
        return cleaned


class GraphForm(forms.Form):
    """One of three sources; only the fields of the chosen one count."""

    source_kind = forms.ChoiceField(
        choices=Graph.SourceKind.choices,
        initial=Graph.SourceKind.FILE,
        widget=forms.RadioSelect,
        label="Source",
    )
    file = forms.FileField(
        required=False,
        label="RDF file",
        help_text="Turtle, N-Triples, N-Quads, TriG, RDF/XML or JSON-LD, also packed with gzip.",
        widget=forms.ClearableFileInput(
            attrs={"accept": ".ttl,.nt,.nq,.trig,.rdf,.owl,.xml,.jsonld,.json,.gz"}
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
        label="Skip lines that cannot be read",
        help_text="They are counted. Otherwise the first stops the load. Only for N-Triples and N-Quads.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = Repository.objects.filter(deleting=False, serving__gt=0).values_list("name", flat=True)
        self.fields["repository"].choices = [("", "Choose …"), *((name, name) for name in names)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Require the field of the chosen source."""
        cleaned: dict[str, Any] = super().clean() or {}
        field = {"file": "file", "url": "address", "endpoint": "endpoint", "repository": "repository"}.get(
            cleaned.get("source_kind", "")
        )
        if field and not cleaned.get(field) and field not in self.errors:
            self.add_error(field, "This is needed for the chosen source.")
        return cleaned


class DatabaseForm(forms.Form):
    """A file or a server; only the fields of the chosen one count."""

    source_kind = forms.ChoiceField(
        choices=[(Database.SourceKind.UPLOAD, "SQLite file"), (Database.SourceKind.URL, "Database server")],
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
    address = forms.CharField(
        max_length=1000,
        required=False,
        label="Address",
        help_text="PostgreSQL, MySQL or MariaDB. Stored encrypted, the password never shown again. "
        "Use a role that may only read.",
        widget=forms.TextInput(
            attrs={
                "placeholder": "postgresql://user:password@host/database",
                "autocomplete": "off",
                "spellcheck": "false",
            }
        ),
    )
    name = forms.CharField(
        max_length=100, required=False, help_text="By default the last part of the source."
    )

    def clean(self) -> dict[str, Any]:
        """Require the field of the chosen source."""
        cleaned: dict[str, Any] = super().clean() or {}
        field = {Database.SourceKind.UPLOAD: "file", Database.SourceKind.URL: "address"}.get(
            cleaned.get("source_kind", "")
        )
        if field and not cleaned.get(field) and field not in self.errors:
            self.add_error(field, "This is needed for the chosen source.")
        return cleaned


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
