"""The database of this installation tells of other engines' sources what all its readers may see."""

import sqlite3

import pytest

from codesearch.models import Repository
from kbqa.sql.ingest import scan
from kbqa.sql.models import Database
from kbqa.sql.stores.databases import file_of
from searchapp.jobs.context import JobContext
from searchapp.jobs.errors import JobCancelled
from searchapp.jobs.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def database(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr("kbqa.sql.ingest.installed.distributions", list)
    for visibility in ("everyone", "signed-in", "groups"):
        Repository.objects.create(name=visibility, source_kind="git", location="x", visibility=visibility)
    return Database.objects.create(
        slug="facts", name="facts", source_kind="installed", location="facts.sqlite", visibility="everyone"
    )


@pytest.fixture
def context(database):
    job = Job.objects.create(
        kind="scan_database", subject=database.subject, title="Scan", arguments={"database": database.pk}
    )
    Job.objects.update(state="running")
    return JobContext(job)


@pytest.mark.parametrize(
    ("visibility", "told"), [("everyone", ["everyone"]), ("signed-in", ["everyone", "signed-in"])]
)
def test_a_scan_writes_what_all_readers_may_see(database, context, visibility, told):
    Database.objects.update(visibility=visibility)
    scan.scan_schema(context)
    with sqlite3.connect(file_of(database)) as connection:
        assert [name for (name,) in connection.execute("SELECT name FROM repository ORDER BY name")] == told


def test_a_scan_that_was_cancelled_meanwhile_is_not_published(database, context):
    scan.scan_schema(context)
    Job.objects.update(state="cancelling")
    with pytest.raises(JobCancelled):
        scan.publish(context)
    database.refresh_from_db()
    assert database.serving is None
