"""The Celery tasks of databases: thin, idempotent."""

from celery import shared_task

from kbqa.sql.public import schedule


@shared_task(name="kbqa.tasks.scan_due_databases", ignore_result=True)
def scan_due_databases() -> None:
    """Start the scans that are due. Running it twice does no harm."""
    schedule.scan_due_databases()
