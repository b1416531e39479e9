"""What one engine has and another can load as a graph, by a table of sources: neither knows the other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.dispatch import Signal

published = Signal()
"""Sent with `kind` and `location` when a source has a new version."""


@dataclass(frozen=True)
class GraphSource:
    """Sources of a kind: `triples` yields N-Triples for a location, `exists` tells whether there is one."""

    triples: Callable[[str], Iterator[str]]
    exists: Callable[[str], bool]


_sources: dict[str, GraphSource] = {}


def register_graph_source(kind: str, source: GraphSource) -> None:
    """Declare a kind of sources; called once, from an application's `ready()`."""
    _sources[kind] = source


def graph_source(kind: str) -> GraphSource:
    """The sources of a kind. Raises LookupError."""
    return _sources[kind]
