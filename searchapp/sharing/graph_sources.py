"""What one engine has and another can load as a graph, by a table of sources: neither knows the other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.dispatch import Signal

published = Signal()
"""Sent with `kind` and `location` when a source has a new version."""


@dataclass(frozen=True)
class GraphSource:
    """Sources of a kind, each known by its location."""

    triples: Callable[[str], Iterator[str]]
    """Location → the source's lines of N-Triples."""
    exists: Callable[[str], bool]
    """Location → whether there is a source."""
    address: Callable[[str, str], str]
    """The address of the page of what an IRI of a location stands for; empty where it has none."""


_sources: dict[str, GraphSource] = {}


def register_graph_source(kind: str, source: GraphSource) -> None:
    """Declare a kind of sources; called once, from an application's `ready()`."""
    _sources[kind] = source


def graph_source(kind: str) -> GraphSource:
    """The sources of a kind. Raises LookupError."""
    return _sources[kind]


def node_address(kind: str, location: str, iri: str) -> str:
    """The address of the page of what a node stands for; empty where it has none, as all of most kinds."""
    source = _sources.get(kind)
    return source.address(location, iri) if source is not None else ""
