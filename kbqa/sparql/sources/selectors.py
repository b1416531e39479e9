"""Reading what there is of graphs, for pages and API."""

from django.db.models import QuerySet

from kbqa.sparql.models import Graph


def graphs() -> QuerySet[Graph]:
    """The graphs with their served versions, for lists."""
    return Graph.objects.filter(deleting=False).select_related("serving")
