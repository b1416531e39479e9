"""What code search does when the product starts."""

from collections.abc import Iterator
from pathlib import Path

from codesearch.models import Repository
from codesearch.retrieval.pipeline import warm_up
from codesearch.services import add_repository, needs_other_encoder, switch_encoder
from codesearch.sources.registry import archive_path
from searchapp.startup import Startup, sample_packages


def is_empty() -> bool:
    """Whether there is no repository."""
    return not Repository.objects.exists()


def add_samples() -> None:
    """Queue packages that every installation has."""
    for name, folder in sample_packages().items():
        add_repository(
            name=name, source_kind=Repository.SourceKind.FOLDER, location=str(folder), trusted=True
        )


def follow_settings() -> None:
    """Move to the configured encoder if the served vectors are of another. Raises EncoderError."""
    if needs_other_encoder():
        switch_encoder()


def files() -> Iterator[Path]:
    """The archives that people uploaded."""
    archives = Repository.objects.filter(source_kind=Repository.SourceKind.ARCHIVE, deleting=False)
    yield from map(archive_path, archives.values_list("location", flat=True))


STARTUP = Startup(is_empty, add_samples, follow_settings, warm_up, files)
