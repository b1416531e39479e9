"""From a repository's row to its files: the table of source kinds."""

from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from codesearch.models import Repository
from codesearch.sources.archive import ArchiveLimits, archive_snapshot, check_archive
from codesearch.sources.base import Snapshot
from codesearch.sources.folder import allowed_folder, folder_snapshot
from codesearch.sources.git import GitRemote, check_remote, git_snapshot
from codesearch.sources.ignoring import IgnoreRules


def open_source(repository: Repository, check_cancelled: Callable[[], None]) -> Snapshot:
    """Current files of a repository.

    Raises SourceError, which is transient while a server is away.
    """
    rules = IgnoreRules(repository.excludes)
    if repository.source_kind == Repository.SourceKind.GIT:
        return git_snapshot(_remote(repository), git_store(repository), rules, check_cancelled)
    if repository.source_kind == Repository.SourceKind.ARCHIVE:
        return archive_snapshot(archive_path(repository.location), rules, _archive_limits())
    return folder_snapshot(_folder(repository), rules, settings.DATA_DIR)


def validate_source(repository: Repository) -> None:
    """Check without fetching that the source is allowed and can exist. Raises SourceError."""
    if repository.source_kind == Repository.SourceKind.GIT:
        check_remote(_remote(repository))
    elif repository.source_kind == Repository.SourceKind.ARCHIVE:
        check_archive(archive_path(repository.location))
    else:
        _folder(repository)


def archive_path(name: str) -> Path:
    """Where the uploaded archive `name` lies."""
    return Path(settings.MEDIA_ROOT) / Path(name).name


def git_store(repository: Repository) -> Path:
    """Bare git repository that fetches of this repository go to."""
    return Path(settings.DATA_DIR) / "git" / f"{repository.pk}.git"


def _remote(repository: Repository) -> GitRemote:
    return GitRemote(
        url=repository.location,
        ref=repository.ref,
        token=repository.token,
        timeout=settings.SOURCE_FETCH_TIMEOUT,
        ssh_key=settings.GIT_SSH_KEY,
        ssh_known_hosts=settings.GIT_SSH_KNOWN_HOSTS,
    )


def _folder(repository: Repository) -> Path:
    if repository.trusted:
        return Path(repository.location)
    return allowed_folder(repository.location, settings.SOURCE_ROOTS, settings.DATA_DIR)


def _archive_limits() -> ArchiveLimits:
    return ArchiveLimits(
        files=settings.SOURCE_MAX_FILES,
        expanded_bytes=settings.SOURCE_MAX_EXPANDED_BYTES,
        ratio=settings.SOURCE_MAX_RATIO,
        file_bytes=settings.SOURCE_MAX_FILE_BYTES,
    )
