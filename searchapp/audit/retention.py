"""Forgetting entries that are too old."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone


@shared_task(name="searchapp.audit.retention.forget_old_entries")
def forget_old_entries() -> int:
    """Remove the entries that are older than AUDIT_DAYS, if that is not 0; how many there were.

    It says so to the database, which refuses to remove entries otherwise.
    """
    if settings.AUDIT_DAYS <= 0:
        return 0
    oldest = timezone.now() - timedelta(days=settings.AUDIT_DAYS)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL searchapp.audit_retention = 'on'")
        cursor.execute("DELETE FROM audit_entry WHERE time < %s", [oldest])
        removed: int = cursor.rowcount
        cursor.execute("SET LOCAL searchapp.audit_retention = 'off'")
    return removed
