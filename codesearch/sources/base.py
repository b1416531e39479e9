"""What every source yields."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath

from searchapp.errors import InvalidInput

_PATHS_KEPT = 200


class SourceError(InvalidInput):
    """The source cannot be read; `transient` where the network or the server failed."""

    field = "location"


class Reason(StrEnum):
    """Why a file is left out."""

    IGNORED = "named by .gitignore"
    SEARCH_IGNORED = "named by .searchappignore"
    EXCLUDED = "named by the repository's excludes"
    VENDORED = "other people's code (vendored)"
    TOO_LARGE = "too large"
    BINARY = "binary"
    GENERATED = "generated"
    MINIFIED = "minified"
    UNSUPPORTED = "neither code nor documentation"
    LINK = "symbolic link or special file"
    UNREADABLE = "unreadable"
    UNSAFE_PATH = "path leads outside"
    SECRET = "a secret by its name"
    OWN_DATA = "what Searchapp itself keeps"
    SYSTEM_DATA = "what macOS keeps beside files"
    SUBMODULE = "a submodule: add its repository by itself"
    LFS_POINTER = "kept in Git LFS: only a pointer to it is here"
    EMPTY = "empty"


@dataclass(frozen=True)
class Marks:
    """What a source's own rules say of a file.

    `wanted` overrides what its name or text gives away; `vendored` and `generated` are None where nothing is
    said.
    """

    wanted: bool = False
    vendored: bool | None = None
    generated: bool | None = None


@dataclass(frozen=True)
class Entry:
    """A file before it is read. `digest` is known up front where the source has it (git)."""

    path: str
    size: int
    read: Callable[[], bytes]
    digest: bytes | None = None
    marks: Marks = Marks()

    @property
    def name(self) -> str:
        """Last part of the path."""
        return PurePosixPath(self.path).name


@dataclass
class LeftOut:
    """Counts what is left out by reason, and keeps the first paths of each."""

    counts: dict[str, int] = field(default_factory=dict)
    paths: dict[str, list[str]] = field(default_factory=dict)

    def add(self, reason: Reason, path: str, files: int = 1) -> None:
        """Count `files` files at `path` (a file, or a folder that is not entered)."""
        self.counts[reason.value] = self.counts.get(reason.value, 0) + files
        paths = self.paths.setdefault(reason.value, [])
        if len(paths) < _PATHS_KEPT:
            paths.append(path)

    def as_dict(self) -> dict[str, dict[str, object]]:
        """{reason: {count, paths}}, the most frequent first."""
        ordered = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        return {reason: {"count": count, "paths": self.paths[reason]} for reason, count in ordered}


@dataclass
class Snapshot:
    """The files of a source at one moment.

    `entries` may be iterated once; `left_out` is complete after that.
    """

    entries: Iterable[Entry]
    left_out: LeftOut
    revision: str = ""


def git_digest(content: bytes) -> bytes:
    """Git's object name of a file's content (SHA-1 over a header and the bytes), 20 bytes.

    Used for every source, so a file has one identity wherever it comes from, and git's own listing spares
    reading.
    """
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).digest()
