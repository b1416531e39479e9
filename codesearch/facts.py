"""What is indexed, as tables that can be asked in words: repositories, and counts of their units."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count

from codesearch.models import Repository, Unit
from searchapp.sharing.fact_tables import FactTable

REPOSITORIES = """CREATE TABLE repository (
    repository_id INTEGER PRIMARY KEY, name TEXT NOT NULL, source TEXT NOT NULL,
    number_of_files INTEGER NOT NULL, number_of_units INTEGER NOT NULL)"""
UNITS = """CREATE TABLE code_unit_count (
    repository_id INTEGER NOT NULL REFERENCES repository (repository_id), language TEXT NOT NULL,
    kind TEXT NOT NULL, number_of_units INTEGER NOT NULL)"""


def repository_rows() -> Iterator[tuple[Any, ...]]:
    """A row for each repository."""
    for repository in Repository.objects.filter(deleting=False):
        build = repository.builds.filter(state="serving").first()
        yield (
            repository.pk,
            repository.name,
            repository.get_source_kind_display(),
            build.files if build else 0,
            build.units if build else 0,
        )


def unit_rows() -> Iterator[tuple[Any, ...]]:
    """A row for each repository, language and kind of unit."""
    kinds = Unit.objects.filter(repository__deleting=False).values_list("repository_id", "language", "kind")
    yield from kinds.annotate(number=Count("pk")).order_by("repository_id", "language", "kind")


TABLES = (
    FactTable("repository", REPOSITORIES, repository_rows),
    FactTable("code_unit_count", UNITS, unit_rows),
)
