"""Scans that nobody asks for: daily or weekly, as an administrator chose."""

from datetime import datetime, timedelta

from django.utils import timezone

from kbqa.sql.models import Database
from kbqa.sql.sources import jobs, services
from searchapp.jobs.models import Job

_EVERY = {Database.ScanEvery.DAY: timedelta(days=1), Database.ScanEvery.WEEK: timedelta(weeks=1)}


def scan_due_databases() -> int:
    """Start a scan of each database whose last one began long enough ago, whatever became of it; how many."""
    due = [database for database in _scheduled() if _is_due(database, timezone.now())]
    for database in due:
        services.scan_database(database)
    return len(due)


def last_scan(database: Database) -> Job | None:
    """The newest job that scanned a database, or does."""
    return Job.objects.filter(subject=database.subject, kind=jobs.SCAN).order_by("-id").first()


def _scheduled() -> list[Database]:
    return list(Database.objects.filter(deleting=False, scan_every__in=_EVERY))


def _is_due(database: Database, now: datetime) -> bool:
    last = last_scan(database)
    return last is None or (
        not last.is_active and now - last.created >= _EVERY[Database.ScanEvery(database.scan_every)]
    )
