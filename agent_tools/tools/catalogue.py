"""Tools that tell what there is: the sources, and what is in one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from agent_tools.bounds import Limit, Offset, cut, page_of
from agent_tools.sources import KINDS, Kind, name_of, source_called
from codesearch.models import Repository
from codesearch.selectors import served_files, serving_build
from kbqa.sparql.public import Graph
from kbqa.sparql.public import served as served_graph
from kbqa.sql.public import Database, Table
from kbqa.sql.public import served as served_database

_EXAMPLES, _SHOWN_CLASSES = 3, 40
_FILES_LOOKED_AT = 5_000


def list_sources(
    kind: Annotated[
        Literal["", "code", "graph", "db"], Field(description="Only repositories, graphs or databases.")
    ] = "",
    offset: Offset = 0,
    limit: Limit = 50,
) -> dict[str, Any]:
    """List what can be asked: repositories of code, knowledge graphs and databases. Begin with this.

    `source` is what other tools call it, `ready` whether it can be asked already, and `examples` are
    questions that it answers.
    """
    kinds = [KINDS[kind]] if kind else list(KINDS.values())
    found = [(each, source) for each in kinds for source in each.sources()]
    rows = [_entry(each, source) for each, source in found[offset : offset + limit]]
    return {**page_of(rows, offset, name="sources", more=offset + limit < len(found)), "total": len(found)}


def describe_source(
    source: Annotated[
        str,
        Field(max_length=200, description="code:NAME, graph:NAME or db:NAME, as `list_sources` gives it."),
    ],
    about: Annotated[
        str, Field(max_length=200, description="Only properties, tables or files with this in their names.")
    ] = "",
    offset: Offset = 0,
    limit: Limit = 40,
) -> dict[str, Any]:
    """Tell what is in a source, a page at a time.

    Of a database the tables with their columns and keys, of a graph the classes and properties with their
    IRIs and how often they occur, of a repository the languages and files.
    """
    kind, found = source_called(source)
    told, name, rows = _DESCRIBE[kind.prefix](found, about.casefold())
    page = page_of(rows[offset : offset + limit], offset, name=name, more=offset + limit < len(rows))
    return {**_entry(kind, found), **told, **page, "total": len(rows)}


def _entry(kind: Kind, source: Any) -> dict[str, Any]:
    is_ready = bool(source.serving)
    entry = {"source": name_of(kind, source), "kind": kind.word, "name": source.name, "ready": is_ready}
    if not is_ready:
        return entry
    if isinstance(source, Repository):
        return {**entry, "size": f"{source.units:,} functions, classes and passages"}
    examples = [cut(example) for example in source.serving.examples[:_EXAMPLES]]
    size = (
        f"{source.serving.triples:,} triples"
        if kind.prefix == "graph"
        else f"{len(source.serving.schema.get('tables', ())):,} tables"
    )
    return {**entry, "size": size, "examples": examples}


Described = tuple[dict[str, Any], str, Sequence[dict[str, Any] | str]]
"""What is told at once, and what there is more of: its name and rows."""


def _repository(repository: Repository, about: str) -> Described:
    build = serving_build(repository)
    told = {"languages": build.languages, "revision": build.revision} if build else {}
    paths = served_files(repository.name).order_by("path").values_list("path", flat=True)
    shown = paths.filter(path__icontains=about) if about else paths
    return told, "files", list(shown[:_FILES_LOOKED_AT])


def _graph(graph: Graph, about: str) -> Described:
    profile = served_graph(graph).live.profile
    classes = [
        {"iri": each.iri.value, "text": each.text, "count": each.count}
        for each in profile.classes
        if about in f"{each.text} {each.iri.value}".casefold()
    ]
    properties = [
        {
            "iri": each.predicate.value,
            "text": each.text,
            "count": each.count,
            "from": list(each.domains[:3]),
            "to": list(each.ranges[:3]),
        }
        for each in profile.predicates
        if about in f"{each.text} {each.predicate.value}".casefold()
    ]
    told = {"prefixes": dict(graph.prefixes), "classes": classes[:_SHOWN_CLASSES]}
    return told, "properties", properties


def _database(database: Database, about: str) -> Described:
    schema = served_database(database).schema
    tables = [_table(table) for table in schema.tables if about in _names(table)]
    keys = [f"{key.source} -> {key.target}" for key in schema.keys if about in f"{key.source}".casefold()]
    return {"dialect": schema.dialect, "keys": keys[:200]}, "tables", tables


_DESCRIBE: Mapping[str, Callable[[Any, str], Described]] = {
    "code": _repository,
    "graph": _graph,
    "db": _database,
}


def _names(table: Table) -> str:
    return " ".join(
        [table.full_name, table.description, *(column.name for column in table.columns)]
    ).casefold()


def _table(table: Table) -> dict[str, Any]:
    columns = [
        " ".join(
            [
                column.name,
                column.declared,
                *(["primary key"] if column.primary else []),
                *(["(values are private)"] if column.excluded else []),
                *([f"-- {cut(column.description, 200)}"] if column.description else []),
            ]
        )
        for column in table.columns[:200]
    ]
    described = {"description": cut(table.description, 300)} if table.description else {}
    return {"table": table.full_name, "rows": table.rows, "columns": columns, **described}
