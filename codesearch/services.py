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
from codesearch.sources.registry import archive_path
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
    refresh_every: str = "",
    hook_secret: str = "",
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
        refresh_every=refresh_every,
        hook_secret=hook_secret.strip(),
        trusted=trusted,
    )
    check_repository(repository)
    sources.save_new(repository, audience)
    return repository, index_repository(repository)


def change_repository(
    repository: Repository, *, archive: "UploadedFile[Any] | None" = None, **fields: str
) -> Job:
    """Change where a repository is read from and what is left out of it, and start a build.

    `fields` are location, ref, token, excludes, refresh_every and hook_secret; an archive takes the place of
    the one before. Raises InvalidInput with the field that is wrong, and changes nothing then.
    """
    is_archive = repository.source_kind == Repository.SourceKind.ARCHIVE
    if archive is not None and not is_archive:
        raise InvalidInput("Only an archive can be replaced by another.", field="archive")
    if is_archive and "location" in fields:
        raise InvalidInput("Send the new archive as `archive` in a multipart form.", field="location")
    before = repository.location
    if archive is not None:
        repository.location = store_archive(archive)
    for name, value in fields.items():
        setattr(repository, name, value if name == "excludes" else value.strip())
    # What a person at the terminal was allowed holds for the folder that they chose.
    repository.trusted = repository.trusted and repository.location == before
    try:
        check_repository(repository)
    except InvalidInput:
        if archive is not None:
            drop_archive(repository.location)
        raise
    repository.save(update_fields=["location", "trusted", *fields])
    if repository.location != before and is_archive:
        drop_archive(before)
    return index_repository(repository)


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


def drop_archive(name: str) -> None:
    """Remove a stored archive that no repository has any more."""
    if not Repository.objects.filter(source_kind=Repository.SourceKind.ARCHIVE, location=name).exists():
        archive_path(name).unlink(missing_ok=True)


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
