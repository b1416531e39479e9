"""Reading what there is of graphs, for pages and API."""

from collections.abc import Iterable, Sequence

from django.db.models import QuerySet

from kbqa.linking.held import Held, held_by
from kbqa.sparql.models import Graph, GraphVersion, Name, NameWord
from kbqa.sparql.names import labels_of


def graphs() -> QuerySet[Graph]:
    """The graphs with their served versions, for lists."""
    return Graph.objects.filter(deleting=False).select_related("serving")


def held(graphs: Iterable[int], words: Sequence[str], keys: Sequence[str]) -> dict[int, Held]:
    """What the names of each graph, by its primary key, have of folded words and of keys of names."""
    return held_by(graphs, words, keys, (NameWord, Name))


def known_labels(version: GraphVersion, limit: int) -> list[str]:
    """The labels of a version's most connected entities, at most `limit`."""
    return labels_of(version, limit)
