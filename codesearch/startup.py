"""What code search does when the product starts."""

from codesearch.models import Repository
from codesearch.retrieval.pipeline import warm_up
from codesearch.services import add_repository, needs_other_encoder, switch_encoder
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


STARTUP = Startup(is_empty, add_samples, follow_settings, warm_up)
