"""Changing the key: nothing is lost, whenever it ends, and the old key is of no use afterwards."""

import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from codesearch.models import Repository
from kbqa.sparql.models import Graph
from kbqa.sql.models import Database
from searchapp import secrets
from searchapp.api.models import ApiKey
from searchapp.settings import environment

ROOT = Path(__file__).parents[2]
OLD, NEW, OTHER = "the old key", "the new key", "another key"
TOKENS = (("repository", Repository, "token"), ("graph", Graph, "token"), ("database", Database, "url"))


def add(number):
    """Rows whose secrets the present key encrypts."""
    for name, model, column in TOKENS:
        slug = {} if model is Repository else {"slug": f"{name}-{number}"}
        model.objects.create(
            name=f"{name}-{number}", source_kind="url", location="x", **slug, **{column: f"{name} {number}"}
        )


def read():
    """All secrets as the present keys read them."""
    return sorted(
        text for _, model, column in TOKENS for text in model.objects.values_list(column, flat=True)
    )


@pytest.fixture
def rows(db, settings):
    settings.ENCRYPTION_KEY, settings.ENCRYPTION_KEYS_OLD = OLD, []
    for number in range(2):
        add(number)
    Repository.objects.create(name="open", source_kind="git", location="x")
    before = read()
    settings.ENCRYPTION_KEY, settings.ENCRYPTION_KEYS_OLD = NEW, [OTHER, OLD]
    return before


def test_every_encrypted_column_of_every_model_is_found():
    found = {(model._meta.label, column.name) for model, column in secrets.encrypted_fields()}
    assert {("codesearch.Repository", "token"), ("kbqa.Graph", "token"), ("kbqa.Database", "url")} <= found


def test_old_keys_read_and_the_new_one_writes(rows, settings):
    assert read() == rows
    add(9)
    settings.ENCRYPTION_KEYS_OLD = []
    assert read().count("") == len(rows)
    assert "graph 9" in read()


def test_after_a_rotation_the_old_key_is_not_needed_and_of_no_use(rows, settings):
    out = StringIO()
    call_command("rotate_encryption_key", stdout=out)
    assert "6 encrypted anew, 0 were already" in out.getvalue()
    settings.ENCRYPTION_KEYS_OLD = []
    assert read() == rows
    settings.ENCRYPTION_KEY = OLD
    assert set(read()) == {""}


def test_a_second_rotation_changes_nothing(rows):
    secrets.rotate()
    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM kbqa_graph ORDER BY id")
        stored = cursor.fetchall()
        done = secrets.rotate()
        cursor.execute("SELECT token FROM kbqa_graph ORDER BY id")
        assert cursor.fetchall() == stored
    assert (done.rotated, done.current, done.unreadable) == (0, 6, [])


def test_what_no_key_can_read_is_told_and_left_as_it_is(rows, settings):
    settings.ENCRYPTION_KEYS_OLD = [OTHER]
    out, told = StringIO(), StringIO()
    call_command("rotate_encryption_key", stdout=out, stderr=told)
    assert told.getvalue().count("enter it again") == 6
    assert "not needed" not in out.getvalue()
    settings.ENCRYPTION_KEYS_OLD = [OLD]
    assert read() == rows


def test_what_somebody_writes_meanwhile_is_kept(rows, monkeypatch):
    rotate_row = secrets._rotate_row

    def after_a_change(model, column, key, token, done):
        model.objects.filter(pk=key).update(**{column.name: "written meanwhile"})
        rotate_row(model, column, key, token, done)

    monkeypatch.setattr(secrets, "_rotate_row", after_a_change)
    assert secrets.rotate().rotated == 0
    assert set(read()) == {"written meanwhile", ""} or set(read()) == {"written meanwhile"}


def test_keys_of_the_api_stay(rows, django_user_model):
    user = django_user_model.objects.create_user("person")
    _, text = ApiKey.objects.issue(user=user, name="ci", scope="read")
    secrets.rotate()
    assert ApiKey.objects.find(text) is not None


KILLED = """
import sys, time
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
settings.ENCRYPTION_KEY, settings.ENCRYPTION_KEYS_OLD = sys.argv[2], [sys.argv[3]]
import django
django.setup()
from searchapp import secrets
secrets._ROWS_AT_ONCE = 2
def say(done):
    print(done.rotated, flush=True)
    time.sleep(600)
secrets.rotate(say)
"""


@pytest.mark.django_db(transaction=True)
def test_a_rotation_that_was_killed_goes_on_where_it_was(settings):
    settings.ENCRYPTION_KEY, settings.ENCRYPTION_KEYS_OLD = OLD, []
    for number in range(3):
        add(number)
    before = read()
    database = connection.settings_dict["NAME"]
    environment = {
        "DJANGO_SETTINGS_MODULE": "searchapp.settings.embedded",
        "DATA_DIR": str(settings.DATA_DIR),
    }
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, database, NEW, OLD],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout.readline() == "2\n"
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
    settings.ENCRYPTION_KEY, settings.ENCRYPTION_KEYS_OLD = NEW, [OLD]
    assert read() == before
    done = secrets.rotate()
    assert (done.rotated, done.current) == (7, 2)
    settings.ENCRYPTION_KEYS_OLD = []
    assert read() == before


@pytest.mark.parametrize(
    ("given", "keys"), [("", []), ("a", ["a"]), ("a,b", ["a", "b"]), (" a\nb , c ", ["a", "b", "c"])]
)
def test_old_keys_are_parted_by_commas_spaces_or_lines(monkeypatch, tmp_path, given, keys):
    (tmp_path / "keys").write_text(given)
    monkeypatch.setenv("NAME_FILE", str(tmp_path / "keys"))
    monkeypatch.delenv("NAME", raising=False)
    assert environment.secrets("NAME") == keys
