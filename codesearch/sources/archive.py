"""Files of an uploaded `.zip` or `.tar.gz`, read in place: nothing is unpacked, nothing can escape."""

import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Self

from codesearch.sources.base import Entry, LeftOut, Reason, Snapshot, SourceError
from codesearch.sources.filters import IGNORE_FILES, IgnoreRules

_CHUNK = 1 << 20
_PACKED_PORTION = 2048
"""How much of a tar is unpacked at once: each byte may become twenty thousand."""
_MAX_NAME = 1_000
_MAX_IGNORE_BYTES = 20_000_000
_MAX_HEADER_BYTES = 1 << 20
_MAX_OTHERS = 1_000_000
_HEADERS_OF_OTHERS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
_DAMAGED = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
)
_UNREADABLE = (ValueError, LookupError, TypeError, ArithmeticError, struct.error)
"""What the libraries raise of headers that are none."""


@dataclass(frozen=True)
class ArchiveLimits:
    """What an archive may hold: number of files, bytes unpacked, and unpacked bytes for each packed one."""

    files: int
    expanded_bytes: int
    ratio: int
    file_bytes: int


class _Member(NamedTuple):
    """A file of an archive. `read` gives so many of its bytes; of a tar, before the next one is looked at."""

    name: str
    size: int
    read: Callable[[int], bytes]


@dataclass
class _Listing:
    """The files of an archive that may be kept: the number of each by its path, and the ignore files."""

    numbers: dict[str, int] = field(default_factory=dict)
    ignore_files: dict[str, bytes] = field(default_factory=dict)


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
        raise SourceError("This is neither a .zip nor a .tar.gz archive.", field="archive")


def _entries(path: Path, rules: IgnoreRules, limits: ArchiveLimits, left_out: LeftOut) -> Iterator[Entry]:
    """The entries in the archive's own order, which is gone through twice: no content is kept."""
    listing = _listed(path, limits, left_out)
    strip = _common_folder(list(listing.numbers))
    for name in sorted(listing.ignore_files, key=lambda name: name.count("/")):
        rules.add(name[len(strip) :], listing.ignore_files[name].decode("utf-8", errors="replace"))
    for number, member in enumerate(_members(path, LeftOut())):
        if listing.numbers.get(member.name) != number:
            continue
        name = member.name[len(strip) :]
        reason = _ignored(name, rules)
        if reason:
            left_out.add(reason, name)
        else:
            yield Entry(name, member.size, _content(member, limits.file_bytes))


def _content(member: _Member, most: int) -> Callable[[], bytes]:
    """What reads a member: nothing of one that is larger than a file may be."""
    if member.size > most:
        return lambda: b""
    if isinstance(member, _Passing):
        content = _read(member, most)
        return lambda: content
    return lambda: _read(member, most)


def _read(member: _Member, most: int) -> bytes:
    with _damage_told():
        return member.read(most)


def _ignored(path: str, rules: IgnoreRules) -> Reason | None:
    """A file is ignored by a rule for itself or for any folder above it."""
    folders = [f"{parent}/" for parent in reversed(PurePosixPath(path).parents) if str(parent) != "."]
    return next((reason for part in [*folders, path] if (reason := rules.reason(part))), None)


def _listed(path: Path, limits: ArchiveLimits, left_out: LeftOut) -> _Listing:
    """The members with safe paths, the last of each path. Raises SourceError for what exceeds the limits."""
    packed = max(1, path.stat().st_size)
    allowed = min(limits.expanded_bytes, max(packed * limits.ratio, 10 * _CHUNK))
    used, ignoring, listing = 0, 0, _Listing()
    for number, member in enumerate(_members(path, left_out)):
        if number >= limits.files:
            raise SourceError(f"The archive has more than {limits.files:,} files.")
        used += member.size
        if used > allowed:
            raise SourceError(
                f"The archive unpacks to more than {allowed:,} bytes; it looks like a decompression bomb."
            )
        reason = _reason_by_name(member.name)
        if reason is not None:
            left_out.add(reason, _shown(member.name))
            continue
        listing.numbers[member.name] = number
        if PurePosixPath(member.name).name in IGNORE_FILES and member.size <= limits.file_bytes:
            listing.ignore_files[member.name] = _read(member, limits.file_bytes)
            ignoring += member.size
            if ignoring > _MAX_IGNORE_BYTES:
                raise SourceError(f"The archive's ignore files have more than {_MAX_IGNORE_BYTES:,} bytes.")
    return listing


