"""The part of graphs and databases in a start of the product."""

from kbqa.sparql.public import Graph
from kbqa.sql.public import Database
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


STARTUP = Startup(is_empty, add_samples)
