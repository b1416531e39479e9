"""Databases that are scanned by themselves, and what happens to a scan that fails."""

import sqlite3
from datetime import timedelta

import pytest

from kbqa.sql.models import Database
from kbqa.sql.sources.schedule import last_scan, scan_due_databases
from kbqa.sql.sources.services import scan_database
from kbqa.sql.stores.databases import served
from searchapp.jobs.models import Job
from searchapp.jobs.runner import run_stages


def age(database, **since):
    """Make all that was scanned so much older."""
    for job in Job.objects.filter(subject=database.subject):
        Job.objects.filter(pk=job.pk).update(created=job.created - timedelta(**since))


@pytest.mark.parametrize(
    ("every", "hours", "is_due"),
    [
        ("never", 10_000, False),
        ("day", 23, False),
        ("day", 25, True),
        ("week", 167, False),
        ("week", 169, True),
    ],
)
def test_a_database_is_scanned_as_often_as_was_chosen(connect, every, hours, is_due):
    database = connect()
    Database.objects.update(scan_every=every)
    age(database, hours=hours)
    assert scan_due_databases() == int(is_due)
    assert last_scan(database).is_active == is_due
    # While it works, and once it has, no other is started.
    assert scan_due_databases() == 0
    run_stages(last_scan(database).pk, follow=True)
    assert scan_due_databases() == 0


def test_no_second_scan_starts_beside_one_that_takes_long(connect):
    database = connect()
    Database.objects.update(scan_every="day")
    age(database, days=2)
    assert scan_due_databases() == 1
    slow = last_scan(database)
    age(database, days=2)
    for state in (Job.State.QUEUED, Job.State.RUNNING, Job.State.CANCELLING):
        Job.objects.filter(pk=slow.pk).update(state=state)
        assert scan_due_databases() == 0
        assert last_scan(database) == slow
        assert not last_scan(database).again
    # One that somebody asks for follows it, and is none beside it.
    Job.objects.filter(pk=slow.pk).update(state=Job.State.RUNNING)
    scan_database(database)
    assert Job.objects.filter(subject=database.subject, state__in=Job.ACTIVE).count() == 1


def test_a_scan_that_fails_leaves_the_one_before_and_is_told_in_the_admin(connect, shop_file, client, staff):
    database = connect()
    Database.objects.update(scan_every="day")
    age(database, days=2)
    shop_file.write_bytes(b"no database any more" * 100)
    assert scan_due_databases() == 1
    run_stages(last_scan(database).pk, follow=True)
    assert last_scan(database).state == Job.State.FAILED
    assert [table.name for table in served(Database.objects.get()).schema.tables if table.name == "city"]
    client.force_login(staff)
    page = client.get(f"/admin/kbqa/database/{database.pk}/change/").content.decode()
    assert "failed: The database cannot be read" in page
    assert "is served." in page
    # The next try comes a day later, and serves what is there then.
    assert scan_due_databases() == 0
    age(database, days=1)
    shop_file.unlink()
    connection = sqlite3.connect(shop_file)
    connection.execute("CREATE TABLE fresh (a TEXT)")
    connection.close()
    assert scan_due_databases() == 1
    run_stages(last_scan(database).pk, follow=True)
    assert [table.name for table in served(Database.objects.get()).schema.tables] == ["fresh"]
    assert "failed:" not in client.get(f"/admin/kbqa/database/{database.pk}/change/").content.decode()


def test_the_schedule_is_chosen_in_the_admin(connect, client, staff):
    database = connect()
    client.force_login(staff)
    form = {"name": "shop", "source_kind": "file", "scan_every": "week"} | {
        f"{name}-{total}_FORMS": 0
        for name in ("notes", "glossary", "scans")
        for total in ("TOTAL", "INITIAL")
    }
    assert client.post(f"/admin/kbqa/database/{database.pk}/change/", form).status_code == 302
    database.refresh_from_db()
    assert database.scan_every == "week"
