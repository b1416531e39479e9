"""Files of an uploaded `.zip` or `.tar.gz`, read in place: nothing is unpacked, nothing can escape."""

import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from codesearch.sources.base import Entry, LeftOut, Reason, Snapshot, SourceError
from codesearch.sources.filters import IGNORE_FILES, IgnoreRules

_CHUNK = 1 << 20
_DAMAGED = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
)


@dataclass(frozen=True)
class ArchiveLimits:
    """What an archive may hold: number of files, bytes unpacked, and unpacked bytes for each packed one."""

    files: int
    expanded_bytes: int
    ratio: int
    file_bytes: int


@dataclass(frozen=True)
class _Member:
    path: str
    size: int
    content: bytes


def archive_snapshot(path: Path, rules: IgnoreRules, limits: ArchiveLimits) -> Snapshot:
    """Files of the archive.

    Raises SourceError, at once or while iterating, if it is damaged or a bomb.
    """
    if not path.is_file():
        raise SourceError("The uploaded archive is gone; upload it again.")
    left_out = LeftOut()
    return Snapshot(_entries(path, rules, limits, left_out), left_out)


def check_archive(path: Path) -> None:
    """Raise SourceError unless the file is an archive of a kind that can be read."""
    if not zipfile.is_zipfile(path) and not _is_tar(path):
        raise SourceError("This is neither a .zip nor a .tar.gz archive.")


def _entries(path: Path, rules: IgnoreRules, limits: ArchiveLimits, left_out: LeftOut) -> Iterator[Entry]:
    members = list(_checked(path, limits, left_out))
    strip = _common_folder([member.path for member in members])
    for member in sorted(members, key=lambda member: member.path.count("/")):
        name = member.path[len(strip) :]
        if PurePosixPath(name).name in IGNORE_FILES:
            rules.add(name, member.content.decode("utf-8", errors="replace"))
    for member in sorted(members, key=lambda member: member.path):
        name = member.path[len(strip) :]
        reason = _ignored(name, rules)
        if reason:
            left_out.add(reason, name)
        else:
            yield Entry(name, member.size, lambda content=member.content: content)  # type: ignore[misc]


def _ignored(path: str, rules: IgnoreRules) -> Reason | None:
    """A file is ignored by a rule for itself or for any folder above it."""
    folders = [f"{parent}/" for parent in reversed(PurePosixPath(path).parents) if str(parent) != "."]
    return next((reason for part in [*folders, path] if (reason := rules.reason(part))), None)


def _checked(path: Path, limits: ArchiveLimits, left_out: LeftOut) -> Iterator[_Member]:
    """The members with safe paths; no more is read than the limits allow."""
    packed = max(1, path.stat().st_size)
    allowed = min(limits.expanded_bytes, max(packed * limits.ratio, 10 * _CHUNK))
    used = 0
    reader = _zip_members if zipfile.is_zipfile(path) else _tar_members
    try:
        for number, (name, size, file) in enumerate(reader(path, left_out)):
            if number >= limits.files:
                raise SourceError(f"The archive has more than {limits.files:,} files.")
            with file:
                # The size that an archive declares is not to be trusted: count what comes out.
                content = file.read(limits.file_bytes + 1)
                used += len(content)
                used += _drain(file, allowed - used)
            if used > allowed:
                raise SourceError(
                    f"The archive unpacks to more than {allowed:,} bytes; it looks like a decompression bomb."
                )
            if _is_safe(name):
                # A file over the limit is left out by its size alone; its content need not be kept.
                stored = content if len(content) <= limits.file_bytes else b""
                yield _Member(name, max(size, len(content)), stored)
            else:
                left_out.add(Reason.UNSAFE_PATH, name[:300])
    except _DAMAGED as error:
        raise SourceError(f"The archive is damaged: {error}") from error


def _drain(file: IO[bytes], limit: int) -> int:
    read = 0
    while read <= limit and (chunk := file.read(_CHUNK)):
        read += len(chunk)
    return read


def _zip_members(path: Path, left_out: LeftOut) -> Iterator[tuple[str, int, IO[bytes]]]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if (info.external_attr >> 16) & 0o170000 == 0o120000:
                left_out.add(Reason.LINK, info.filename[:300])
            elif not info.is_dir():
                yield info.filename.replace("\\", "/"), info.file_size, archive.open(info)


def _tar_members(path: Path, left_out: LeftOut) -> Iterator[tuple[str, int, IO[bytes]]]:
    with tarfile.open(path, mode="r|*") as archive:
        for info in archive:
            file = archive.extractfile(info) if info.isreg() else None
            if file is not None:
                yield info.name.removeprefix("./"), info.size, file
            elif not info.isdir():
                left_out.add(Reason.LINK, info.name[:300])


def _is_tar(path: Path) -> bool:
    try:
        return tarfile.is_tarfile(path)
    except _DAMAGED:
        return False


def _is_safe(name: str) -> bool:
    pure = PurePosixPath(name)
    if not pure.parts or pure.is_absolute():
        return False
    return ".." not in pure.parts and ":" not in pure.parts[0]


def _common_folder(paths: list[str]) -> str:
    """`project-1.0/` if every file lies in that one folder, as archives of releases have it."""
    tops = {path.split("/", 1)[0] if "/" in path else "" for path in paths}
    return f"{tops.pop()}/" if len(tops) == 1 and "" not in tops else ""
