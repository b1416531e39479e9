"""The forms that add a source: what each kind needs, and what the service is given."""

from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from codesearch import services as repositories
from frontend.forms import DatabaseForm, NoteForm, RepositoryForm
from kbqa.sql.public import services as databases
from searchapp.visibility import Audience

EVERYONE = Audience("everyone")
NEEDED = "This is needed for the chosen source."


@pytest.fixture
def added(monkeypatch):
    """What the services were given, in place of adding anything."""
    calls = []

    def add(**fields):
        calls.append(fields)
        return "source", "job"

    monkeypatch.setattr(repositories, "add_repository", add)
    monkeypatch.setattr(repositories, "store_archive", lambda upload: f"kept-{upload.name}")
    monkeypatch.setattr(databases, "add_database", add)
    monkeypatch.setattr(databases, "store_file", lambda upload: f"kept-{upload.name}")
    return calls


@pytest.mark.parametrize(
    ("form", "kind", "field"),
    [
        (RepositoryForm, "git", "address"),
        (RepositoryForm, "folder", "folder"),
        (RepositoryForm, "archive", "archive"),
        (DatabaseForm, "upload", "file"),
    ],
)
def test_only_the_field_of_the_chosen_kind_is_needed(form, kind, field):
    assert form({"source_kind": kind}).errors == {field: [NEEDED]}


@pytest.mark.parametrize("form", [RepositoryForm, DatabaseForm])
def test_a_kind_that_does_not_exist_is_told_once(form):
    assert list(form({"source_kind": "magic"}).errors) == ["source_kind"]


def test_a_field_that_is_wrong_already_is_not_called_needed():
    form = RepositoryForm({"source_kind": "git", "address": "x" * 1001})
    assert len(form.errors["address"]) == 1
    assert NEEDED not in form.errors["address"]


def test_kinds_have_their_fields_and_the_rest_belongs_to_all():
    form = RepositoryForm()
    assert [(kind, [field.name for field in fields]) for kind, fields in form.kinds] == [
        ("git", ["address", "ref", "token"]),
        ("folder", ["folder"]),
        ("archive", ["archive"]),
    ]
    assert [field.name for field in form.others] == ["name", "excludes"]


@pytest.mark.parametrize(
    ("form", "data", "renamed"),
    [
        (RepositoryForm, {"source_kind": "git", "address": "x"}, {"location": "address"}),
        (RepositoryForm, {"source_kind": "folder", "folder": "/x"}, {"location": "folder"}),
    ],
)
def test_the_services_field_is_the_forms_of_the_chosen_kind(form, data, renamed):
    filled = form(data)
    assert filled.is_valid()
    assert filled.renamed == renamed


@pytest.mark.parametrize(("kind", "location"), [("git", "https://x.example/y.git"), ("folder", "/srv/code")])
def test_a_repository_is_added_from_the_field_of_its_kind(added, kind, location):
    fields = {"address": "https://x.example/y.git", "folder": "/srv/code", "ref": "main", "token": "t"}
    form = RepositoryForm({"source_kind": kind, "excludes": "*.sql", **fields})
    assert form.is_valid()
    assert form.save() == "source"
    assert added == [
        {
            "name": "",
            "source_kind": kind,
            "location": location,
            "ref": "main",
            "token": "t",
            "excludes": "*.sql",
            "audience": EVERYONE,
        }
    ]


@pytest.mark.parametrize(("name", "given"), [("", "project"), ("mine", "mine")])
def test_an_archive_is_kept_and_called_after_its_file(added, name, given):
    upload = SimpleUploadedFile("project.tar.gz", b"x")
    form = RepositoryForm({"source_kind": "archive", "name": name}, {"archive": upload})
    assert form.is_valid()
    form.save()
    assert (added[0]["name"], added[0]["location"]) == (given, "kept-project.tar.gz")


def test_a_database_is_a_file_or_a_server(added, monkeypatch):
    uploaded = DatabaseForm({"source_kind": "upload"}, {"file": SimpleUploadedFile("shop.sqlite", b"x")})
    monkeypatch.setattr(databases, "checked_database", lambda **given: SimpleNamespace(schemas=["sales"]))
    served = DatabaseForm({"source_kind": "url", "host": "x", "database": "y", "name": "y"})
    for form in (uploaded, served):
        assert form.is_valid()
        form.save()
    assert added == [
        {
            "name": "shop",
            "source_kind": "upload",
            "location": "kept-shop.sqlite",
            "audience": EVERYONE,
        },
        {
            "name": "y",
            "source_kind": "url",
            "url": "postgresql://x/y",
            "schemas": ["sales"],
            "audience": EVERYONE,
        },
    ]


def test_secrets_are_never_put_into_a_page_again():
    form = RepositoryForm({"source_kind": "git", "token": "ghp_secret"})
    assert not form.is_valid()
    assert "ghp_secret" not in str(form["token"])


def test_a_note_may_be_empty_but_not_endless():
    assert NoteForm({}).is_valid()
    assert NoteForm({"description": "x" * 2000}).is_valid()
    assert not NoteForm({"description": "x" * 2001}).is_valid()
