"""Reading what there is of databases, for pages, API and asking."""

from django.db.models import QuerySet

from kbqa.sql.models import Database


def databases() -> QuerySet[Database]:
    """The databases with their served scans, for lists."""
    return Database.objects.filter(deleting=False).select_related("serving")
