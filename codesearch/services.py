"""What people and programs do with repositories: add, index, delete.

Pages, admin, API and commands all call these.
"""

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from codesearch import jobs
from codesearch.models import Repository
from codesearch.sources import validate_source
from searchapp import sources
from searchapp.errors import InvalidInput
from searchapp.jobs.models import Job
from searchapp.jobs.services import start_job
from searchapp.uploads import keep_upload
from searchapp.visibility import Audience

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")


def add_repository(
    *,
    name: str,
    source_kind: str,
    location: str,
    ref: str = "",
    token: str = "",
    excludes: str = "",
    trusted: bool = False,
    audience: Audience | None = None,
) -> tuple[Repository, Job]:
    """Add a repository and start its first build. Raises InvalidInput with the field that is wrong.

    `trusted` permits any folder: the caller has a terminal on the server.
    """
    name = name.strip() or suggested_name(location)
    repository = Repository(
        name=name,
        source_kind=source_kind,
        location=location.strip(),
        ref=ref.strip(),
        token=token.strip(),
        excludes=excludes,
        trusted=trusted,
    )
    check_repository(repository)
    sources.save_new(repository, audience)
    return repository, index_repository(repository)


def check_repository(repository: Repository) -> None:
    """Check a repository's name and source. Raises InvalidInput with the field that is wrong."""
    if not _NAME.match(repository.name):
        raise InvalidInput(
            "A name has letters, digits, dots, dashes and underscores, at most 100, "
            "and starts with a letter or digit.",
            field="name",
        )
    sources.check_name(repository)
    if Repository.objects.filter(name__iexact=repository.name).exclude(pk=repository.pk).exists():
        raise sources.name_taken(repository)
    validate_source(repository)


def index_repository(repository: Repository) -> Job:
    """Start a build, or return the one that is at work on the repository."""
    return sources.start(repository, jobs.INDEX, "Index")


def rebuild_repository(repository: Repository) -> Job:
    """Start a build that reads every file anew, as after a change of how code is parsed."""
    return sources.start(repository, jobs.INDEX, "Rebuild", afresh=True)


def delete_repository(repository: Repository) -> Job:
    """Hide a repository at once, cancel what works on it, and remove it in the background."""
    return sources.delete(repository, jobs.DELETE)


def store_archive(upload: "UploadedFile[Any]") -> str:
    """Keep an uploaded archive and return its stored name. Raises InvalidInput if it is too large."""
    sources.check_size(upload, settings.SOURCE_MAX_ARCHIVE_BYTES, "archive")
    return keep_upload(upload, Path(settings.MEDIA_ROOT))


def suggested_name(location: str) -> str:
    """A name for a source that has none: the last part of its address or path."""
    stem = sources.last_part(location)
    for suffix in (".git", ".zip", ".tar.gz", ".tgz"):
        stem = stem.removesuffix(suffix)
    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._")[:100] or "repository"


def needs_other_encoder() -> bool:
    """Whether the settings choose another encoder than the one whose vectors are served.

    Raises EncoderError.
    """
    from codesearch.indexing.vectors import serving_index
    from searchapp.encoders import get_encoder

    index = serving_index()
    return index is not None and index.identity != get_encoder().identity


def switch_encoder() -> Job:
    """Start encoding everything with the configured encoder; the present one serves until then."""
    return start_job(kind=jobs.SWITCH_ENCODER, subject="encoder", title="Switch to another encoder")
