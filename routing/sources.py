"""The sources that a question may be routed to: those that are served, and that its asker may see."""

from dataclasses import dataclass
from typing import Any

from codesearch import selectors as code_selectors
from kbqa.sparql import public as sparql
from kbqa.sql import public as sql

CODE, GRAPH, DATABASE = "code", "graph", "db"
"""The kinds of sources, as scopes name them."""


@dataclass(frozen=True)
class RoutedSource:
    """A repository, graph or database that is served."""

    kind: str
    key: str
    """Its name in addresses."""
    name: str
    pk: int
    version: int
    """Which of its versions is served: what is known of a version never changes."""
    row: Any

    @property
    def identity(self) -> tuple[str, int, int]:
        """Tells one version of one source from all others."""
        return self.kind, self.pk, self.version

    @property
    def label(self) -> str:
        """The source as a scope: `db:shop`."""
        return f"{self.kind}:{self.key}"


def visible_sources() -> list[RoutedSource]:
    """All sources that can be asked now by whoever reads."""
    repositories = code_selectors.repositories().filter(serving__gt=0).prefetch_related(None)
    graphs = sparql.selectors.graphs().exclude(serving=None)
    databases = sql.selectors.databases().exclude(serving=None)
    return [
        *(RoutedSource(CODE, row.name, row.name, row.pk, row.serving, row) for row in repositories),
        *(RoutedSource(GRAPH, row.slug, row.name, row.pk, row.serving_id or 0, row) for row in graphs),
        *(RoutedSource(DATABASE, row.slug, row.name, row.pk, row.serving_id or 0, row) for row in databases),
    ]
