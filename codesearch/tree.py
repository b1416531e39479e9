"""The files of a repository as a tree of folders, and what of it was left out."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from django.db.models import Case, CharField, Count, F, IntegerField, Max, Sum, Value, When
from django.db.models.functions import StrIndex, Substr

from codesearch import selectors
from codesearch.models import Build, Repository

_MOST_ENTRIES = 2_000
_HOSTS = {
    "github.com": "{base}/blob/{revision}/{path}",
    "gitlab.com": "{base}/-/blob/{revision}/{path}",
    "codeberg.org": "{base}/src/commit/{revision}/{path}",
    "gitea.com": "{base}/src/commit/{revision}/{path}",
    "bitbucket.org": "{base}/src/{revision}/{path}",
}
"""Where hosts of git show a file as it was at a commit."""


@dataclass(frozen=True)
class FolderEntry:
    """A file or a folder in a folder. A folder counts the files below it; a file has a language."""

    name: str
    path: str
    is_folder: bool
    files: int
    lines: int
    language: str


@dataclass(frozen=True)
class LeftOutEntry:
    """A file or folder that was not indexed, and why."""

    name: str
    path: str
    reason: str


@dataclass(frozen=True)
class Folder:
    """What lies in a folder: folders first, then files; what was left out stands apart."""

    path: str
    entries: tuple[FolderEntry, ...]
    left_out: tuple[LeftOutEntry, ...]
    complete: bool
    """Whether these are all; there is a limit."""


def folder_of(repository: Repository, path: str) -> Folder | None:
    """A folder of the served build, its path without a slash at the end; None where there is none."""
    prefix = f"{path}/" if path else ""
    rest = Substr("path", len(prefix) + 1)
    rows = (
        selectors.served_files(repository.name)
        .select_related(None)
        .filter(path__startswith=prefix)
        .annotate(rest=rest, slash=StrIndex("rest", Value("/")))
        .annotate(
            child=Case(When(slash__gt=0, then=Substr("rest", 1, F("slash") - 1)), default=F("rest")),
            is_folder=Case(When(slash__gt=0, then=1), default=0, output_field=IntegerField()),
        )
        .values("child", "is_folder")
        .annotate(files=Count("pk"), total=Sum("lines"), spoken=Max("language", output_field=CharField()))
        .order_by("-is_folder", "child")
    )
    entries = [
        FolderEntry(
            row["child"],
            prefix + row["child"],
            bool(row["is_folder"]),
            row["files"],
            row["total"],
            "" if row["is_folder"] else row["spoken"],
        )
        for row in rows[: _MOST_ENTRIES + 1]
    ]
    left_out = _left_out_of(repository, prefix)
    if path and not entries and not left_out:
        return None
    return Folder(path, tuple(entries[:_MOST_ENTRIES]), left_out, len(entries) <= _MOST_ENTRIES)


def reason_left_out(repository: Repository, path: str) -> str:
    """Why the served build has no file `path`; empty where nothing is known of it."""
    for reason, left in _reasons(selectors.serving_build(repository)).items():
        for other in left:
            if path == other or (other.endswith("/") and path.startswith(other)):
                return reason
    return ""


def address_at_host(repository: Repository, revision: str, path: str) -> str:
    """Where the host of a repository shows a file at a commit; empty for a host that is not known."""
    if repository.source_kind != Repository.SourceKind.GIT or not revision:
        return ""
    parts = urlsplit(repository.location)
    pattern = _HOSTS.get((parts.hostname or "").lower())
    if pattern is None or parts.scheme not in ("http", "https"):
        return ""
    base = f"https://{parts.hostname}{parts.path.removesuffix('/').removesuffix('.git')}"
    return pattern.format(base=base, revision=quote(revision), path=quote(path))


def _left_out_of(repository: Repository, prefix: str) -> tuple[LeftOutEntry, ...]:
    found = []
    for reason, paths in _reasons(selectors.serving_build(repository)).items():
        for path in paths:
            inner = path.removeprefix(prefix)
            if path.startswith(prefix) and inner and "/" not in inner.rstrip("/"):
                found.append(LeftOutEntry(inner, path, reason))
    return tuple(sorted(found, key=lambda entry: entry.name))


def _reasons(build: Build | None) -> dict[str, list[str]]:
    """The paths that a build left out, as far as it kept them, by reason."""
    left_out: dict[str, Any] = build.left_out if build is not None else {}
    return {reason: list(entry.get("paths", ())) for reason, entry in left_out.items()}
