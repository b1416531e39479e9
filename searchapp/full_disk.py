"""What a full disk looks like, whoever tells of it."""

import errno
import os

ERRNOS = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
"""No space, a quota that is used up, and a limit of the size of files."""
_WORDS = (*map(os.strerror, ERRNOS), "database or disk is full", "could not extend file")


def tells_of_full_disk(text: str) -> bool:
    """Whether the words of a system, a library or a log mean that a disk is full.

    >>> tells_of_full_disk("IO error: No space left on device: While appending to file: 000017.sst")
    True
    """
    return any(words in text for words in _WORDS)


def is_full_disk(error: BaseException) -> bool:
    """Whether an exception of the system, SQLite, PostgreSQL or a store means that a disk is full."""
    return getattr(error, "errno", None) in ERRNOS or tells_of_full_disk(str(error))
