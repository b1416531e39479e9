"""Backups with real content: the same answers after all was lost, and no change where one does not fit."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection

from codesearch.models import Repository
from codesearch.services import add_repository, store_archive
from kbqa.sparql.answer import registry
from kbqa.sparql.ingest.edits import update_graph
from kbqa.sparql.models import Graph
from kbqa.sparql.sources import services as graphs
from kbqa.sql.models import Database
from kbqa.sql.sources import services as databases
from searchapp.backup import services
from searchapp.backup.errors import BackupError
from searchapp.backup.manifest import DUMP, KEY, NAME, read_manifest
from searchapp.jobs.runner import run_stages
from tests.conftest import FILES, write_files
from tests.kbqa.conftest import FILMS
from tests.kbqa.sql.conftest import shop_file

__all__ = ["shop_file"]
SECRET = "a-token-for-a-private-endpoint"
pytestmark = pytest.mark.django_db(transaction=True)


def quiet(_: str) -> None:
    """Says nothing."""


def wipe():
    """Lose everything: rows and files."""
    call_command("flush", verbosity=0, interactive=False)
    for name in ("uploads", "graphs", "git"):
        shutil.rmtree(Path(configured.DATA_DIR) / name, ignore_errors=True)
    registry._open.clear()


def finish(job):
    run_stages(job.pk, follow=True)
    job.refresh_from_db()
    assert job.state == "succeeded", job.error


@pytest.fixture
def content(shop_file, tmp_path):
    """A graph that was uploaded and edited, an uploaded database, an uploaded archive, a token."""
    location = graphs.store_file(SimpleUploadedFile("films.ttl", FILMS.encode()))
    graph, job = graphs.add_graph(name="films", source_kind="file", location=location)
    finish(job)
    graph.refresh_from_db()
    update_graph(graph, "INSERT DATA { <urn:edited> <urn:by> <urn:hand> }")
    upload = databases.store_file(SimpleUploadedFile("shop.sqlite", shop_file.read_bytes()))
    _, job = databases.add_database(name="shop", source_kind="upload", location=upload)
    finish(job)
    archive = tmp_path / "code.zip"
    root = write_files(tmp_path / "code", FILES)
    with zipfile.ZipFile(archive, "w") as file:
        for path in root.rglob("*"):
            file.write(path, path.relative_to(root))
    name = store_archive(SimpleUploadedFile("code.zip", archive.read_bytes()))
    _, job = add_repository(name="code", source_kind="archive", location=name)
    finish(job)
    Graph.objects.filter(pk=graph.pk).update(token=SECRET)


def answers(client):
    """What people see."""
    asked = [
        ("/api/v1/code/search", {"q": "apply_discount"}),
        ("/api/v1/graphs/films/sparql", {"query": "SELECT * { <urn:edited> ?p ?o }"}),
        ("/api/v1/graphs/films/sparql", {"query": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"}),
        ("/api/v1/graphs/films/profile/", {}),
        ("/databases/shop/export", {"sql": "SELECT name FROM city ORDER BY name", "format": "csv"}),
    ]
    found = []
    for address, given in asked:
        answer = client.get(address, given)
        assert answer.status_code == 200, address
        body = answer.getvalue().decode()
        if "search" in address:
            body = json.dumps([hit["name"] for hit in json.loads(body)["results"]])
        found.append(body)
    return found


def test_all_comes_back_and_what_is_there_is_not_overwritten(content, client, tmp_path, capsys):
    before = answers(client)
    assert "urn:hand" in before[1]
    folder = tmp_path / "backup"
    manifest = services.back_up(folder, say=quiet)
    names = set(manifest.files)
    assert DUMP in names
    assert {name.split("/")[0] for name in names - {DUMP}} == {"uploads", "graphs"}
    assert manifest.missing == []
    assert SECRET not in "".join(
        path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file()
    )
    call_command("backup", str(folder), "--verify")

    with pytest.raises(CommandError, match="is not empty: it has"):
        call_command("restore", str(folder))
    assert answers(client) == before

    wipe()
    assert not Graph.objects.exists()
    call_command("restore", str(folder))
    assert answers(client) == before
    assert Graph.objects.get(name="films").token == SECRET
    assert Repository.objects.get(name="code").location in {name.split("/")[-1] for name in names}

    Graph.objects.create(slug="later", name="later", source_kind="url", location="https://x.example/a.ttl")
    call_command("restore", str(folder), "--replace")
    registry._open.clear()
    assert not Graph.objects.filter(slug="later").exists()
    assert answers(client) == before
    update_graph(Graph.objects.get(name="films"), "INSERT DATA { <urn:after> <urn:the> <urn:restore> }")
    assert not list(Path(configured.DATA_DIR).glob("restoring-*"))


@pytest.fixture
def small(tmp_path):
    """A backup of one uploaded file."""
    location = graphs.store_file(SimpleUploadedFile("films.ttl", FILMS.encode()))
    Graph.objects.create(slug="films", name="films", source_kind="file", location=location)
    services.back_up(tmp_path / "backup", say=quiet)
    wipe()
    return tmp_path / "backup"


def rewritten(folder, change):
    read = json.loads((folder / NAME).read_text())
    change(read)
    (folder / NAME).write_text(json.dumps(read))


def test_a_backup_that_is_damaged_or_does_not_fit_changes_nothing(small, tmp_path, monkeypatch):
    upload = next(name for name in read_manifest(small).files if name.startswith("uploads/"))

    def renamed(new):
        def change(read):
            read["files"][new] = read["files"].pop(upload)

        return change

    def flip(path):
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)

    def link(path):
        moved = path.with_name("moved")
        path.rename(moved)
        path.symlink_to(moved)

    faults = {
        "is not what was written": lambda folder: flip(folder / upload),
        f"{DUMP} is not what": lambda folder: flip(folder / DUMP),
        f"{DUMP} is missing": lambda folder: (folder / DUMP).unlink(),
        "films.*is missing|ttl is missing": lambda folder: (folder / upload).unlink(),
        "ttl is missing": lambda folder: link(folder / upload),
        f"it has no {NAME}": lambda folder: (folder / NAME).unlink(),
        "cannot be read": lambda folder: (folder / NAME).write_text("{"),
        "cannot be read: ": lambda folder: (folder / NAME).write_text("[]"),
        f"it has no {DUMP}": lambda folder: rewritten(folder, lambda read: read["files"].pop(DUMP)),
        "newer Searchapp; install": lambda folder: rewritten(folder, lambda read: read.update(format=99)),
        r"kbqa.9999_future is not": lambda folder: rewritten(
            folder, lambda read: read["migrations"].append(["kbqa", "9999_future"])
        ),
        "is of PostgreSQL 99": lambda folder: rewritten(folder, lambda read: read.update(postgresql=990000)),
        **{
            f"where none belongs: '{name}": lambda folder, name=name: rewritten(folder, renamed(name))
            for name in ("../x", "/etc/x", "uploads/../x", "secrets/x", "uploads", "graphs//x", "uploads/./x")
        },
    }
    for message, fault in faults.items():
        spoilt = tmp_path / "spoilt"
        shutil.copytree(small, spoilt)
        fault(spoilt)
        with pytest.raises(BackupError, match=message):
            services.restore(spoilt, say=quiet)
        assert not Graph.objects.exists(), message
        assert not (Path(configured.DATA_DIR) / "uploads").exists(), message
        shutil.rmtree(spoilt)
    monkeypatch.setattr("searchapp.backup.postgres.other_sessions", lambda: 3)
    with pytest.raises(BackupError, match="3 other connections use the database"):
        services.restore(small, say=quiet)


def test_other_connections_are_seen():
    import psycopg

    from searchapp.backup import postgres

    assert postgres.other_sessions() == 0
    with psycopg.connect(postgres._address()):
        assert postgres.other_sessions() == 1


def test_a_restore_that_fails_can_be_run_again(small, monkeypatch):
    def fail(*_):
        raise BackupError("pg_restore failed: killed")

    with monkeypatch.context() as patched:
        patched.setattr("searchapp.backup.postgres._run", fail)
        with pytest.raises(BackupError, match="killed"):
            services.restore(small, say=quiet)
    assert not list(Path(configured.DATA_DIR).glob("restoring-*"))
    call_command("restore", str(small), "--replace")
    assert Graph.objects.get().name == "films"


def test_what_is_there_is_not_overwritten_and_half_a_backup_is_none(tmp_path, monkeypatch):
    (tmp_path / "there").mkdir()
    with pytest.raises(BackupError, match="exists already"):
        services.back_up(tmp_path / "there", say=quiet)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("searchapp.backup.services._copied", full)
    location = graphs.store_file(SimpleUploadedFile("films.ttl", FILMS.encode()))
    Graph.objects.create(slug="films", name="films", source_kind="file", location=location)
    with pytest.raises(BackupError, match="No space left"):
        services.back_up(tmp_path / "new", say=quiet)
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_a_source_that_is_deleted_meanwhile_is_not_in_the_backup(tmp_path, monkeypatch):
    location = graphs.store_file(SimpleUploadedFile("films.ttl", FILMS.encode()))
    graph = Graph.objects.create(slug="films", name="films", source_kind="file", location=location)
    dump = services.postgres.dump

    def dumped(*args, **kwargs):
        dump(*args, **kwargs)
        # By another connection, as a job would: this one looks at its snapshot.
        import psycopg

        with psycopg.connect(services.postgres._address()) as other:
            other.execute("DELETE FROM kbqa_graph WHERE id = %s", [graph.pk])
        graphs.uploads().joinpath(location).unlink(missing_ok=True)

    monkeypatch.setattr("searchapp.backup.postgres.dump", dumped)
    manifest = services.back_up(tmp_path / "backup", say=quiet)
    assert (list(manifest.files), manifest.missing) == ([DUMP], [])


def test_a_file_that_was_lost_before_is_told(tmp_path, capsys):
    Graph.objects.create(slug="films", name="films", source_kind="file", location="lost.ttl")
    call_command("backup", str(tmp_path / "backup"))
    assert "lost before: uploads/graphs/lost.ttl" in capsys.readouterr().err


def test_the_key_is_in_the_backup_only_if_asked_for(small, tmp_path, settings, capsys):
    assert KEY not in read_manifest(small).files
    services.back_up(tmp_path / "with", with_key=True, say=quiet)
    assert (tmp_path / "with" / KEY).read_text() == settings.ENCRYPTION_KEY
    assert (tmp_path / "with" / KEY).stat().st_mode & 0o777 == 0o600
    settings.ENCRYPTION_KEY = "another key"
    call_command("restore", str(small))
    assert "ENCRYPTION_KEY is not the one of the backup" in capsys.readouterr().err
    assert Database.objects.count() == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")
        assert cursor.fetchone() == (0,)
