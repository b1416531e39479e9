"""The part of graphs and databases in a start of the product."""

from collections.abc import Iterator
from pathlib import Path

from kbqa.sparql.public import Graph, configured_decoder, uploaded_path
from kbqa.sql.public import Database, configured_generator, file_of
from searchapp.startup import Startup, sample_packages


def is_empty() -> bool:
    """Whether there is neither a graph nor a database."""
    return not (Graph.objects.exists() or Database.objects.exists())


def add_samples() -> None:
    """Add the sample packages' code as graphs, and a database about all installed packages.

    They are loaded as soon as a repository has an index: the first search comes first.
    """
    for package in sample_packages():
        Graph.objects.create(
            slug=f"{package.replace('_', '-')}-code",
            name=f"{package} code",
            source_kind=Graph.SourceKind.REPOSITORY,
            location=package,
        )
    Database.objects.create(
        slug="installed-packages",
        name="Installed packages",
        source_kind=Database.SourceKind.INSTALLED,
        location="installed.sqlite",
    )


def warm_up() -> None:
    """Load the networks of the engines that have something to be asked. Raises EncoderError."""
    if Graph.objects.exclude(serving=None).exists():
        configured_decoder()
    if Database.objects.exclude(serving=None).exists():
        configured_generator().warm_up()


def files() -> Iterator[Path]:
    """Served versions of graphs, and the files that people uploaded."""
    graphs = Graph.objects.filter(deleting=False).select_related("serving")
    for graph in graphs:
        if graph.serving is not None and graph.source_kind != Graph.SourceKind.ENDPOINT:
            yield graph.serving.folder
        if graph.source_kind == Graph.SourceKind.FILE and not graph.trusted:
            yield uploaded_path(graph.location)
    kinds = (Database.SourceKind.UPLOAD, Database.SourceKind.INSTALLED)
    for database in Database.objects.filter(source_kind__in=kinds, deleting=False):
        if database.serving_id is not None:
            yield file_of(database)


STARTUP = Startup(is_empty, add_samples, warm_up=warm_up, files=files)
