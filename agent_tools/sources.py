"""Sources as agents name them: `code:NAME`, `graph:NAME`, `db:NAME`; and whoever asks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from pydantic import Field

from codesearch import selectors as code
from codesearch.models import Repository
from kbqa.sparql.public import Graph
from kbqa.sparql.public import selectors as graphs
from kbqa.sql.public import Database
from kbqa.sql.public import selectors as databases
from searchapp.errors import InvalidInput
from searchapp.versions import Source
from searchapp.visibility import current_reader

_LISTED = 20

GraphName = Annotated[str, Field(max_length=200, description="A graph's name, as `list_sources` gives it.")]
DatabaseName = Annotated[
    str, Field(max_length=200, description="A database's name, as `list_sources` gives it.")
]
RepositoryName = Annotated[
    str, Field(max_length=200, description="A repository's name, as `list_sources` gives it.")
]


@dataclass(frozen=True)
class Kind:
    """A kind of source: what it is called, and those that whoever asks may see."""

    prefix: str
    word: str
    plural: str
    sources: Callable[[], QuerySet[Any]]


KINDS: Mapping[str, Kind] = {
    kind.prefix: kind
    for kind in (
        Kind("code", "repository", "repositories", code.repositories),
        Kind("graph", "graph", "graphs", graphs.graphs),
        Kind("db", "database", "databases", databases.databases),
    )
}
"""The kinds by their prefix."""


def name_of(kind: Kind, source: Source) -> str:
    """What agents call a source."""
    return f"{kind.prefix}:{source.key}"


def source_called(name: str) -> tuple[Kind, Any]:
    """The kind and the source of a name with a prefix. Raises InvalidInput, which lists those that there
    are."""
    prefix, colon, key = name.partition(":")
    if not colon or prefix not in KINDS:
        raise InvalidInput(
            f"{name!r} is not the name of a source: write code:NAME, graph:NAME or db:NAME, as list_sources "
            "gives it.",
            field="source",
        )
    kind = KINDS[prefix]
    return kind, _found(kind, key)


def graph_called(name: str) -> Graph:
    """The graph of a name, with or without its prefix. Raises InvalidInput."""
    graph: Graph = _found(KINDS["graph"], name)
    return graph


def database_called(name: str) -> Database:
    """The database of a name, with or without its prefix. Raises InvalidInput."""
    database: Database = _found(KINDS["db"], name)
    return database


def repository_called(name: str) -> Repository:
    """The repository of a name, with or without its prefix. Raises InvalidInput."""
    repository: Repository = _found(KINDS["code"], name)
    return repository


def asker() -> Any:
    """The account in whose name an agent asks; None for nobody in particular."""
    reader = current_reader()
    return get_user_model().objects.filter(pk=reader.user_id).first() if reader.user_id else None


def _found(kind: Kind, name: str) -> Any:
    key = name.removeprefix(f"{kind.prefix}:")
    sources = kind.sources()
    field = sources.model.KEY
    source = sources.filter(**{field: key}).first()
    if source is None:
        keys = list(sources.values_list(field, flat=True)[: _LISTED + 1])
        more = " and more" if len(keys) > _LISTED else ""
        known = f"There are: {', '.join(keys[:_LISTED])}{more}." if keys else "There are none."
        raise InvalidInput(f"There is no {kind.word} {key!r}. {known}", field=kind.word)
    return source
