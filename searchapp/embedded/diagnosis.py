"""Why a part keeps ending, in a sentence that says what to do: from the end of its log and the disk."""

import errno
import os
import shutil
from pathlib import Path

from searchapp.full_disk import tells_of_full_disk

_LOOKED_AT = 20_000
# Less than PostgreSQL needs for one more segment of its log of changes.
_LITTLE_SPACE = 16 * 2**20
# Words of the system's and the services' messages, in the order in which they are looked for.
_ADVICE = (
    (
        (os.strerror(errno.ENOMEM), "MemoryError", "could not map anonymous shared memory"),
        "The machine has too little memory: end other programs, or give it more.",
    ),
    (
        (os.strerror(errno.EACCES), os.strerror(errno.EROFS)),
        "A file may not be read or written: give the account that runs this the right to {folder}.",
    ),
    (
        ("database files are incompatible with server",),
        "The database was written by another version of PostgreSQL: start that version, or set DATA_DIR to "
        "another folder.",
    ),
    (
        ("could not locate a valid checkpoint record", "invalid primary checkpoint record"),
        "The database's files are damaged: bring back a backup of {folder}.",
    ),
)


def diagnosis(log: Path | None, folder: Path, offset: int = 0) -> str:
    """What to do about what a part's log says after `offset` bytes, or about the disk of `folder`."""
    text = tail(log, _LOOKED_AT, offset) if log else ""
    if tells_of_full_disk(text) or is_full(folder):
        return full_disk(folder)
    return next(
        (advice.format(folder=folder) for words, advice in _ADVICE if any(word in text for word in words)),
        f"See {log}." if log else "",
    )


def is_full(folder: Path) -> bool:
    """Whether next to nothing can be written to the disk of a folder."""
    return shutil.disk_usage(folder).free < _LITTLE_SPACE


def full_disk(folder: Path) -> str:
    """What to do about a full disk, with the folder and how much of it is free."""
    free = shutil.disk_usage(folder).free / 2**20
    return f"The disk of {folder} is full ({free:,.0f} MB free): free some space, and it goes on by itself."


def size_of(path: Path) -> int:
    """A file's size in bytes, 0 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def tail(path: Path, characters: int = 2000, offset: int = 0) -> str:
    """The last characters of a log, of what stands after `offset` bytes; "" where it cannot be read."""
    try:
        with path.open("rb") as file:
            # A character has at most four bytes.
            file.seek(max(offset, size_of(path) - 4 * characters))
            return file.read().decode(errors="replace")[-characters:]
    except OSError:
        return ""
