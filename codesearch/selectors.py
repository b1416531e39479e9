"""Reading what is served, for pages and API."""

from typing import Any

from django.db.models import F, Q, QuerySet
from django.urls import reverse

from codesearch.models import Build, Repository, SourceFile, Unit


def _served() -> Q:
    serving = F("repository__serving")
    return Q(since__lte=serving, repository__deleting=False) & (Q(until__isnull=True) | Q(until__gt=serving))


def served_units() -> QuerySet[Unit]:
    """The units that searches see."""
    return Unit.objects.filter(_served())


def served_files(repository: str) -> QuerySet[SourceFile]:
    """The served files of a repository."""
    return SourceFile.objects.filter(_served(), repository__name=repository).select_related(
        "repository", "blob"
    )


def named_units(repository: Repository, limit: int) -> list[tuple[str, str, str]]:
    """Path, name and qualified name of a repository's served units, without passages; at most `limit`."""
    units = (
        served_units()
        .filter(repository=repository)
        .exclude(kind=Unit.Kind.PASSAGE)
        .order_by("path", "start_line")
    )
    return list(units.values_list("path", "name", "qualified_name")[:limit])


def repositories() -> QuerySet[Repository]:
    """The repositories with their builds, for lists."""
    return Repository.objects.filter(deleting=False).prefetch_related("builds")


def serving_build(repository: Repository) -> Build | None:
    """The build that is served, from builds that have been fetched."""
    return next((build for build in repository.builds.all() if build.number == repository.serving), None)


def unit_address(repository: str, path: str, line: int) -> str:
    """The address of a line on a file's page."""
    return f"{reverse('file', args=[repository, path])}#L{line}"


def served_names() -> set[str]:
    """The names of the repositories that can be searched."""
    return set(Repository.objects.filter(deleting=False, serving__gt=0).values_list("name", flat=True))


def totals() -> dict[str, Any]:
    """How much is searchable."""
    rows = list(Repository.objects.filter(deleting=False, serving__gt=0).values_list("units", flat=True))
    return {"repositories": len(rows), "units": sum(rows)}
