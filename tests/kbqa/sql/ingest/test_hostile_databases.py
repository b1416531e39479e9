"""A database that never ends, is broken, or means harm does not hold a scan: what cannot be read is named."""

import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from kbqa.sql.ingest import introspection, scan
from kbqa.sql.ingest.scan import LIFECYCLE, publish, scan_cells, scan_schema
from kbqa.sql.models import Database
from kbqa.sql.sources import services
from kbqa.sql.stores.databases import served
from searchapp.jobs.context import JobContext
from searchapp.jobs.errors import JobCancelled, JobError
from searchapp.jobs.models import Job

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
GOOD = (
    "CREATE TABLE town (id INTEGER PRIMARY KEY, name TEXT)",
    "INSERT INTO town VALUES (1, 'Oslo'), (2, 'Porto')",
)
HARMFUL = yaml.safe_load(Path(__file__).with_name("hostile_databases.yaml").read_text(encoding="utf-8"))


def made(path, *statements):
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in (*GOOD, *statements):
        connection.execute(statement)
    connection.close()
    return path


def scanned(path):
    """Return a database after the stages of a scan that read it."""
    database, job = services.add_database(name="x", source_kind=Database.SourceKind.FILE, location=str(path))
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING)
    for stage in (scan_schema, scan_cells, publish):
        stage(JobContext(job))
    database.refresh_from_db()
    return database


def read_or_refused(path):
    """Return a database after its scan, or None where that says why it cannot be read."""
    with suppress(JobError):
        return scanned(path)
    return None


def test_a_view_without_end_is_named_and_the_scan_goes_on(transactional_db, tmp_path, settings):
    settings.DATABASE_SCAN_SECONDS = 1
    path = made(tmp_path / "endless.sqlite", f"CREATE VIEW endless AS {ENDLESS} SELECT x FROM n")
    database = scanned(path)
    source = served(database)
    (complaint,) = database.serving.complaints
    assert complaint.startswith("endless: it cannot be read. The query took longer than 1 seconds")
    assert source.schema.table("town").rows == 2
    assert source.cells.names.counted(["oslo"])


def test_very_many_views_without_end_take_no_longer_than_all_may_together(
    transactional_db, tmp_path, settings, monkeypatch
):
    settings.DATABASE_SCAN_SECONDS = 1
    monkeypatch.setattr(scan, "_STAGE", 3)
    views = [f"CREATE VIEW v{n} AS {ENDLESS} SELECT x FROM n" for n in range(12)]
    database = scanned(made(tmp_path / "many.sqlite", *views))
    said = database.serving.complaints
    assert sum("took longer than" in line for line in said) < 10
    assert "had taken all its time" in said[-1]
    assert served(database).schema.table("town")


@pytest.mark.parametrize("statements", HARMFUL.values(), ids=HARMFUL)
def test_a_file_that_means_harm_is_read_or_refused(transactional_db, tmp_path, settings, statements):
    settings.DATABASE_SCAN_SECONDS = 1
    path = made(tmp_path / "harm.sqlite", *statements)
    database = read_or_refused(path)
    if database is None:
        return
    found, _ = services.run_sql(database, "SELECT name FROM town ORDER BY id")
    assert found.rows == (("Oslo",), ("Porto",))


@pytest.mark.parametrize("page", [0, 1])
def test_a_file_with_broken_pages_is_refused_or_named(transactional_db, tmp_path, page):
    path = made(tmp_path / "broken.sqlite")
    data = bytearray(path.read_bytes())
    start = page * 4096 + 100 * (page == 0)
    data[start : start + 2000] = bytes(range(250)) * 8
    path.write_bytes(data)
    database = read_or_refused(path)
    assert database is None or database.serving.complaints


def test_too_many_tables_are_an_error_that_says_so(connect, tmp_path, monkeypatch):
    many = [f"CREATE TABLE t{number} (a TEXT)" for number in range(40)]
    path = made(tmp_path / "many.sqlite", *many)
    monkeypatch.setattr(introspection, "MAX_TABLES", 20)
    with pytest.raises(introspection.IntrospectionError, match="41 tables; at most 20"):
        introspection.describe(str(path), {})


def test_a_scan_of_what_never_ends_can_be_cancelled(transactional_db, tmp_path):
    path = made(tmp_path / "endless.sqlite", f"CREATE VIEW endless AS {ENDLESS} SELECT x FROM n")
    database, job = services.add_database(
        name="endless", source_kind=Database.SourceKind.FILE, location=str(path)
    )

    class Cancelled(JobContext):
        def check_cancelled(self):
            if LIFECYCLE.current(database):
                raise JobCancelled

        def progress(self, done, total, message):
            pass

    with pytest.raises(JobCancelled):
        scan_schema(Cancelled(job))