def _members(path: Path, left_out: LeftOut) -> Iterator[_Member]:
    """The regular files of an archive, as it has them; the others are counted. Raises SourceError."""
    with _damage_told():
        yield from (_zip_members if zipfile.is_zipfile(path) else _tar_members)(path, left_out)


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        raise SourceError(f"The archive is damaged: {error}") from error
    except _UNREADABLE as error:
        raise SourceError("The archive is damaged: a header in it cannot be read.") from error
    except MemoryError as error:
        raise SourceError("The archive needs more memory than it may have.") from error


def _zip_members(path: Path, left_out: LeftOut) -> Iterator[_Member]:
    """The files of a zip. What a file declares is what is read of it at most."""
    # Closed with the last function that reads from it.
    archive = zipfile.ZipFile(path)
    for info in archive.infolist():
        if (info.external_attr >> 16) & 0o170000 == 0o120000:
            left_out.add(Reason.LINK, _shown(info.filename))
        elif not info.is_dir():
            if info.flag_bits & 1:
                raise zipfile.BadZipFile(f"{_shown(info.filename)} is encrypted")
            yield _Member(
                info.filename.replace("\\", "/"), info.file_size, partial(_read_zipped, archive, info)
            )


def _read_zipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    with archive.open(info) as file:
        return file.read(most)


class _Passing(_Member):
    """A file of a tar, which is read now or never."""


class _TarInfo(tarfile.TarInfo):
    """A header of a tar; those that hold long names of others, which are read whole, are short."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """The header in a block. Raises tarfile.ReadError for a name of a million letters."""
        info = super().frombuf(buf, encoding, errors)
        if info.type in _HEADERS_OF_OTHERS and info.size > _MAX_HEADER_BYTES:
            raise tarfile.ReadError(f"a header has more than {_MAX_HEADER_BYTES:,} bytes")
        return info


def _opened_tar(path: Path) -> tarfile.TarFile:
    return tarfile.open(path, mode="r|*", bufsize=_PACKED_PORTION, tarinfo=_TarInfo)


def _tar_members(path: Path, left_out: LeftOut) -> Iterator[_Member]:
    others = 0
    with _opened_tar(path) as archive:
        for info in archive:
            # It keeps each header that it has seen.
            archive.members.clear()  # type: ignore[attr-defined]
            file = archive.extractfile(info) if info.isreg() else None
            if file is not None:
                yield _Passing(info.name.removeprefix("./"), info.size, file.read)
                continue
            others += 1
            if others > _MAX_OTHERS:
                raise tarfile.ReadError(f"it has more than {_MAX_OTHERS:,} folders and links")
            if not info.isdir():
                left_out.add(Reason.LINK, _shown(info.name))


def _is_tar(path: Path) -> bool:
    try:
        with _opened_tar(path):
            return True
    except (*_DAMAGED, *_UNREADABLE, MemoryError):
        return False


def _reason_by_name(name: str) -> Reason | None:
    """Why a file is left out for its name: one that is no text here, or that leads elsewhere."""
    pure = PurePosixPath(name)
    if len(name) > _MAX_NAME or "\0" in name or not _is_utf8(name):
        return Reason.UNREADABLE
    if not pure.parts or pure.is_absolute() or ".." in pure.parts or ":" in pure.parts[0]:
        return Reason.UNSAFE_PATH
    return None


def _is_utf8(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _shown(name: str) -> str:
    """A name as it can be kept and shown."""
    return name[:300].encode("utf-8", errors="replace").decode("utf-8").replace("\0", "\ufffd")


def _common_folder(paths: list[str]) -> str:
    """`project-1.0/` if every file lies in that one folder, as archives of releases have it."""
    tops = {path.split("/", 1)[0] if "/" in path else "" for path in paths}
    return f"{tops.pop()}/" if len(tops) == 1 and "" not in tops else ""
