"""The Celery tasks of code search: thin, idempotent."""

from celery import shared_task

from codesearch import refreshing


@shared_task(name="codesearch.tasks.refresh_due_repositories", ignore_result=True)
def refresh_due_repositories() -> None:
    """Start the builds that are due. Running it twice does no harm."""
    refreshing.refresh_due()
